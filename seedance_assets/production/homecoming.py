"""Bringing a generated take home: its video fetched, kept and measured. Free, and repeatable."""

import asyncio
from dataclasses import replace
from pathlib import Path

from seedance_assets.adapters.first_frame import described
from seedance_assets.adapters.media_library import MediaLibrary
from seedance_assets.adapters.probe import Probe, probe
from seedance_assets.adapters.runcomfy import Download, RunComfy
from seedance_assets.core.errors import DownloadBroken, HostRefused, ServiceError, VideoGone
from seedance_assets.core.measurement import Measurements
from seedance_assets.core.quality import expectation, judge, worst
from seedance_assets.core.request import GenerationRequest
from seedance_assets.core.shot import Shot
from seedance_assets.core.take import Take, TakeState
from seedance_assets.production.bookkeeping import Bookkeeping
from seedance_assets.production.events import Clip
from seedance_assets.production.studio import Studio

_NO_ERROR = {"error_kind": None, "error": None}
MAX_VIDEO_BYTES = 512 * 1024 * 1024  # the official nodes' bound for a video


class Homecoming:
    """The stations behind the service: download, library, probe."""

    def __init__(self, studio: Studio, service: RunComfy, run_id: str | None) -> None:
        concurrency = studio.settings.concurrency
        self._studio = studio
        self._library: MediaLibrary = studio.library
        self._service = service
        self._books = Bookkeeping(studio.ledger, run_id)
        self._downloading = asyncio.Semaphore(concurrency.downloads)
        self._decoding = asyncio.Semaphore(concurrency.decoders)

    async def bring_home(self, clip: Clip) -> Clip:
        """The clip with its video on our own shelf: there already, or fetched now.

        Raises a `DownloadError` or a `StorageError`; the take stays paid for either way.
        """
        take = clip.take
        if take.state.at_home:
            if await asyncio.to_thread(self._library.has, take.video_path or "", take.video_sha256):
                return replace(clip, take=await self._settle(take))
            take = await self._books.move(take, TakeState.SUCCEEDED, "its file is not there")
        async with self._downloading:
            take = await self._fetch(take)
        return replace(clip, take=take)

    async def _fetch(self, take: Take) -> Take:
        part = await asyncio.to_thread(self._library.part_for, take.name)
        download = await self._download(take, part)
        path = await asyncio.to_thread(self._library.keep, part, take.shot, take.name)
        take = await self._books.move(
            take,
            TakeState.STORED,
            "fetched",
            video_sha256=download.sha256,
            video_path=path,
            **_NO_ERROR,
        )
        return await self._settle(take)

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
            raise DownloadBroken(f"take {take.name}: the service's result names no video")
        return await self._service.download(result.video_url, part, max_bytes=MAX_VIDEO_BYTES)

    async def _settle(self, take: Take) -> Take:
        """The charge may be known only some time after the video: ask once more.

        A service that does not answer to that spoils nothing: the video is at home.
        """
        if take.cost_usd is not None or take.request_id is None:
            return take
        try:
            result = await self._service.result(take.request_id)
        except ServiceError:
            return take
        if result.cost_usd is None:
            return take
        return await asyncio.to_thread(self._studio.ledger.note, take, cost_usd=result.cost_usd)

    async def measure(self, clip: Clip, request: GenerationRequest, shot: Shot) -> Clip:
        """The clip with its measurements and findings; decoded only if that was never done.

        Raises `ClipRefused` if the file cannot be measured as a video.
        """
        async with self._decoding:
            measured = await asyncio.to_thread(self._measured, clip.take)
            if measured is None:
                measured = await asyncio.to_thread(self._probe, clip.take)
        measurements, strip = measured
        take = clip.take
        if take.state is not TakeState.MEASURED:
            facts = measurements.model_dump(mode="json", by_alias=True)
            take = await self._books.move(
                take, TakeState.MEASURED, "measured", measurements=facts, **_NO_ERROR
            )
        findings = judge(
            measurements,
            expectation(request.schema, request.size, request.duration_s, audio=request.audio),
            self._studio.settings.quality,
        )
        done = replace(clip, take=take, measurements=measurements, findings=findings, strip=strip)
        if take.shot == shot.key:  # a shot that shares another's take leaves its record alone
            await asyncio.to_thread(self._write_sidecar, done, request, shot)
        return done

    def _measured(self, take: Take) -> tuple[Measurements, bytes] | None:
        """What an earlier run has measured of exactly this file."""
        if take.state is not TakeState.MEASURED or take.measurements is None:
            return None
        strip = self._library.read_bytes(take.shot, f"{take.name}_strip.jpg")
        measurements = Measurements.model_validate(take.measurements)
        if strip is None or measurements.sha256 != take.video_sha256:
            return None
        return measurements, strip

    def _probe(self, take: Take) -> tuple[Measurements, bytes]:
        with self._library.local_copy(take.video_path or "") as path:
            found: Probe = probe(path)
        self._library.keep_bytes(found.strip, take.shot, f"{take.name}_strip.jpg")
        self._library.keep_bytes(found.strip_large, take.shot, f"{take.name}_strip_large.jpg")
        self._library.keep_bytes(found.poster, take.shot, f"{take.name}_poster.jpg")
        return found.measurements, found.strip

    def _write_sidecar(self, clip: Clip, request: GenerationRequest, shot: Shot) -> None:
        take, scope = clip.take, self._studio.scope
        facts = {
            "made_by": "EMULATED: drawn by the emulator, not made by the model"
            if scope.emulated
            else scope.key,
            "emulated": scope.emulated,
            "provider": scope.provider,
            "base": scope.base,
            "shot": shot.key,
            "take": take.number,
            "model_id": take.model_id,
            "request": take.request,
            "fingerprint": take.fingerprint,
            "first_frame": {
                "source": described(request.first_frame.source).strip("'"),
                "sha256": request.first_frame.sha256,
            }
            if request.first_frame
            else None,
            "silent_by_fallback": clip.silent_fallback or take.fallback_of is not None,
            "fallback_of": take.fallback_of,
            "request_id": take.request_id,
            "ordered_at": take.submitted_at.isoformat() if take.submitted_at else None,
            "finished_at": take.succeeded_at.isoformat() if take.succeeded_at else None,
            "estimate_usd": take.estimate_usd,
            "cost_usd": take.cost_usd,
            "video_sha256": take.video_sha256,
            "notes": shot.notes,
            "verdict": worst(clip.findings).value,
            "measurements": take.measurements,
        }
        self._library.write_sidecar(take.shot, take.name, facts)
