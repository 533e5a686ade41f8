"""The production as it stands, for the review page: from the sheet, ledger and media library."""

import asyncio
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Literal

from seedance_assets.core.assessment import Assessment, ShotStatus
from seedance_assets.core.errors import SeedanceError
from seedance_assets.core.measurement import Measurements
from seedance_assets.core.quality import Finding, expectation, judge, worst
from seedance_assets.core.request import GenerationRequest
from seedance_assets.core.review import Review, ReviewFinding, ReviewShot, ReviewTake, Status
from seedance_assets.core.run_options import RunOptions
from seedance_assets.core.shot import RefusedRow, Shot, ShotList
from seedance_assets.core.take import Take
from seedance_assets.production.planning.requests import (
    is_asked_for,
    prepare_request,
    refusal_of,
    request_of,
)
from seedance_assets.production.planning.snapshot import TakeSnapshot
from seedance_assets.production.production_context import ProductionContext

Word = Literal["pass", "warn", "fail"]


async def make_review(
    production: ProductionContext, shot_list: ShotList, *, page_folder: Path, made_at: datetime
) -> Review:
    """Everything that the page shows; links are relative to `page_folder` where they can be."""
    takes = await asyncio.to_thread(production.ledger.takes, scope=production.scope.key)
    snapshot = TakeSnapshot(production.ledger, takes)
    gate = asyncio.Semaphore(production.settings.concurrency.decoders * 2)

    builder = _ReviewBuilder(production, shot_list, snapshot, page_folder)
    listed = {shot.key for shot in shot_list.shots}

    async def show(shot: Shot) -> ReviewShot:
        async with gate:
            return await builder.shot(shot)

    async def show_refused(row: RefusedRow) -> ReviewShot:
        name = row.shot if row.shot and row.shot not in listed else ""
        return await builder.refused(row, name)

    in_sheet = await asyncio.gather(
        *(show(shot) for shot in shot_list.shots), *(show_refused(r) for r in shot_list.refused)
    )
    gone = snapshot.shots - {shot.key for shot in in_sheet}
    retired = await asyncio.gather(*(builder.retired(key) for key in sorted(gone)))
    return Review(
        title=production.settings.title,
        sheet=shot_list.name,
        model_id=shot_list.model_id,
        scope=production.scope.key,
        emulated=production.scope.emulated,
        made_at=made_at,
        shots=(*sorted(in_sheet, key=lambda shot: shot.row or 0), *retired),
        problems=shot_list.problems,
    )


