"""Sizes and crops of a first frame in the model.

Source: the size table in the model's JSON file, and ByteDance's documented rule of the centre crop.
"""

import math
from dataclasses import dataclass

from seedance_assets.core.model_schema import VideoFormat


@dataclass(frozen=True, slots=True)
class Size:
    """Width and height in pixels."""

    width: int
    height: int

    def __str__(self) -> str:
        return f"{self.width}×{self.height}"

    @property
    def ratio(self) -> float:
        """Width over height."""
        return self.width / self.height


@dataclass(frozen=True, slots=True)
class Crop:
    """A rectangle of a picture, in pixels (fractions allowed)."""

    left: float
    top: float
    width: float
    height: float

    def share_lost(self, picture: Size) -> float:
        """The share of the picture outside the crop, from 0 to 1."""
        return 1 - self.width * self.height / (picture.width * picture.height)


def named_ratio(name: str) -> float:
    """Width over height of a ratio such as `16:9`."""
    width, height = name.split(":")
    return int(width) / int(height)


def expected_ratio(video: VideoFormat, resolution: str, ratio: str, picture: Size) -> str:
    """The named ratio of the video: for `adaptive`, the one nearest to the picture.

    How the service measures "nearest" is unknown; we use the ratio of ratios.
    """
    if ratio != video.adaptive_ratio:
        return ratio

    def distance(name: str) -> float:
        return abs(math.log(named_ratio(name) / picture.ratio))

    return min(video.sizes[resolution], key=distance)


def expected_size(video: VideoFormat, resolution: str, ratio: str, picture: Size) -> Size:
    """The size of the video that the model delivers for these settings."""
    name = expected_ratio(video, resolution, ratio, picture)
    return Size(*video.sizes[resolution][name])


def expected_crop(video: VideoFormat, resolution: str, ratio: str, picture: Size) -> Crop:
    """The part of a first frame that the model uses, as documented by its maker."""
    return centre_crop(picture, named_ratio(expected_ratio(video, resolution, ratio, picture)))


def centre_crop(picture: Size, target_ratio: float) -> Crop:
    """The largest centred part of `picture` with `target_ratio` (width over height)."""
    if picture.ratio < target_ratio:
        height = picture.width / target_ratio
        return Crop(0.0, (picture.height - height) / 2, float(picture.width), height)
    width = picture.height * target_ratio
    return Crop((picture.width - width) / 2, 0.0, width, float(picture.height))
