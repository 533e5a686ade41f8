"""The luma of a frame: the decoder's own plane, without a copy where that can be."""

from typing import Any

import numpy as np
import numpy.typing as npt
from av.video.frame import VideoFrame

Luma = npt.NDArray[np.uint8]
"""Grey levels of 8 bits as coded, of shape (height, width)."""

_SMALL_PX = 240
_LUMA_FIRST = ("yuv4", "yuvj4", "nv12", "nv21", "gray")
_DEEP = ("9le", "9be", "10le", "10be", "12le", "12be", "14le", "14be", "16le", "16be", "f32le")


def luma_of(frame: VideoFrame) -> Luma:
    """The luma of a whole frame. A view of the decoder's memory: read it, keep nothing of it."""
    name = frame.format.name
    if not name.startswith(_LUMA_FIRST) or name.endswith(_DEEP):
        frame = frame.reformat(format="yuv420p")
    plane: Any = frame.planes[0]  # a buffer, though PyAV's types do not say so
    rows = np.frombuffer(plane, np.uint8)
    return rows.reshape(plane.height, plane.line_size)[:, : plane.width]


def shrink_factor(width_px: int, height_px: int) -> int:
    """By how much a frame is shrunk for measuring: to about 240 pixels on its longer side."""
    return max(1, round(max(width_px, height_px) / _SMALL_PX))


def shrunk(luma: Luma, factor: int) -> Luma:
    """A smaller picture: of each block the mean of the four pixels in its middle.

    Four instead of all is what makes it cheap; grain and coding noise are halved all the same.
    """
    if factor == 1 or min(luma.shape) < factor:
        return luma.copy()
    first = factor // 2 - 1 if factor > 2 else 0  # noqa: PLR2004  # two taps are all of two pixels
    height, width = (side // factor * factor for side in luma.shape)
    rows = np.add(
        luma[first:height:factor, :width],
        luma[first + 1 : height : factor, :width],
        dtype=np.uint16,
    )
    columns = rows[:, first:width:factor] + rows[:, first + 1 : width : factor]
    columns += 2
    columns >>= 2
    return columns.astype(np.uint8)
