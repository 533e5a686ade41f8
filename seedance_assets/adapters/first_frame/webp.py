"""Check that a WebP is complete: its decoder also accepts zeros and changed bytes."""

import io

from PIL.WebPImagePlugin import WebPImageFile

from seedance_assets.adapters.first_frame.formats import damaged
from seedance_assets.core.picture import Size

_FEW_ZEROS = 64  # bytes; a small even picture ends with as many
_PIXELS_PER_ZERO = 80
"""Even pixels are coded as zeros, at most one per this many pixels (measured: 175)."""
_UNNEEDED = 32
_MANY = 16  # line breaks; the bytes of coded pixels look random
_VARIED = 200  # different bytes
_HEAD = 12  # bytes: RIFF, size, WEBP


def check_webp(content: bytes, size: Size, name: str) -> None:
    """Check that a WebP of `size` is complete. Raises `FrameRefused` with `name` in the text."""
    kind, coded = _coded(content)
    most = _FEW_ZEROS + size.width * size.height // _PIXELS_PER_ZERO
    if bytes(most + 1) in coded or _ends_in_unneeded_zeros(kind, coded):
        raise damaged(name, "pixels are replaced by zeros, as in an incomplete copy")
    if _was_sent_as_text(coded):
        raise damaged(name, "its line breaks were changed, as by a transfer in text mode")


def _coded(content: bytes) -> tuple[bytes, bytes]:
    """The chunk of the coded pixels: its name and body."""
    at = _HEAD
    while at + 8 <= len(content):
        kind, length = content[at : at + 4], int.from_bytes(content[at + 4 : at + 8], "little")
        if kind in {b"VP8 ", b"VP8L"}:
            return kind, content[at + 8 : at + 8 + length]
        at += 8 + length + length % 2
    return b"VP8 ", b""


def _ends_in_unneeded_zeros(kind: bytes, coded: bytes) -> bool:
    """Whether the picture decodes without its last zeros: an encoder writes no extra ones."""
    if len(coded) - len(coded.rstrip(b"\0")) < _FEW_ZEROS:
        return False
    kept = coded[: -_UNNEEDED - len(coded) % 2]
    body = b"WEBP" + kind + len(kept).to_bytes(4, "little") + kept
    try:
        with WebPImageFile(io.BytesIO(b"RIFF" + len(body).to_bytes(4, "little") + body)) as image:
            image.load()
    except (OSError, SyntaxError, EOFError):
        return False
    return True


def _was_sent_as_text(coded: bytes) -> bool:
    feeds, returns = coded.count(b"\n"), coded.count(b"\r")
    longer = feeds >= _MANY and coded.count(b"\r\n") == feeds
    exchanged = max(feeds, returns) >= 2 * _MANY and min(feeds, returns) == 0
    return (longer or exchanged) and len(set(coded)) > _VARIED  # an even picture has repeated bytes
