"""Rules for movement: the clip moves as ordered and in a natural way."""

import math
from collections.abc import Sequence
from itertools import pairwise

from seedance_assets.core.cuts import ANY_CUTS
from seedance_assets.core.measurement import Glitch, Measurements, PictureStats, Span
from seedance_assets.core.quality.cadence import cadence_of
from seedance_assets.core.quality.finding import Verdict
from seedance_assets.core.quality.limits import QualityLimits
from seedance_assets.core.quality.outcome import (
    AS_ASKED,
    Expectation,
    Outcome,
    Scale,
    counted,
)
from seedance_assets.core.quality.shot_changes import (
    ShotChange,
    cut_scores,
    segments,
    shot_changes,
)
from seedance_assets.core.quality.stretches import longest_s, moment, percentile, spans_of

_PERCENTILE = 0.95
_SECOND = 1.0
_SHOTS_SHOWN = 6
_AGAIN = 5  # times in a second
_AGAINST_MOTION = 0.3  # of the motion: a smaller change of light is not visible in it


def freeze(m: Measurements, _e: Expectation, limits: QualityLimits) -> Outcome | None:
    """No stretch without any change."""
    if m.seen is None:
        return None
    frame_s = m.frame_at_s(1)
    spans = tuple(
        Span(start_s=round(max(0.0, span.start_s - frame_s), 3), end_s=span.end_s)  # the held frame
        for span in spans_of(m, _still(m.seen, limits), bridge=1)
    )
    longest = longest_s(spans)
    scale = Scale("s", limits.freeze_warn_s, limits.freeze_fail_s)
    return scale.place(longest, f"The picture is frozen for {longest:.2f} s.", spans)


def _still(seen: PictureStats, limits: QualityLimits) -> list[bool]:
    """Frames that do not differ from the one before, neither on average nor anywhere."""
    peaks = seen.motion_peak_levels or (0,) * len(seen.motion_levels)
    return [
        number > 0 and mean < limits.freeze_motion_levels and peak < limits.freeze_peak_levels
        for number, (mean, peak) in enumerate(zip(seen.motion_levels, peaks, strict=True))
    ]


def motion(m: Measurements, _e: Expectation, limits: QualityLimits) -> Outcome | None:
    """Something moves. For a still shot, set `motion_warn_levels` to 0."""
    if m.seen is None or len(m.seen.motion_levels) < 2:  # noqa: PLR2004  # one frame cannot move
        return None
    values = m.seen.motion_levels[1:]
    scale = Scale("levels", limits.motion_warn_levels, least=True)
    return scale.place(sum(values) / len(values), "Hardly anything moves.")


def cut(m: Measurements, e: Expectation, limits: QualityLimits) -> Outcome | None:
    """The clip has as many cuts as ordered: by default none. Dissolves and jumps of the same scene
    count as cuts; flashes, lights that are switched and fast motion do not.
    """
    if m.seen is None:
        return None
    changes = shot_changes(m, limits)
    sure = sum(change.sure for change in changes)
    wanted = e.cuts if isinstance(e.cuts, int) else 0
    passed = e.cuts == ANY_CUTS or (sure <= wanted <= len(changes) if wanted else not changes)
    spans = tuple(
        moment(m.frame_at_s(c.frame), m.frame_at_s(c.end) - m.frame_at_s(c.frame))
        for c in sorted(changes, key=lambda change: not change.sure)[:20]
    )
    return Outcome(
        Verdict.PASS if passed else Verdict.FAIL if sure > wanted else Verdict.WARN,
        measured=_shots_shown(m, len(changes), limits),
        limit="any number of cuts" if e.cuts == ANY_CUTS else counted(wanted, "cut"),
        sentence=AS_ASKED if passed else _cuts_sentence(m, changes, wanted),
        value=len(changes),
        limit_value=None if e.cuts == ANY_CUTS else wanted,
        unit="cuts",
        spans=() if passed else spans,
    )


