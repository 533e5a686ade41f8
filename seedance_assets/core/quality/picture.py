"""Rules for the picture: it opens on the first frame and is visible."""

import math

from seedance_assets.core.measurement import CameraPath, Measurements, PictureStats, Span
from seedance_assets.core.quality.finding import Verdict
from seedance_assets.core.quality.limits import QualityLimits
from seedance_assets.core.quality.outcome import Expectation, Outcome, Scale, worse
from seedance_assets.core.quality.shot_changes import (
    contrasts,
    lights,
    segments,
    shot_changes,
)
from seedance_assets.core.quality.stretches import longest_s, moment, spans_of

_BLACK, _DIM = 16.0, 4.0  # levels


def first_frame(m: Measurements, _e: Expectation, limits: QualityLimits) -> Outcome | None:
    """Frame 0 is the first frame of the request, after the same crop."""
    if m.opening is None:
        return None
    first = (moment(0.0, m.frame_at_s(1)),)
    scale = Scale("SSIM", limits.first_frame_warn, limits.first_frame_fail, least=True)
    shape = scale.place(
        m.opening.similarity,
        "The clip does not open on its first frame "
        f"({m.opening.hash_distance_bits} of 64 bits of their hashes differ).",
        first,
    )
    if m.opening.colour_levels is None or shape.verdict is Verdict.FAIL:
        return shape
    warn, fail = limits.first_frame_colour_warn, limits.first_frame_colour_fail
    colour = Scale("levels of chroma", warn, fail).place(
        m.opening.colour_levels, "The clip opens on its first frame, but in other colours.", first
    )
    return colour if worse(colour, shape) else shape


def drift(m: Measurements, _e: Expectation, limits: QualityLimits) -> Outcome | None:
    """The colours of a shot stay the same: no tint appears."""
    tint = m.seen.tint if m.seen else None
    if tint is None:
        return None
    if (jump := _colour_jump(m, limits)) is not None:
        return jump
    shifts = [math.hypot(*pair) for pair in zip(tint.blue_levels, tint.red_levels, strict=True)]
    whole = (Span(start_s=tint.times_s[0], end_s=tint.times_s[-1]),)
    scale = Scale("levels of chroma", limits.drift_warn_levels)
    return scale.place(shifts[-1], "The colours drift: the picture takes on a tint.", whole)


def _colour_jump(m: Measurements, limits: QualityLimits) -> Outcome | None:
    """A sudden change of colour within one picture, if there is one."""
    if m.seen is None:
        return None
    levels = m.seen.chroma_levels
    changes = {n for c in shot_changes(m, limits) for n in range(c.frame, c.end + 1)}
    changes |= {n for g in m.seen.glitches for n in range(g.frame, g.frame + g.frames + 1)}
    changes |= lights(m)
    at = max(
        (n for n in range(1, len(levels)) if n not in changes), key=levels.__getitem__, default=0
    )
    if not at or min(contrasts(levels, at)) < limits.drift_jump_contrast:
        return None
    scale = Scale("levels of chroma", limits.drift_warn_levels / 2)
    found = scale.place(levels[at], "The colours change suddenly.", (moment(m.frame_at_s(at)),))
    return found if found.verdict is not Verdict.PASS else None


def black(m: Measurements, _e: Expectation, limits: QualityLimits) -> Outcome | None:
    """No black stretches."""
    if m.seen is None:
        return None
    spans = spans_of(m, [share >= limits.black_pixel_share for share in m.seen.dark_shares])
    longest = longest_s(spans)
    scale = Scale("s", limits.black_warn_s, limits.black_fail_s)
    return scale.place(longest, f"The picture is black for {longest:.2f} s.", spans)


def bars(m: Measurements, _e: Expectation, limits: QualityLimits) -> Outcome | None:
    """No black borders for the whole clip: no letterbox, no pillarbox."""
    if m.seen is None:
        return None
    b = m.seen.bars
    share = max(
        (b.top_px + b.bottom_px) / m.video.height_px, (b.left_px + b.right_px) / m.video.width_px
    )
    scale = Scale("%", limits.bars_warn_share, limits.bars_fail_share, factor=100)
    return scale.place(
        share,
        f"Black bars: {b.top_px} px above, {b.bottom_px} below, {b.left_px} left, "
        f"{b.right_px} right.",
    )


def range_(m: Measurements, _e: Expectation, limits: QualityLimits) -> Outcome | None:
    """Luma stays within the range of EBU R 103 (5 to 246), except for 1 % of the pixels."""
    if m.seen is None or m.video.colour.endswith("/full"):
        return None
    scale = Scale("%", limits.range_warn_share, limits.range_fail_share, factor=100)
    return scale.place(m.seen.out_of_gamut_share, "Part of the picture is outside the legal range.")


def sharpness(m: Measurements, _e: Expectation, limits: QualityLimits) -> Outcome | None:
    """The clip is sharp, and no shot loses its sharpness. Only the sharpest parts count, because
    faces are smooth; a push-in or a dimmed light does not count as soft.
    """
    if m.seen is None or len(m.seen.sharpness) < 2:  # noqa: PLR2004  # nothing to compare
        return None
    scale = Scale("%", limits.sharpness_drop_warn, factor=100)
    if not m.seen.sharpest:
        first, last = m.seen.sharpness[0], m.seen.sharpness[-1]
        drop, start_s, end_s = 1 - last / first if first else 0.0, 0.0, m.video.duration_s
    elif max(m.seen.sharpest) < limits.sharpness_warn:
        blurred = Scale("", limits.sharpness_warn, least=True)
        return blurred.place(max(m.seen.sharpest), "The whole clip is out of focus.")
    else:
        drop, start_s, end_s = max(
            (_drop(m, m.seen, shot), shot.start_s, shot.end_s) for shot in segments(m, limits)
        )
    end = Span(start_s=round(start_s + (end_s - start_s) * 0.75, 3), end_s=round(end_s, 3))
    return scale.place(
        max(0.0, drop), "The shot is much softer at its end than at its start.", (end,)
    )


def _drop(m: Measurements, seen: PictureStats, shot: Span) -> float:
    """The share of its sharpness that a shot loses, apart from the effects of light and camera."""
    samples = list(zip(seen.sharpness_times_s, seen.sharpest, strict=False))
    inside = [(t, sharp) for t, sharp in samples if shot.start_s <= t < shot.end_s]
    if len(inside) < 2 or not inside[0][1]:  # noqa: PLR2004  # nothing to compare
        return 0.0
    (start_s, first), (end_s, last) = inside[0], inside[-1]
    rate = float(m.video.frame_rate)
    lights = [
        max(_DIM, seen.luma_levels[min(len(seen.luma_levels) - 1, round(t * rate))] - _BLACK)
        for t in (start_s, end_s)
    ]
    dimmed = min(1.0, lights[1] / lights[0]) ** 2
    return 1 - last / (first * dimmed / _magnified(seen.camera, start_s, end_s) ** 4)


def _magnified(camera: CameraPath | None, start_s: float, end_s: float) -> float:
    """The factor by which a push-in magnifies the picture; 1 without one."""
    if camera is None:
        return 1.0
    zooms = [
        1 + zoom
        for t, zoom in zip(camera.times_s, camera.zoom_share, strict=True)
        if start_s <= t <= end_s
    ]
    return max(1.0, zooms[-1] / zooms[0]) if len(zooms) > 1 and zooms[0] > 0 else 1.0
