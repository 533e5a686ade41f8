"""The store of first frames: one file for each content, whole or absent."""

import asyncio
import io
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import product
from pathlib import Path
from typing import TypeVar
from weakref import WeakKeyDictionary

from seedance_assets.adapters.first_frame.download import Downloader, Fetched
from seedance_assets.adapters.first_frame.formats import EXTENSIONS
from seedance_assets.adapters.first_frame.header import Header, read_header
from seedance_assets.adapters.first_frame.links import LinkRecord, LinkRecords
from seedance_assets.adapters.first_frame.pictures import (
    Picture,
    checked_picture,
    same_picture,
)
from seedance_assets.adapters.first_frame.sources import (
    INSIDE,
    ByteLimit,
    Inline,
    Link,
    LocalFile,
    Reach,
    byte_limit,
    described,
    find_source,
    opened,
    read_inline,
    read_local,
)
from seedance_assets.adapters.whole_files import storage_errors, write_whole
from seedance_assets.core.errors import FrameRefused
from seedance_assets.core.model_schema import ModelSchema
from seedance_assets.core.request import FirstFrame, sha256_hex

T = TypeVar("T")

_Source = LocalFile | Link | Inline
_LINKS, _CHECKED = "links", "checked"
_CHECKS = 2
"""Increase it when a picture that was stored unchanged would now be refused or rewritten."""
_GRACE_S = 10.0  # added to the time of a fetch, for another process to check and store it


@dataclass(frozen=True)
class _Locks:
    """The locks of one event loop: asyncio's locks cannot be shared by two."""

    downloads: asyncio.Semaphore
    decoders: asyncio.Semaphore
    by_key: defaultdict[tuple[object, ...], asyncio.Lock] = field(
        default_factory=lambda: defaultdict(asyncio.Lock)
    )


