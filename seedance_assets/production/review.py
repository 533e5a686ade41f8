"""The production as it stands, for the review page: from the sheet, the ledger and the shelves."""

import asyncio
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Literal

from seedance_assets.core.errors import SeedanceError
from seedance_assets.core.failures import kind_of
from seedance_assets.core.measurement import Measurements
from seedance_assets.core.quality import Finding, expectation, judge, worst
from seedance_assets.core.request import GenerationRequest
from seedance_assets.core.review import Review, ReviewFinding, ReviewShot, ReviewTake, Status
from seedance_assets.core.shot import RefusedRow, Shot, ShotList
from seedance_assets.core.take import Take, TakeState
from seedance_assets.production.ordering.orders import unknown_advice
from seedance_assets.production.planning.failure_outcome import failure_outcome
from seedance_assets.production.planning.requests import is_asked_for, prepare_request, request_of
from seedance_assets.production.production_context import ProductionContext

Word = Literal["pass", "warn", "fail"]
_Standing = tuple[Status, str | None, str | None]
"""Where a shot stands, why, and what to do."""


async def make_review(
    production: ProductionContext, shot_list: ShotList, *, page_folder: Path, made_at: datetime
) -> Review:
    """Everything that the page shows; links are relative to `page_folder` where they can be."""
    by_shot: dict[str, list[Take]] = {}
    for take in await asyncio.to_thread(production.ledger.takes, scope=production.scope.key):
        by_shot.setdefault(take.shot, []).append(take)
    gate = asyncio.Semaphore(production.settings.concurrency.decoders * 2)

    exhibit = _ReviewBuilder(production, shot_list, page_folder)
    listed = {shot.key for shot in shot_list.shots}

    async def show(shot: Shot) -> ReviewShot:
        async with gate:
            return await exhibit.shot(shot, by_shot.get(shot.key, []))

    async def show_refused(row: RefusedRow) -> ReviewShot:
        name = row.shot if row.shot and row.shot not in listed else ""
        return await exhibit.refused(row, name, by_shot.get(name, []))

    in_sheet = await asyncio.gather(
        *(show(shot) for shot in shot_list.shots), *(show_refused(r) for r in shot_list.refused)
    )
    gone = by_shot.keys() - {shot.key for shot in in_sheet}
    retired = await asyncio.gather(*(exhibit.retired(key, by_shot[key]) for key in sorted(gone)))
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
        self, production: ProductionContext, shot_list: ShotList, page_folder: Path
    ) -> None:
        self._production = production
        self._shot_list = shot_list
        self._folder = page_folder

    async def shot(self, shot: Shot, own: Sequence[Take]) -> ReviewShot:
        try:
            request = await prepare_request(
                shot,
                model_id=self._shot_list.model_id,
                sheet=self._shot_list.place,
                frames=self._production.frames,
            )
        except SeedanceError as exc:
            asked = [t for t in own if is_asked_for(t, shot, self._shot_list.model_id)]
            return await self._kept(shot, own, asked, ("blocked", str(exc), exc.advice))
        held = await self._held(request, shot.takes)
        after = await asyncio.to_thread(failure_outcome, self._production, shot, request, held)
        instead = {found.held.id: found.stands for found in after if found.silent}
        takes = {take.id: take for take in [*own, *held, *instead.values()]}
        silent = request.silent() if instead else None
        shown = [
            self._take(take, silent if silent and take in instead.values() else request, shot)
            for take in sorted(takes.values(), key=lambda t: t.id)
        ]
        marked = {take.name for take in instead.values()}
        shown = [t.model_copy(update={"silent_by_fallback": t.name in marked}) for t in shown]
        held = [instead.get(take.id, take) for take in held]
        return self._shown(shot, request, shown, _standing(shot, own, held))

    async def refused(self, row: RefusedRow, key: str, own: Sequence[Take]) -> ReviewShot:
        """A row with errors; what was bought for it before is kept. `key` empty: it has no name."""
        problems = [p for p in self._shot_list.errors if p.row == row.row]
        reason = " ".join(f"{p.column or 'row'}: {p.reason}." for p in problems)
        advice = " ".join(dict.fromkeys(p.fix for p in problems))
        shot = Shot(
            key=key or f"row {row.row}", row=row.row, prompt="", first_frame="", settings={}
        )
        return await self._kept(shot, own, own, ("blocked", reason, advice))

    async def retired(self, key: str, own: Sequence[Take]) -> ReviewShot:
        """A shot that has no row any more."""
        shot = Shot(key=key, row=0, prompt="", first_frame="", settings={})
        reason = "The shot is not in the sheet any more; its takes are kept."
        return await self._kept(shot, own, own, ("retired", reason, None))

    async def _kept(
        self, shot: Shot, own: Sequence[Take], asked: Sequence[Take], cap_usage: _Standing
    ) -> ReviewShot:
        """A shot that cannot be asked for now, judged by the latest request that was ordered."""
        stored = [take for take in asked if take.state.is_stored]
        request = None
        with suppress(SeedanceError):  # a model that nobody describes any more
            if latest := next(reversed(stored or asked), None):
                request = await asyncio.to_thread(request_of, latest, self._production.frames)
        shown = [self._take(take, request, shot) for take in own]
        return self._shown(shot, request, shown, cap_usage)

    def _shown(
        self,
        shot: Shot,
        request: GenerationRequest | None,
        takes: Sequence[ReviewTake],
        cap_usage: _Standing,
    ) -> ReviewShot:
        status, reason, advice = cap_usage
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

    async def _held(self, request: GenerationRequest, takes: int) -> list[Take]:
        scope = self._production.scope.key
        return await asyncio.to_thread(
            self._production.ledger.holders, scope, request.fingerprint, takes
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


def _standing(shot: Shot, own: Sequence[Take], held: Sequence[Take]) -> _Standing:
    for take in held:
        if take.state is TakeState.UNKNOWN:
            return "failed", f"take {take.name} lost its answer", unknown_advice(take)
        if take.error and take.state is not TakeState.MEASURED:
            return "failed", _why(take), _advice(take)
    if len(held) < shot.takes:
        return _not_bought(own[-1] if own else None)
    if any(not take.state.is_stored for take in held):
        return "pending", "paid for, not collected yet", "Run `seedance produce`; it is free."
    return "done", None, None


def _not_bought(last: Take | None) -> _Standing:
    if last is not None and last.error:
        return "failed", _why(last), _advice(last)
    return "pending", "not made yet", "Run `seedance produce`."


def _why(take: Take) -> str:
    label = f"{kind_of(take).label}: " if take.error_kind else ""
    return f"{take.name}: {label}{take.error}"


def _advice(take: Take) -> str:
    return kind_of(take).advice or "Run again: nothing is paid for twice."


def _worst_of(verdicts: set[Word]) -> Word | None:
    order: tuple[Word, ...] = ("fail", "warn", "pass")
    return next((word for word in order if word in verdicts), None)
