"""What is to be seen: a few figures of every frame, and more of some."""

from dataclasses import dataclass

import numpy as np
from av.video.frame import VideoFrame

from seedance_assets.adapters.probe.camera import BorderBlocks, BorderLook
from seedance_assets.adapters.probe.every_frame import EveryFrame, Stack
from seedance_assets.adapters.probe.flashes import Grids, jumps, swing_frames, swing_pairs
from seedance_assets.adapters.probe.luma import Luma, Shrinker, luma_of, means
from seedance_assets.adapters.probe.spread import Spread
from seedance_assets.core.errors import ClipRefused
from seedance_assets.core.measurement import Bars, SeenFigures
from seedance_assets.core.quality.movement import cut_scores

_GRID = (9, 16)
_EVERY_NTH_ROW = 4
_BAR = 24.0  # mean level of a row or column that is black, as ffmpeg's cropdetect has it
_MOST_JUMPS, _LEAST_SCORE = 50, 4.0  # half of what is a cut, as long as nobody sets it otherwise
_EDGE = 4  # lines within which a bar gives way to the picture: codecs blur it
_LIT_ALONG = 0.5
_STEP = 6.0  # levels between a bar and the picture; a soft vignette climbs one or two
_ALONE = 0.2  # of the side: no format leaves a broader bar above, and a caption may hide its twin
_BLACK, _WHITE, _R103_LOW, _R103_HIGH = 16, 235, 5, 246


@dataclass(frozen=True, slots=True)
class _Sample:
    frame: int
    sharpness: float
    look: BorderLook
    outside: tuple[float, float, float]
    """Shares of its pixels that are too dark, too bright, and out of gamut."""


class _Gauges:
    """What measures frames of one size."""

    def __init__(self, shape: tuple[int, int]) -> None:
        self.shrinker, self._whole = Shrinker(shape, every_row=False), Shrinker(shape)
        self.every = EveryFrame(self.shrinker.shape)
        self.blocks = BorderBlocks(*self._whole.shape)
        self._fours = np.empty(self._whole.shape, np.uint16)
        self.brightest = np.zeros(shape, np.uint8)

    def sample(self, number: int, luma: Luma) -> _Sample:
        """What is measured of some frames only."""
        self._whole.add_up(luma, self._fours)
        np.maximum(self.brightest, luma, out=self.brightest)
        look = self.blocks.look(means(self._fours))
        return _Sample(number, _sharpness(luma), look, _outside(luma))


class Sight:
    """Looks at every frame of a clip; memory grows by 2 to 6 kB a frame.

    `expected_frames` is a hint: a header may lie.
    """

    def __init__(self, expected_frames: int) -> None:
        self._samples = Spread[_Sample](expected_frames)
        self._frames = 0
        self._gauges: _Gauges | None = None
        self.first: Luma | None = None
        """The luma of frame 0, all of it."""

    def see(self, frame: VideoFrame) -> None:
        """Look at the next frame; all are of one size."""
        luma = luma_of(frame)
        if self._gauges is None:
            self._gauges, self.first = _Gauges(luma.shape), luma.copy()
        self._gauges.shrinker.add_up(luma, self._gauges.every.place())
        if self._samples.wants(self._frames):
            self._samples.keep(self._gauges.sample(self._frames, luma))
        self._frames += 1

    def figures(self, frames_per_second: float) -> SeenFigures:
        """What was seen. Raises `ClipRefused` if nothing was."""
        if self._gauges is None:
            raise ClipRefused("not one frame of it can be decoded")
        samples, every = self._samples.kept, self._gauges.every
        outside = np.mean([sample.outside for sample in samples], axis=0)
        times_s = [round(sample.frame / frames_per_second, 3) for sample in samples]
        thin = every.thin()
        grids = _grids(thin)
        swings = swing_frames(grids)
        return SeenFigures(
            luma_levels=tuple(round(v, 2) for v in every.luma),
            dark_shares=tuple(round(v, 3) for v in every.dark),
            motion_levels=tuple(round(v, 3) for v in every.motion),
            motion_peak_levels=tuple(every.peaks),
            flash_times_s=tuple(round(n / frames_per_second, 3) for n in swings),
            swing_pairs=tuple(swing_pairs(grids, thin, swings)),
            jumps=tuple(jumps(thin, _jumping(every.motion))),
            sharpness=tuple(round(s.sharpness, 1) for s in samples),
            bars=_bars(self._gauges.brightest),
            below_black_share=round(float(outside[0]), 5),
            above_white_share=round(float(outside[1]), 5),
            out_of_gamut_share=round(float(outside[2]), 5),
            camera=self._gauges.blocks.path([s.look for s in samples], times_s),
        )


