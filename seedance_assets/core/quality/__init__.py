"""The rules: each a small function of measurements, request and limits that gives a finding.

Verdicts are derived, never stored, so that a limit can change without decoding a clip again.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction

from seedance_assets.core.measurement import Measurements
from seedance_assets.core.model_schema import ModelSchema
from seedance_assets.core.picture import Size
from seedance_assets.core.quality.finding import Family, Finding, Verdict, worst
from seedance_assets.core.settings import QualityLimits


@dataclass(frozen=True, slots=True)
class Expectation:
    """What the request lets us expect of its clip."""

    size: Size
    frames_per_second: int
    frames: int
    audio: bool


__all__ = [
    "RULES",
    "Expectation",
    "Family",
    "Finding",
    "Verdict",
    "expectation",
    "judge",
    "worst",
]

Rule = Callable[[Measurements, Expectation, QualityLimits], Finding]


_FAMILIES = {"intact": Family.INTACT, "audio": Family.SOUND}


def _finding(rule: str, passed: bool, measured: str, limit: str, wrong: str) -> Finding:
    verdict = Verdict.PASS if passed else Verdict.FAIL
    sentence = "As asked." if passed else wrong
    return Finding(rule, _FAMILIES.get(rule, Family.DELIVERY), verdict, measured, limit, sentence)


def intact(m: Measurements, _e: Expectation, _l: QualityLimits) -> Finding:
    """Every frame that the file claims can be decoded, without errors or gaps."""
    v = m.video
    missing = max(0, v.frames_claimed - v.frames_decoded)
    errors = v.decode_errors + (m.audio.decode_errors if m.audio else 0)
    passed = v.frames_decoded > 0 and not (missing or errors or v.timestamp_gaps)
    return _finding(
        "intact",
        passed,
        f"{v.frames_decoded} frames, {missing} missing, {errors} errors, {v.timestamp_gaps} gaps",
        "all frames, no errors, no gaps",
        "The file is damaged: parts of it cannot be decoded.",
    )


def streams(m: Measurements, _e: Expectation, _l: QualityLimits) -> Finding:
    """H.264 in yuv420p, which every player and editor takes; anything else is worth a look."""
    codec, pixels = m.video.codec, m.video.pixel_format
    passed = codec == "h264" and pixels == "yuv420p"
    found = _finding(
        "streams",
        passed,
        f"{codec} {pixels}",
        "h264 yuv420p",
        "The codec is not the usual one; some players may not take it.",
    )
    if passed:
        return found
    return replace(found, verdict=Verdict.WARN)


def size(m: Measurements, e: Expectation, _l: QualityLimits) -> Finding:
    """The pixel size is exactly that of the resolution and ratio asked for."""
    measured = Size(m.video.width_px, m.video.height_px)
    return _finding(
        "size", measured == e.size, str(measured), str(e.size), "The picture has another size."
    )


def frame_rate(m: Measurements, e: Expectation, _l: QualityLimits) -> Finding:
    """The frame rate is exactly the model's."""
    return _finding(
        "frame_rate",
        m.video.frame_rate == Fraction(e.frames_per_second),
        f"{float(m.video.frame_rate):g} fps",
        f"{e.frames_per_second} fps",
        "The clip runs at another frame rate; an edit would drop or repeat frames.",
    )


def length(m: Measurements, e: Expectation, limits: QualityLimits) -> Finding:
    """The clip is as long as asked: the service gives rate × seconds frames, or one more."""
    wanted_s = (e.frames - 1) / e.frames_per_second
    off_s = abs(m.video.duration_s - wanted_s)
    return _finding(
        "length",
        off_s <= limits.length_tolerance_s,
        f"{m.video.duration_s:.3f} s ({m.video.frames_decoded} frames)",
        f"{wanted_s:.3f} s ± {limits.length_tolerance_s:g} s",
        "The clip is longer or shorter than asked for.",
    )


def audio(m: Measurements, e: Expectation, limits: QualityLimits) -> Finding:
    """There is sound if and only if it was asked for, as long as the picture, and not silence."""
    a = m.audio
    asked = "sound" if e.audio else "no sound"
    if a is None:
        return _finding(
            "audio", not e.audio, "no sound", asked, "Sound was asked for; there is none."
        )
    level = "silence" if a.peak_dbfs is None else f"peak {a.peak_dbfs:.1f} dBFS"
    measured = f"{a.codec} {a.sample_rate_hz} Hz, {a.channels} ch, {a.duration_s:.2f} s, {level}"
    if not e.audio:
        silent = a.peak_dbfs is None
        return _finding("audio", silent, measured, asked, "Sound was not asked for; there is some.")
    if a.peak_dbfs is None:
        return _finding(
            "audio", False, measured, asked, "The sound track holds nothing but silence."
        )
    skew_s = abs(a.duration_s - m.video.duration_s)
    return _finding(
        "audio",
        skew_s <= limits.audio_skew_s,
        measured,
        f"{asked}, within {limits.audio_skew_s:g} s of the picture",
        f"Sound and picture differ in length by {skew_s:.2f} s.",
    )


RULES: tuple[Rule, ...] = (intact, streams, size, frame_rate, length, audio)


def judge(m: Measurements, e: Expectation, limits: QualityLimits) -> tuple[Finding, ...]:
    """What every rule says of one clip, in the order of `RULES`."""
    return tuple(rule(m, e, limits) for rule in RULES)


def expectation(schema: ModelSchema, size_px: Size, duration_s: int, *, audio: bool) -> Expectation:
    """What to expect of a clip of `duration_s` seconds: one frame more than rate × seconds."""
    rate = schema.video.frames_per_second
    return Expectation(size_px, rate, rate * duration_s + 1, audio)
