"""Changes of light and tint, separated from movement."""

from collections.abc import Collection
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from seedance_assets.adapters.probe.luma import Stack

_MOST_PARTS, _FEWEST_PARTS = 65, 35  # per cent
_LIT = 32.0
_LIT_PARTS = 0.1
_BLACK = 16.0
_STEP_S = 0.25
_SAME = 0.5  # correlation of luma, over a step

Grids = npt.NDArray[np.float32]


def light_steps(grids: Grids) -> list[float]:
    """The change of light at each frame, in levels of the mean luma; 0 for the first.

    Movement makes some parts brighter and others darker, or changes only a few parts; a change of
    light changes most parts together.
    """
    levels = grids.mean(axis=1) - _BLACK
    steps = _together(np.diff(grids, axis=0))
    for number in np.flatnonzero(levels[:-1] <= _LIT):
        before, now = grids[number], grids[number + 1]
        lit = np.minimum(before, now) >= _LIT
        if lit.mean() >= _LIT_PARTS:  # in a dark picture the lit parts, in proportion to its mean
            relative = (now[lit] - before[lit]) / (before[lit] - _BLACK)
            steps[number] = max(1.0, levels[number]) * _together(relative[None])[0]
    return [0.0, *steps.round(2).tolist()]


def _together(changes: Grids) -> npt.NDArray[np.float64]:
    """The change that most parts share, row by row; at least half of the picture."""
    low, high = np.percentile(changes, [_FEWEST_PARTS, _MOST_PARTS], axis=1)
    both: npt.NDArray[np.float64] = np.where(low * high > 0, (low + high) / 2, low + high)
    return both


def chroma_steps(chroma: Stack) -> list[float]:
    """The mean absolute difference of chroma from the frame before; 0 for the first."""
    flat = chroma.reshape(len(chroma), -1).astype(np.int16)
    return [0.0, *np.abs(np.diff(flat, axis=0)).mean(axis=1).round(2).tolist()]


@dataclass(frozen=True, slots=True)
class Tints:
    """How the colours shift over a clip, at some of its frames."""

    frames: list[int]
    shifts: list[tuple[float, float]]
    """Shift of Cb and Cr since the first frame."""
    colourful: list[float]


def tints(
    luma: Grids, chroma: Grids, frames_per_second: float, leave_out: Collection[int]
) -> Tints:
    """The tint every quarter of a second, as the median over the parts of the picture.

    Each frame is compared with the first while that shows the same picture, else with the one
    before; a step to another picture counts as zero. `chroma` has shape (frames, 2, parts). A
    change of light scales the colours, which is not a tint. Frames in `leave_out` are skipped.
    """
    every = max(1, round(_STEP_S * frames_per_second))
    frames = [n for n in range(0, len(luma), every) if n not in leave_out] or [0]
    shifts = [(0.0, 0.0)]
    for before, now in pairwise(frames):
        shift = _tint(luma[frames[0]], luma[now], chroma[frames[0]], chroma[now])
        if shift is None:
            step = _tint(luma[before], luma[now], chroma[before], chroma[now]) or (0.0, 0.0)
            shift = (shifts[-1][0] + step[0], shifts[-1][1] + step[1])
        shifts.append(shift)
    rich = np.hypot(chroma[frames, 0], chroma[frames, 1]).mean(axis=1)
    return Tints(frames, shifts, rich.tolist())


def _tint(
    luma: Grids, luma_now: Grids, chroma: Grids, chroma_now: Grids
) -> tuple[float, float] | None:
    """The shift of Cb and Cr that most of the picture shares; None for another picture."""
    if _correlation(luma, luma_now) < _SAME:
        return None
    gain = np.clip((luma_now - _BLACK) / np.maximum(luma - _BLACK, 1.0), 0.25, 4.0)
    blue, red = np.median(chroma_now - chroma * gain, axis=1)
    return float(blue), float(red)


def _correlation(one: Grids, other: Grids) -> float:
    a, b = one - one.mean(), other - other.mean()
    size = float(np.sqrt(np.dot(a, a) * np.dot(b, b)))
    return float(np.dot(a, b)) / size if size > 0 else 1.0
