"""The production line: takes each shot from its row to a checked video, all of them side by side.

One async engine. It says what happens as events (`events.py`) and touches money in one place only
(`orders.py`). A shot that cannot go on says why and leaves; the others do not notice.
"""

import asyncio
import logging
import traceback
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from seedance_assets.core.errors import (
    Charge,
    Defect,
    LedgerError,
    NotOrdered,
    QualityRefused,
    SeedanceError,
    StorageError,
)
from seedance_assets.core.quality import Finding, Verdict
from seedance_assets.core.request import GenerationRequest
from seedance_assets.core.run_options import RunOptions
from seedance_assets.core.shot import Shot
from seedance_assets.core.stage import Stage
from seedance_assets.core.take import Take
from seedance_assets.production.delivery.fetching import Fetching
from seedance_assets.production.delivery.measuring import Measuring
from seedance_assets.production.events import (
    Clip,
    LineEvent,
    MoneyNotice,
    RequestReady,
    ShotDone,
    ShotFailed,
    StageDone,
    TakePassed,
)
from seedance_assets.production.ordering.async_ledger import AsyncLedger
from seedance_assets.production.ordering.orders import Orders
from seedance_assets.production.planning.requests import prepare_request, request_of
from seedance_assets.production.ports import GenerationService
from seedance_assets.production.production_context import ProductionContext

log = logging.getLogger(__name__)

Emit = Callable[[LineEvent], None]
_LONGEST_SAID = 500


@dataclass(slots=True)
class _OnTheLine:
    """A shot under way: where it is, and which of its takes have passed which stage."""

    shot: Shot
    stage: Stage = Stage.SHOT_REQUEST
    ordinals: tuple[int, ...] = (1,)
    """The takes that are wanted."""
    passed: dict[Stage, list[Clip]] = field(default_factory=dict)

    def pass_on(self, stage: Stage, clip: Clip) -> bool:
        """Note a take at a stage; True when all takes of the shot have passed it."""
        done = self.passed.setdefault(stage, [])
        done.append(clip)
        done.sort(key=lambda c: c.take.ordinal)
        return len(done) == len(self.ordinals)


