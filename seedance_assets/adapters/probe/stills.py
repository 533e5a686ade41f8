"""Small pictures of a clip: some frames kept while it is decoded, made into JPEGs afterwards."""

import io
from typing import Any

import numpy as np
from av.video.frame import VideoFrame
from PIL import Image, ImageStat

from seedance_assets.adapters.probe.spread import Spread
from seedance_assets.core.errors import ClipRefused

_POSTER_PX, _POSTER_QUALITY = 640, 84
_LARGE_FRAMES, _LARGE_PX, _LARGE_QUALITY = 8, 320, 78
_INLINE_FRAMES, _INLINE_BYTES = 6, 25_000
_INLINE_STEPS = ((160, 58), (128, 42), (80, 28), (56, 20))
"""Cell width in pixels and JPEG quality, tried in this order until the strip is small enough."""
_GAP_PX = 2
_MIDDLE_BONUS = 0.4
_UNTAGGED = 2
_HD_LINES = 720


class Stills:
    """Small copies of 8 to 16 frames, evenly spread, and one whole frame for the poster.

    `expected_frames` is a hint: a header may lie.
    """

    def __init__(self, expected_frames: int) -> None:
        self._expected = expected_frames
        self._spread = Spread[Image.Image](expected_frames)
        self._telling = -1.0
        self._most_telling: VideoFrame | None = None

    def see(self, index: int, frame: VideoFrame) -> None:
        """Keep frame number `index` if it is its turn."""
        if not self._spread.wants(index):
            return
        small = _small(frame, _LARGE_PX)
        self._spread.keep(small)
        telling = self._score(index, small)
        if telling > self._telling:
            self._telling, self._most_telling = telling, frame

    def _score(self, index: int, picture: Image.Image) -> float:
        """Contrast, and a little for the middle: a clip opens on its input picture anyway."""
        place = index / (self._expected - 1) if self._expected > 1 else 0.0
        off_centre = min(1.0, abs(2 * place - 1))
        return ImageStat.Stat(picture).stddev[1] * (1 + _MIDDLE_BONUS * (1 - off_centre))

    def poster(self) -> bytes:
        """JPEG, at most 640 pixels wide, of the frame that tells most."""
        if self._most_telling is None:
            raise ClipRefused("not one frame of it can be decoded")
        return _jpeg(_small(self._most_telling, _POSTER_PX), _POSTER_QUALITY)

    def strip(self) -> bytes:
        """JPEG of up to 6 frames side by side, under 25 kB."""
        for width, quality in _INLINE_STEPS:
            content = _jpeg(_side_by_side(self._some(_INLINE_FRAMES), width), quality)
            if len(content) < _INLINE_BYTES:
                break
        return content

    def strip_large(self) -> bytes:
        """JPEG of up to 8 frames side by side, each up to 320 pixels wide."""
        return _jpeg(_side_by_side(self._some(_LARGE_FRAMES), _LARGE_PX), _LARGE_QUALITY)

    def _some(self, count: int) -> list[Image.Image]:
        kept = self._spread.kept
        last = len(kept) - 1
        if last < count:
            return kept
        return [kept[round(place * last / (count - 1))] for place in range(count)]


def _small(frame: VideoFrame, box_px: int) -> Image.Image:
    """The frame, at most `box_px` a side."""
    shrink = min(1.0, box_px / max(frame.width, frame.height))
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


def small_jpeg(frame: VideoFrame, box_px: int) -> bytes:
    """JPEG of a frame, at most `box_px` a side."""
    return _jpeg(_small(frame, box_px), _LARGE_QUALITY)


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
    picture.save(content, "JPEG", quality=quality)
    return content.getvalue()
