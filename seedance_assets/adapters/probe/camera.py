"""Detect camera movement: how the borders of the picture shift from one sample to the next.

Twelve blocks along the borders are compared by phase correlation, and one shift and one zoom are
fitted to them. Blocks that disagree (an actor leaves the picture) are ignored.
Source: Kuglin and Hines, "The phase correlation image alignment method", 1975.
"""

from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Any

import numpy as np
import numpy.typing as npt

from seedance_assets.adapters.probe.luma import Luma

_FLAT_LEVELS = 1.5
_BLUR = 0.12  # of the low-pass, in cycles per pixel: suppresses coding noise
_AGREE_PX = 0.6
_MIN_BLOCKS = 4
_SPAN = 0.5  # of the width; a person walking through a plain studio fills less
_MIN_TRUST = 0.5
_STILL_PX = 0.3
_ROUNDS = 4

Floats = npt.NDArray[np.floating[Any]]
Flags = npt.NDArray[np.bool_]
Spectra = npt.NDArray[np.complexfloating[Any, Any]]
BorderSample = list[Luma]
"""The twelve blocks of one sample."""


@dataclass(frozen=True, slots=True)
class Step:
    """How the whole picture moved: its shift, its growth, and the share of blocks that agree."""

    right: float
    down: float
    zoom: float
    trust: float

    @property
    def sure(self) -> bool:
        """Whether enough blocks agree."""
        return self.trust >= _MIN_TRUST


class BorderBlocks:
    """The positions of the blocks in pictures of one size; pictures too small have none."""

    def __init__(self, height_px: int, width_px: int, tall: float = 1.0) -> None:
        """`tall` is the height of a pixel over its width."""
        rows = 32 if height_px >= 96 else 16  # noqa: PLR2004  # a third of the height at most
        columns = 64 if width_px >= 192 else 32  # noqa: PLR2004
        self._fits = height_px >= 3 * rows and width_px >= 3 * columns
        self._block = (rows, columns)
        self._width_px = width_px
        self._tall = tall
        tops = np.linspace(0, height_px - rows, 4).round().astype(int)
        lefts = np.linspace(0, width_px - columns, 4).round().astype(int)
        places = [(t, left) for t in (tops[0], tops[3]) for left in lefts]
        places += [(t, left) for t in tops[1:3] for left in (lefts[0], lefts[3])]
        self._places = places if self._fits else []
        middle = (height_px / 2, width_px / 2)
        self._y = tall * np.array([t + rows / 2 - middle[0] for t, _ in places])
        self._x = np.array([left + columns / 2 - middle[1] for _, left in places])
        self._window = np.outer(np.hanning(rows), np.hanning(columns)).astype(np.float32)
        across, down = np.fft.rfftfreq(columns), np.fft.fftfreq(rows)
        pitch = across[None, :] ** 2 + down[:, None] ** 2
        self._low_pass = np.exp(-pitch / (2 * _BLUR**2)).astype(np.float32)

    def sample(self, small: Luma) -> BorderSample:
        """The blocks of a (shrunk) picture."""
        rows, columns = self._block
        return [small[t : t + rows, c : c + columns].copy() for t, c in self._places]

    def steps(self, samples: list[BorderSample]) -> list[Step | None]:
        """Camera movement between each sample and the next, as shares of the width.

        None where it cannot be measured.
        """
        if not self._fits or len(samples) < 2:  # noqa: PLR2004  # one cannot be compared
            return [None] * (len(samples) - 1)
        width = self._width_px
        return [
            step and Step(step.right / width, step.down / width, step.zoom, step.trust)
            for step in self._steps(samples)
        ]

    @staticmethod
    def apart(one: BorderSample, other: BorderSample) -> float:
        """Mean absolute difference of two samples; 0 if the picture is too small for blocks."""
        if not one:
            return 0.0
        return float(np.abs(np.array(one, np.int16) - np.array(other, np.int16)).mean())

    def _steps(self, samples: list[BorderSample]) -> list[Step | None]:
        """Movement in pixels; None where too little of the border has texture."""
        found: list[Step | None] = []
        for (before, a), (after, b) in pairwise(map(self._spectra, samples)):
            usable = a & b
            enough = self._is_enough(usable)
            found.append(self._step(before[usable], after[usable], usable) if enough else None)
        return found

    def _is_enough(self, usable: Flags) -> bool:
        """Whether there are enough blocks, spread widely enough not to be a single object."""
        if np.count_nonzero(usable) < _MIN_BLOCKS:
            return False
        return bool(np.ptp(self._x[usable]) >= _SPAN * self._width_px)

    def _spectra(self, sample: BorderSample) -> tuple[Spectra, Flags]:
        """The spectrum of each block, and whether it has texture."""
        values = np.array(sample, np.float32)
        values -= values.mean(axis=(1, 2), keepdims=True)
        textured = np.square(values).mean(axis=(1, 2)) >= _FLAT_LEVELS**2
        values *= self._window
        return np.fft.rfft2(values), textured

    def _step(self, before: Spectra, after: Spectra, usable: Flags) -> Step:
        cross = after * np.conj(before)
        cross *= self._low_pass / np.maximum(np.abs(cross), np.float32(1e-9))
        down, right = _peaks(np.fft.irfft2(cross, s=self._block))
        return _fit(self._x[usable], self._y[usable], right, self._tall * down)


