"""Turn bytes into a picture that the service accepts, or explain why not."""

import io
from dataclasses import dataclass

from PIL import Image

from seedance_assets.adapters.first_frame.decoding import Decoded, decode
from seedance_assets.adapters.first_frame.formats import HEAD_BYTES, media_type
from seedance_assets.adapters.first_frame.header import (
    broken_rules,
    check_rules,
    read_header,
    refusing_damage,
)
from seedance_assets.adapters.first_frame.webp import check_webp
from seedance_assets.core.model_schema import ModelSchema
from seedance_assets.core.picture import Size

BEST_QUALITY = 95  # of a rewritten JPEG


@dataclass(frozen=True, slots=True)
class Picture:
    """A checked picture to store and send."""

    content: bytes
    media_type: str
    size: Size


def checked_picture(content: bytes, schema: ModelSchema, name: str) -> Picture:
    """The picture in `content`, fully decoded once and checked against the model's rules.

    The bytes are stored unchanged. Only a picture that services may read differently is rewritten
    as 8-bit RGB: rotated by EXIF, CMYK, 16 bits a channel, transparent (placed on white), or with
    colours other than sRGB. A JPEG without its end marker gets one, and a PNG that other readers
    reject loses its unneeded chunks. Raises `FrameRefused` with `name` in the text.
    """
    header = read_header(io.BytesIO(content), len(content), schema, name)
    with refusing_damage(name):
        if header.media_type == "image/webp":
            check_webp(content, header.stored, name)
        decoded = decode(content, header.media_type, name)
        picture = Picture(decoded.content, header.media_type, Size(*decoded.image.size))
        if decoded.needs_rewriting:
            picture = _rewritten(decoded, header.media_type, schema)
    check_rules(picture.size, len(picture.content), schema, name)
    return picture


def same_picture(one: bytes, other: bytes, name: str) -> bool:
    """Whether two files have the same pixels. Raises `FrameRefused` for a damaged one."""
    if one == other:
        return True
    with refusing_damage(name):
        first, second = (
            decode(content, media_type(content[:HEAD_BYTES], name), name).as_rgb()
            for content in (one, other)
        )
    return first.size == second.size and first.tobytes() == second.tobytes()


def as_jpeg(image: Image.Image, quality: int) -> bytes:
    """An RGB picture as a JPEG without chroma subsampling."""
    target = io.BytesIO()
    image.save(target, "JPEG", quality=quality, subsampling=0)
    return target.getvalue()


def _rewritten(decoded: Decoded, media_type: str, schema: ModelSchema) -> Picture:
    """The picture as 8-bit RGB: a JPEG stays a JPEG; others become PNG unless that is too large."""
    rgb = decoded.as_rgb()
    size = Size(*rgb.size)
    if media_type != "image/jpeg":
        target = io.BytesIO()
        rgb.save(target, "PNG", icc_profile=None)  # else Pillow writes the original's profile
        if not broken_rules(size, target.tell(), schema):
            return Picture(target.getvalue(), "image/png", size)
    return Picture(as_jpeg(rgb, BEST_QUALITY), "image/jpeg", size)
