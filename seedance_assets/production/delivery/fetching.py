"""Bringing a generated take home: its video fetched and kept. Free, and repeatable."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from seedance_assets.adapters.media_library import MediaLibrary
from seedance_assets.core.errors import (
    DownloadBroken,
    HostRefused,
    SeedanceError,
    ServiceError,
    VideoGone,
)
from seedance_assets.core.generation import Download
from seedance_assets.core.take import Take, TakeState
from seedance_assets.core.timing import Timing
from seedance_assets.production.events import Clip, FileKept, LineEvent
from seedance_assets.production.ordering.async_ledger import AsyncLedger
from seedance_assets.production.ports import GenerationService
from seedance_assets.production.production_context import ProductionContext

_NO_ERROR = {"error_kind": None, "error": None}
_SERVER_ERROR = 500
MAX_VIDEO_BYTES = 512 * 1024 * 1024  # the official nodes' bound for a video


class Fetching:
    """What follows the service: download and library."""

    def __init__(
        self,
        production: ProductionContext,
        service: GenerationService,
        ledger: AsyncLedger,
        emit: Callable[[LineEvent], None],
    ) -> None:
        concurrency = production.settings.concurrency
        self._production = production
        self._library: MediaLibrary = production.library
        self._service = service
        self._ledger = ledger
        self._emit = emit
        self._downloading = asyncio.Semaphore(concurrency.downloads)

    async def fetch(self, clip: Clip) -> Clip:
        """The clip with its video on our own shelf: there already, or fetched now.

        Raises a `DownloadError` or a `StorageError`; the take stays paid for either way.
        """
        take = clip.take
        if take.state.is_stored:
            if await asyncio.to_thread(self._library.has, take.video_path or "", take.video_sha256):
                return replace(clip, take=await self._resolve(take))
            take = await self._ledger.move(take, TakeState.SUCCEEDED, "its file is not there")
        return replace(clip, take=await self._fetch_patiently(take))

    async def _fetch_patiently(self, take: Take) -> Take:
        """Fetching is free, so what may pass is tried again; others fetch theirs meanwhile."""
        timing, started = self._service.timing, time.monotonic()
        pauses_s = timing.waits_s()
        while True:
            try:
                async with self._downloading:
                    return await self._fetch(take)
            except (VideoGone, DownloadBroken) as exc:
                waited_s = time.monotonic() - started
                if exc.facts.get("passing") is False or waited_s > _patience_s(exc, timing):
                    raise
            await asyncio.sleep(next(pauses_s))

    async def _fetch(self, take: Take) -> Take:
        part = await asyncio.to_thread(self._library.part_for, take.name)
        download = await self._download(take, part)
        aside = await asyncio.to_thread(
            self._library.set_aside, take.shot, take.name, download.sha256
        )
        if aside is not None:
            self._emit(FileKept(take.shot, take.name, aside))
        path = await asyncio.to_thread(self._library.keep, part, take.shot, take.name)
        take = await self._ledger.move(
            take,
            TakeState.STORED,
            "fetched",
            video_sha256=download.sha256,
            video_path=path,
            **_NO_ERROR,
        )
        return await self._resolve(take)

    async def _download(self, take: Take, part: Path) -> Download:
        if take.output_url:
            try:
                return await self._service.download(
                    take.output_url, part, max_bytes=MAX_VIDEO_BYTES
                )
            except (VideoGone, HostRefused):
                pass  # addresses end, and an emulator's port changes: the service has a fresh one
        result = await self._service.result(take.request_id or "")
        if result.video_url is None:
            why = result.error_text or f"the service says {result.word or result.state}"
            raise DownloadBroken(f"take {take.name}: {why}", passing=False)
        return await self._service.download(result.video_url, part, max_bytes=MAX_VIDEO_BYTES)

    async def _resolve(self, take: Take) -> Take:
        """The charge may be known only some time after the video: ask once more.

        A service that does not answer to that spoils nothing: the video is stored.
        """
        if take.cost_usd is not None or take.request_id is None:
            return take
        try:
            result = await self._service.result(take.request_id)
        except ServiceError:
            return take
        if result.cost_usd is None:
            return take
        return await self._ledger.note(take, cost_usd=result.cost_usd)


def _patience_s(exc: SeedanceError, timing: Timing) -> float:
    """How long a download may fail so: longer while its host is in trouble."""
    status = exc.facts.get("http_status")
    in_trouble = isinstance(status, int) and status >= _SERVER_ERROR
    return timing.download_outage_s if in_trouble else timing.refused_video_s
