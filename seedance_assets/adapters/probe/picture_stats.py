"""Picture statistics: a few figures of every frame, and more of some."""

from dataclasses import dataclass

import numpy as np
from av.video.frame import VideoFrame

from seedance_assets.adapters.probe.camera import BorderBlocks, BorderSample
from seedance_assets.adapters.probe.camera_path import SampledBlocks, camera_path
from seedance_assets.adapters.probe.chroma import ChromaStack, chroma_of
from seedance_assets.adapters.probe.dissolves import dissolves
from seedance_assets.adapters.probe.every_frame import EveryFrame
from seedance_assets.adapters.probe.flashes import Grids, jumps, swing_frames, swing_pairs
from seedance_assets.adapters.probe.glitches import glitches
from seedance_assets.adapters.probe.light import chroma_steps, light_steps, tints
from seedance_assets.adapters.probe.luma import Luma, Shrinker, Stack, luma_of, means
from seedance_assets.adapters.probe.spread import Spread
from seedance_assets.core.errors import ClipRefused
from seedance_assets.core.measurement import Bars, Glitch, PictureStats, TintPath
from seedance_assets.core.quality.shot_changes import contrasts, cut_scores

_GRID = (9, 16)
_EVERY_NTH_ROW = 4
_SHARP_BANDS, _SHARP_ROWS, _SHARP_COLUMNS = 8, 6, 16
_SHARPEST = 90  # percentile of the parts' sharpness
_NEUTRAL = 128.0
_BAR = 24.0  # mean level of a black row or column, like ffmpeg's cropdetect
_MOST_JUMPS, _LEAST_SCORE = 50, 4.0  # half of the default threshold for a cut
_LEAST_LEVELS, _OUTLYING = 1.0, 2.5
_EDGE = 4  # lines over which codecs blur the edge of a bar
_LIT_ALONG = 0.5
_STEP = 6.0  # levels between a bar and the picture; a soft vignette has steps of one or two
_ALONE = 0.2  # of the side: no format has a broader bar above, and a caption may hide the one below
_BESIDE = 0.8  # horizontal edges are common (sky, ground), vertical ones are rare
_VOID = 18  # even the darkest ground is not this black everywhere
_BLACK, _WHITE, _R103_LOW, _R103_HIGH = 16, 235, 5, 246


@dataclass(frozen=True, slots=True)
class _Sample:
    frame: int
    sharpness: float
    sharpest: float
    sample: BorderSample
    outside: tuple[float, float, float]
    """Shares of the pixels that are too dark, too bright, and out of gamut."""


class _FrameMeters:
    """The meters for frames of one size."""

    def __init__(self, shape: tuple[int, int]) -> None:
        self.shrinker, self._whole = Shrinker(shape, every_row=False), Shrinker(shape)
        near = BorderBlocks(*self.shrinker.shape, self.shrinker.tall)
        self.near, self.every = near, EveryFrame(self.shrinker.shape, near)
        self.chroma = ChromaStack()
        self.blocks = BorderBlocks(*self._whole.shape)
        self._fours = np.empty(self._whole.shape, np.uint16)
        self.brightest = np.zeros(shape, np.uint8)

    def sample(self, number: int, luma: Luma) -> _Sample:
        """The figures that are measured for some frames only."""
        self._whole.add_up(luma, self._fours)
        np.maximum(self.brightest, luma, out=self.brightest)
        sample = self.blocks.sample(means(self._fours))
        return _Sample(number, _sharpness(luma), _sharpest(luma), sample, _outside(luma))


