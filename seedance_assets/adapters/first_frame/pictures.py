"""From bytes to a picture that the service can take, or the reason why not."""

import io
from dataclasses import dataclass

import numpy as np
from PIL import Image
from PIL.ImageFile import ImageFile

from seedance_assets.adapters.first_frame.colours import has_other_colours, to_srgb
from seedance_assets.adapters.first_frame.header import (
    READERS,
    broken_rules,
    check_rules,
    orientation,
    read_header,
    refusing_damage,
)
from seedance_assets.core.errors import FrameRefused
from seedance_assets.core.model_schema import ModelSchema
from seedance_assets.core.picture import Size

BEST_QUALITY = 95  # of a JPEG that is written anew
MAX_JPEG_SCANS = 200  # a progressive JPEG has ten or so; each costs a pass over all pixels

_SIXTEEN_BITS = 16
_OPAQUE = 255
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@dataclass(frozen=True, slots=True)
class Picture:
    """A checked picture as it will be kept and sent."""

    content: bytes
    media_type: str
    size: Size


def checked_picture(content: bytes, schema: ModelSchema, name: str) -> Picture:
    """The picture in `content`, fully decoded once and within the rules of the model.

    The bytes are kept as given. Only a picture that services read in different ways is written
    anew, as 8-bit RGB: turned by EXIF, CMYK, 16 bits a channel, see-through (laid on white), or
    with a colour profile that is not sRGB's. Raises `FrameRefused`, which calls it `name`.
    """
    header = read_header(io.BytesIO(content), len(content), schema, name)
    if header.media_type == "image/jpeg" and content.count(b"\xff\xda") > MAX_JPEG_SCANS:
        raise FrameRefused(f"first frame {name} is a JPEG in over {MAX_JPEG_SCANS} scans")
    with refusing_damage(name), READERS[header.media_type](io.BytesIO(content)) as image:
        image.load()
        picture = Picture(content, header.media_type, Size(*image.size))
        if _needs_rewriting(image, content, header.media_type):
            picture = _rewritten(image, header.media_type, schema)
    check_rules(picture.size, len(picture.content), schema, name)
    return picture


def opened_as_rgb(content: bytes, media_type: str) -> Image.Image:
    """The pixels of a checked picture, as 8-bit RGB."""
    with READERS[media_type](io.BytesIO(content)) as image:
        image.load()
        return _as_rgb(image)


def as_jpeg(image: Image.Image, quality: int) -> bytes:
    """An RGB picture as a JPEG whose colours are as fine as its light."""
    target = io.BytesIO()
    image.save(target, "JPEG", quality=quality, subsampling=0)
    return target.getvalue()


def _needs_rewriting(image: ImageFile, content: bytes, media_type: str) -> bool:
    deep = media_type == "image/png" and content[24] == _SIXTEEN_BITS  # IHDR: bits a channel
    if deep or image.mode == "CMYK" or orientation(image) in _TURNS:
        return True
    return _see_through(image) or has_other_colours(image)


def _see_through(image: Image.Image) -> bool:
    if not image.has_transparency_data:
        return False
    least, _most = image.convert("RGBA").getchannel("A").getextrema()
    return isinstance(least, tuple) or least < _OPAQUE


def _rewritten(image: ImageFile, media_type: str, schema: ModelSchema) -> Picture:
    """The picture as 8-bit RGB: a JPEG stays one; others become PNG, if that is not too large."""
    rgb = _as_rgb(image)
    size = Size(*rgb.size)
    if media_type != "image/jpeg":
        target = io.BytesIO()
        rgb.save(target, "PNG", icc_profile=None)  # else Pillow would write that of the original
        if not broken_rules(size, target.tell(), schema):
            return Picture(target.getvalue(), "image/png", size)
    return Picture(as_jpeg(rgb, BEST_QUALITY), "image/jpeg", size)


def _as_rgb(image: Image.Image) -> Image.Image:
    turn = _TURNS.get(orientation(image))
    upright = image if turn is None else image.transpose(turn)
    if upright.mode.startswith("I"):  # 16-bit grey
        grey = np.asarray(upright.convert("I")).clip(0, 65535) >> 8
        return Image.fromarray(grey.astype(np.uint8)).convert("RGB")
    if image.has_transparency_data:
        layer = upright.convert("RGBA")
        white = Image.new("RGBA", layer.size, "white")
        upright = Image.alpha_composite(white, layer).convert("RGB")
    return to_srgb(upright, image)
