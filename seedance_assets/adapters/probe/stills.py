"""Small pictures of a clip: some frames kept while it is decoded, made into JPEGs afterwards."""

import io
from typing import Any

import numpy as np
from av.video.frame import VideoFrame
from PIL import Image, ImageStat

_KEEP = 16
_BOX_PX = 640
_POSTER_QUALITY = 84
_LARGE_FRAMES, _LARGE_PX, _LARGE_QUALITY = 8, 320, 78
_INLINE_FRAMES, _INLINE_BYTES = 6, 25_000
_INLINE_STEPS = ((160, 72), (160, 58), (144, 50), (128, 42), (104, 35), (80, 28), (56, 20))
"""Cell width in pixels and JPEG quality, tried in this order until the strip is small enough."""
_GAP_PX = 2
_MIDDLE_BONUS = 0.4
_UNTAGGED = 2
_HD_LINES = 720


class Stills:
    """Up to 16 frames of a clip of unknown length, evenly spread, at most 640 pixels a side.

    `expected_frames` is a hint (a header may lie): whenever 16 are held, every second one is let
    go and the step doubles.
    """

    def __init__(self, expected_frames: int) -> None:
        self._step = max(1, -(-expected_frames // _KEEP))
        self._kept: list[Image.Image] = []

    def see(self, index: int, frame: VideoFrame) -> None:
        """Keep frame number `index` if it is its turn."""
        if index % self._step:
            return
        if len(self._kept) == _KEEP:
            del self._kept[1::2]
            self._step *= 2
            if index % self._step:
                return
        self._kept.append(_small(frame))

    def poster(self) -> bytes:
        """JPEG, at most 640 pixels wide, of the frame that tells most."""
        return _jpeg(max(enumerate(self._kept), key=self._telling)[1], _POSTER_QUALITY)

    def strip(self) -> bytes:
        """JPEG of up to 6 frames side by side, under 25 kB."""
        for width, quality in _INLINE_STEPS:
            content = _jpeg(_side_by_side(self._spread(_INLINE_FRAMES), width), quality)
            if len(content) < _INLINE_BYTES:
                break
        return content

    def strip_large(self) -> bytes:
        """JPEG of up to 8 frames side by side, each up to 320 pixels wide."""
        return _jpeg(_side_by_side(self._spread(_LARGE_FRAMES), _LARGE_PX), _LARGE_QUALITY)

    def _spread(self, count: int) -> list[Image.Image]:
        last = len(self._kept) - 1
        if last < count:
            return self._kept
        return [self._kept[round(place * last / (count - 1))] for place in range(count)]

    def _telling(self, numbered: tuple[int, Image.Image]) -> float:
        """Contrast, and a little for the middle: a clip opens on its input picture anyway."""
        place, picture = numbered
        contrast = ImageStat.Stat(picture.convert("L")).stddev[0]
        off_centre = abs(2 * place / max(1, len(self._kept) - 1) - 1)
        return contrast * (1 + _MIDDLE_BONUS * (1 - off_centre))


def _small(frame: VideoFrame) -> Image.Image:
    shrink = min(1.0, _BOX_PX / max(frame.width, frame.height))
    array: np.ndarray[Any, Any] = frame.to_ndarray(
        format="rgb24",
        width=max(1, round(frame.width * shrink)),
        height=max(1, round(frame.height * shrink)),
        interpolation="AREA",
        src_colorspace=_colorspace(frame),
    )
    return Image.fromarray(array)


def _colorspace(frame: VideoFrame) -> str | None:
    """BT.709 for HD that does not say, as players take it; FFmpeg would take BT.601."""
    return "ITU709" if frame.colorspace == _UNTAGGED and frame.height >= _HD_LINES else None


def _side_by_side(pictures: list[Image.Image], width_px: int) -> Image.Image:
    """Cells of one size on black, as wide as asked and at most three quarters as high as wide."""
    first = pictures[0]
    shrink = min(1.0, width_px / first.width, width_px * 0.75 / first.height)
    cell = (max(1, round(first.width * shrink)), max(1, round(first.height * shrink)))
    strip = Image.new("RGB", (len(pictures) * (cell[0] + _GAP_PX) - _GAP_PX, cell[1]))
    for place, picture in enumerate(pictures):
        strip.paste(picture.resize(cell, Image.Resampling.BOX), (place * (cell[0] + _GAP_PX), 0))
    return strip


def _jpeg(picture: Image.Image, quality: int) -> bytes:
    content = io.BytesIO()
    picture.save(content, "JPEG", quality=quality, optimize=True)
    return content.getvalue()
