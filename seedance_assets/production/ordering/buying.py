"""Buying a take, once: the only module that spends money.

The order of things is the first promise. The intent is on disk before anything is sent; the order
is sent once; its request id is on disk in the same breath as the answer. Whatever died in between,
the next run finds the take by its content and goes on, or asks a person.
"""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime

from seedance_assets.adapters.order_journal import OrderLine
from seedance_assets.core.errors import (
    AnswerLost,
    BalanceTooLow,
    Charge,
    NeverSent,
    NotAuthorised,
    NotOrdered,
    SeedanceError,
    ServiceError,
    StorageError,
    Throttled,
    TransitionRefused,
    UnknownModel,
)
from seedance_assets.core.failures import error_class, may_resubmit
from seedance_assets.core.model_schema import InputValue
from seedance_assets.core.order_advice import resolve_unknown
from seedance_assets.core.run_options import RunOptions
from seedance_assets.core.shot import Shot
from seedance_assets.core.take import Take, TakeState
from seedance_assets.production.events import (
    FrameNotice,
    LineEvent,
    MoneyNotice,
    OrderFollows,
    TakeFound,
    TakeOrdered,
)
from seedance_assets.production.money.charge_alarm import ChargeAlarm
from seedance_assets.production.money.run_budget import RunBudget
from seedance_assets.production.ordering.async_ledger import AsyncLedger
from seedance_assets.production.ordering.circuit_breaker import CircuitBreaker
from seedance_assets.production.ordering.in_flight_limit import InFlightLimit, PlaceTaken
from seedance_assets.production.ordering.order import Order
from seedance_assets.production.ordering.pacing import RateLimiter, finish_despite_cancel
from seedance_assets.production.ordering.take_records import journal_facts
from seedance_assets.production.ordering.unknown_orders import (
    id_of,
    ordered_elsewhere,
    unknown,
    unwritten,
)
from seedance_assets.production.ordering.uplink import UploadQueue
from seedance_assets.production.ordering.waiting import Waiting
from seedance_assets.production.ports import GenerationService
from seedance_assets.production.production_context import ProductionContext

_ORDER_PATIENCE_S = 7.0
_LONGEST_PAUSE_S = 600.0  # a service that wants more quiet than that is left to the next run
_OTHERS_PATIENCE_S = 60.0  # with an intent of others; the next run looks again
_LOOK_AGAIN_S = 0.5  # at an intent that another process is just sending

# After one of these no other order can succeed either: the rest of the run is spared the question.
_HALTING = (NotAuthorised, BalanceTooLow, UnknownModel)
_FORBIDDEN = 403
_FORBIDDEN_IN_A_ROW = 3  # a firewall refuses single orders so; a bad token all of them