def _peaks(surface: Floats) -> tuple[Floats, Floats]:
    """The peak of each correlation surface with sub-pixel precision: (down, right)."""
    count, rows, columns = surface.shape
    at = surface.reshape(count, -1).argmax(axis=1)
    row, column, each = at // columns, at % columns, np.arange(count)
    top = surface[each, row, column]
    down = row + _vertex(
        surface[each, row - 1, column], top, surface[each, (row + 1) % rows, column]
    )
    right = column + _vertex(
        surface[each, row, column - 1], top, surface[each, row, (column + 1) % columns]
    )
    return _signed(down, rows), _signed(right, columns)


def _signed(shift: Floats, length: int) -> Floats:
    """Signed shifts: more than half a block means the other direction."""
    return np.where(shift > length / 2, shift - length, shift)


def _vertex(before: Floats, top: Floats, after: Floats) -> Floats:
    """The top of a parabola through three values, -0.5 to 0.5."""
    curve = before - 2 * top + after
    return np.where(curve < 0, 0.5 * (before - after) / np.where(curve < 0, curve, -1.0), 0.0)


def _fit(x: Floats, y: Floats, right: Floats, down: Floats) -> Step:
    """One shift and one zoom for all blocks: least squares over those that agree."""
    shift_right, shift_down, zoom = median(right.tolist()), median(down.tolist()), 0.0
    before: list[bool] = []
    for _ in range(_ROUNDS):
        off = _off(x, y, right - shift_right, down - shift_down, zoom)
        agree = off <= max(_AGREE_PX, median(off.tolist()))
        if agree.tolist() == before:
            break
        before = agree.tolist()
        shift_right, shift_down, zoom = _least_squares(
            x[agree], y[agree], right[agree], down[agree]
        )
    off = _off(x, y, right - shift_right, down - shift_down, zoom)
    still = np.maximum(np.abs(right), np.abs(down)) <= _STILL_PX
    if _ground_stands(still & (off > _AGREE_PX), y > 0):
        return Step(0.0, 0.0, 0.0, float(still.mean()))
    trust = np.count_nonzero(off <= _AGREE_PX) / len(off)
    return Step(shift_right, shift_down, zoom, trust)


def _ground_stands(still: Flags, low: Flags) -> bool:
    """Whether most of the lower half stands still although other blocks move.

    Clouds that drift over a landscape may fill most of its border.
    """
    return bool(2 * np.count_nonzero(still & low) > np.count_nonzero(low))


def _off(x: Floats, y: Floats, right: Floats, down: Floats, zoom: float) -> Floats:
    """How far each block's shift is from the fit, in the worse of both directions."""
    worse: Floats = np.maximum(np.abs(right - zoom * x), np.abs(down - zoom * y))
    return worse


def _least_squares(x: Floats, y: Floats, right: Floats, down: Floats) -> tuple[float, float, float]:
    """(shift to the right, shift down, zoom)."""
    middle_x, middle_y, mean_right, mean_down = (float(v.mean()) for v in (x, y, right, down))
    x, y = x - middle_x, y - middle_y
    spread = float(np.dot(x, x) + np.dot(y, y))
    zoom = float(np.dot(x, right) + np.dot(y, down)) / spread if spread else 0.0
    return mean_right - zoom * middle_x, mean_down - zoom * middle_y, zoom