class _ReviewBuilder:
    """Shows the shots, one at a time."""

    def __init__(
        self,
        production: ProductionContext,
        shot_list: ShotList,
        takes: TakeSnapshot,
        page_folder: Path,
    ) -> None:
        self._production = production
        self._shot_list = shot_list
        self._takes = takes
        self._folder = page_folder

    async def shot(self, shot: Shot) -> ReviewShot:
        try:
            request = await prepare_request(
                shot,
                model_id=self._shot_list.model_id,
                sheet=self._shot_list.place,
                frames=self._production.frames,
            )
        except SeedanceError as exc:
            own = self._takes.of_shot(shot.key)
            asked = [t for t in own if is_asked_for(t, shot, self._shot_list.model_id)]
            return await self._kept(shot, asked, self._assess(shot, exc))
        found = self._assess(shot, request)
        held = self._takes.of_request(request.fingerprint)
        wanted = [take for take in held if take.ordinal in found.ordinals]
        takes = {t.id: t for t in (*self._takes.of_shot(shot.key), *wanted, *found.current)}
        silent, instead = request.silent(), {take.id for take in found.stand_ins}
        shown = [
            self._take(takes[n], silent if n in instead else request, shot).model_copy(
                update={"silent_by_fallback": n in instead}
            )
            for n in sorted(takes)
        ]
        return self._shown(shot, request, shown, found)

    async def refused(self, row: RefusedRow, key: str) -> ReviewShot:
        """A row with errors; what was bought for it before is kept. `key` empty: it has no name."""
        shot = Shot(
            key=key or f"row {row.row}", row=row.row, prompt="", first_frame="", settings={}
        )
        found = self._takes.assess_blocked(key, refusal_of(self._shot_list, row.row))
        return await self._kept(shot, self._takes.of_shot(key), found)

    async def retired(self, key: str) -> ReviewShot:
        """A shot that has no row any more."""
        shot = Shot(key=key, row=0, prompt="", first_frame="", settings={})
        return await self._kept(shot, self._takes.of_shot(key), self._takes.assess_retired(key))

    def _assess(self, shot: Shot, request: GenerationRequest | SeedanceError) -> Assessment:
        return self._takes.assess(shot, request, RunOptions(), self._production.settings.failures)

    async def _kept(self, shot: Shot, asked: Sequence[Take], found: Assessment) -> ReviewShot:
        """A shot that cannot be asked for now, judged by the latest request that was ordered."""
        stored = [take for take in asked if take.state.is_stored]
        request = None
        with suppress(SeedanceError):  # a model that nobody describes any more
            if latest := next(reversed(stored or asked), None):
                request = await asyncio.to_thread(request_of, latest, self._production.frames)
        shown = [self._take(take, request, shot) for take in self._takes.of_shot(shot.key)]
        return self._shown(shot, request, shown, found)

    def _shown(
        self,
        shot: Shot,
        request: GenerationRequest | None,
        takes: Sequence[ReviewTake],
        found: Assessment,
    ) -> ReviewShot:
        status, reason, advice = _status(found)
        frame = request.first_frame if request else None
        return ReviewShot(
            key=shot.key,
            sequence=shot.sequence,
            row=shot.row or None,
            prompt=shot.prompt or (request.prompt if request else ""),
            notes=shot.notes,
            settings=shot.settings,
            first_frame=self._link(frame.path) if frame and frame.path.is_file() else None,
            takes_wanted=shot.takes,
            status=status,
            verdict=_worst_of({take.verdict for take in takes if take.current and take.verdict}),
            reason=reason,
            advice=advice,
            takes=tuple(takes),
        )

    def _take(self, take: Take, request: GenerationRequest | None, shot: Shot) -> ReviewTake:
        measurements = Measurements.model_validate(take.measurements) if take.measurements else None
        current = request is not None and take.fingerprint == request.fingerprint
        findings = self._judge(measurements, request, shot) if current else ()
        is_stored = take.state.is_stored
        return ReviewTake(
            name=take.name,
            number=take.number,
            state=take.state,
            fingerprint=take.fingerprint,
            request_id=take.request_id,
            current=current and take.state.is_active,
            video=self._link(take.video_path) if is_stored else None,
            poster=self._beside(take, "poster") if measurements else None,
            strip=self._beside(take, "strip_large") if measurements else None,
            verdict=worst(findings).value if findings else None,
            findings=tuple(ReviewFinding.model_validate(asdict(f)) for f in findings),
            measurements=measurements,
            estimate_usd=take.estimate_usd,
            cost_usd=take.cost_usd,
            ordered_at=take.submitted_at,
            service_time_s=take.service_time_s,
            error=take.error,
            inputs=take.request,
            frame_sha256=take.frame_sha256,
            run_id=take.run_id,
            delivered_at=take.succeeded_at,
            video_sha256=take.video_sha256,
            error_kind=take.error_kind,
        )

    def _judge(
        self, measurements: Measurements | None, request: GenerationRequest | None, shot: Shot
    ) -> tuple[Finding, ...]:
        if measurements is None or request is None:
            return ()
        limits = self._production.settings.quality.limits_for(shot.key, shot.sequence)
        return judge(measurements, expectation(request, shot.cuts), limits)

    def _beside(self, take: Take, what: str) -> str | None:
        if take.video_path is None:
            return None
        return self._link(take.video_path.removesuffix(".mp4") + f"_{what}.jpg")

    def _link(self, path: str | Path | None) -> str | None:
        """Relative to the page if both are on this machine; a URL as it is."""
        if path is None:
            return None
        if "://" in str(path):
            return str(path)
        return Path(os.path.relpath(path, self._folder)).as_posix()


def _status(found: Assessment) -> tuple[Status, str | None, str | None]:
    """An assessment in the page's words: its status, the reason, and what to do."""
    reason, advice = found.reason or None, found.advice or None
    match found.status:
        case ShotStatus.BLOCKED:
            return "blocked", reason, advice
        case ShotStatus.RETIRED:
            return "retired", reason, advice
        case ShotStatus.UP_TO_DATE:
            return "done", reason, advice
    if found.went_wrong:
        return "failed", reason, advice
    if found.to_buy:
        return "pending", reason or "not made yet", advice or "Run `seedance produce`."
    return "pending", reason, advice


def _worst_of(verdicts: set[Word]) -> Word | None:
    order: tuple[Word, ...] = ("fail", "warn", "pass")
    return next((word for word in order if word in verdicts), None)
