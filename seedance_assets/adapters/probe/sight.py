"""What is to be seen: a few figures of every frame, and more of some."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from av.video.frame import VideoFrame

from seedance_assets.adapters.probe.camera import BorderBlocks, BorderLook
from seedance_assets.adapters.probe.flashes import Grids, swing_frames
from seedance_assets.adapters.probe.luma import Luma, luma_of, shrink_factor, shrunk
from seedance_assets.adapters.probe.spread import Spread
from seedance_assets.core.measurement import Bars, SeenFigures

_DARK = 38  # black within 10 % of the range, as ffmpeg's blackdetect has it
_GRID = (9, 16)
_EVERY_NTH_ROW = 4
_BAR = 24.0  # mean level of a row or column that is black, as ffmpeg's cropdetect has it
_BLACK, _WHITE, _R103_LOW, _R103_HIGH = 16, 235, 5, 246


@dataclass(frozen=True, slots=True)
class _Sample:
    frame: int
    sharpness: float
    look: BorderLook | None
    outside: tuple[float, float, float]
    """Shares of its pixels that are too dark, too bright, and out of gamut."""


class Sight:
    """Looks at every frame of a clip; memory grows by 2 kB a frame.

    `expected_frames` is a hint: a header may lie.
    """

    def __init__(self, expected_frames: int) -> None:
        self._samples = Spread[_Sample](expected_frames)
        self._luma: list[float] = []
        self._dark: list[float] = []
        self._motion: list[float] = []
        self._peaks: list[int] = []
        self._thin: list[Luma] = []
        self._factor = 1
        self._before: Luma | None = None
        self._blocks: BorderBlocks | None = None
        self._brightest: Luma | None = None
        self.first: Luma | None = None
        """The luma of frame 0, all of it."""

    def see(self, frame: VideoFrame) -> None:
        """Look at the next frame; all are of one size."""
        luma = luma_of(frame)
        number = len(self._luma)
        if number == 0:
            self._factor = shrink_factor(luma.shape[1], luma.shape[0])
            self.first = luma.copy()
        small = shrunk(luma, self._factor)
        pixels = small.size
        self._luma.append(int(np.add.reduce(small, axis=None, dtype=np.uint32)) / pixels)
        self._dark.append(np.count_nonzero(small <= _DARK) / pixels)
        motion, peak = _difference(small, self._before)
        self._motion.append(motion)
        self._peaks.append(peak)
        self._thin.append(_thinned(small))
        self._before = small
        if self._samples.wants(number):
            self._samples.keep(self._sample(number, luma, small))

    def _sample(self, number: int, luma: Luma, small: Luma) -> _Sample:
        if self._blocks is None:
            self._blocks = BorderBlocks(*small.shape)
        if self._brightest is None:
            self._brightest = luma.copy()
        else:
            np.maximum(self._brightest, luma, out=self._brightest)
        return _Sample(number, _sharpness(luma), self._blocks.look(small), _outside(luma))

    def figures(self, frames_per_second: float) -> SeenFigures:
        """What was seen. At least one frame must have been."""
        samples = self._samples.kept
        outside = np.mean([sample.outside for sample in samples], axis=0)
        looks = [s.look for s in samples if s.look is not None]
        times_s = [round(s.frame / frames_per_second, 3) for s in samples if s.look is not None]
        swings = swing_frames(_grids(np.stack(self._thin)))
        return SeenFigures(
            luma_levels=tuple(round(v, 2) for v in self._luma),
            dark_shares=tuple(round(v, 3) for v in self._dark),
            motion_levels=tuple(round(v, 3) for v in self._motion),
            motion_peak_levels=tuple(self._peaks),
            flash_times_s=tuple(round(n / frames_per_second, 3) for n in swings),
            sharpness=tuple(round(s.sharpness, 1) for s in samples),
            bars=self._bars(),
            below_black_share=round(float(outside[0]), 5),
            above_white_share=round(float(outside[1]), 5),
            out_of_gamut_share=round(float(outside[2]), 5),
            camera=self._blocks.path(looks, times_s) if self._blocks and len(looks) > 1 else None,
        )

    def _bars(self) -> Bars:
        """Borders that are black in every sample; a clip that is black all over has none."""
        if self._brightest is None:
            return Bars()
        rows, columns = (self._brightest.mean(axis=axis) > _BAR for axis in (1, 0))
        if not rows.any() or not columns.any():
            return Bars()
        return Bars(
            top_px=int(rows.argmax()),
            bottom_px=int(rows[::-1].argmax()),
            left_px=int(columns.argmax()),
            right_px=int(columns[::-1].argmax()),
        )


def _difference(now: Luma, before: Luma | None) -> tuple[float, int]:
    """Mean and largest absolute difference; in bytes, as larger minus smaller never wraps."""
    if before is None:
        return 0.0, 0
    apart = np.maximum(now, before) - np.minimum(now, before)
    return int(np.add.reduce(apart, axis=None, dtype=np.uint32)) / apart.size, int(apart.max())


def _thinned(small: Luma) -> Luma:
    """Every fourth pixel of every fourth row, where enough are left for a grid."""
    return (small[::4, ::4] if min(small.shape) >= 4 * max(_GRID) else small).copy()


def _grids(thin: npt.NDArray[np.uint8]) -> Grids:
    """Mean levels of 9 × 16 parts (16 × 9 if upright) of each frame, of shape (frames, parts).

    A picture too small for that is one part.
    """
    frames, height, width = thin.shape
    parts = _GRID if width >= height else _GRID[::-1]
    rows, columns = height // parts[0], width // parts[1]
    if not rows or not columns:
        whole: Grids = thin.reshape(frames, -1).mean(axis=1, dtype=np.float32).reshape(frames, 1)
        return whole
    cut = thin[:, : rows * parts[0], : columns * parts[1]]
    cells = cut.reshape(frames, parts[0], rows, parts[1], columns)
    means: Grids = cells.mean(axis=(2, 4), dtype=np.float32).reshape(frames, -1)
    return means


def _sharpness(luma: Luma) -> float:
    """Variance of the Laplacian of the middle: half of the width, half of the height."""
    height, width = luma.shape
    middle = luma[height // 4 : height - height // 4, width // 4 : width - width // 4]
    if min(middle.shape) < 3:  # noqa: PLR2004  # a Laplacian needs its neighbours
        return 0.0
    values = middle.astype(np.int16)
    laplacian = 4 * values[1:-1, 1:-1]
    laplacian -= values[:-2, 1:-1]
    laplacian -= values[2:, 1:-1]
    laplacian -= values[1:-1, :-2]
    laplacian -= values[1:-1, 2:]
    flat = laplacian.astype(np.float32).ravel()
    return float(np.dot(flat, flat) / flat.size - flat.mean() ** 2)


def _outside(luma: Luma) -> tuple[float, float, float]:
    rows = luma[::_EVERY_NTH_ROW]
    low, high = np.count_nonzero(rows < _BLACK), np.count_nonzero(rows > _WHITE)
    wild = 0
    if low or high:
        wild = int(np.count_nonzero((rows < _R103_LOW) | (rows > _R103_HIGH)))
    return low / rows.size, high / rows.size, wild / rows.size