class Buying:
    """The purchases of one run."""

    def __init__(
        self,
        production: ProductionContext,
        service: GenerationService,
        options: RunOptions,
        ledger: AsyncLedger,
        run_budget: RunBudget,
        waiting: Waiting,
        in_flight: InFlightLimit,
        emit: Callable[[LineEvent], None],
    ) -> None:
        self._production = production
        self._in_flight = in_flight
        self._ledger = ledger
        self._service = service
        self._waiting = waiting
        self.run_budget = run_budget
        self.charge_alarm = ChargeAlarm(run_budget, emit)
        self._options = options
        self._emit = emit
        self._rate_limiter = RateLimiter(1 / production.settings.concurrency.submits_per_second)
        self._one_at_a_time: dict[tuple[str, int], asyncio.Lock] = {}
        timing = service.timing
        self._circuit_breaker = CircuitBreaker(
            service.is_answering, self._notice, clock=timing.clock, sleep=timing.sleep
        )
        self._upload_queue = UploadQueue()
        self._halted: ServiceError | None = None
        self._forbidden_in_a_row = 0

    async def obtain(self, order: Order) -> tuple[Take, bool]:
        """The take that stands for a purchase, and whether this run has just paid for it.

        Raises what says why there is none. A take that failed is given, not raised.
        """
        async with self._one_at_a_time.setdefault(order.purchase, asyncio.Lock()):
            return await self._obtain(order)

    async def pause_before(self, shot: Shot, why: str, count: int, at_least_s: float = 0.0) -> None:
        """Say that an order is sent anew by itself, and let the service rest before it."""
        settings = self._production.settings.failures
        sentence = f"shot {shot.key}: {why}; ordered again ({count} of {settings.resubmit})"
        self._emit(OrderFollows(shot.key, sentence))
        await asyncio.sleep(max(settings.resubmit_wait_s, at_least_s))

    async def _obtain(self, order: Order) -> tuple[Take, bool]:
        take = await self._find(order)
        if take is None or order.reorder.is_replaced_by(take):
            return await self._buy(order)
        if take.state is TakeState.UNKNOWN:
            raise unknown(take)
        if take.state is TakeState.FAILED:
            return await self._resolve(take), False
        self._emit(TakeFound(order.shot.key, take))
        return take, False

    async def _find(self, order: Order) -> Take | None:
        """The take that holds this purchase, once it is clear whether it was ordered.

        Raises `OutOfPatience` if somebody is long at it: others need our place in the queue.
        """
        started = time.monotonic()
        while True:
            take = await self._ledger.holder(order)
            if take is None or take.state is not TakeState.INTENT:
                return take
            if await self._ledger.order_is_abandoned(take):
                why = "its process ended before an answer was written down"
                with suppress(TransitionRefused):  # it wrote one down between our looks: look again
                    return await self._ledger.move(take, TakeState.UNKNOWN, why)
            if time.monotonic() - started > _OTHERS_PATIENCE_S:
                raise ordered_elsewhere(take)
            await asyncio.sleep(_LOOK_AGAIN_S)

    async def _resolve(self, take: Take) -> Take:
        """A failed take; its charge may be told late, and decides whether it may be resubmitted."""
        if take.cost_usd is not None or not self._production.settings.failures.resubmit:
            return take
        try:
            result = await self._service.result(id_of(take))
        except ServiceError:
            return take
        if result.cost_usd is None:
            return take
        return await self._ledger.note(take, cost_usd=result.cost_usd)

    async def _buy(self, order: Order) -> tuple[Take, bool]:
        """Order a take; one that was refused for a passing reason again, if that is allowed."""
        while True:
            try:
                return await self._buy_once(order)
            except PlaceTaken:  # it was free: it is sent again when a take of ours has ended
                order = order.again(replace(order.reorder, replaces=None))
            except (Throttled, NeverSent) as exc:
                refused = await self._ledger.latest(order)
                asked_s = (exc.retry_after_s if isinstance(exc, Throttled) else None) or 0.0
                if not self._may_send_anew(refused) or asked_s > _LONGEST_PAUSE_S:
                    raise
                count = refused.resubmission + 1 if refused else 1
                await self.pause_before(order.shot, str(exc), count, asked_s)
                order = order.again(replace(order.reorder, replaces=None, resubmission=count))

    def _may_send_anew(self, refused: Take | None) -> bool:
        """Whether the bound, which all processes share by the ledger, allows one order more."""
        return (
            refused is not None
            and refused.state.is_active is False
            and may_resubmit(
                error_class(refused.error_kind),
                Charge.NOTHING,
                refused.resubmission,
                self._production.settings.failures,
            )
        )

    async def _buy_once(self, order: Order) -> tuple[Take, bool]:
        shot = order.shot
        if not self._options.buy:
            missing = f"take {order.ordinal} of this request was never ordered"
            raise NotOrdered(f"shot {shot.key}: {missing}")
        await self.run_budget.clear(shot, order.request, order.ordinal)
        delivered_frame = await self._production.deliver_first_frame(order.request)
        if delivered_frame and delivered_frame.note:
            self._emit(FrameNotice(shot.key, delivered_frame.note))
        await self._rate_limiter.acquire()
        self._refuse_if_halted(shot)
        url = await asyncio.to_thread(delivered_frame.link) if delivered_frame else None
        async with (
            self._in_flight.order(shot.key, order.rank),
            self._upload_queue.send(len(url or "")) as sent,
            self._circuit_breaker.order(shot.key) as taken,
        ):
            self._refuse_if_halted(shot)
            take = await finish_despite_cancel(
                self._claim_and_send(order, url, sent), _ORDER_PATIENCE_S
            )
            if take is not None:
                taken()
                return take, True
        return await self._obtain(order)  # another process was quicker

    def _refuse_if_halted(self, shot: Shot) -> None:
        if self._halted is not None:
            raise self._halted
        self.charge_alarm.check(shot)

    def _notice(self, shot: str, sentence: str) -> None:
        self._emit(MoneyNotice(shot, sentence))

    async def _claim_and_send(
        self, order: Order, url: str | None, sent: Callable[[], None]
    ) -> Take | None:
        """Write the intent down, then send the order; None if the purchase is held already.

        All that must follow an order is done here: whoever waits for it may be broken off.
        """
        shot = order.shot
        estimate_usd = await self.run_budget.estimate_usd(order.request)
        claim = await self._ledger.claim(order, estimate_usd, self.run_budget.budget(shot))
        self.run_budget.warn_of(shot, claim.nearly_spent)
        if not claim.new:
            return None
        if self._waiting.leaving.has_left(shot.key):
            await self._ledger.move(claim.take, TakeState.WITHDRAWN, "stopped before it was sent")
            raise asyncio.CancelledError
        line = await self._journal(claim.take)
        take = await self._send(claim.take, order.request.body(url), line, sent)
        self._emit(TakeOrdered(shot.key, take))
        if self._waiting.leaving.cancels(shot.key):  # told so while the order was on its way
            await self._waiting.cancel(take)
        return take

    async def _journal(self, take: Take) -> OrderLine:
        """Write an order into the journal too, before it is sent. Raises `StorageError`."""
        try:
            return await asyncio.to_thread(self._production.journal.open_order, journal_facts(take))
        except StorageError as exc:
            await self._ledger.move(take, TakeState.WITHDRAWN, "never sent", **_error(exc))
            raise

    async def _note_id(self, line: OrderLine, request_id: str | None) -> None:
        with suppress(StorageError):  # the ledger is the first record, and is written next
            await asyncio.to_thread(self._production.journal.note_id, line, request_id)

    async def _send(
        self,
        take: Take,
        body: dict[str, InputValue],
        line: OrderLine,
        sent: Callable[[], None],
    ) -> Take:
        """Send an order that is written down. Also records how it ended."""
        try:
            request_id = await self._service.submit(take.model_id, body, sent)
        except AnswerLost as exc:
            with suppress(Exception):  # an intent without an answer becomes unknown anyway
                await self._ledger.move(take, TakeState.UNKNOWN, "answer lost", **_error(exc))
            raise AnswerLost(
                f"take {take.name}: {exc}",
                advice=resolve_unknown(take),
                retry_after_s=exc.retry_after_s,
            ) from exc
        except asyncio.CancelledError:  # broken off: nobody can say how far it got
            with suppress(Exception):
                await self._ledger.move(take, TakeState.UNKNOWN, "stopped while it was sent")
            raise
        except ServiceError as exc:
            await self._note_id(line, None)
            await self._ledger.resolve(take, TakeState.WITHDRAWN, "not ordered", **_error(exc))
            self._halt_if_hopeless(exc)
            raise
        await self._note_id(line, request_id)
        self._forbidden_in_a_row = 0
        return await self._write_down(take, request_id)

    def _halt_if_hopeless(self, exc: ServiceError) -> None:
        """Spare the rest of the run an order that would be refused as well."""
        if exc.facts.get("http_status") == _FORBIDDEN:
            self._forbidden_in_a_row += 1
            if self._forbidden_in_a_row >= _FORBIDDEN_IN_A_ROW:
                self._halted = exc
        elif isinstance(exc, _HALTING):
            self._halted = exc

    async def _write_down(self, take: Take, request_id: str) -> Take:
        """The request id of a paid order, to the ledger. If it cannot be, a person is told it."""
        facts = {"request_id": request_id, "submitted_at": _now()}
        try:
            noted = await self._ledger.resolve(take, TakeState.SUBMITTED, "ordered", **facts)
        except Exception as exc:  # whatever it is: nobody else knows that id
            why = str(exc) if isinstance(exc, SeedanceError) else type(exc).__name__
            raise unwritten(take, request_id, why) from exc
        if noted.request_id != request_id:
            raise unwritten(take, request_id, f"it has {noted.request_id} for it")
        return noted


def _error(exc: SeedanceError) -> dict[str, str]:
    return {"error_kind": exc.code, "error": str(exc)}


def _now() -> datetime:
    return datetime.now(UTC)
