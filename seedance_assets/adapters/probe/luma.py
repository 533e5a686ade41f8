"""The luma of a frame: the decoder's own plane, without a copy where possible."""

from typing import Any

import numpy as np
import numpy.typing as npt
from av.video.frame import VideoFrame

Luma = npt.NDArray[np.uint8]
"""Grey levels of 8 bits as coded, of shape (height, width)."""

Fours = npt.NDArray[np.uint16]
"""Sums of four pixels each."""

Stack = npt.NDArray[np.uint8]
"""Pictures of shape (pictures, height, width)."""

_SMALL_PX = 240
_LARGE = 3  # times the small picture
_STRIP_PX = 32_768
"""Intermediate data stays small, because the decoder needs the processor's caches."""
_LUMA_FIRST = ("yuv4", "yuvj4", "nv12", "nv21", "gray")
_DEEP = ("9le", "9be", "10le", "10be", "12le", "12be", "14le", "14be", "16le", "16be", "f32le")


def has_luma_first(pixel_format: str) -> bool:
    """Whether the first plane of such a frame is its luma, in bytes."""
    return pixel_format.startswith(_LUMA_FIRST) and not pixel_format.endswith(_DEEP)


def luma_of(frame: VideoFrame) -> Luma:
    """The luma of a whole frame. A view of the decoder's memory: read it, but do not keep it."""
    if not has_luma_first(frame.format.name):
        frame = frame.reformat(format="yuv420p")
    plane: Any = frame.planes[0]  # a buffer, though PyAV's types do not declare it
    shape, strides = (plane.height, plane.width), (plane.line_size, 1)
    return np.ndarray(shape, np.uint8, buffer=plane, strides=strides)


def shrink_factor(width_px: int, height_px: int) -> int:
    """The factor by which a frame is shrunk, to about 240 pixels on its longer side."""
    return max(1, round(max(width_px, height_px) / _SMALL_PX))


class Shrinker:
    """Shrinks frames of one size: the mean of the four middle pixels of each block.

    Four instead of all pixels keep it cheap; grain and coding noise are still halved. With
    `every_row` false a large frame gives every second row of blocks: most of the time goes into
    waiting for rows that the decoder wrote some frames ago.
    """

    def __init__(self, shape: tuple[int, int], *, every_row: bool = True) -> None:
        factor = shrink_factor(shape[1], shape[0])
        down, across = (factor if side >= factor else 1 for side in shape)
        step = down if every_row or down < _LARGE else 2 * down
        self.tall = step / across
        """Height over width of a block."""
        self.shape = (shape[0] // step, shape[1] // across)
        """The shape of the small pictures: (height, width)."""
        width = self.shape[1] * across
        self._strips = []
        rows = max(1, _STRIP_PX // width)
        sums = np.empty((rows, width), np.uint16)
        for top in range(0, self.shape[0], rows):
            end = min(top + rows, self.shape[0])
            upper, lower = (np.s_[top * step + t : end * step : step, :width] for t in _taps(down))
            strip = sums[: end - top]
            left, right = (strip[:, tap::across] for tap in _taps(across))
            self._strips.append((upper, lower, strip, left, right, np.s_[top:end]))

    def add_up(self, luma: Luma, out: Fours) -> None:
        """Write the sums of a frame's blocks into `out`; `means` turns them into a picture."""
        for upper, lower, sums, left, right, rows in self._strips:
            np.add(luma[upper], luma[lower], out=sums, dtype=np.uint16)
            np.add(left, right, out=out[rows])


def means(fours: Fours) -> Luma:
    """The means of four pixels each, rounded."""
    rounded: Luma = ((fours + 2) >> 2).astype(np.uint8)
    return rounded


def _taps(factor: int) -> tuple[int, int]:
    """The two middle pixels of `factor` pixels; a single one counts twice."""
    first = max(0, factor // 2 - 1)
    return first, min(first + 1, factor - 1)
