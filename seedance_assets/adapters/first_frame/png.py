"""Separate the picture chunks of a PNG from the others.

Pillow refuses a PNG for a checksum or text that viewers ignore, warns of odd animations, and does
not support cICP. So it gets only the chunks of the picture; the others are read here.
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from seedance_assets.adapters.first_frame.formats import damaged
from seedance_assets.core.picture import Size

SIGNATURE = b"\x89PNG\r\n\x1a\n"
GREY, RGB, PALETTE = 0, 2, 3

_MAX_CHUNKS = 100_000
_TOO_MANY = 1 << 31  # for a side or the frames of an animation
_MAX_BYTES = 4 * 1024 * 1024
"""The largest chunk that is read here, unpacked; a printer's profile has 2 MB."""
_OF_THE_PICTURE = {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"}
_COLOURS = {b"cICP", b"iCCP", b"sRGB", b"gAMA", b"cHRM"}
_TEXTS = {b"zTXt", b"iTXt", b"tEXt"}
_TEXT_BYTES, _TEXTS_BYTES = 1024 * 1024, 64 * 1024 * 1024
"""How much other readers unpack of one text, and of all texts."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """One chunk, and the position of its body in the file."""

    name: bytes
    at: int
    length: int


@dataclass(frozen=True, slots=True)
class PngHeader:
    """What a PNG declares before its pixels, and its EXIF from any position."""

    size: Size
    depth: int
    """Bits a channel."""
    colours: int
    """`GREY`, `RGB`, `PALETTE`, or one with transparency."""
    frames: int
    exif: bytes


@dataclass(frozen=True, slots=True)
class Png:
    """A parsed PNG."""

    header: PngHeader
    picture: bytes
    """A PNG of only the chunks for the pixels."""
    hidden: tuple[int, ...] | None
    """The transparent grey or colour, in the picture's own depth."""
    colours: dict[bytes, bytes]
    """The bodies of the chunks that define its colours."""
    plain: bool
    """Whether other readers accept the file unchanged."""


def read_png_header(file: BinaryIO, name: str) -> PngHeader:
    """The header of the PNG in `file`; pixels are skipped.

    Raises `FrameRefused` (with `name` in the text) if it has no header or no pixels.
    """
    first: dict[bytes, bytes] = {}  # the first chunk of a kind
    animations, before = 0, True  # the pixels
    for chunk in _chunks(file, name):
        if chunk.name == b"IHDR":
            first.setdefault(chunk.name, _body(file, chunk, name))
        elif chunk.name == b"eXIf" or (before and chunk.name in {b"acTL", b"fcTL"}):
            first.setdefault(chunk.name, _bytes(file, chunk))
            animations += chunk.name == b"acTL"
        before = before and chunk.name != b"IDAT"
    header = first.get(b"IHDR", b"")
    if len(header) != 13 or before:  # noqa: PLR2004  # the length of every IHDR
        raise damaged(name, "it has no pixels")
    size = Size(int.from_bytes(header[:4]), int.from_bytes(header[4:8]))
    if not 0 < size.width < _TOO_MANY or not 0 < size.height < _TOO_MANY:
        raise damaged(name, f"it declares {size} pixels")
    frames = int.from_bytes(first.get(b"acTL", b"")[:4])
    if animations != 1 or not 0 < frames < _TOO_MANY:  # no viewer plays it
        frames = 1
    elif b"fcTL" not in first:
        frames += 1  # the picture for viewers without animation is separate
    return PngHeader(size, header[8], header[9], frames, first.get(b"eXIf", b""))


def read_png(file: BinaryIO, name: str) -> Png:
    """Parse the PNG in `file`. Raises `FrameRefused` with `name` in the text."""
    header = read_png_header(file, name)
    parts, hidden, plain, texts = [SIGNATURE], b"", True, 0
    colours: dict[bytes, bytes] = {}
    for chunk in _chunks(file, name):
        if chunk.name in _OF_THE_PICTURE:
            body = _body(file, chunk, name)
            if chunk.name == b"tRNS" and header.colours != PALETTE:
                hidden = body
            else:
                parts.append(_written(chunk.name, body))
        elif not _is_whole(file, chunk):
            plain = False
        elif chunk.name in _COLOURS:
            colours.setdefault(chunk.name, _unpacked(file, chunk, name))
        elif chunk.name in _TEXTS and plain:
            length = _text_bytes(_bytes(file, chunk), chunk.name)
            texts += length
            plain = length <= _TEXT_BYTES and texts <= _TEXTS_BYTES
    if not parts[-1].endswith(_written(b"IEND", b"")):
        parts.append(_written(b"IEND", b""))
    values = [int.from_bytes(hidden[at : at + 2]) for at in range(0, len(hidden), 2)]
    wanted = {GREY: 1, RGB: 3}.get(header.colours, -1)
    return Png(
        header=header,
        picture=b"".join(parts),
        hidden=tuple(values) if len(values) == wanted else None,
        colours=colours,
        plain=plain,
    )


def _chunks(file: BinaryIO, name: str) -> Iterator[Chunk]:
    """The chunks up to the last one, or to the end of valid chunks.

    Raises `FrameRefused` for an unknown critical chunk.
    """
    at = len(SIGNATURE)
    for _chunk in range(_MAX_CHUNKS):
        file.seek(at)
        head = file.read(8)
        if len(head) < 8 or not head[4:].isalpha():  # noqa: PLR2004  # length and name
            return
        chunk = Chunk(head[4:], at + 8, int.from_bytes(head[:4]))
        if chunk.name[:1].isupper() and chunk.name not in _OF_THE_PICTURE:
            raise damaged(
                name, f"it holds {chunk.name.decode('ascii')!r}, which is not part of PNG"
            )
        yield chunk
        if chunk.name == b"IEND":
            return
        at = chunk.at + chunk.length + 4


def _bytes(file: BinaryIO, chunk: Chunk) -> bytes:
    file.seek(chunk.at)
    return file.read(min(chunk.length, _MAX_BYTES))


def _body(file: BinaryIO, chunk: Chunk, name: str) -> bytes:
    """The body of a chunk of the picture. Raises `FrameRefused` if its checksum is wrong."""
    file.seek(chunk.at)
    body, checksum = file.read(chunk.length), file.read(4)
    if len(checksum) == 4 and int.from_bytes(checksum) != zlib.crc32(chunk.name + body):  # noqa: PLR2004
        raise damaged(name, f"the checksum of its {chunk.name.decode('ascii')} is wrong")
    return body  # the decoder handles a truncated one: all pixels may be there


def _is_whole(file: BinaryIO, chunk: Chunk) -> bool:
    file.seek(chunk.at)
    checksum, left = zlib.crc32(chunk.name), chunk.length
    while left and (block := file.read(min(left, _MAX_BYTES))):
        checksum, left = zlib.crc32(block, checksum), left - len(block)
    return not left and file.read(4) == checksum.to_bytes(4)


def _written(name: bytes, body: bytes) -> bytes:
    return b"".join(
        (len(body).to_bytes(4), name, body, zlib.crc32(name + body).to_bytes(4)),
    )


def _unpacked(file: BinaryIO, chunk: Chunk, name: str) -> bytes:
    """The body of a colour chunk; a profile is unpacked."""
    body = _bytes(file, chunk)
    if chunk.name != b"iCCP":
        return body
    packed = body.partition(b"\0")[2][1:]
    unpacking = zlib.decompressobj()
    try:
        profile = unpacking.decompress(packed, _MAX_BYTES)
    except zlib.error:
        return b""
    if unpacking.unconsumed_tail:
        raise damaged(name, f"its colour profile has over {_MAX_BYTES} bytes")
    return profile


def _text_bytes(body: bytes, name: bytes) -> int:
    """The unpacked size of a text; counted only up to the limit of other readers."""
    _key, _zero, rest = body.partition(b"\0")
    if name == b"zTXt":
        packed = rest[1:]
    elif name == b"iTXt" and rest[:1] == b"\1":
        packed = rest[2:].partition(b"\0")[2].partition(b"\0")[2]
    else:
        return min(len(body), _TEXT_BYTES)
    try:
        return len(zlib.decompressobj().decompress(packed, _TEXT_BYTES + 1))
    except zlib.error:
        return _TEXT_BYTES + 1  # a reader may fail on it
