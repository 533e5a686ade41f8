"""Where first frames are kept: one file for each content, whole or absent."""

import asyncio
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from weakref import WeakKeyDictionary

from seedance_assets.adapters.first_frame.download import Downloader
from seedance_assets.adapters.first_frame.pictures import EXTENSIONS, checked_picture
from seedance_assets.adapters.first_frame.sources import (
    ByteLimit,
    Inline,
    Link,
    LocalFile,
    byte_limit,
    described,
    find_source,
    read_inline,
    read_local,
)
from seedance_assets.adapters.whole_files import storage_errors, write_whole
from seedance_assets.core.errors import FrameRefused
from seedance_assets.core.model_schema import ModelSchema
from seedance_assets.core.request import FirstFrame, sha256_hex

_Source = LocalFile | Link | Inline


@dataclass(frozen=True)
class _Gates:
    """Who may do what at once, in one event loop: asyncio's locks cannot be shared by two."""

    downloads: asyncio.Semaphore
    decoders: asyncio.Semaphore
    locks: defaultdict[tuple[object, ...], asyncio.Lock] = field(
        default_factory=lambda: defaultdict(asyncio.Lock)
    )


class FrameStore:
    """The first frames of a production, as `root/<sha256>.<ext>`.

    The hash is that of the bytes as given, so that a request's fingerprint never depends on how
    we write pictures. The file holds those bytes, or their upright 8-bit RGB form if the picture
    is one that services read in different ways (see `checked_picture`).

    What a link gave, good or bad, holds for the life of the store: make one for each run. With
    `allow_private`, links may lead into private networks, where plain http will do.
    """

    def __init__(
        self,
        root: Path,
        *,
        allow_private: bool = False,
        timeout_s: float = 60.0,
        downloads: int = 4,
        decoders: int = 2,
    ) -> None:
        self._root = root
        self._downloader = Downloader(allow_private=allow_private, timeout_s=timeout_s)
        self._at_once = downloads, decoders
        self._gates_of: WeakKeyDictionary[asyncio.AbstractEventLoop, _Gates] = WeakKeyDictionary()
        self._by_source: dict[tuple[object, ...], FirstFrame | FrameRefused] = {}
        self._by_content: dict[tuple[str, str], FirstFrame] = {}

    async def fetch(self, source: str, *, beside: Path, schema: ModelSchema) -> FirstFrame:
        """The first frame that the sheet calls `source`, checked and kept.

        `source` is a path, absolute or relative to the sheet's folder, an https link or a data
        URI; `beside` is the sheet or its folder. Asked many times at once, a source is read
        once, and a content decoded once. Raises `FrameRefused` for everything that is wrong with
        the picture, `StorageError` if it cannot be kept.
        """
        found = await asyncio.to_thread(find_source, source.strip(), beside)
        key = (source, found, schema.model_id)
        async with self._gates.locks[key]:
            if key not in self._by_source:
                self._by_source[key] = await self._outcome(source, found, schema)
        outcome = self._by_source[key]
        if isinstance(outcome, FrameRefused):
            raise FrameRefused(str(outcome), advice=outcome.advice, **outcome.facts) from outcome
        return outcome

    def kept(self, sha256: str, schema: ModelSchema) -> FirstFrame | None:
        """The frame with this hash that an earlier run has kept; None if it is there no more."""
        for extension in EXTENSIONS.values():
            path = self._root / f"{sha256}.{extension}"
            with storage_errors(f"cannot read {path}"):
                if not path.is_file():
                    continue
                content = path.read_bytes()
            with suppress(FrameRefused):
                found = checked_picture(content, schema, path.name)
                return FirstFrame(
                    sha256, path, found.media_type, found.size, len(content), str(path)
                )
        return None

    @property
    def _gates(self) -> _Gates:
        loop = asyncio.get_running_loop()
        if loop not in self._gates_of:
            downloads, decoders = map(asyncio.Semaphore, self._at_once)
            self._gates_of[loop] = _Gates(downloads, decoders)
        return self._gates_of[loop]

    async def _outcome(
        self, source: str, found: _Source, schema: ModelSchema
    ) -> FirstFrame | FrameRefused:
        name = described(source)
        try:
            content = await self._content(found, byte_limit(schema), name)
            frame = await self._kept(content, schema, name)
        except FrameRefused as refusal:
            return refusal
        return replace(frame, source=source)

    async def _content(self, found: _Source, limit: ByteLimit, name: str) -> bytes:
        if isinstance(found, Link):
            async with self._gates.downloads:
                return await self._downloader.fetch(found.url, limit, name)
        if isinstance(found, Inline):
            return await asyncio.to_thread(read_inline, found, limit, name)
        return await asyncio.to_thread(read_local, found, limit, name)

    async def _kept(self, content: bytes, schema: ModelSchema, name: str) -> FirstFrame:
        sha256 = await asyncio.to_thread(sha256_hex, content)
        key = (sha256, schema.model_id)
        async with self._gates.locks[key]:
            if key not in self._by_content:
                async with self._gates.decoders:
                    kept = await asyncio.to_thread(self._keep, content, sha256, schema, name)
                self._by_content[key] = kept
        return self._by_content[key]

    def _keep(self, content: bytes, sha256: str, schema: ModelSchema, name: str) -> FirstFrame:
        picture = checked_picture(content, schema, name)
        path = self._root / f"{sha256}.{EXTENSIONS[picture.media_type]}"
        if not _holds(path, picture.content):
            write_whole(path, picture.content)
        return FirstFrame(
            sha256=sha256,
            path=path,
            media_type=picture.media_type,
            size=picture.size,
            size_bytes=len(picture.content),
            source=name,
        )


def _holds(path: Path, content: bytes) -> bool:
    with storage_errors(f"cannot read {path}"):
        return path.is_file() and path.read_bytes() == content
