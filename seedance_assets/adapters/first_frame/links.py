"""Fetched links: shots, runs and processes that need a link at the same time share one fetch.

A small record beside the stored pictures holds the result of a link and the validators for a
conditional request. It never holds the link itself, which may be signed, only its hash.
"""

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from filelock import FileLock
from filelock import Timeout as HeldByAnother
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from seedance_assets.adapters.whole_files import storage_errors, write_whole

FRESH_S = 10.0
"""A fetch by another process this shortly before ours counts as ours."""

_LOOK_AGAIN_S = 0.05


class LinkRecord(BaseModel):
    """The result of a link."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format_version: int = Field(default=1, alias="schema", ge=1, le=1)
    kept: str = Field(pattern=r"^[0-9a-f]{64}\.(png|jpg|webp)$")
    """The stored file with the link's content; its name starts with the hash."""
    asked_at: float
    """When it was fetched, in seconds since 1970."""
    validators: dict[str, str]
    public: bool


class LinkRecords:
    """The records in `folder`, and a lock for each link."""

    def __init__(
        self,
        folder: Path,
        *,
        earlier: Path | None = None,
        patience_s: float,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`earlier`: a folder of records that are read as well, and never written."""
        self._folder = folder
        self._earlier = earlier
        self._patience_s = patience_s
        self._clock = clock

    def now(self) -> float:
        """Seconds since 1970."""
        return self._clock()

    @asynccontextmanager
    async def turn(self, url: str) -> AsyncIterator[None]:
        """Lock `url` against fetches by other processes.

        Waits for another process only as long as a fetch can take. Raises `StorageError`.
        """
        path = self._path(url, "lock")
        with storage_errors(f"cannot write {path}"):
            path.parent.mkdir(parents=True, exist_ok=True)
            lock = FileLock(path, thread_local=False)
            held = await self._take(lock)
        try:
            yield
        finally:
            if held:
                lock.release()

    async def _take(self, lock: FileLock) -> bool:
        deadline = time.monotonic() + self._patience_s
        while time.monotonic() < deadline:
            try:
                lock.acquire(blocking=False)
            except HeldByAnother:
                await asyncio.sleep(_LOOK_AGAIN_S)
            except NotImplementedError:  # without file locks, each process fetches for itself
                return False
            else:
                return True
        return False

    def read(self, url: str) -> LinkRecord | None:
        """The last result of `url`; None if unknown."""
        ours = self._path(url, "json")
        for path in (ours, self._earlier / ours.name) if self._earlier else (ours,):
            with suppress(OSError, ValidationError):
                return LinkRecord.model_validate_json(path.read_bytes())
        return None

    def is_fresh(self, record: LinkRecord, since: float) -> bool:
        """Whether a record is recent enough for a caller that started at `since`."""
        return record.asked_at >= since - FRESH_S

    def write(self, url: str, record: LinkRecord) -> None:
        """Store the result of `url`. Raises `StorageError`."""
        write_whole(self._path(url, "json"), record.model_dump_json(by_alias=True).encode())

    def _path(self, url: str, extension: str) -> Path:
        return self._folder / f"{hashlib.sha256(url.encode()).hexdigest()}.{extension}"
