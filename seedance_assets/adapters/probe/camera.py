"""Whether the camera moves: how the borders of the picture shift from one sample to the next.

Twelve blocks along the borders are compared by phase correlation, and one shift and one zoom are
fitted to what they say. Blocks that disagree (an actor walks out of the picture) lose their vote.
Source: Kuglin and Hines, "The phase correlation image alignment method", 1975.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from seedance_assets.adapters.probe.luma import Luma
from seedance_assets.core.measurement import CameraPath

_FLAT_LEVELS = 1.5
_BLUR = 0.12  # of the low-pass, in cycles a pixel: coding noise has no vote
_AGREE_PX = 0.6
_MIN_BLOCKS = 4
_MIN_TRUST = 0.5
_ROUNDS = 4

Floats = npt.NDArray[np.floating[Any]]
Spectra = npt.NDArray[np.complexfloating[Any, Any]]


@dataclass(frozen=True, slots=True)
class BorderLook:
    """What the borders of one sample look like, ready to be compared."""

    spectra: Spectra
    """Of shape (12, rows, columns)."""
    textured: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class _Step:
    right_px: float
    down_px: float
    zoom: float
    trust: float


class BorderBlocks:
    """Where the blocks lie in pictures of one size; `None` looks if the picture is too small."""

    def __init__(self, height_px: int, width_px: int) -> None:
        rows = 32 if height_px >= 96 else 16  # noqa: PLR2004  # a third of the height at most
        columns = 64 if width_px >= 192 else 32  # noqa: PLR2004
        self.fits = height_px >= 3 * rows and width_px >= 3 * columns
        self._block = (rows, columns)
        self._width_px = width_px
        tops = np.linspace(0, height_px - rows, 4).round().astype(int)
        lefts = np.linspace(0, width_px - columns, 4).round().astype(int)
        places = [(t, left) for t in (tops[0], tops[3]) for left in lefts]
        places += [(t, left) for t in tops[1:3] for left in (lefts[0], lefts[3])]
        self._places = places
        middle = (height_px / 2, width_px / 2)
        self._y = np.array([t + rows / 2 - middle[0] for t, _ in places])
        self._x = np.array([left + columns / 2 - middle[1] for _, left in places])
        self._window = np.outer(np.hanning(rows), np.hanning(columns)).astype(np.float32)
        across, down = np.fft.rfftfreq(columns), np.fft.fftfreq(rows)
        self._low_pass = np.exp(-(across[None, :] ** 2 + down[:, None] ** 2) / (2 * _BLUR**2))

    def look(self, small: Luma) -> BorderLook | None:
        """What the borders of a (shrunk) picture look like."""
        if not self.fits:
            return None
        rows, columns = self._block
        blocks = np.stack([small[t : t + rows, c : c + columns] for t, c in self._places])
        values = blocks.astype(np.float32)
        values -= values.mean(axis=(1, 2), keepdims=True)
        textured = values.std(axis=(1, 2)) >= _FLAT_LEVELS
        return BorderLook(np.fft.rfft2(values * self._window), textured)

    def path(self, looks: list[BorderLook], times_s: list[float]) -> CameraPath | None:
        """The camera's way over the samples, or None where nothing can be said."""
        steps = [self._step(a, b) for a, b in pairwise(looks)]
        known = [step for step in steps if step is not None]
        if not known:
            return None
        right, down, zoom = [0.0], [0.0], [1.0]
        for step in steps:
            sure = step if step and step.trust >= _MIN_TRUST else _Step(0, 0, 0, 0)
            right.append(right[-1] + sure.right_px / self._width_px)
            down.append(down[-1] + sure.down_px / self._width_px)
            zoom.append(zoom[-1] * (1 + sure.zoom))
        return CameraPath(
            times_s=tuple(times_s),
            right_share=tuple(round(v, 5) for v in right),
            down_share=tuple(round(v, 5) for v in down),
            zoom_share=tuple(round(v - 1, 5) for v in zoom),
            trust=round(float(np.mean([s.trust for s in known])), 3),
        )

    def _step(self, before: BorderLook, after: BorderLook) -> _Step | None:
        usable = before.textured & after.textured
        if int(usable.sum()) < _MIN_BLOCKS:
            return None
        cross = after.spectra[usable] * np.conj(before.spectra[usable])
        cross *= self._low_pass / np.maximum(np.abs(cross), 1e-9)
        surface = np.fft.irfft2(cross, s=self._block)
        down, right = _peaks(surface)
        return _fit(self._x[usable], self._y[usable], right, down)


def _peaks(surface: Floats) -> tuple[Floats, Floats]:
    """Of each correlation surface the place of its peak, between pixels too: (down, right)."""
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
    """A shift by more than half a block is one the other way."""
    return np.where(shift > length / 2, shift - length, shift)


def _vertex(before: Floats, top: Floats, after: Floats) -> Floats:
    """Where a parabola through three values has its top, -0.5 to 0.5."""
    curve = before - 2 * top + after
    return np.where(curve < 0, 0.5 * (before - after) / np.where(curve < 0, curve, -1.0), 0.0)


def _fit(x: Floats, y: Floats, right: Floats, down: Floats) -> _Step:
    """One shift and one zoom for all blocks, by least squares over those that agree."""
    ones, none = np.ones_like(x), np.zeros_like(x)
    system = np.concatenate([np.stack([ones, none, x], 1), np.stack([none, ones, y], 1)])
    seen = np.concatenate([right, down])
    solution = np.array([np.median(right), np.median(down), 0.0])
    agree = np.ones(len(x), bool)
    for _ in range(_ROUNDS):
        error = np.abs(system @ solution - seen)
        off = np.maximum(error[: len(x)], error[len(x) :])
        agree = off <= max(_AGREE_PX, float(np.median(off)))
        both = np.concatenate([agree, agree])
        solution = np.linalg.lstsq(system[both], seen[both], rcond=None)[0]
    error = np.abs(system @ solution - seen)
    off = np.maximum(error[: len(x)], error[len(x) :])
    trust = float((off <= _AGREE_PX).mean())
    return _Step(float(solution[0]), float(solution[1]), float(solution[2]), trust)