def _shots_shown(m: Measurements, cuts: int, limits: QualityLimits) -> str:
    """The number of cuts, and the time ranges of the shots between them."""
    if not cuts:
        return counted(cuts, "cut")
    shots = segments(m, limits)
    ranges = ", ".join(f"{shot.start_s:.2f}-{shot.end_s:.2f}" for shot in shots[:_SHOTS_SHOWN])
    more = ", …" if len(shots) > _SHOTS_SHOWN else ""
    return f"{counted(cuts, 'cut')}; shots {ranges}{more} s"


def _cuts_sentence(m: Measurements, changes: Sequence[ShotChange], wanted: int) -> str:
    times = ", ".join(f"{m.frame_at_s(change.frame):.2f} s" for change in changes[:5])
    if len(changes) < wanted:
        return f"Fewer cuts than ordered{f': only at {times}' if times else ''}."
    what = "cuts to another picture" if any(c.sure for c in changes) else "jumps"
    return f"The picture {what} at {times}."


def glitch(m: Measurements, _e: Expectation, limits: QualityLimits) -> Outcome | None:
    """No black, torn or broken frames between good ones."""
    if m.seen is None or not m.seen.light_steps:
        return None
    found = sorted(
        (g for g in m.seen.glitches if not _is_blackout(m, m.seen, g, limits)),
        key=lambda one: -one.share,
    )
    spans = tuple(moment(m.frame_at_s(g.frame), m.frame_at_s(g.frames)) for g in found)
    scale = Scale(
        "% of the picture", limits.glitch_warn_share, limits.glitch_fail_share, factor=100
    )
    share = found[0].share if found else 0.0
    frames = counted(found[0].frames, "frame") if found else ""
    at = f"{m.frame_at_s(found[0].frame):.2f} s" if found else ""
    return scale.place(share, f"At {at}, {frames} fit nothing before or after.", spans)


def _is_blackout(m: Measurements, seen: PictureStats, run: Glitch, limits: QualityLimits) -> bool:
    """Whether it is black for so long that the `black` rule reports it."""
    dark = seen.dark_shares[run.frame : run.frame + run.frames]
    black = min(dark, default=0.0) >= limits.black_pixel_share
    return black and m.frame_at_s(run.frames) > limits.black_warn_s


def flicker(m: Measurements, _e: Expectation, limits: QualityLimits) -> Outcome | None:
    """The brightness does not jitter in any second of a shot. Movement does not count: most of the
    picture must get brighter and darker together.
    """
    if m.seen is None:
        return None
    if not m.seen.light_steps:
        return _flicker_of_early_record(m, m.seen, limits)
    jitter = _jitter(m, m.seen, limits)
    second = max(1, round(m.video.frame_rate))
    worst, at = max(
        ((_sustained(jitter[n : n + second]), n) for n in range(max(1, len(jitter) - second + 1))),
        default=(0.0, 0),
    )
    flags = [value > limits.flicker_warn_levels for value in jitter]
    inside = [flag and at <= n < at + second for n, flag in enumerate(flags)]
    near = spans_of(m, inside, bridge=2) or (moment(m.frame_at_s(at), _SECOND),)
    scale = Scale("levels", limits.flicker_warn_levels, limits.flicker_fail_levels)
    return scale.place(worst, "The brightness flickers.", near)


def _jitter(m: Measurements, seen: PictureStats, limits: QualityLimits) -> list[float]:
    """For each frame, how far the brightness reverses with the next one; 0 at cuts."""
    steps = seen.light_steps
    changed = {n for c in shot_changes(m, limits) for n in range(c.frame, c.end + 1)}
    changed |= {n for g in seen.glitches for n in range(g.frame, g.frame + g.frames + 1)}
    found = [0.0] * len(steps)
    for n, (step, after) in enumerate(pairwise(steps)):
        moves = _AGAINST_MOTION * max(seen.motion_levels[n], seen.motion_levels[n + 1])
        if step * after < 0 and not {n, n + 1} & changed and min(abs(step), abs(after)) >= moves:
            found[n] = abs(after - step)
    return found


