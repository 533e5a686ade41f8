"""Rules of time: does it move as asked, and as nothing but a camera and a world would?"""

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from seedance_assets.core.measurement import Jump, Measurements, SeenFigures, Span, SwingPair
from seedance_assets.core.quality.limits import QualityLimits
from seedance_assets.core.quality.outcome import Expectation, Outcome, Scale
from seedance_assets.core.quality.stretches import longest_s, moment, percentile, spans_of

_LEVELS = 256
_FIRST = 1  # frame 0 differs from none
_PERCENTILE = 0.95
_SECOND = 1.0
_FLASH_S = 0.35  # what stays bright or dark for longer is another scene
_SWING_FRAMES = 3  # that a swing may take, by how they are counted
_SAME = 0.5  # of the difference between strangers: below it is the same picture, moved on
_STILL_SAME = 1.0  # levels; coding alone may make as much of a flat picture
_OTHER = 5.0  # levels that light does not explain: more is another scene
_REPEAT = 0.1  # of the usual motion around it: a frame that moves less repeats the one before
_AROUND = 6  # frames to either side
_LONGEST_PERIOD = 8
_MIN_REPEATS = 3
_REGULAR = 0.6


def freeze(m: Measurements, _e: Expectation, limits: QualityLimits) -> Outcome | None:
    """No stretch in which nothing at all changes."""
    if m.seen is None:
        return None
    frame_s = m.frame_at_s(1)
    spans = tuple(
        Span(start_s=round(max(0.0, span.start_s - frame_s), 3), end_s=span.end_s)  # what is held
        for span in spans_of(m, _still(m.seen, limits), bridge=1)
    )
    longest = longest_s(spans)
    scale = Scale("s", limits.freeze_warn_s, limits.freeze_fail_s)
    return scale.place(longest, f"The picture is frozen for {longest:.2f} s.", spans)


def _still(seen: SeenFigures, limits: QualityLimits) -> list[bool]:
    """Frames that do not differ from the one before, neither on the whole nor anywhere."""
    peaks = seen.motion_peak_levels or (0,) * len(seen.motion_levels)
    return [
        number > 0 and mean < limits.freeze_motion_levels and peak < limits.freeze_peak_levels
        for number, (mean, peak) in enumerate(zip(seen.motion_levels, peaks, strict=True))
    ]


def motion(m: Measurements, _e: Expectation, limits: QualityLimits) -> Outcome | None:
    """Something moves. For a shot that shall be still, set `motion_warn_levels` to 0."""
    if m.seen is None or len(m.seen.motion_levels) < 2:  # noqa: PLR2004  # one frame cannot move
        return None
    values = m.seen.motion_levels[1:]
    scale = Scale("levels", limits.motion_warn_levels, least=True)
    return scale.place(sum(values) / len(values), "Hardly anything moves.")


def cut(m: Measurements, _e: Expectation, limits: QualityLimits) -> Outcome | None:
    """No cut is hidden in the clip: it is one take. A flash's edges are none: the same
    picture comes before and after, and between them nothing but another light on it, or none.
    Nor is a light that goes on or off over one picture.
    """
    if m.seen is None:
        return None
    edges = _flash_edges(m, m.seen) | {j.frame for j in m.seen.jumps if _is_light(j)}
    scores = [
        0.0 if number in edges else score
        for number, score in enumerate(cut_scores(m.seen.motion_levels))
    ]
    found = [number for number, score in enumerate(scores) if score > limits.cut_score]
    times = ", ".join(f"{m.frame_at_s(n):.2f} s" for n in found[:5])
    spans = tuple(moment(m.frame_at_s(n)) for n in sorted(found, key=lambda n: -scores[n])[:20])
    return Scale("score", limits.cut_score, limits.cut_score).place(
        max(scores, default=0.0), f"The picture jumps: {len(found)} cuts, at {times}.", spans
    )


def cut_scores(motion_levels: Sequence[float]) -> list[float]:
    """Of each frame the score that a cut comes with it, 0 to 100, as ffmpeg's scdet has it.

    The lower one of the frame's difference and of how much that differs from the one before. The
    first difference has none before it, so the one after it counts: a clip may open on a fast move.
    """
    differences = [100 * level / _LEVELS for level in motion_levels]
    jumps = [0.0, *(abs(b - a) for a, b in pairwise(differences))]
    if len(jumps) > _FIRST + 1:
        jumps[_FIRST] = jumps[_FIRST + 1]
    return [min(pair) for pair in zip(differences, jumps, strict=True)]


