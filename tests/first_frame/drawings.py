"""Pictures for tests, drawn by code."""

import io
import struct
import zlib
from typing import Any

import numpy as np
from PIL import Image

RED, GREEN, BLUE, WHITE = (200, 30, 30), (30, 160, 60), (30, 60, 200), (255, 255, 255)


def drawing(width: int = 640, height: int = 480) -> Image.Image:
    """Red on the left, blue on the right, a green bar along the top."""
    image = Image.new("RGB", (width, height), RED)
    image.paste(BLUE, (width // 2, 0, width, height))
    image.paste(GREEN, (0, 0, width, height // 8))
    return image


def noise(width: int, height: int) -> Image.Image:
    """A picture that no compression makes small."""
    pixels = np.random.default_rng(7).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(pixels)


def saved(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    target = io.BytesIO()
    image.save(target, kind, **options)
    return target.getvalue()


def loaded(content: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(content))
    image.load()
    return image


def turned_by_exif(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


def near(image: Image.Image, place: tuple[int, int], colour: tuple[int, int, int]) -> bool:
    """Whether a pixel has about this colour."""
    pixel = image.convert("RGB").getpixel(place)
    assert isinstance(pixel, tuple)
    return all(abs(a - b) <= 12 for a, b in zip(pixel, colour, strict=True))


def png_claiming(width: int, height: int) -> bytes:
    """A PNG of a few bytes whose header claims any size."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return _png(header, zlib.compress(bytes(1000)))


def png_of_16_bits(width: int, height: int) -> bytes:
    """An RGB PNG with 16 bits a channel, which Pillow reads and cannot write."""
    header = struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0)
    line = b"\0" + struct.pack(">HHH", *(256 * c + 99 for c in RED)) * width
    return _png(header, zlib.compress(line * height))


def _png(header: bytes, pixels: bytes) -> bytes:
    chunks = ((b"IHDR", header), (b"IDAT", pixels), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in chunks
    )


def photograph(width: int = 640, height: int = 480) -> Image.Image:
    """Soft shapes with a little grain, as a camera sees them."""
    rng = np.random.default_rng(11)
    coarse = Image.fromarray(rng.integers(0, 256, (9, 12, 3), dtype=np.uint8))
    soft = np.asarray(coarse.resize((width, height), Image.Resampling.BICUBIC), dtype=int)
    grain = rng.integers(-6, 7, soft.shape)
    return Image.fromarray((soft + grain).clip(0, 255).astype(np.uint8))


def png_chunk(name: bytes, body: bytes) -> bytes:
    """A chunk with its length and checksum."""
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png_with(whole: bytes, *chunks: bytes) -> bytes:
    """A PNG with more chunks right behind its header."""
    return whole[:33] + b"".join(chunks) + whole[33:]


def raw_png(pixels: np.ndarray[Any, Any], depth: int, colours: int, *chunks: bytes) -> bytes:
    """A PNG of rows of bytes that are packed already, with more chunks before its pixels."""
    height, row_bytes = pixels.shape
    channels = {0: 1, 2: 3}[colours]
    header = struct.pack(
        ">IIBBBBB", row_bytes * 8 // depth // channels, height, depth, colours, 0, 0, 0
    )
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)
    whole = b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + b"".join(chunks)
    return whole + png_chunk(b"IDAT", zlib.compress(rows)) + png_chunk(b"IEND", b"")
