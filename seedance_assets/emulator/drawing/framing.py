"""The part of a picture that fills the clip, and the clip's size (section 5.4)."""

import math
from dataclasses import dataclass

from seedance_assets.core.model_schema import VideoFormat


@dataclass(frozen=True, slots=True)
class Framing:
    """A clip's size in pixels and the part of the picture that fills it: two corners."""

    width: int
    height: int
    box: tuple[float, float, float, float]


def frame_picture(
    video: VideoFormat, resolution: str, ratio: str, picture_size: tuple[int, int]
) -> Framing:
    """The framing of a picture of `picture_size` for an ordered resolution and ratio."""
    sizes = video.sizes[resolution]
    if ratio == video.adaptive_ratio:
        ratio = _nearest(tuple(sizes), picture_size)
    width, height = sizes[ratio]
    return Framing(width, height, _centre_crop(picture_size, _as_number(ratio)))


def _as_number(ratio: str) -> float:
    across, down = ratio.split(":")
    return float(across) / float(down)


def _nearest(ratios: tuple[str, ...], picture_size: tuple[int, int]) -> str:
    own = math.log(picture_size[0] / picture_size[1])
    return min(ratios, key=lambda ratio: abs(math.log(_as_number(ratio)) - own))


def _centre_crop(size: tuple[int, int], ratio: float) -> tuple[float, float, float, float]:
    width, height = size
    if width / height < ratio:
        top = (height - width / ratio) / 2
        return (0.0, top, float(width), height - top)
    left = (width - height * ratio) / 2
    return (left, 0.0, width - left, float(height))