def _flash_edges(m: Measurements, seen: SeenFigures) -> set[int]:
    """Frames at which a flash begins or ends, and those just before."""
    frames = [round(time_s * m.video.frame_rate) for time_s in seen.flash_times_s]
    longest = _FLASH_S * m.video.frame_rate
    flashes = [
        edges
        for edges, pair in zip(pairwise(frames), seen.swing_pairs, strict=False)
        if edges[1] - edges[0] <= longest and _is_flash(pair)
    ]
    return {edge - back for edges in flashes for edge in edges for back in range(_SWING_FRAMES)}


def _is_flash(pair: SwingPair) -> bool:
    """Whether one picture was lit otherwise; a scene that looked in for a moment is none."""
    same = pair.return_levels <= max(_STILL_SAME, _SAME * pair.stranger_levels)
    return same and pair.other_levels <= _OTHER


def _is_light(jump: Jump) -> bool:
    """Whether one picture is lit otherwise all at once; of two pictures a half is not alike."""
    return jump.other_levels <= _SAME * jump.stranger_levels


def flicker(m: Measurements, _e: Expectation, limits: QualityLimits) -> Outcome | None:
    """Brightness does not jitter from frame to frame."""
    if m.seen is None:
        return None
    luma, scores = m.seen.luma_levels, cut_scores(m.seen.motion_levels)
    jitter = [
        0.0 if max(scores[n : n + 2]) > limits.cut_score else abs(luma[n - 1] - 2 * luma[n] + after)
        for n, after in enumerate(luma[2:], start=1)
    ]  # a cut is a matter of another rule
    spans = spans_of(m, [False, *(j > limits.flicker_warn_levels for j in jitter)])
    scale = Scale("levels", limits.flicker_warn_levels, limits.flicker_fail_levels)
    return scale.place(percentile(jitter, _PERCENTILE), "The brightness flickers.", spans)


def flashes(m: Measurements, _e: Expectation, limits: QualityLimits) -> Outcome | None:
    """No more than three flashes in any second, for the sake of those whom they can hurt.

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
    """No cadence of repeated frames: it was not made at another frame rate."""
    if m.seen is None:
        return None
    repeats = _repeats(m.seen.motion_levels)
    steps = Counter(b - a for a, b in pairwise(repeats))
    period, times = max(steps.items(), key=lambda item: item[1], default=(0, 0))
    regular = (
        1 < period <= _LONGEST_PERIOD
        and times >= _MIN_REPEATS
        and times >= _REGULAR * (len(repeats) - 1)
    )
    share = len(repeats) / len(m.seen.motion_levels) if regular else 0.0
    spans = tuple(moment(m.frame_at_s(n), m.frame_at_s(1)) for n in repeats[:20])
    scale = Scale("%", limits.duplicates_warn_share, factor=100)
    return scale.place(share, f"Every {period}. frame repeats the one before.", spans)


def _repeats(levels: Sequence[float]) -> list[int]:
    """Frames that hardly differ from the one before though the clip moves around them."""
    found = []
    ceiling = _REPEAT * max(levels, default=0.0)
    for number in range(1, len(levels)):
        if levels[number] >= ceiling:
            continue
        around = levels[max(1, number - _AROUND) : number + _AROUND + 1]
        if levels[number] < _REPEAT * max(around) and max(around) > 0 and _moves(around):
            found.append(number)
    return found


def _moves(levels: Sequence[float]) -> bool:
    """Whether at least a third of the frames move: else it is a freeze with a jolt."""
    return median(sorted(levels)[len(levels) // 3 :]) > _REPEAT * max(levels)


def camera(m: Measurements, e: Expectation, limits: QualityLimits) -> Outcome | None:
    """A camera that was told to hold still does: the borders of the picture stay in place."""
    path = m.seen.camera if m.seen else None
    if not e.camera_fixed or path is None:
        return None
    ways = [
        (right**2 + down**2) ** 0.5 + abs(zoom) / 2
        for right, down, zoom in zip(
            path.right_share, path.down_share, path.zoom_share, strict=True
        )
    ]
    scale = Scale("% of the width", limits.camera_warn_share, limits.camera_fail_share, factor=100)
    away = [t for t, way in zip(path.times_s, ways, strict=True) if way > limits.camera_warn_share]
    spans = (moment(away[0], away[-1] - away[0]),) if away else ()
    return scale.place(max(ways), "The camera moves, though it was told to hold still.", spans)
