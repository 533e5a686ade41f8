"""Buying a take, once, and waiting for it: the only module that spends money.

The order of things is the first promise. The intent is on disk before anything is sent; the order
is sent once; its request id is on disk in the same breath as the answer. Whatever died in between,
the next run finds the take by its content and goes on, or asks a person.
"""

import asyncio
import random
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime

from seedance_assets.adapters.runcomfy import GenerationState, RunComfy
from seedance_assets.core.errors import (
    AnswerLost,
    BalanceTooLow,
    GenerationCancelled,
    GenerationFailed,
    LedgerError,
    NotAuthorised,
    NotOrdered,
    OutOfPatience,
    SeedanceError,
    ServiceError,
    TakeUnknown,
    UnknownModel,
)
from seedance_assets.core.model_schema import InputValue
from seedance_assets.core.request import GenerationRequest
from seedance_assets.core.shot import Shot
from seedance_assets.core.take import Take, TakeState
from seedance_assets.production.bookkeeping import Bookkeeping
from seedance_assets.production.brake import Brake
from seedance_assets.production.cancelling import cancel_queued
from seedance_assets.production.events import (
    Clip,
    LineEvent,
    Stage,
    TakeFound,
    TakeOrdered,
    TakeQueued,
    TakeRunning,
)
from seedance_assets.production.pacing import Turnstile, unbroken
from seedance_assets.production.polling import PollingRhythm
from seedance_assets.production.purse import Allowed, Purse
from seedance_assets.production.studio import Studio

_CANCEL_PATIENCE_S = 5.0
_ORDER_PATIENCE_S = 7.0
_TELLING_TIMES = 50
_LOOK_AGAIN_S = 0.5  # at an intent that another process is just sending

# After one of these no other order can succeed either: the rest of the run is spared the question.
_HALTING = (NotAuthorised, BalanceTooLow, UnknownModel)


@dataclass(frozen=True, slots=True)
class Instructions:
    """What a person has asked of this run."""

    buy: bool = True
    """Whether money may be spent; without it the line only collects what is paid for."""
    retry_failed: bool = False
    """Whether takes that failed at the service are to be paid for anew."""
    until: Stage = Stage.MEASUREMENTS
    run_id: str = field(default_factory=lambda: uuid.uuid4().hex)
    """Caps of a run count the takes that bear it."""
    max_cost_usd: float | None = None
    """The most that this run may spend, beside the production's own caps."""
    accept_unknown_cost: bool = False
    """Whether takes may be bought that nobody can put a price on."""

    @property
    def allowed(self) -> Allowed:
        """What it says about money."""
        return Allowed(
            run_id=self.run_id,
            buy=self.buy,
            retry_failed=self.retry_failed,
            max_cost_usd=self.max_cost_usd,
            accept_unknown_cost=self.accept_unknown_cost,
        )


