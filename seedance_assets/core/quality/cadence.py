"""Cadences of repeated frames: what was made at one frame rate and is shown at another."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from seedance_assets.core.measurement import PictureStats

_REPEAT = 0.12  # of the usual step around it: a frame that moves less repeats the one before
_SLOW = 0.8  # of the usual step
_CODED, _CODED_SHARE = 0.4, 0.05  # levels that coding alone makes of a repeated frame
_AROUND = 8  # frames to either side
_MIN_REPEATS = 3
_LONGEST_STEP = 8  # frames
_STEADY, _EVEN = 0.85, 0.7  # shares of the steps
_LEAST_SHARE = 0.08  # of the frames: a rare repeat is no cadence


@dataclass(frozen=True, slots=True)
class Cadence:
    """Frames that repeat the one before, in a steady rhythm."""

    repeats: tuple[int, ...]
    shown: int
    """How many frames there are from the first to the last that moves, and how many of them do."""
    moved: int


def cadence_of(seen: PictureStats) -> Cadence | None:
    """The cadence of a clip, or of the part of it that has one; None if frames repeat at random.

    What a change of light makes of the motion is left out: flashes are no steps of a cadence.
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
    """The frames that do not merely repeat the one before them in a cadence."""
    cadence = cadence_of(seen)
    repeats = set(cadence.repeats) if cadence else set()
    return [n for n in range(len(seen.motion_levels)) if n not in repeats]


def _repeats(levels: Sequence[float], steps: Sequence[float]) -> list[int]:
    """Frames that hardly differ from the one before though the clip moves around them."""
    found = []
    for number in range(1, len(levels)):
        around = steps[max(1, number - _AROUND) : number + _AROUND + 1]
        moving = sorted(around)[-max(2, len(around) // 5) :]  # one step in five at the least
        usual = median(moving)
        most = min(_REPEAT * usual, max(_CODED, _CODED_SHARE * usual))
        if usual > 0 and levels[number] < most and moving[0] > _REPEAT * moving[-1]:
            found.append(number)
    return found


def _slows(levels: Sequence[float], repeats: Sequence[int], moved: Sequence[int]) -> bool:
    """Whether it is slow before and after it stands: so does what swings, but no repeated frame."""
    beside = []
    for before, after in pairwise(moved):
        if after - before > 1:
            beside += [levels[before], levels[after]]
    usual = median(levels[n] for n in moved)
    return bool(repeats) and sum(beside) < _SLOW * usual * len(beside)


def _busiest(repeats: Sequence[int], frames: int) -> tuple[int, int]:
    """From where to where frames repeat: what is a long way from any repeat runs at full rate."""
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
    """Whether steps between the frames that move are of one length, or of two in even turns.

    24 frames of 18 have steps of one, one and two; frames lost at random have no such order.
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
