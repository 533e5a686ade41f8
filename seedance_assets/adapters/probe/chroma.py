"""The colours of every frame: a coarse sample of its two chroma planes."""

from typing import Any

import numpy as np
import numpy.typing as npt
from av.video.frame import VideoFrame

from seedance_assets.adapters.probe.luma import Stack, has_luma_first

_ROWS, _COLUMNS = 18, 32
_NEUTRAL = 128

Plane = npt.NDArray[np.uint8]


class ChromaStack:
    """Keeps about 18 × 32 pixels of both chroma planes of each frame: 1 kB."""

    def __init__(self) -> None:
        self._kept: list[Plane] = []

    def take(self, frame: VideoFrame) -> None:
        """Add the next frame; all have one size."""
        self._kept.append(_thinned(chroma_of(frame)))

    def all(self) -> Stack:
        """All samples, of shape (frames, 2, rows, columns)."""
        return np.stack(self._kept)


def chroma_of(frame: VideoFrame) -> tuple[Plane, Plane]:
    """Cb and Cr of a frame. Views of the decoder's memory where possible."""
    name = frame.format.name
    if not has_luma_first(name):
        frame = frame.reformat(format="yuv420p")
        name = "yuv420p"
    if name.startswith("gray"):
        nothing = np.full((frame.height, frame.width), _NEUTRAL, np.uint8)
        return nothing, nothing
    planes: Any = frame.planes  # buffers, though PyAV's types do not declare it
    if name.startswith("nv"):
        both = np.ndarray(
            (planes[1].height, planes[1].width, 2),
            np.uint8,
            buffer=planes[1],
            strides=(planes[1].line_size, 2, 1),
        )
        first, second = both[:, :, 0], both[:, :, 1]
        return (first, second) if name == "nv12" else (second, first)
    return _plane(planes[1]), _plane(planes[2])


def _plane(plane: Any) -> Plane:
    shape, strides = (plane.height, plane.width), (plane.line_size, 1)
    return np.ndarray(shape, np.uint8, buffer=plane, strides=strides)


def _thinned(planes: tuple[Plane, Plane]) -> Plane:
    height, width = planes[0].shape
    wanted = (_ROWS, _COLUMNS) if width >= height else (_COLUMNS, _ROWS)
    down, across = (
        max(1, side // want) for side, want in zip((height, width), wanted, strict=True)
    )
    rows, columns = (slice(step // 2, None, step) for step in (down, across))
    return np.stack([plane[rows, columns][: wanted[0], : wanted[1]] for plane in planes])
