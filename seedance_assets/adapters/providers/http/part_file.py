"""A video on its way to the disk: hashed, counted and looked at while it is written."""

import asyncio
import contextlib
import hashlib
import os
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from seedance_assets.adapters.whole_files import storage_errors
from seedance_assets.core.errors import DownloadBroken
from seedance_assets.core.generation import Download

TOO_LONG = "Look at the video on the service's Generations page: it is far longer than a take."
_BOX_HEADER = 8  # an MP4 file begins with the length and the name of its `ftyp` box, 4 bytes each


class PartFile:
    """The unfinished file at a path; whoever opens it removes it again on failure."""

    def __init__(self, path: Path, max_bytes: int) -> None:
        self._path = path
        self._max_bytes = max_bytes
        self._file: BinaryIO
        self._head = b""
        self._hash = hashlib.sha256()
        self.size_bytes = 0

    def __enter__(self) -> "PartFile":
        with storage_errors(f"cannot write {self._path}"):
            self._file = self._path.open("wb")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with contextlib.suppress(OSError):  # whatever matters was flushed by `finish`
            self._file.close()

    def write(self, chunk: bytes) -> None:
        """Append some bytes. Raises `DownloadBroken` for what is no video, or too much of it."""
        self.size_bytes += len(chunk)
        if self.size_bytes > self._max_bytes:
            raise DownloadBroken(
                f"the video is longer than {self._max_bytes} bytes", advice=TOO_LONG, passing=False
            )
        if len(self._head) < _BOX_HEADER:
            self._head += chunk[:_BOX_HEADER]
            if len(self._head) >= _BOX_HEADER:
                self._check_head()
        self._hash.update(chunk)
        with storage_errors(f"cannot write {self._path}"):
            self._file.write(chunk)

    async def finish(self) -> Download:
        """Bring every byte to the disk. Raises `DownloadBroken` for a file with no video's head."""
        self._check_head()
        with storage_errors(f"cannot write {self._path}"):
            self._file.flush()
            await asyncio.to_thread(os.fsync, self._file.fileno())  # may take seconds
        return Download(self._hash.hexdigest(), self.size_bytes)

    def _check_head(self) -> None:
        if not self.size_bytes:
            raise DownloadBroken("the video is empty")
        if self._head[4:_BOX_HEADER] != b"ftyp":
            raise DownloadBroken(f"no MP4 video: it begins with {self._head[:_BOX_HEADER]!r}")