class Orders:
    """The orders of one run."""

    def __init__(
        self,
        studio: Studio,
        service: RunComfy,
        instructions: Instructions,
        emit: Callable[[LineEvent], None],
    ) -> None:
        concurrency = studio.settings.concurrency
        self._studio = studio
        self._ledger = studio.ledger
        self._books = Bookkeeping(studio.ledger, instructions.run_id)
        self._service = service
        self.purse = Purse(studio, service, instructions.allowed, emit)
        self.brake = Brake(self._books, service, self.purse, emit)
        self._instructions = instructions
        self._emit = emit
        self._in_flight = asyncio.Semaphore(concurrency.in_flight)
        self._turnstile = Turnstile(1 / concurrency.submits_per_second)
        self._one_at_a_time: dict[tuple[str, int], asyncio.Lock] = {}
        self._times_s: dict[str, list[float]] = {}
        self._halted: ServiceError | None = None
        self._stopping = False
        self._cancel_queued = False

    def stop(self, *, cancel_queued: bool) -> None:
        """Send no more orders; let the service cancel what is queued when its wait is broken."""
        self._stopping = True
        self._cancel_queued = cancel_queued

    async def fulfil(self, shot: Shot, request: GenerationRequest, ordinal: int) -> Clip:
        """The `ordinal`-th take of a request, generated: found in the ledger, or bought.

        Raises a `ServiceError`, `LedgerError`, `FrameRefused`, `BudgetSpent` or `PriceUnknown`
        that says why there is none.
        """
        async with self._in_flight:
            place = self._one_at_a_time.setdefault((request.fingerprint, ordinal), asyncio.Lock())
            async with place:
                take, bought = await self._obtain(shot, request, ordinal)
            if take.state is TakeState.SUBMITTED:
                take = await self._wait(shot, take)
                await self.settled(shot, take)
        return Clip(take, bought)

    async def settled(self, shot: Shot, take: Take) -> None:
        """Look at the budget once the service has told what a take cost."""
        if self._instructions.buy:
            await self.brake.look(shot, take)

    # -- finding or buying -------------------------------------------------------------------

    async def _obtain(
        self, shot: Shot, request: GenerationRequest, ordinal: int
    ) -> tuple[Take, bool]:
        take = await self._find(shot, request, ordinal)
        if take is None:
            return await self._buy(shot, request, ordinal)
        if take.state is TakeState.UNKNOWN:
            raise _unknown(take)
        self._emit(TakeFound(shot.key, take))
        return take, False

    async def _find(self, shot: Shot, request: GenerationRequest, ordinal: int) -> Take | None:
        """The take that holds this purchase, once it is clear whether it was ordered."""
        scope = self._studio.scope.key
        while True:
            take = await asyncio.to_thread(self._ledger.holder, scope, request.fingerprint, ordinal)
            if take is None:
                return None
            if take.state is TakeState.FAILED:
                if not self._instructions.retry_failed:
                    raise GenerationFailed(f"take {take.name} failed earlier: {take.error}")
                # first, else it would lose its place for nothing
                await self.purse.clear(shot, request, ordinal)
                await self._books.move(take, TakeState.RETRIED, "a person asked for another try")
            elif take.state is not TakeState.INTENT:
                return take
            elif await asyncio.to_thread(self._ledger.order_is_abandoned, take):
                return await self._books.move(
                    take, TakeState.UNKNOWN, "its process ended before an answer was written down"
                )
            else:
                await asyncio.sleep(_LOOK_AGAIN_S)

    async def _buy(self, shot: Shot, request: GenerationRequest, ordinal: int) -> tuple[Take, bool]:
        if not self._instructions.buy:
            raise NotOrdered(f"shot {shot.key}: take {ordinal} of this request was never ordered")
        await self.purse.clear(shot, request, ordinal)
        url = await asyncio.to_thread(self._studio.first_frame_url, request)
        await self._turnstile.pass_through()
        if self._halted is not None:
            raise self._halted
        self.brake.check(shot)
        take = await unbroken(self._claim_and_order(shot, request, ordinal, url), _ORDER_PATIENCE_S)
        if take is None:  # another process was quicker
            return await self._obtain(shot, request, ordinal)
        self._emit(TakeOrdered(shot.key, take))
        return take, True

    async def _claim_and_order(
        self, shot: Shot, request: GenerationRequest, ordinal: int, url: str | None
    ) -> Take | None:
        """Write the intent down, then send the order; None if the purchase is held already."""
        claim = await asyncio.to_thread(
            self._ledger.claim,
            request,
            scope=self._studio.scope.key,
            shot=shot.key,
            ordinal=ordinal,
            estimate_usd=await self.purse.estimate_usd(request),
            run_id=self._instructions.run_id,
            budget=self.purse.budget(shot),
        )
        self.purse.warn_of(shot, claim.nearly_spent)
        if not claim.new:
            return None
        if self._stopping:
            await self._books.move(claim.take, TakeState.WITHDRAWN, "stopped before it was sent")
            return None
        take = await self._order(claim.take, request.body(url))
        if self._cancel_queued:  # we were told to stop while the order was on its way
            with suppress(SeedanceError, TimeoutError):
                await self._cancel(take)
        return take

    async def _order(self, take: Take, body: dict[str, InputValue]) -> Take:
        """Send an order that is written down. What its end was is written down as well."""
        try:
            request_id = await self._service.submit(take.model_id, body)
        except AnswerLost as exc:
            await self._books.move(take, TakeState.UNKNOWN, "answer lost", **_error(exc))
            raise AnswerLost(f"take {take.name}: {exc}", advice=unknown_advice(take)) from exc
        except ServiceError as exc:
            await self._books.settle(take, TakeState.WITHDRAWN, "not ordered", **_error(exc))
            if isinstance(exc, _HALTING):
                self._halted = exc
            raise
        return await self._write_down(take, request_id)

    async def _write_down(self, take: Take, request_id: str) -> Take:
        """The request id of a paid order, to the ledger. If it cannot be, a person is told it."""
        facts = {"request_id": request_id, "submitted_at": _now()}
        try:
            noted = await self._books.settle(take, TakeState.SUBMITTED, "ordered", **facts)
        except LedgerError as exc:
            raise _unwritten(take, request_id, str(exc)) from exc
        if noted.request_id != request_id:
            raise _unwritten(take, request_id, f"it has {noted.request_id} for it")
        return noted

    # -- waiting -----------------------------------------------------------------------------

    async def _wait(self, shot: Shot, take: Take) -> Take:
        patience = self._studio.settings.patience
        started = time.monotonic()
        age_before_s = (_now() - take.submitted_at).total_seconds() if take.submitted_at else 0.0
        queued = True
        take = await self._pick_up(take)
        try:
            while True:
                status = await self._service.status(_id(take))
                waited_s = time.monotonic() - started
                queued = status.state in {GenerationState.IN_QUEUE, GenerationState.UNKNOWN}
                self.brake.is_queued(shot, take, queued=status.state is GenerationState.IN_QUEUE)
                if status.state is GenerationState.IN_QUEUE:
                    self._emit(TakeQueued(shot.key, take, status.queue_position))
                elif not status.state.over:
                    slow = waited_s > patience.soft_timeout_s
                    self._emit(TakeRunning(shot.key, take, slow))
                elif (ended := await self._outcome(take)) is not None:
                    self._learn(ended)
                    return ended
                if waited_s > patience.hard_timeout_s:
                    raise await self._park(take, status.state, waited_s)
                age_s = age_before_s + waited_s
                rhythm = await self._rhythm(take.model_id)
                await asyncio.sleep(rhythm.wait_s(age_s, random.random()))  # noqa: S311  # jitter
        except asyncio.CancelledError:
            if queued and self._cancel_queued:
                with suppress(SeedanceError, TimeoutError):
                    await unbroken(self._cancel(take), _CANCEL_PATIENCE_S)
            raise
        finally:
            self.brake.is_queued(shot, take, queued=False)

    async def _pick_up(self, take: Take) -> Take:
        if take.parked_at is None:
            return take
        return await self._books.remark(take, "picked up again", parked_at=None)

    async def _park(self, take: Take, state: GenerationState, waited_s: float) -> OutOfPatience:
        """Note that our patience has ended; the take lives on, and the next run picks it up."""
        so_long = f"still {state} after {waited_s / 60:.0f} min"
        await self._books.remark(take, f"parked: {so_long}", parked_at=_now())
        return OutOfPatience(f"take {take.name} is {so_long}")

    async def _outcome(self, take: Take) -> Take | None:
        """What /result says, which alone decides; None while it is not ready."""
        result = await self._service.result(_id(take))
        cost = {} if result.cost_usd is None else {"cost_usd": result.cost_usd}
        if result.state is GenerationState.SUCCEEDED:
            return await self._books.move(
                take,
                TakeState.SUCCEEDED,
                "the service has finished it",
                succeeded_at=_now(),
                output_url=result.video_url,
                **cost,
            )
        if result.state is GenerationState.FAILED:
            reason = result.error_text or "the service gave no reason"
            await self._books.move(
                take,
                TakeState.FAILED,
                "the service failed it",
                error_kind=GenerationFailed.__name__,
                error=reason,
                **cost,
            )
            raise GenerationFailed(f"take {take.name} failed at the service: {reason}")
        if result.state is GenerationState.CANCELLED:
            await self._books.move(take, TakeState.CANCELLED, "cancelled at the service")
            ours = self.brake.error_for(take)
            raise ours or GenerationCancelled(f"take {take.name} was cancelled at the service")
        return None

    async def _cancel(self, take: Take) -> None:
        await cancel_queued(self._service, self._books, take, "by a person")

    async def _rhythm(self, model_id: str) -> PollingRhythm:
        """From how long such takes have lasted: in the ledger's history, then in this run too."""
        if model_id not in self._times_s:
            self._times_s[model_id] = await asyncio.to_thread(
                self._ledger.service_times_s, self._studio.scope.key, model_id
            )
        return PollingRhythm.from_history(self._times_s[model_id][-_TELLING_TIMES:])

    def _learn(self, take: Take) -> None:
        if take.service_time_s is not None:
            self._times_s.setdefault(take.model_id, []).append(take.service_time_s)


def unknown_advice(take: Take) -> str:
    """The two ways out of `unknown`, as commands."""
    return (
        "Look for it on the service's Generations page. If it is there: "
        f"`seedance ledger adopt {take.name} REQUEST_ID`; if it is not: "
        f"`seedance ledger write-off {take.name}`. It is never sent again by itself."
    )


def _unknown(take: Take) -> TakeUnknown:
    return TakeUnknown(
        f"take {take.name} may have been ordered, but no answer was written down",
        advice=unknown_advice(take),
    )


def _unwritten(take: Take, request_id: str, why: str) -> AnswerLost:
    return AnswerLost(
        f"take {take.name} was ordered as {request_id}, but the ledger did not take it down: {why}",
        advice=(
            "Keep that id: it is paid for. When the ledger is well again, "
            f"`seedance ledger adopt {take.name} {request_id}` collects it."
        ),
    )


def _error(exc: SeedanceError) -> dict[str, str]:
    return {"error_kind": exc.kind, "error": str(exc)}


def _id(take: Take) -> str:
    if take.request_id is None:
        raise TakeUnknown(f"take {take.name} has no request id", advice=unknown_advice(take))
    return take.request_id


def _now() -> datetime:
    return datetime.now(UTC)
