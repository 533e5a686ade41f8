"""From bytes to a picture that the service can take, or the reason why not.

The format is told from the content, never from a name. Pillow's three readers are called by name:
`Image.open` would try others, and it warns of large pictures through a setting of the whole
process. Sizes are read from the header and checked before a pixel is decoded.
"""

import io
import re
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from PIL import ExifTags, Image
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from seedance_assets.core.errors import FrameRefused
from seedance_assets.core.model_schema import ModelSchema
from seedance_assets.core.picture import Size

MAX_PIXELS = 40_000_000
"""No picture larger than this is decoded, whatever a model allows: 120 MB in memory."""

QUALITIES = (95, 90, 85, 80, 75, 70)
"""JPEG qualities, tried in turn; below the last a picture is no longer worth sending."""

MAX_JPEG_SCANS = 200  # a progressive JPEG has ten or so; each costs a pass over all pixels

_USABLE = "Save it as PNG, JPEG or WebP and run again; nothing was paid for."
_READERS: dict[str, type[ImageFile]] = {
    "image/png": PngImageFile,
    "image/jpeg": JpegImageFile,
    "image/webp": WebPImageFile,
}
EXTENSIONS = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp"}

_FOREIGN = (
    (rb"GIF8", "a GIF"),
    (rb"BM", "a BMP"),
    (rb"II\*\0|MM\0\*|II\+\0|MM\0\+", "a TIFF"),
    (rb"....ftyp(hei|hev|mif|msf)", "a HEIC picture"),
    (rb"....ftypavi[fs]", "an AVIF picture"),
    (rb"....ftyp", "a video"),
    (rb"8BPS", "a Photoshop file"),
    (rb"\x76\x2f\x31\x01", "an OpenEXR picture"),
    (rb"%PDF", "a PDF"),
    (rb"\s*<", "a web page or SVG"),
)
_PILLOW_ERRORS = (
    *(OSError, SyntaxError, ValueError, TypeError, KeyError, IndexError, EOFError),
    *(OverflowError, MemoryError, RuntimeError, AttributeError, struct.error, zlib.error),
    *(Image.DecompressionBombError, Warning),  # a process may make Pillow's warnings errors
)
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
    anew, as 8-bit RGB: turned by EXIF, CMYK, 16 bits a channel, or see-through (laid on white).
    Raises `FrameRefused`, which calls the picture `name`.
    """
    media_type = _media_type(content, name)
    if media_type == "image/jpeg" and content.count(b"\xff\xda") > MAX_JPEG_SCANS:
        raise FrameRefused(f"first frame {name} is a JPEG in over {MAX_JPEG_SCANS} scans")
    with _refusing_damage(name), _READERS[media_type](io.BytesIO(content)) as image:
        _check_before_decoding(image, len(content), schema, name)
        image.load()
        picture = Picture(content, media_type, Size(*image.size))
        if _needs_rewriting(image, content, media_type):
            picture = _rewritten(image, media_type, schema)
    _check_rules(picture.size, len(picture.content), schema, name)
    return picture


def jpeg_within(picture: Picture, max_bytes: int) -> bytes | None:
    """A checked picture as the best JPEG of at most `max_bytes`, or None if none is so small."""
    with _READERS[picture.media_type](io.BytesIO(picture.content)) as image:
        image.load()
        rgb, icc_profile = _as_rgb(image), _rgb_profile(image)
    jpegs = (_as_jpeg(rgb, quality, icc_profile) for quality in QUALITIES)
    return next((jpeg for jpeg in jpegs if len(jpeg) <= max_bytes), None)


def _as_jpeg(image: Image.Image, quality: int, icc_profile: bytes | None) -> bytes:
    target = io.BytesIO()
    image.save(target, "JPEG", quality=quality, subsampling=0, icc_profile=icc_profile)
    return target.getvalue()


def _rgb_profile(image: Image.Image) -> bytes | None:
    """The colour profile, if it still holds for the picture as RGB."""
    profile = image.info.get("icc_profile") if image.mode in {"RGB", "RGBA"} else None
    return profile if isinstance(profile, bytes) else None


@contextmanager
def _refusing_damage(name: str) -> Iterator[None]:
    try:
        yield
    except _PILLOW_ERRORS as exc:
        raise FrameRefused(
            f"first frame {name} is damaged or cut short: it cannot be decoded ({exc})",
            advice=f"Look at it in a viewer. {_USABLE}",
        ) from exc


def _media_type(content: bytes, name: str) -> str:
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return "image/webp"
    what = next((w for magic, w in _FOREIGN if re.match(magic, content, re.DOTALL)), None)
    if what is None:
        what = "no picture" if content else "empty"
    raise FrameRefused(f"first frame {name} is {what}, not PNG, JPEG or WebP", advice=_USABLE)


def _check_before_decoding(
    image: ImageFile, size_bytes: int, schema: ModelSchema, name: str
) -> None:
    if getattr(image, "n_frames", 1) > 1:
        raise FrameRefused(
            f"first frame {name} is animated: it has {getattr(image, 'n_frames', 0)} pictures",
            advice=f"Give one still picture. {_USABLE}",
        )
    size = Size(*image.size)
    if size.width * size.height > MAX_PIXELS:
        raise FrameRefused(f"first frame {name} has {size} pixels, more than can be decoded")
    turned = Size(size.height, size.width)  # EXIF may turn it yet
    if _broken(turned, size_bytes, schema):
        _check_rules(size, size_bytes, schema, name)


def _check_rules(size: Size, size_bytes: int, schema: ModelSchema, name: str) -> None:
    if broken := _broken(size, size_bytes, schema):
        here = f"{size} pixels, {size_bytes / 1e6:.1f} MB"
        raise FrameRefused(f"first frame {name} ({here}): {' '.join(broken)}")


def _broken(size: Size, size_bytes: int, schema: ModelSchema) -> list[str]:
    return schema.broken_picture_rules(width=size.width, height=size.height, size_bytes=size_bytes)


def _needs_rewriting(image: ImageFile, content: bytes, media_type: str) -> bool:
    deep = media_type == "image/png" and content[24] == _SIXTEEN_BITS  # IHDR: bits a channel
    return deep or _orientation(image) in _TURNS or image.mode == "CMYK" or _see_through(image)


def _orientation(image: Image.Image) -> int:
    try:
        value = image.getexif().get(ExifTags.Base.Orientation, 1)
    except _PILLOW_ERRORS:  # damaged EXIF: then nobody else can read it either
        return 1
    return value if isinstance(value, int) else 1


def _see_through(image: Image.Image) -> bool:
    if not image.has_transparency_data:
        return False
    least, _most = image.convert("RGBA").getchannel("A").getextrema()
    return isinstance(least, tuple) or least < _OPAQUE


def _rewritten(image: ImageFile, media_type: str, schema: ModelSchema) -> Picture:
    """The picture as 8-bit RGB: a JPEG stays one; others become PNG, if that is not too large."""
    rgb, icc_profile = _as_rgb(image), _rgb_profile(image)
    size = Size(*rgb.size)
    if media_type != "image/jpeg":
        target = io.BytesIO()
        rgb.save(target, "PNG", icc_profile=icc_profile)
        if not _broken(size, target.tell(), schema):
            return Picture(target.getvalue(), "image/png", size)
    return Picture(_as_jpeg(rgb, QUALITIES[0], icc_profile), "image/jpeg", size)


def _as_rgb(image: Image.Image) -> Image.Image:
    turn = _TURNS.get(_orientation(image))
    upright = image if turn is None else image.transpose(turn)
    if upright.mode.startswith("I"):  # 16-bit grey
        grey = np.asarray(upright.convert("I")).clip(0, 65535) >> 8
        return Image.fromarray(grey.astype(np.uint8)).convert("RGB")
    if image.has_transparency_data:
        layer = upright.convert("RGBA")
        white = Image.new("RGBA", layer.size, "white")
        return Image.alpha_composite(white, layer).convert("RGB")
    return upright.convert("RGB")