class ProductionLine:
    """One run of the line over some shots."""

    def __init__(
        self,
        production: ProductionContext,
        service: GenerationService,
        options: RunOptions,
        emit: Emit,
        redact: Callable[[str], str] = str,
    ) -> None:
        """`redact` takes secrets out of what is told of a defect."""
        self._production = production
        self._until = options.until
        self._takes = options.takes
        self._emit = emit
        self._redact = redact
        self._under_way: dict[str, _OnTheLine] = {}
        self._ledger = AsyncLedger(production.ledger, production.scope.key, options.run_id)
        self._orders = Orders(production, service, options, self._ledger, emit)
        self._fetching = Fetching(production, service, self._ledger, emit)
        self._measuring = Measuring(production, self._ledger)
        self._run_budget = self._orders.run_budget
        self._preparing = asyncio.Semaphore(production.settings.concurrency.decoders * 2)
        self._tasks: list[asyncio.Task[None]] = []

    async def run(self, shots: Sequence[Shot], sheet: Path, model_id: str) -> None:
        """Take `shots` as far as the options say; the most urgent are served first.

        Never raises for a shot's sake: each ends in a `ShotDone` or a `ShotFailed` event.
        """
        self._run_budget.await_word_of(shots)
        await self._orders.begin()
        self._tasks = [
            asyncio.create_task(self._shoot(shot, sheet, model_id), name=shot.key)
            for shot in sorted(shots, key=lambda s: -s.priority)
        ]
        await self._all_ended()

    async def collect(self, takes: Sequence[Take], shots: Mapping[str, Shot]) -> None:
        """Fetch takes that are paid for, whatever has become of their rows since.

        `shots` are the sheet's by key, as far as there are any. Never raises for a take's sake.
        """
        self._tasks = [
            asyncio.create_task(self._collect(take, shots.get(take.shot)), name=take.shot)
            for take in takes
        ]
        await self._all_ended()

    async def _all_ended(self) -> None:
        for task in self._tasks:
            task.add_done_callback(self._has_ended)
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def stop(self, *, cancel_queued: bool) -> None:
        """Detach from everything; ask the service to cancel what is still queued, if so told."""
        self._orders.stop(cancel_queued=cancel_queued)
        for task in self._tasks:
            task.cancel()

    def leave(self, shots: Collection[str]) -> None:
        """Detach from some shots, and ask the service to cancel what they have queued."""
        self._orders.leave(shots)
        for task in self._tasks:
            if task.get_name() in shots:
                task.cancel()

    def _has_ended(self, task: "asyncio.Task[None]") -> None:
        """Hear of it even if the shot was told to leave before its first step."""
        self._run_budget.told(task.get_name())  # a shot that left keeps nobody waiting
        self._look_for_defect(task)

    def _look_for_defect(self, task: "asyncio.Task[None]") -> None:
        """Say it at once if a shot ended by an error that nobody foresaw; the others go on."""
        exc = None if task.cancelled() else task.exception()
        if exc is not None:
            key = task.get_name()
            trace = self._redact("".join(traceback.format_exception(exc)))
            log.error("shot %s: %s", key, trace)
            said = self._redact(" ".join(str(exc).split()))[:_LONGEST_SAID]
            defect = Defect(f"a bug in this program: {type(exc).__name__}: {said}")
            state = self._under_way.get(key) or _OnTheLine(_nameless(key))
            self._emit(replace(_failure(state, defect), traceback=trace))

    async def _shoot(self, shot: Shot, sheet: Path, model_id: str) -> None:
        if self._orders.has_left(shot.key):  # before it had a task that could be cancelled
            raise asyncio.CancelledError
        state = self._under_way[shot.key] = _OnTheLine(shot)
        try:
            async with self._preparing:
                request = await prepare_request(
                    shot, model_id=model_id, sheet=sheet, frames=self._production.frames
                )
            estimate = await self._run_budget.estimate_usd(request)
            found = await self._orders.assess(shot, request)
            state.ordinals = found.ordinals
            self._emit(RequestReady(shot.key, request, len(state.ordinals), estimate))
            self._emit(StageDone(shot.key, Stage.SHOT_REQUEST, request, ()))
            if self._until is Stage.SHOT_REQUEST:
                self._emit(ShotDone(shot.key, ()))
                return
            await self._run_budget.expect(shot, request, found.to_buy)
            await self._run_line(state, request)
        except SeedanceError as exc:
            self._emit(_failure(state, exc))

    async def _collect(self, take: Take, shot: Shot | None) -> None:
        shot = shot or _nameless(take.shot)
        state = _OnTheLine(shot, Stage.GENERATION)
        try:
            request = await asyncio.to_thread(request_of, take, self._production.frames)
            clip = await self._take(state, request, take.ordinal)
            self._emit(ShotDone(take.shot, (clip,)))
        except SeedanceError as exc:
            self._emit(_failure(state, exc))

    async def _run_line(self, state: _OnTheLine, request: GenerationRequest) -> None:
        """All takes of a shot side by side; the first failure is told when all have ended."""
        state.stage = Stage.GENERATION
        takes = [self._take(state, request, ordinal) for ordinal in state.ordinals]
        outcomes = await asyncio.gather(*takes, return_exceptions=True)
        errors = [o for o in outcomes if isinstance(o, BaseException)]
        clips = tuple(o for o in outcomes if isinstance(o, Clip))
        if clips and errors and all(isinstance(e, NotOrdered) for e in errors):
            self._emit(MoneyNotice(state.shot.key, _unordered(len(errors), len(outcomes))))
            return
        beyond = self._failed_beyond_the_sheet(state, outcomes)
        if clips and beyond:
            self._emit_good(state, request)
            self._emit(replace(_failure(state, beyond), shot_is_good=True))
            return
        if errors:
            raise next((e for e in errors if not isinstance(e, SeedanceError)), errors[0])
        if held := self._held_by(clips):
            raise QualityRefused(
                "; ".join(f"{f.rule}: {f.measured} ({f.limit}). {f.sentence}" for f in held)
            )
        self._emit(ShotDone(state.shot.key, clips))

    def _failed_beyond_the_sheet(
        self, state: _OnTheLine, outcomes: Sequence[Clip | BaseException]
    ) -> SeedanceError | None:
        """The first failure, if all are final and of takes beyond those that the sheet wants."""
        wanted = self._takes or state.shot.takes
        failed = [
            (ordinal, outcome)
            for ordinal, outcome in zip(state.ordinals, outcomes, strict=True)
            if not isinstance(outcome, Clip)
        ]
        errors = [
            error
            for ordinal, error in failed
            if ordinal > wanted and isinstance(error, SeedanceError) and not error.retryable
        ]
        return errors[0] if errors and len(errors) == len(failed) else None

    def _emit_good(self, state: _OnTheLine, request: GenerationRequest) -> None:
        """Report the takes that there are: a retake that was refused changes nothing for them."""
        for stage, clips in state.passed.items():
            held = bool(self._held_by(clips))
            self._emit(StageDone(state.shot.key, stage, request, tuple(clips), held))

    async def _take(self, state: _OnTheLine, request: GenerationRequest, ordinal: int) -> Clip:
        shot = state.shot
        clip = await self._orders.fulfil(shot, request, ordinal)
        self._passed(state, Stage.GENERATION, request, clip)
        try:
            return await self._deliver(state, request, clip)
        except SeedanceError as exc:  # the report should say why a paid take is not here
            exc.with_charge(Charge.CHARGED)
            with suppress(LedgerError, StorageError):  # the reason itself matters more
                await self._ledger.note(clip.take, error_kind=exc.code, error=str(exc))
            raise

    async def _deliver(self, state: _OnTheLine, request: GenerationRequest, clip: Clip) -> Clip:
        clip = await self._fetching.fetch(clip)
        await self._orders.resolved(state.shot, clip.take)  # the charge may be told only now
        self._passed(state, Stage.VIDEO, request, clip)
        if self._until < Stage.MEASUREMENTS:
            return clip
        made = (request.silent() if clip.silent_fallback else None) or request
        clip = await self._measuring.measure(clip, made, state.shot)
        self._passed(state, Stage.MEASUREMENTS, request, clip)
        return clip

    def _passed(
        self, state: _OnTheLine, stage: Stage, request: GenerationRequest, clip: Clip
    ) -> None:
        self._emit(TakePassed(state.shot.key, stage, clip))
        if state.pass_on(stage, clip):
            clips = tuple(state.passed[stage])
            held = bool(self._held_by(clips))
            self._emit(StageDone(state.shot.key, stage, request, clips, held))
            state.stage = Stage(min(stage + 1, Stage.MEASUREMENTS))

    def _held_by(self, clips: Sequence[Clip]) -> list[Finding]:
        """What keeps a shot from counting as measured: failures in families that block."""
        blocking = self._production.settings.quality.blocking
        findings = (finding for clip in clips for finding in clip.findings)
        return [f for f in findings if f.verdict is Verdict.FAIL and f.family.value in blocking]


def _unordered(missing: int, wanted: int) -> str:
    return (
        f"{missing} of its {wanted} takes {'was' if missing == 1 else 'were'} never ordered, and "
        "this run may not buy; what is paid for is stored. A run that may buy orders the rest."
    )


def _failure(state: _OnTheLine, exc: SeedanceError) -> ShotFailed:
    bought = (c.take for clips in state.passed.values() for c in clips if c.bought)
    return ShotFailed(
        state.shot.key,
        state.stage,
        kind=exc.code,
        reason=str(exc),
        advice=exc.advice,
        retryable=exc.retryable,
        bought=tuple({take.id: take for take in bought}.values()),
        label=exc.label,
        charge=exc.charge,
        next_step=exc.next_step,
    )


def _nameless(key: str) -> Shot:
    """A shot of which only the name is known: its row is in no sheet any more."""
    return Shot(key=key, row=0, prompt="", first_frame="", settings={})