def _sustained(jitter: Sequence[float]) -> float:
    """The jitter that is reached repeatedly: a single flash is not flicker."""
    ordered = sorted(jitter, reverse=True)
    return ordered[_AGAIN - 1] if len(ordered) >= _AGAIN else 0.0


def _flicker_of_early_record(m: Measurements, seen: PictureStats, limits: QualityLimits) -> Outcome:
    luma, scores = seen.luma_levels, cut_scores(seen.motion_levels)
    jitter = [
        0.0 if max(scores[n : n + 2]) > limits.cut_score else abs(luma[n - 1] - 2 * luma[n] + after)
        for n, after in enumerate(luma[2:], start=1)
    ]  # the `cut` rule reports cuts
    spans = spans_of(m, [False, *(j > limits.flicker_warn_levels for j in jitter)])
    scale = Scale("levels", limits.flicker_warn_levels, limits.flicker_fail_levels)
    return scale.place(percentile(jitter, _PERCENTILE), "The brightness flickers.", spans)


def flashes(m: Measurements, _e: Expectation, limits: QualityLimits) -> Outcome | None:
    """No more than three flashes in any second, because they can cause seizures.

    Two opposing swings of a quarter of the picture are one flash (WCAG 2.2, 2.3.1).
    """
    if m.seen is None:
        return None
    times = m.seen.flash_times_s
    seconds = [(sum(a <= t < a + _SECOND for t in times) // 2, a) for a in times]
    most, start_s = max(seconds, default=(0, 0.0), key=lambda pair: pair[0])
    scale = Scale("in a second", limits.flashes_warn_per_s, limits.flashes_fail_per_s)
    return scale.place(
        most, f"{most} flashes in one second may cause seizures.", (moment(start_s, _SECOND),)
    )


def duplicates(m: Measurements, _e: Expectation, limits: QualityLimits) -> Outcome | None:
    """No cadence of repeated frames, as in a clip made at another frame rate."""
    if m.seen is None:
        return None
    cadence = cadence_of(m.seen)
    repeats = cadence.repeats if cadence else ()
    share = len(repeats) / len(m.seen.motion_levels)
    made = f"{cadence.moved / cadence.shown * m.video.frame_rate:.3g}" if cadence else ""
    spans = tuple(moment(m.frame_at_s(n), m.frame_at_s(1)) for n in repeats[:20])
    scale = Scale("%", limits.duplicates_warn_share, factor=100)
    return scale.place(
        share, f"Frames repeat in a cadence: the clip has only {made} new pictures a second.", spans
    )


def camera(m: Measurements, e: Expectation, limits: QualityLimits) -> Outcome | None:
    """If a fixed camera was ordered, the borders of the picture stay in place."""
    path = m.seen.camera if m.seen else None
    if not e.camera_fixed or path is None:
        return None
    places = list(zip(path.right_share, path.down_share, path.zoom_share, strict=True))
    distances = [max(_distance(place, other) for other in places) for place in places]
    scale = Scale("% of the width", limits.camera_warn_share, limits.camera_fail_share, factor=100)
    away = [
        t
        for t, place in zip(path.times_s, places, strict=True)
        if _distance(places[0], place) > limits.camera_warn_share
    ]
    spans = (moment(away[0], away[-1] - away[0]),) if away else ()
    return scale.place(
        max(distances), "The camera moves although a fixed camera was ordered.", spans
    )


def _distance(one: tuple[float, float, float], other: tuple[float, float, float]) -> float:
    """How far the border of the picture moves between two camera positions."""
    right, down, zoom = (b - a for a, b in zip(one, other, strict=True))
    return math.hypot(right, down) + abs(zoom) / 2
