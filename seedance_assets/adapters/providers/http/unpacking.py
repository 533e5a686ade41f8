"""Unpacking a body that came packed although we asked for it plain: in parts, and bounded."""

import zlib

from seedance_assets.core.errors import DownloadBroken

_PLAIN = {"", "identity"}
_PACKED = {"gzip", "x-gzip", "deflate"}
_GZIP_OR_ZLIB = zlib.MAX_WBITS | 32


class Unpacking:
    """Turns the parts of a body into plain bytes."""

    def __init__(self, coding: str, max_bytes: int) -> None:
        """Raises `DownloadBroken` for a way of packing that we cannot undo."""
        coding = coding.strip().lower()
        if coding not in _PLAIN | _PACKED:
            raise DownloadBroken(f"the video came packed as {coding[:80]!r}")
        self._max_bytes = max_bytes
        self._unpacker = zlib.decompressobj(_GZIP_OR_ZLIB) if coding in _PACKED else None
        self.packed_bytes = 0
        """Bytes that have come, as they were sent."""

    def __call__(self, part: bytes) -> bytes:
        """The plain bytes of a part, at most one more than are allowed in all."""
        self.packed_bytes += len(part)
        if self._unpacker is None:
            return part
        return self._unpacker.decompress(part, self._max_bytes + 1)

    @property
    def complete(self) -> bool:
        """Whether nothing is missing at the end."""
        return self._unpacker is None or self._unpacker.eof