class FrameStore:
    """The first frames of a production, as `root/<sha256>.<ext>`.

    The hash is that of the original bytes, so that a request's fingerprint never depends on how
    we write pictures. The file holds those bytes, or their upright 8-bit RGB form if services may
    read the picture differently (see `checked_picture`). Content that is stored unchanged has been
    decoded once and is not decoded again by the same version of the checks.

    The result of a link, good or bad, is valid for the life of the store: make one for each run.
    Other processes that need it at the same time share the fetch; later ones only check whether it
    has changed. `allow_private` permits links into private networks, also by http. `reach` may
    permit paths outside the sheet's folder. Frames in `earlier`, another store's folder, are used
    too, but nothing is written there.
    """

    def __init__(
        self,
        root: Path,
        *,
        allow_private: bool = False,
        reach: Reach = INSIDE,
        earlier: Path | None = None,
        timeout_s: float = 60.0,
        downloads: int = 4,
        decoders: int = 2,
    ) -> None:
        self._root = root
        self._roots = (root, earlier) if earlier else (root,)
        self._reach = reach
        self._downloader = Downloader(allow_private=allow_private, timeout_s=timeout_s)
        self._links = LinkRecords(
            root / _LINKS,
            earlier=earlier / _LINKS if earlier else None,
            patience_s=timeout_s + _GRACE_S,
        )
        self._at_once = downloads, decoders
        self._gates_of: WeakKeyDictionary[asyncio.AbstractEventLoop, _Locks] = WeakKeyDictionary()
        self._by_source: dict[tuple[object, ...], FirstFrame | FrameRefused] = {}
        self._by_content: dict[tuple[str, str], FirstFrame] = {}

    async def fetch(self, source: str, *, beside: Path, schema: ModelSchema) -> FirstFrame:
        """The first frame with the sheet's `source`, checked and stored.

        `source` is a path, absolute or relative to the sheet's folder, an https link or a data
        URI; `beside` is the sheet or its folder. Concurrent calls read a source once and decode
        a content once. Raises `FrameRefused` for every problem with the picture, `StorageError`
        if it cannot be stored.
        """
        source = source.strip()
        found = await asyncio.to_thread(self._find, source, beside)
        key = (source, found, schema.model_id)
        async with self._locks.by_key[key]:
            if key not in self._by_source:
                self._by_source[key] = await self._outcome(source, found, schema)
        outcome = self._by_source[key]
        if isinstance(outcome, FrameRefused):
            raise outcome.afresh() from outcome
        return outcome

    def forget_passing_failures(self) -> None:
        """Fetch frames that were out of reach again at the next call."""
        for key, outcome in list(self._by_source.items()):
            if isinstance(outcome, FrameRefused) and outcome.retryable:
                del self._by_source[key]

    def header(self, source: str, *, beside: Path, schema: ModelSchema) -> Header | None:
        """The header of a file or data URI; None for a link, which is not fetched.

        Fast: no pixel is decoded, nothing is hashed or stored. Raises `FrameRefused` for problems
        that the header shows.
        """
        found, name = self._find(source.strip(), beside), described(source)
        limit = byte_limit(schema)
        if isinstance(found, LocalFile):
            with opened(found, limit, name) as file:
                return read_header(file, found.size_bytes, schema, name)
        if isinstance(found, Inline):
            content = read_inline(found, limit, name)
            return read_header(io.BytesIO(content), len(content), schema, name)
        return None

    def kept(self, sha256: str, schema: ModelSchema) -> FirstFrame | None:
        """The frame with this hash from an earlier run; None if it no longer exists."""
        for root, extension in product(self._roots, EXTENSIONS.values()):
            path = root / f"{sha256}.{extension}"
            content = _content_of(path)
            if content is None:
                continue
            with suppress(FrameRefused):
                found = checked_picture(content, schema, path.name)
                return FirstFrame(
                    sha256, path, found.media_type, found.size, len(content), str(path)
                )
        return None

    @property
    def _locks(self) -> _Locks:
        loop = asyncio.get_running_loop()
        if loop not in self._gates_of:
            downloads, decoders = map(asyncio.Semaphore, self._at_once)
            self._gates_of[loop] = _Locks(downloads, decoders)
        return self._gates_of[loop]

    def _find(self, source: str, beside: Path) -> _Source:
        return find_source(source, beside, self._reach)

    async def _outcome(
        self, source: str, found: _Source, schema: ModelSchema
    ) -> FirstFrame | FrameRefused:
        name, limit = described(source), byte_limit(schema)
        try:
            if isinstance(found, Link):
                frame = await self._linked(found.url, limit, schema, name)
            else:
                content = await asyncio.to_thread(_read, found, limit, name)
                frame = await self._keep(content, schema, name)
        except FrameRefused as refusal:
            return refusal
        return replace(frame, source=source)

    # -- links ---------------------------------------------------------------------------------

    async def _linked(
        self, url: str, limit: ByteLimit, schema: ModelSchema, name: str
    ) -> FirstFrame:
        since = self._links.now()
        async with self._links.turn(url):
            record = self._links.read(url)
            before = await asyncio.to_thread(self._recorded, record)
            if record and before is not None and self._links.is_fresh(record, since):
                return replace(await self._keep(before, schema, name), public=record.public)
            asked_at = self._links.now()
            unless = record.validators if record and before is not None else None
            async with self._locks.downloads:
                fetched = await self._downloader.fetch(url, limit, name, unless=unless)
            content = before if fetched.content is None else fetched.content
            if content is None:
                raise FrameRefused(f"first frame {name}: its host says it has not changed")
            if record and fetched.content is None:
                known = {**record.validators, **fetched.validators}
                fetched = replace(fetched, validators=known)
            earlier = await self._earlier(record, content, schema)
            if earlier is not None and not await self._same(earlier, content, schema, name):
                await self._check_steady(url, content, fetched, limit, name)
                earlier = None
            frame = earlier or await self._keep(content, schema, name)
            await asyncio.to_thread(self._remember, url, frame, fetched, asked_at)
        return replace(frame, source=name, public=fetched.public)

    async def _earlier(
        self, record: LinkRecord | None, content: bytes, schema: ModelSchema
    ) -> FirstFrame | None:
        """The frame that a link had before, if it still exists and the bytes have changed."""
        sha256 = Path(record.kept).stem if record else ""
        if not sha256 or sha256 == await asyncio.to_thread(sha256_hex, content):
            return None
        async with self._locks.decoders:
            return await asyncio.to_thread(self.kept, sha256, schema)

    async def _same(
        self, earlier: FirstFrame, content: bytes, schema: ModelSchema, name: str
    ) -> bool:
        """Whether different bytes show the same picture: many hosts re-encode each answer.

        Then the known frame stays valid, and takes already paid for are not bought again.
        """

        def compared() -> bool:
            now = checked_picture(content, schema, name).content  # as it would be stored
            return same_picture(_content_of(earlier.path) or b"", now, name)

        async with self._locks.decoders:
            return await asyncio.to_thread(compared)

    async def _check_steady(
        self, url: str, content: bytes, fetched: Fetched, limit: ByteLimit, name: str
    ) -> None:
        """Check that a changed picture stays the same on a second fetch."""
        async with self._locks.downloads:
            again = await self._downloader.fetch(url, limit, name, unless=fetched.validators)
        async with self._locks.decoders:
            other = content if again.content is None else again.content
            if await asyncio.to_thread(same_picture, content, other, name):
                return
        raise FrameRefused(
            f"first frame {name} changes: its host sends another picture each time",
            advice="Download it and give its path; each run would buy a take of another picture.",
        )

    def _recorded(self, record: LinkRecord | None) -> bytes | None:
        """The last bytes of a link, if they were stored unchanged."""
        if record is None:
            return None
        found = (_content_of(root / record.kept) for root in self._roots)
        wanted = Path(record.kept).stem
        return next((c for c in found if c is not None and sha256_hex(c) == wanted), None)

    def _remember(self, url: str, frame: FirstFrame, fetched: Fetched, asked_at: float) -> None:
        self._links.write(
            url,
            LinkRecord(
                kept=frame.path.name,
                asked_at=asked_at,
                validators=dict(fetched.validators),
                public=fetched.public,
            ),
        )

    # -- keeping -------------------------------------------------------------------------------

    async def _keep(self, content: bytes, schema: ModelSchema, name: str) -> FirstFrame:
        sha256 = await asyncio.to_thread(sha256_hex, content)
        key = (sha256, schema.model_id)
        async with self._locks.by_key[key]:
            if key not in self._by_content:
                async with self._locks.decoders:
                    kept = await asyncio.to_thread(self._kept, content, sha256, schema, name)
                self._by_content[key] = kept
        return self._by_content[key]

    def _kept(self, content: bytes, sha256: str, schema: ModelSchema, name: str) -> FirstFrame:
        header = read_header(io.BytesIO(content), len(content), schema, name)
        path = self._root / f"{sha256}.{EXTENSIONS[header.media_type]}"
        checked = self._root / _CHECKED / f"{sha256}.{_CHECKS}"
        if _content_of(path) == content and checked.is_file():
            picture = Picture(content, header.media_type, header.size)  # decoded when it was stored
        else:
            picture = checked_picture(content, schema, name)
            path = path.with_suffix(f".{EXTENSIONS[picture.media_type]}")
            if _content_of(path) != picture.content:
                write_whole(path, picture.content)
            if picture.content == content:
                write_whole(checked, b"")
        return FirstFrame(
            sha256=sha256,
            path=path,
            media_type=picture.media_type,
            size=picture.size,
            size_bytes=len(picture.content),
            source=name,
        )


def _read(found: LocalFile | Inline, limit: ByteLimit, name: str) -> bytes:
    if isinstance(found, Inline):
        return read_inline(found, limit, name)
    return read_local(found, limit, name)


def _content_of(path: Path) -> bytes | None:
    with storage_errors(f"cannot read {path}"):
        return path.read_bytes() if path.is_file() else None