class PictureMeter:
    """Measures every frame of a clip; memory grows by 2 to 6 kB a frame.

    `expected_frames` is a hint: a header may be wrong.
    """

    def __init__(self, expected_frames: int) -> None:
        self._samples = Spread[_Sample](expected_frames)
        self._frames = 0
        self._meters: _FrameMeters | None = None
        self.first: Luma | None = None
        """The full luma of frame 0."""
        self.first_chroma: tuple[Luma, Luma] | None = None

    def add(self, frame: VideoFrame) -> None:
        """Add the next frame; all have one size."""
        luma = luma_of(frame)
        if self._meters is None:
            self._meters, self.first = _FrameMeters(luma.shape), luma.copy()
            blue, red = chroma_of(frame)
            self.first_chroma = blue.copy(), red.copy()
        self._meters.shrinker.add_up(luma, self._meters.every.place())
        self._meters.chroma.take(frame)
        if self._samples.is_due(self._frames):
            self._samples.keep(self._meters.sample(self._frames, luma))
        self._frames += 1

    def figures(self, frames_per_second: float) -> PictureStats:
        """The statistics. Raises `ClipRefused` if there was no frame."""
        if self._meters is None:
            raise ClipRefused("none of its frames can be decoded")
        samples, every = self._samples.kept, self._meters.every
        outside = np.mean([sample.outside for sample in samples], axis=0)
        thin, chroma = every.thin(), self._meters.chroma.all()
        grids = _grids(thin)
        swings = swing_frames(grids)
        broken = glitches(thin, chroma)
        return PictureStats(
            luma_levels=tuple(round(v, 2) for v in every.luma),
            dark_shares=tuple(round(v, 3) for v in every.dark),
            motion_levels=tuple(round(v, 3) for v in every.motion),
            motion_peak_levels=tuple(every.peaks),
            flash_times_s=tuple(round(n / frames_per_second, 3) for n in swings),
            swing_pairs=tuple(swing_pairs(grids, thin, swings)),
            jumps=tuple(jumps(thin, _jumping(every.motion))),
            light_steps=tuple(light_steps(grids)),
            glitches=tuple(broken),
            dissolves=tuple(dissolves(thin)),
            tint=_tint_path(grids, chroma, frames_per_second, broken),
            chroma_levels=tuple(chroma_steps(chroma)),
            sharpness=tuple(round(s.sharpness, 1) for s in samples),
            sharpest=tuple(round(s.sharpest, 1) for s in samples),
            sharpness_times_s=tuple(round(s.frame / frames_per_second, 3) for s in samples),
            bars=_bars(self._meters.brightest),
            below_black_share=round(float(outside[0]), 5),
            above_white_share=round(float(outside[1]), 5),
            out_of_gamut_share=round(float(outside[2]), 5),
            camera=camera_path(
                SampledBlocks(
                    self._meters.blocks, [s.sample for s in samples], [s.frame for s in samples]
                ),
                SampledBlocks(self._meters.near, every.samples, every.sample_frames),
                frames_per_second,
            ),
        )


def _tint_path(
    grids: Grids, chroma: Stack, frames_per_second: float, broken: list[Glitch]
) -> TintPath | None:
    colours = np.stack([_grids(chroma[:, plane]) for plane in (0, 1)], axis=1) - _NEUTRAL
    if colours.shape[2] != grids.shape[1]:
        return None  # the picture is too small for one of the two
    foreign = {n for run in broken for n in range(run.frame, run.frame + run.frames)}
    found = tints(grids, colours, frames_per_second, foreign)
    return TintPath(
        times_s=tuple(round(n / frames_per_second, 3) for n in found.frames),
        blue_levels=tuple(round(blue, 2) for blue, _ in found.shifts),
        red_levels=tuple(round(red, 2) for _, red in found.shifts),
        colourfulness=tuple(round(each, 2) for each in found.colourful),
    )


def _jumping(motion_levels: list[float]) -> list[int]:
    """Frames that may be cuts, in order: steps that are large, or large relative to others near."""
    scores = cut_scores(motion_levels)
    outlying = [max(contrasts(motion_levels, n)) for n in range(len(scores))]
    may = [
        n
        for n, (score, contrast) in enumerate(zip(scores, outlying, strict=True))
        if score >= _LEAST_SCORE or (motion_levels[n] >= _LEAST_LEVELS and contrast >= _OUTLYING)
    ]
    return sorted(sorted(may, key=lambda n: -motion_levels[n])[:_MOST_JUMPS])


