"""Small pictures of a clip: some frames are kept while decoding and encoded as JPEG afterwards."""

import io
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import Colorspace, Interpolation, VideoReformatter
from PIL import Image

from seedance_assets.adapters.probe.luma import luma_of
from seedance_assets.adapters.probe.spread import Spread
from seedance_assets.core.errors import ClipRefused

_POSTER_PX, _POSTER_QUALITY = 640, 84
_LARGE_FRAMES, _LARGE_PX, _LARGE_QUALITY = 8, 320, 78
_INLINE_FRAMES, _INLINE_BYTES = 6, 25_000
_INLINE_STEPS = ((160, 58), (128, 42), (80, 28), (56, 20))
"""Cell width in pixels and JPEG quality, tried in this order until the strip is small enough."""
_CHEAP = ("yuv420p", "yuvj420p")
_GAP_PX = 2
_MIDDLE_BONUS = 0.4
_UNTAGGED = 2
_HD_LINES = 720


class Stills:
    """Small copies of 8 to 16 frames, evenly spread, and one whole frame for the poster.

    `expected_frames` is a hint: a header may be wrong.
    """

    def __init__(self, expected_frames: int) -> None:
        self._expected = expected_frames
        self._spread = Spread[_Small](expected_frames)
        self._large = _Scaler(_LARGE_PX)
        self._clarity = -1.0
        self._clearest: VideoFrame | None = None

    def add(self, index: int, frame: VideoFrame) -> None:
        """Keep frame `index` if it is due."""
        if not self._spread.is_due(index):
            return
        small = self._large.small(frame)
        self._spread.keep(small)
        clarity = self._score(index, small)
        if clarity > self._clarity:
            self._clarity, self._clearest = clarity, frame

    def _score(self, index: int, small: "_Small") -> float:
        """Contrast, with a bonus for the middle: every clip opens on its input picture."""
        place = index / (self._expected - 1) if self._expected > 1 else 0.0
        off_centre = min(1.0, abs(2 * place - 1))
        contrast = float(luma_of(small.frame)[::2, ::2].std(dtype=np.float32))
        return contrast * (1 + _MIDDLE_BONUS * (1 - off_centre))

    def poster(self) -> bytes:
        """JPEG, at most 640 pixels wide, of the most informative frame."""
        if self._clearest is None:
            raise ClipRefused("none of its frames can be decoded")
        return small_jpeg(self._clearest, _POSTER_PX, _POSTER_QUALITY)

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

    @cached_property
    def _images(self) -> list[Image.Image]:
        reformatter = VideoReformatter()
        return [small.image(reformatter) for small in self._spread.kept]

    def _some(self, count: int) -> list[Image.Image]:
        last = len(self._images) - 1
        if last < count:
            return self._images
        return [self._images[round(place * last / (count - 1))] for place in range(count)]


@dataclass(frozen=True, slots=True)
class _Small:
    """A small frame, usually in the clip's own colour space: cheaper to scale than RGB."""

    frame: VideoFrame
    colorspace: Colorspace | None
    """Its colour space, if the frame does not specify one."""

    def image(self, reformatter: VideoReformatter) -> Image.Image:
        """The same in RGB."""
        rgb = reformatter.reformat(
            self.frame, format="rgb24", src_colorspace=self.colorspace, threads=1
        )
        return Image.fromarray(rgb.to_ndarray())


class _Scaler:
    """Shrinks frames of one size and format to at most `box_px` a side."""

    def __init__(self, box_px: int) -> None:
        self._box_px = box_px
        self._reformatter = VideoReformatter()

    def small(self, frame: VideoFrame) -> _Small:
        """The frame, small."""
        shrink = min(1.0, self._box_px / max(frame.width, frame.height))
        colorspace = _colorspace(frame)
        scaled = self._reformatter.reformat(
            frame,
            width=max(1, round(frame.width * shrink)),
            height=max(1, round(frame.height * shrink)),
            format=frame.format.name if frame.format.name in _CHEAP else "rgb24",
            interpolation=Interpolation.AREA,
            src_colorspace=colorspace,
            dst_colorspace=colorspace,
            threads=1,  # starting threads for every picture costs more than they save
        )
        return _Small(scaled, colorspace)


def _colorspace(frame: VideoFrame) -> Colorspace | None:
    """BT.709 for untagged HD, like players do; FFmpeg would assume BT.601."""
    untagged_hd = frame.colorspace == _UNTAGGED and frame.height >= _HD_LINES
    return Colorspace.ITU709 if untagged_hd else None


def small_jpeg(frame: VideoFrame, box_px: int, quality: int = _LARGE_QUALITY) -> bytes:
    """JPEG of a frame, at most `box_px` a side."""
    return _jpeg(_Scaler(box_px).small(frame).image(VideoReformatter()), quality)


def _side_by_side(pictures: list[Image.Image], width_px: int) -> Image.Image:
    """Cells of one size on black, `width_px` wide and at most three quarters as high."""
    first = pictures[0]
    shrink = min(1.0, width_px / first.width, width_px * 0.75 / first.height)
    cell = (max(1, round(first.width * shrink)), max(1, round(first.height * shrink)))
    strip = Image.new("RGB", (len(pictures) * (cell[0] + _GAP_PX) - _GAP_PX, cell[1]))
    for place, each in enumerate(pictures):
        fits = each.size == cell
        picture = each if fits else each.resize(cell, Image.Resampling.BOX, reducing_gap=1.0)
        strip.paste(picture, (place * (cell[0] + _GAP_PX), 0))
    return strip


def _jpeg(picture: Image.Image, quality: int) -> bytes:
    content = io.BytesIO()
    picture.save(content, "JPEG", quality=quality)
    return content.getvalue()
