"""Measuring a take that is stored, and judging it. Free, and repeatable."""

import asyncio
from contextlib import suppress
from dataclasses import replace

from seedance_assets.adapters.first_frame import shown
from seedance_assets.adapters.probe import InputPicture, Probe
from seedance_assets.core.errors import ClipRefused
from seedance_assets.core.measurement import Measurements
from seedance_assets.core.quality import (
    Family,
    QualityLimits,
    Verdict,
    expectation,
    judge,
    worst,
)
from seedance_assets.core.quality.shot_changes import segments
from seedance_assets.core.request import GenerationRequest
from seedance_assets.core.shot import Shot
from seedance_assets.core.take import Take, TakeState
from seedance_assets.production.events import Clip
from seedance_assets.production.ordering.async_ledger import AsyncLedger
from seedance_assets.production.production_context import ProductionContext

_NO_ERROR = {"error_kind": None, "error": None}


class Measuring:
    """The last stage: probe, rules, and what they leave beside the clip."""

    def __init__(self, production: ProductionContext, ledger: AsyncLedger) -> None:
        self._production = production
        self._library = production.library
        self._ledger = ledger
        self._decoding = asyncio.Semaphore(production.settings.concurrency.decoders)

    async def measure(self, clip: Clip, request: GenerationRequest, shot: Shot) -> Clip:
        """The clip with its measurements and findings; decoded only if that was never done.

        Raises `ClipRefused` if the file cannot be measured as a video.
        """
        async with self._decoding:
            measured = await asyncio.to_thread(self._measured, clip.take, request)
            if measured is None:
                measured = await asyncio.to_thread(self._probe, clip.take, request)
        measurements, strip = measured
        take = await self._note(clip.take, measurements)
        findings = judge(measurements, expectation(request, shot.cuts), self._limits(shot))
        done = replace(clip, take=take, measurements=measurements, findings=findings, strip=strip)
        done = replace(done, evidence=await asyncio.to_thread(self._evidence, done))
        if take.shot == shot.key:  # a shot that shares another's take leaves its record alone
            await asyncio.to_thread(self._write_sidecar, done, request, shot)
        return done

    def _limits(self, shot: Shot) -> QualityLimits:
        return self._production.settings.quality.limits_for(shot.key, shot.sequence)

    async def _note(self, take: Take, measurements: Measurements) -> Take:
        """Write the figures into the ledger, unless it has them."""
        facts = measurements.model_dump(mode="json", by_alias=True)
        if take.state is not TakeState.MEASURED:
            return await self._ledger.move(
                take, TakeState.MEASURED, "measured", measurements=facts, **_NO_ERROR
            )
        if take.measurements == facts:
            return take
        return await self._ledger.note(take, measurements=facts)

    def _evidence(self, clip: Clip) -> dict[Family, bytes]:
        """For each family at fault the frame at its worst place, kept beside the clip."""
        found: dict[Family, bytes] = {}
        for finding in clip.findings:
            if finding.verdict is Verdict.PASS or not finding.spans or finding.family in found:
                continue
            worst_place = finding.spans[0]
            picture = self._frame(clip.take, (worst_place.start_s + worst_place.end_s) / 2)
            if picture is not None:
                found[finding.family] = picture
        return found

    def _frame(self, take: Take, at_s: float) -> bytes | None:
        name = f"{take.name}_at_{round(1000 * at_s):06d}ms.jpg"
        kept = self._library.read_bytes(take.shot, name)
        if kept is not None:
            return kept
        with suppress(ClipRefused), self._library.local_copy(take.video_path or "") as path:
            picture = self._production.probes.picture(path, at_s)
            self._library.keep_bytes(picture, take.shot, name)
            return picture
        return None

    def _measured(
        self, take: Take, request: GenerationRequest
    ) -> tuple[Measurements, bytes] | None:
        """What an earlier run has measured of exactly this file, if it measured all of it."""
        if take.state is not TakeState.MEASURED or take.measurements is None:
            return None
        strip = self._library.read_bytes(take.shot, f"{take.name}_strip.jpg")
        measurements = Measurements.model_validate(take.measurements)
        if strip is None or measurements.sha256 != take.video_sha256 or measurements.seen is None:
            return None
        compared = measurements.opening.picture_sha256 if measurements.opening else None
        wanted = input_picture(request)
        if wanted is not None and compared != wanted.sha256:
            return None
        return measurements, strip

    def _probe(self, take: Take, request: GenerationRequest) -> tuple[Measurements, bytes]:
        with self._library.local_copy(take.video_path or "") as path:
            found: Probe = self._production.probes.probe(path, input_picture(request))
        self._library.keep_bytes(found.strip, take.shot, f"{take.name}_strip.jpg")
        self._library.keep_bytes(found.strip_large, take.shot, f"{take.name}_strip_large.jpg")
        self._library.keep_bytes(found.poster, take.shot, f"{take.name}_poster.jpg")
        return found.measurements, found.strip

    def _write_sidecar(self, clip: Clip, request: GenerationRequest, shot: Shot) -> None:
        take, scope = clip.take, self._production.scope
        facts = {
            "made_by": "EMULATED: drawn by the emulator, not made by the model"
            if scope.emulated
            else scope.key,
            "emulated": scope.emulated,
            "provider": scope.provider,
            "base": scope.base,
            "shot": shot.key,
            "take": take.number,
            "ordinal": take.ordinal,
            "model_id": take.model_id,
            "request": take.request,
            "fingerprint": take.fingerprint,
            "first_frame": {
                "source": shown(request.first_frame.source),
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
            "segments": [
                part.model_dump() for part in segments(clip.measurements, self._limits(shot))
            ]
            if clip.measurements
            else [],
            "measurements": take.measurements,
        }
        self._library.write_sidecar(take.shot, take.name, facts)


def input_picture(request: GenerationRequest) -> InputPicture | None:
    """The picture that the clip shall open on, if it is still kept."""
    frame = request.first_frame
    if frame is None or not frame.path.is_file():
        return None
    crop = request.crop
    ratio = crop.width / crop.height if crop else None
    return InputPicture(frame.path, frame.sha256, ratio)
