"""Rules of the file and its streams: is it whole, as asked, and fit for an edit?"""

from fractions import Fraction

from seedance_assets.core.measurement import Measurements
from seedance_assets.core.picture import Size
from seedance_assets.core.quality.finding import Verdict
from seedance_assets.core.quality.limits import QualityLimits
from seedance_assets.core.quality.outcome import AS_ASKED, Expectation, Outcome, Scale, exact

_SD = frozenset({"smpte170m", "bt470bg", "bt709", "-"})
_HD_LINES = 720
_ROUNDING = Fraction(2, 10_000)  # 23.976 and 23.98 mean 24000/1001, which is 0.1 % less than 24


def intact(m: Measurements, _e: Expectation, _l: QualityLimits) -> Outcome:
    """Every frame that the file claims can be decoded, without errors or gaps, and no other file
    lies behind the clip.
    """
    v = m.video
    missing = max(0, v.frames_claimed - v.frames_decoded)
    errors = v.decode_errors + (m.audio.decode_errors if m.audio else 0)
    if m.container.files > 1:
        return _joined(m.container.files)
    return exact(
        v.frames_decoded > 0 and not (missing or errors or v.timestamp_gaps),
        f"{v.frames_decoded} frames, {missing} missing, {errors} errors, {v.timestamp_gaps} gaps",
        "all frames, no errors, no gaps",
        "The file is damaged: parts of it cannot be decoded.",
    )


def _joined(files: int) -> Outcome:
    return exact(
        False,
        f"{files} files in one",
        "one file",
        "Another file lies behind the clip; players show the first, and the bytes are no clip.",
    )


def streams(m: Measurements, e: Expectation, _l: QualityLimits) -> Outcome | None:
    """A clip that was ordered is H.264 in yuv420p, as the service delivers."""
    if not e.ordered:
        return None
    return exact(
        m.video.codec == "h264" and m.video.pixel_format == "yuv420p",
        f"{m.video.codec} {m.video.pixel_format}",
        "h264 yuv420p",
        "The codec is not the usual one; some players may not take it.",
        verdict=Verdict.WARN,
    )


def size(m: Measurements, e: Expectation, _l: QualityLimits) -> Outcome | None:
    """The pixel size is exactly that of the resolution and ratio asked for."""
    if e.size is None:
        return None
    measured = Size(m.video.width_px, m.video.height_px)
    return exact(measured == e.size, str(measured), str(e.size), "The picture has another size.")


def frame_rate(m: Measurements, e: Expectation, _l: QualityLimits) -> Outcome | None:
    """The frame rate is constant, and exactly the model's; or, of a decimal like 23.976, within
    0.02 %.
    """
    if e.frames_per_second is None:
        return None
    if m.video.variable_rate:
        return _variable_rate(m, e.frames_per_second)
    asked, measured = Fraction(e.frames_per_second), m.video.frame_rate
    rounding = 0 if asked.denominator == 1 else asked * _ROUNDING
    return exact(
        abs(measured - asked) <= rounding,
        f"{float(measured):g} fps",
        f"{e.frames_per_second:g} fps",
        "The clip runs at another frame rate; an edit would drop or repeat frames.",
    )


def _variable_rate(m: Measurements, asked: float) -> Outcome:
    return exact(
        False,
        f"variable, {float(m.video.frame_rate):.4g} fps on average",
        f"{asked:g} fps",
        "The frame rate varies; an edit would drop or repeat frames, and sound may drift.",
    )


def length(m: Measurements, e: Expectation, limits: QualityLimits) -> Outcome | None:
    """The clip is as long as asked: the service gives rate × seconds frames, or one more."""
    if e.frames is None or e.frames_per_second is None:
        return None
    wanted_s = (e.frames - 1) / e.frames_per_second
    off_s = abs(m.video.duration_s - wanted_s)
    return exact(
        off_s <= limits.length_tolerance_s,
        f"{m.video.duration_s:.3f} s ({m.video.frames_decoded} frames)",
        f"{wanted_s:.3f} s ± {limits.length_tolerance_s:g} s",
        "The clip is longer or shorter than asked for.",
    )


def geometry(m: Measurements, _e: Expectation, _l: QualityLimits) -> Outcome:
    """Square pixels, no rotation, no interlacing: an editor shows it as it was made."""
    v = m.video
    plain = v.pixel_aspect in {"1/1", "0/1"} and not v.rotation_deg and not v.interlaced_frames
    return exact(
        plain,
        f"pixels {v.pixel_aspect}, turned {v.rotation_deg}°, {v.interlaced_frames} interlaced",
        "pixels 1/1, turned 0°, 0 interlaced",
        "Players and editors will stretch, turn or comb the picture, each in its own way.",
        verdict=Verdict.WARN,
    )


def colour(m: Measurements, _e: Expectation, limits: QualityLimits) -> Outcome | None:
    """BT.709 in limited range, as editors expect of HD; SD may be BT.601."""
    if not m.video.colour:
        return None
    *tags, span = m.video.colour.split("/")
    usual = {"bt709", "-"} if m.video.height_px >= _HD_LINES else _SD
    missing = "-" in (*tags, span)
    passed = set(tags) <= usual and span != "full"
    return exact(
        passed and not (missing and limits.colour_tags_required),
        m.video.colour,
        "bt709/bt709/bt709/limited" + ("" if limits.colour_tags_required else " or unsaid"),
        "The colour tags are missing." if passed else "Colours may shift in players and editors.",
        verdict=Verdict.WARN,
    )


def bit_rate(m: Measurements, e: Expectation, limits: QualityLimits) -> Outcome | None:
    """A clip that was ordered has enough bits a pixel and frame that compression does not show."""
    v = m.video
    if not v.bit_rate_bps or not e.ordered:
        return None
    each = v.bit_rate_bps / (v.width_px * v.height_px * float(v.frame_rate))
    return Scale("bit/px", limits.bits_per_pixel_warn, least=True).place(
        each, f"Only {v.bit_rate_bps / 1e6:.2f} Mbit/s: compression may show."
    )


def faststart(m: Measurements, _e: Expectation, _l: QualityLimits) -> Outcome:
    """A note only: with the index first, a clip plays in a browser before it is all there.

    A remux moves it without loss. `[quality.rules]` can weigh it: `warn` or `fail`.
    """
    first = m.container.faststart
    return Outcome(
        Verdict.PASS,
        measured="index first" if first else "index last",
        limit="index first",
        sentence=AS_ASKED if first else "A browser loads all of it before it plays.",
        note=not first,
    )
