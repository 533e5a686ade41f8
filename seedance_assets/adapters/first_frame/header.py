"""The header of a picture, read and checked before a pixel is decoded.

Pillow's three readers are called by name: `Image.open` would try others, and it warns of large
pictures through a process-wide setting. They read only the header here; a WebP's canvas is checked
first, because Pillow allocates it on opening.
"""

import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO

from PIL import ExifTags, Image
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from seedance_assets.adapters.first_frame.formats import HEAD_BYTES, USABLE, media_type
from seedance_assets.adapters.first_frame.png import read_png_header
from seedance_assets.core.errors import FrameRefused
from seedance_assets.core.model_schema import ModelSchema
from seedance_assets.core.picture import Size

MAX_PIXELS = 40_000_000
"""The largest picture that is decoded, whatever a model allows: 120 MB in memory."""

READERS: dict[str, type[ImageFile]] = {
    "image/png": PngImageFile,
    "image/jpeg": JpegImageFile,
    "image/webp": WebPImageFile,
}
warnings.filterwarnings("ignore", module=r"PIL\.")  # about odd metadata, which do not matter here
_PILLOW_ERRORS = (
    *(OSError, SyntaxError, ValueError, TypeError, KeyError, IndexError, EOFError),
    *(OverflowError, MemoryError, RuntimeError, AttributeError, struct.error, zlib.error),
    *(Image.DecompressionBombError, Warning),  # a process may turn Pillow's warnings into errors
)
_WHOLE_NUMBERS = {1: "B", 3: "H", 4: "I"}  # EXIF types that can hold an orientation
_SIDEWAYS = {5, 6, 7, 8}  # EXIF orientations that exchange width and height


@dataclass(frozen=True, slots=True)
class Header:
    """What is known about a picture before it is decoded."""

    media_type: str
    size: Size
    """Upright size in pixels, as displayed."""
    stored: Size
    """Size in pixels as stored, before EXIF rotation."""
    size_bytes: int


def read_header(file: BinaryIO, size_bytes: int, schema: ModelSchema, name: str) -> Header:
    """The header of the picture in `file`, checked against every rule of the model.

    Raises `FrameRefused` (with `name` in the text) for another type of file, an animation, too many
    pixels, and with the service's own sentence for each broken rule.
    """
    file.seek(0)
    head = file.read(HEAD_BYTES)
    kind = media_type(head, name)
    _check_canvas(head, kind, name)
    file.seek(0)
    stored, frames, exif = _facts(file, kind, name)
    if frames > 1:
        raise FrameRefused(
            f"first frame {name} is animated: it has {frames} pictures",
            advice=f"Give one still picture. {USABLE}",
        )
    _check_pixels(stored, name)
    lying = orientation(exif) in _SIDEWAYS
    upright = Size(stored.height, stored.width) if lying else stored
    check_rules(upright, size_bytes, schema, name)
    return Header(kind, upright, stored, size_bytes)


def _facts(file: BinaryIO, kind: str, name: str) -> tuple[Size, int, bytes]:
    """Size as stored, number of pictures, and EXIF."""
    if kind == "image/png":
        header = read_png_header(file, name)
        return header.size, header.frames, header.exif
    with refusing_damage(name), READERS[kind](file) as image:
        return Size(*image.size), getattr(image, "n_frames", 1), exif_of(image)


def check_rules(size: Size, size_bytes: int, schema: ModelSchema, name: str) -> None:
    """Check a picture against the model's rules. Raises `FrameRefused` with their sentences."""
    if broken := broken_rules(size, size_bytes, schema):
        here = f"{size} pixels, {size_bytes / 1e6:.1f} MB"
        raise FrameRefused(
            f"first frame {name} ({here}): {' '.join(broken)}",
            advice="Resize, crop or compress it and run again; nothing was paid for.",
        )


def broken_rules(size: Size, size_bytes: int, schema: ModelSchema) -> list[str]:
    """The service's own sentences for the rules that a picture breaks."""
    return schema.broken_picture_rules(width=size.width, height=size.height, size_bytes=size_bytes)


def exif_of(image: Image.Image) -> bytes:
    """The EXIF of a JPEG or WebP; empty if none."""
    exif = image.info.get("exif", b"")
    return exif if isinstance(exif, bytes) else b""


def orientation(exif: bytes) -> int:
    """The EXIF orientation, 1 to 8; 1 is upright.

    Pillow also reads XMP, which no viewer does and which is often out of date.
    """
    tiff = exif.removeprefix(b"Exif\0\0")
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None:
        return 1
    try:
        (entry,) = struct.unpack_from(f"{order}I", tiff, 4)
        (count,) = struct.unpack_from(f"{order}H", tiff, entry)
        for at in range(entry + 2, entry + 2 + 12 * count, 12):
            tag, kind, _count = struct.unpack_from(f"{order}HHI", tiff, at)
            if tag == ExifTags.Base.Orientation and kind in _WHOLE_NUMBERS:
                (value,) = struct.unpack_from(order + _WHOLE_NUMBERS[kind], tiff, at + 8)
                return int(value)
    except struct.error:  # damaged EXIF: other programs cannot read it either
        pass
    return 1


@contextmanager
def refusing_damage(name: str) -> Iterator[None]:
    """Turn Pillow's errors for a damaged picture into `FrameRefused`."""
    try:
        yield
    except _PILLOW_ERRORS as exc:
        raise FrameRefused(
            f"first frame {name} is damaged or cut short: it cannot be decoded ({exc})",
            advice=f"Check it in a viewer. {USABLE}",
        ) from exc


def _check_canvas(head: bytes, kind: str, name: str) -> None:
    """Check that a WebP's canvas can be decoded: bytes 24 to 30 of an extended file."""
    if kind == "image/webp" and head[12:16] == b"VP8X" and len(head) >= 30:  # noqa: PLR2004
        width = int.from_bytes(head[24:27], "little") + 1
        height = int.from_bytes(head[27:30], "little") + 1
        _check_pixels(Size(width, height), name)


def _check_pixels(size: Size, name: str) -> None:
    if size.width * size.height > MAX_PIXELS:
        raise FrameRefused(f"first frame {name} has {size} pixels, more than can be decoded")