def _jumping(motion_levels: list[float]) -> list[int]:
    """Frames that may be cuts, in their order."""
    scores = cut_scores(motion_levels)
    most = sorted(range(len(scores)), key=lambda number: -scores[number])[:_MOST_JUMPS]
    return sorted(number for number in most if scores[number] >= _LEAST_SCORE)


def _bars(brightest: Luma) -> Bars:
    """Borders that are black in every sample; a clip that is black all over has none."""
    rows, columns = (brightest.mean(axis=axis) > _BAR for axis in (1, 0))
    if not rows.any() or not columns.any():
        return Bars()
    top, bottom = _bar(brightest), _bar(brightest[::-1])
    left, right = _bar(brightest.T), _bar(brightest.T[::-1])
    height, width = brightest.shape
    top, bottom = _pair(top, bottom, height)
    left, right = _pair(left, right, width)
    return Bars(top_px=top, bottom_px=bottom, left_px=left, right_px=right)


def _bar(brightest: Luma) -> int:
    """Lines of a bar at the first line of a picture.

    A bar ends at an edge: a line that is lit all along, and a step up. Else the dark belongs to the
    picture, such as that around somebody in a spotlight, or a vignette.
    """
    level = brightest.mean(axis=1)
    width = int((level > _BAR).argmax())
    beyond = slice(width, width + _EDGE)
    lit = (brightest[beyond] > _BAR).mean(axis=1)
    step = level[beyond].max() - level[max(width - _EDGE, 0) : width].min(initial=_BAR)
    return width if lit.max() >= _LIT_ALONG and step >= _STEP else 0


def _pair(near: int, far: int, side: int) -> tuple[int, int]:
    """Two bars that face each other: alike, or none broader than one alone can be."""
    if abs(near - far) <= _EDGE:
        return near, far
    broadest = _ALONE * side
    return (near if near <= broadest else 0), (far if far <= broadest else 0)


def _grids(thin: Stack) -> Grids:
    """Mean levels of 9 × 16 parts (16 × 9 if upright) of each frame, of shape (frames, parts).

    A picture too small for that is one part.
    """
    frames, height, width = thin.shape
    parts = _GRID if width >= height else _GRID[::-1]
    rows, columns = height // parts[0], width // parts[1]
    if not rows or not columns:
        whole: Grids = thin.reshape(frames, -1).mean(axis=1, dtype=np.float32).reshape(frames, 1)
        return whole
    cells = np.zeros((frames, *parts), np.uint32)
    for row in range(rows):
        for column in range(columns):
            bottom, right = rows * parts[0], columns * parts[1]
            cells += thin[:, row:bottom:rows, column:right:columns]
    means: Grids = cells.reshape(frames, -1).astype(np.float32) / (rows * columns)
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
    return float(laplacian.astype(np.float32).var())


def _outside(luma: Luma) -> tuple[float, float, float]:
    rows = luma[::_EVERY_NTH_ROW]
    low, high = np.count_nonzero(rows < _BLACK), np.count_nonzero(rows > _WHITE)
    wild = 0
    if low or high:
        wild = int(np.count_nonzero((rows < _R103_LOW) | (rows > _R103_HIGH)))
    return low / rows.size, high / rows.size, wild / rows.size