def _bars(brightest: Luma) -> Bars:
    """Borders that are black in every sample; a completely black clip has none."""
    rows, columns = (brightest.mean(axis=axis) > _BAR for axis in (1, 0))
    if not rows.any() or not columns.any():
        return Bars()
    top, bottom = _bar(brightest), _bar(brightest[::-1])
    left, right = _bar(brightest.T), _bar(brightest.T[::-1])
    height, width = brightest.shape
    void = bottom and int(brightest[height - bottom :].max()) <= _VOID
    top, bottom = _pair(top, bottom, height, _ALONE, _BESIDE if void else _ALONE)
    left, right = _pair(left, right, width, _BESIDE, _BESIDE)
    return Bars(top_px=top, bottom_px=bottom, left_px=left, right_px=right)


def _bar(brightest: Luma) -> int:
    """Height of the bar at the top of a picture, in lines.

    A bar ends at an edge: a line that is lit along its whole length, and a step up. Otherwise the
    dark belongs to the picture, such as around a spotlight, or a vignette.
    """
    level = brightest.mean(axis=1)
    width = int((level > _BAR).argmax())
    beyond = slice(width, width + _EDGE)
    lit = (brightest[beyond] > _BAR).mean(axis=1)
    step = level[beyond].max() - level[max(width - _EDGE, 0) : width].min(initial=_BAR)
    return width if lit.max() >= _LIT_ALONG and step >= _STEP else 0


def _pair(near: int, far: int, side: int, near_alone: float, far_alone: float) -> tuple[int, int]:
    """Two opposite bars: similar, or neither broader than a single bar can be."""
    if abs(near - far) <= _EDGE:
        return near, far
    return (near if near <= near_alone * side else 0), (far if far <= far_alone * side else 0)


def _grids(thin: Stack) -> Grids:
    """Mean levels of 9 × 16 parts (16 × 9 if upright) of each frame, of shape (frames, parts).

    A picture that is too small for that is one part.
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
    """Variance of the Laplacian of the middle: half the width, half the height."""
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


def _sharpest(luma: Luma) -> float:
    """The same for the sharpest tenth of 8 × 16 parts of the whole picture."""
    height, width = luma.shape
    across = width // _SHARP_COLUMNS * _SHARP_COLUMNS
    if height < _SHARP_BANDS * _SHARP_ROWS or across < 4 * _SHARP_COLUMNS:
        return _sharpness(luma)
    tops = np.linspace(0, height - _SHARP_ROWS, _SHARP_BANDS).astype(int)
    bands = np.stack([luma[top : top + _SHARP_ROWS, :across] for top in tops]).astype(np.int16)
    laplacian = 4 * bands[:, 1:-1] - bands[:, :-2] - bands[:, 2:]
    laplacian[:, :, 1:-1] -= bands[:, 1:-1, :-2] + bands[:, 1:-1, 2:]
    laplacian[:, :, [0, -1]] = 0
    parts = laplacian.astype(np.float32).reshape(_SHARP_BANDS, _SHARP_ROWS - 2, _SHARP_COLUMNS, -1)
    return float(np.percentile(parts.var(axis=(1, 3)), _SHARPEST))


def _outside(luma: Luma) -> tuple[float, float, float]:
    rows = luma[::_EVERY_NTH_ROW]
    low, high = np.count_nonzero(rows < _BLACK), np.count_nonzero(rows > _WHITE)
    wild = 0
    if low or high:
        wild = int(np.count_nonzero((rows < _R103_LOW) | (rows > _R103_HIGH)))
    return low / rows.size, high / rows.size, wild / rows.size
