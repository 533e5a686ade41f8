"""Cadences of repeated frames: clips made at one frame rate and played at another."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from seedance_assets.core.measurement import PictureStats

_REPEAT = 0.12  # of the usual step nearby: a frame that moves less repeats the one before
_SLOW = 0.8  # of the usual step
_CODED, _CODED_SHARE = 0.4, 0.05  # levels that coding alone adds to a repeated frame
_AROUND = 8  # frames to either side
_MIN_REPEATS = 3
_LONGEST_STEP = 8  # frames
_STEADY, _EVEN = 0.85, 0.7  # shares of the steps
_LEAST_SHARE = 0.08  # of the frames: rare repeats are not a cadence


@dataclass(frozen=True, slots=True)
class Cadence:
    """Frames that repeat the one before in a regular pattern."""

    repeats: tuple[int, ...]
    shown: int
    """Frames from the first to the last moving one, and how many of them move."""
    moved: int


def cadence_of(seen: PictureStats) -> Cadence | None:
    """The cadence of a clip or of a part of it; None if frames repeat at random.

    Motion caused by a change of light is ignored: flashes are not steps of a cadence.
    """
    motion_levels = seen.motion_levels
    lights = seen.light_steps or (0.0,) * len(motion_levels)
    steps = [max(0.0, m - abs(light)) for m, light in zip(motion_levels, lights, strict=True)]
    repeats = _repeats(motion_levels, steps)
    if len(repeats) < _MIN_REPEATS:
        return None
    start, end = _busiest(repeats, len(motion_levels))
    inside = [n for n in repeats if start <= n < end]
    silent = set(inside)
    moved = [n for n in range(max(1, start), end) if n not in silent]
    if len(inside) < max(_MIN_REPEATS, _LEAST_SHARE * (end - start)):
        return None
    if not _is_even(moved) or _slows(motion_levels, inside, moved):
        return None
    return Cadence(tuple(inside), shown=end - start, moved=len(moved))


def moved_frames(seen: PictureStats) -> list[int]:
    """The frames that do not repeat the one before them in a cadence."""
    cadence = cadence_of(seen)
    repeats = set(cadence.repeats) if cadence else set()
    return [n for n in range(len(seen.motion_levels)) if n not in repeats]


def _repeats(levels: Sequence[float], steps: Sequence[float]) -> list[int]:
    """Frames that hardly differ from the one before although the clip moves around them."""
    found = []
    for number in range(1, len(levels)):
        around = steps[max(1, number - _AROUND) : number + _AROUND + 1]
        moving = sorted(around)[-max(2, len(around) // 5) :]  # at least one step in five
        usual = median(moving)
        most = min(_REPEAT * usual, max(_CODED, _CODED_SHARE * usual))
        if usual > 0 and levels[number] < most and moving[0] > _REPEAT * moving[-1]:
            found.append(number)
    return found


def _slows(levels: Sequence[float], repeats: Sequence[int], moved: Sequence[int]) -> bool:
    """Whether motion slows down around the repeats, like a pendulum and unlike a cadence."""
    beside = []
    for before, after in pairwise(moved):
        if after - before > 1:
            beside += [levels[before], levels[after]]
    usual = median(levels[n] for n in moved)
    return bool(repeats) and sum(beside) < _SLOW * usual * len(beside)


def _busiest(repeats: Sequence[int], frames: int) -> tuple[int, int]:
    """The range in which frames repeat; the rest of the clip runs at full rate."""
    gaps = [b - a for a, b in pairwise(repeats)]
    usual = median(gaps)
    runs, start = [], repeats[0]
    for before, now in pairwise(repeats):
        if now - before > 3 * usual + 1:
            runs.append((start, before))
            start = now
    runs.append((start, repeats[-1]))
    first, last = max(runs, key=lambda run: run[1] - run[0])
    return max(0, first - round(usual)), min(frames, last + round(usual) + 1)


def _is_even(moved: Sequence[int]) -> bool:
    """Whether the steps between moving frames have one length, or two that alternate evenly.

    24 frames made from 18 have steps of one, one and two; randomly lost frames have no such order.
    """
    steps = [b - a for a, b in pairwise(moved)]
    if len(steps) < _MIN_REPEATS or max(steps, default=0) > _LONGEST_STEP:
        return False
    counted = Counter(steps)
    (usual, times), *rest = counted.most_common()
    if times >= _STEADY * len(steps) and usual > 1:
        return True
    other = rest[0][0] if rest else usual
    if times + counted[other] * (other != usual) < _STEADY * len(steps):
        return False
    rare = [n for n, step in enumerate(steps) if step == other]
    between = Counter(b - a for a, b in pairwise(rare))
    (often, count), *_ = between.most_common(1) or [(0, 0)]
    near = count + max(between[often - 1], between[often + 1])
    return bool(between) and near >= _EVEN * sum(between.values())
