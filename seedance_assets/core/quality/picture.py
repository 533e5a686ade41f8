"""Rules of the single picture: is it the one that was given, and is it to be seen?"""

from seedance_assets.core.measurement import Measurements, Span
from seedance_assets.core.quality.limits import QualityLimits
from seedance_assets.core.quality.outcome import Expectation, Outcome, Scale
from seedance_assets.core.quality.stretches import longest_s, moment, spans_of


def first_frame(m: Measurements, _e: Expectation, limits: QualityLimits) -> Outcome | None:
    """Frame 0 is the picture that the clip was given, after the same crop."""
    if m.opening is None:
        return None
    scale = Scale("SSIM", limits.first_frame_warn, limits.first_frame_fail, least=True)
    return scale.place(
        m.opening.similarity,
        "The clip does not open on its first frame "
        f"({m.opening.hash_distance_bits} of 64 bits of their hashes differ).",
        (moment(0.0, m.frame_at_s(1)),),
    )


def black(m: Measurements, _e: Expectation, limits: QualityLimits) -> Outcome | None:
    """No black stretches."""
    if m.seen is None:
        return None
    spans = spans_of(m, [share >= limits.black_pixel_share for share in m.seen.dark_shares])
    longest = longest_s(spans)
    scale = Scale("s", limits.black_warn_s, limits.black_fail_s)
    return scale.place(longest, f"The picture is black for {longest:.2f} s.", spans)


def bars(m: Measurements, _e: Expectation, limits: QualityLimits) -> Outcome | None:
    """No black borders all through the clip: no letterbox, no pillarbox."""
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
    """Luma stays within what EBU R 103 allows (5 to 246), but for 1 % of the pixels."""
    if m.seen is None or m.video.colour.endswith("/full"):
        return None
    scale = Scale("%", limits.range_warn_share, limits.range_fail_share, factor=100)
    return scale.place(m.seen.out_of_gamut_share, "Part of the picture is out of legal range.")


def sharpness(m: Measurements, _e: Expectation, limits: QualityLimits) -> Outcome | None:
    """The clip does not lose its sharpness on the way, and has some."""
    if m.seen is None or len(m.seen.sharpness) < 2:  # noqa: PLR2004  # nothing to compare
        return None
    first, last = m.seen.sharpness[0], m.seen.sharpness[-1]
    if max(m.seen.sharpness) < limits.sharpness_warn:
        scale = Scale("", limits.sharpness_warn, least=True)
        return scale.place(max(m.seen.sharpness), "The whole clip is out of focus.")
    drop = max(0.0, 1 - last / first) if first else 0.0
    end = Span(start_s=round(m.video.duration_s * 0.75, 3), end_s=round(m.video.duration_s, 3))
    scale = Scale("%", limits.sharpness_drop_warn, factor=100)
    return scale.place(drop, "The clip is much softer at its end than at its start.", (end,))
