"""Compare frame 0 with the picture that the clip should open on, after the same crop."""

import math
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from seedance_assets.adapters.probe.luma import Luma
from seedance_assets.adapters.probe.similarity import difference_hash, structural_similarity
from seedance_assets.core.errors import FrameRefused
from seedance_assets.core.measurement import OpeningFigures
from seedance_assets.core.picture import Size, centre_crop

_LONGER_PX = 320
_MAX_PIXELS = 40_000_000
_FORMATS = ("PNG", "JPEG", "WEBP")
_SURE = 0.95
_HALF_RANGE = 128.0
_BLACK, _SPAN = 16.0, 219.0 / 255.0
_COLOUR_PX = (32, 18)
_CHROMA_SPAN = 224.0 / 255.0
_BT601 = (0.299, 0.587, 0.114)
_BT709 = (0.2126, 0.7152, 0.0722, 0)


@dataclass(frozen=True, slots=True)
class InputPicture:
    """The picture that a clip should open on."""

    path: Path
    sha256: str
    """The hash in the request."""
    ratio: float | None = None
    """Width over height of the ordered crop; None: that of the frame."""


def compare_opening(
    picture: InputPicture,
    first: Luma,
    chroma: tuple[Luma, Luma] | None = None,
    *,
    full_range: bool,
) -> OpeningFigures:
    """How similar frame 0 is to the picture. Raises `FrameRefused` if that cannot be read."""
    height, width = first.shape
    wanted = Image.fromarray(first)
    shrink = _LONGER_PX / max(width, height)
    small = (max(8, round(width * shrink)), max(8, round(height * shrink)))
    wanted = wanted.resize(small, Image.Resampling.BOX)
    whole = _upright(picture.path, small)
    best = OpeningFigures(picture_sha256=picture.sha256, similarity=-1.0, hash_distance_bits=64)
    for ratio in dict.fromkeys((picture.ratio or width / height, width / height)):
        given = _grey(whole, ratio, small, full_range=full_range)
        similarity = _likeness(np.asarray(wanted), np.asarray(given))
        if similarity > best.similarity:
            bits = difference_hash(wanted) ^ difference_hash(given)
            best = OpeningFigures(
                picture_sha256=picture.sha256,
                similarity=round(similarity, 4),
                hash_distance_bits=bits.bit_count(),
                colour_levels=_colours_apart(whole, ratio, chroma, full_range=full_range),
            )
        if similarity >= _SURE:
            break  # else the crop may have the frame's own ratio: 864 × 496 is not 16:9
    return best


def _colours_apart(
    upright: Image.Image, ratio: float, chroma: tuple[Luma, Luma] | None, *, full_range: bool
) -> float | None:
    """Mean distance of Cb and Cr, with the one of the two usual matrices that fits better."""
    if chroma is None:
        return None
    small = _COLOUR_PX if ratio >= 1 else _COLOUR_PX[::-1]
    shown = [
        np.asarray(Image.fromarray(plane).resize(small, Image.Resampling.BOX), np.float32) - 128
        for plane in chroma
    ]
    rgb = np.asarray(
        upright.resize(small, Image.Resampling.BOX, box=_crop_box(upright, ratio)), np.float32
    )
    scale = 1.0 if full_range else _CHROMA_SPAN
    apart = []
    for red, green, blue in (_BT709[:3], _BT601):
        luma = rgb @ np.array([red, green, blue], np.float32)
        given_blue = scale * (rgb[:, :, 2] - luma) / (2 - 2 * blue)
        given_red = scale * (rgb[:, :, 0] - luma) / (2 - 2 * red)
        apart.append(float(np.hypot(shown[0] - given_blue, shown[1] - given_red).mean()))
    return round(min(apart), 2)


def _crop_box(upright: Image.Image, ratio: float) -> tuple[float, float, float, float]:
    crop = centre_crop(Size(*upright.size), ratio)
    return crop.left, crop.top, crop.left + crop.width, crop.top + crop.height


def check_picture(path: Path) -> None:
    """Raise `FrameRefused` for a picture that cannot be compared with a clip."""
    _upright(path, (1, 1))


def _likeness(a: Luma, b: Luma) -> float:
    """SSIM, capped by the difference of the mean levels: SSIM rates all flat pictures as equal."""
    apart = abs(float(a.mean()) - float(b.mean()))
    return min(structural_similarity(a, b), 1 - apart / _HALF_RANGE)


def _upright(path: Path, small: tuple[int, int]) -> Image.Image:
    """The picture in RGB; a JPEG is decoded at the smallest sufficient size."""
    room = (2 * small[0], 2 * small[1])  # for the crop, and for a mean of several pixels
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path, formats=_FORMATS) as image:
                if image.width * image.height > _MAX_PIXELS:
                    raise ValueError("it has too many pixels")  # noqa: TRY301  # one of several reasons
                image.draft("RGB", room)
                image.load()
                for xmp in ("xmp", "XML:com.adobe.xmp"):  # viewers rotate by EXIF alone
                    image.info.pop(xmp, None)
                ImageOps.exif_transpose(image, in_place=True)
                return image if image.mode == "RGB" else image.convert("RGB")
    except (OSError, SyntaxError, ValueError, ArithmeticError, Image.DecompressionBombError) as exc:
        raise FrameRefused(
            f"picture {path.name} cannot be compared with the clip: {exc}",
            advice=f"Give one as {', '.join(_FORMATS)}.",
        ) from exc


def _grey(
    upright: Image.Image, ratio: float, small: tuple[int, int], *, full_range: bool
) -> Image.Image:
    """The picture as the luma of a frame."""
    box = _crop_box(upright, ratio)
    grey = upright.resize(small, Image.Resampling.BOX, box=box).convert("L", matrix=_BT709)
    if full_range:
        return grey
    return grey.point([math.floor(_BLACK + level * _SPAN + 0.5) for level in range(256)])
