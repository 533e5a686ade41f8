"""Rules for the file and its streams: complete, as ordered, and usable in an edit."""

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
    """Every frame that the file declares can be decoded, without errors or gaps, and no other
    file follows the clip.
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
        "The file contains another file after the clip; players show only the first.",
    )


def streams(m: Measurements, e: Expectation, _l: QualityLimits) -> Outcome | None:
    """An ordered clip is H.264 in yuv420p, like all of the service's clips."""
    if not e.ordered:
        return None
    return exact(
        m.video.codec == "h264" and m.video.pixel_format == "yuv420p",
        f"{m.video.codec} {m.video.pixel_format}",
        "h264 yuv420p",
        "The codec is not the usual one; some players may not support it.",
        verdict=Verdict.WARN,
    )


def size(m: Measurements, e: Expectation, _l: QualityLimits) -> Outcome | None:
    """The size in pixels is exactly that of the ordered resolution and ratio."""
    if e.size is None:
        return None
    measured = Size(m.video.width_px, m.video.height_px)
    return exact(measured == e.size, str(measured), str(e.size), "The picture has the wrong size.")


def frame_rate(m: Measurements, e: Expectation, _l: QualityLimits) -> Outcome | None:
    """The frame rate is constant and exactly the model's; a decimal like 23.976 may differ by
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
        "The clip has the wrong frame rate; an edit would drop or repeat frames.",
    )


def _variable_rate(m: Measurements, asked: float) -> Outcome:
    return exact(
        False,
        f"variable, {float(m.video.frame_rate):.4g} fps on average",
        f"{asked:g} fps",
        "The frame rate varies; an edit would drop or repeat frames, and sound may drift.",
    )


def length(m: Measurements, e: Expectation, limits: QualityLimits) -> Outcome | None:
    """The clip has the ordered length: rate × seconds frames, or one more."""
    if e.frames is None or e.frames_per_second is None:
        return None
    wanted_s = (e.frames - 1) / e.frames_per_second
    off_s = abs(m.video.duration_s - wanted_s)
    return exact(
        off_s <= limits.length_tolerance_s,
        f"{m.video.duration_s:.3f} s ({m.video.frames_decoded} frames)",
        f"{wanted_s:.3f} s ± {limits.length_tolerance_s:g} s",
        "The clip is longer or shorter than ordered.",
    )


def geometry(m: Measurements, _e: Expectation, _l: QualityLimits) -> Outcome:
    """Square pixels, no rotation, no interlacing: an editor shows the clip unchanged."""
    v = m.video
    plain = v.pixel_aspect in {"1/1", "0/1"} and not v.rotation_deg and not v.interlaced_frames
    return exact(
        plain,
        f"pixels {v.pixel_aspect}, rotated {v.rotation_deg}°, {v.interlaced_frames} interlaced",
        "pixels 1/1, rotated 0°, 0 interlaced",
        "Players and editors will stretch, rotate or deinterlace the picture differently.",
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
        "bt709/bt709/bt709/limited" + ("" if limits.colour_tags_required else " or untagged"),
        "The colour tags are missing." if passed else "Colours may shift in players and editors.",
        verdict=Verdict.WARN,
    )


def bit_rate(m: Measurements, e: Expectation, limits: QualityLimits) -> Outcome | None:
    """An ordered clip has enough bits per pixel that compression is not visible."""
    v = m.video
    if not v.bit_rate_bps or not e.ordered:
        return None
    each = v.bit_rate_bps / (v.width_px * v.height_px * float(v.frame_rate))
    return Scale("bit/px", limits.bits_per_pixel_warn, least=True).place(
        each, f"Only {v.bit_rate_bps / 1e6:.2f} Mbit/s: compression may be visible."
    )


def faststart(m: Measurements, _e: Expectation, _l: QualityLimits) -> Outcome:
    """Only a note: with the index first, a browser plays a clip before it has loaded all of it.

    A remux moves the index without loss. `[quality.rules]` can make it `warn` or `fail`.
    """
    first = m.container.faststart
    return Outcome(
        Verdict.PASS,
        measured="index first" if first else "index last",
        limit="index first",
        sentence=AS_ASKED if first else "A browser must load the whole clip before it plays.",
        note=not first,
    )
