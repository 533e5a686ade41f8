"""From an order to its end, and what follows when that is a failure.

Buying is in `buying.py`, waiting in `waiting.py`. Here a failed take is left as it is, or ordered
anew, or a silent one stands in for it: as the production, the row and the person allow.
"""

import asyncio
from collections.abc import Callable, Collection
from dataclasses import replace

from seedance_assets.adapters.ledger import Reorder, retake_note
from seedance_assets.core.assessment import Assessment, assess
from seedance_assets.core.failures import FailureSettings, Remedy, RetryOptions, failure_of, remedy
from seedance_assets.core.request import GenerationRequest
from seedance_assets.core.run_options import RunOptions
from seedance_assets.core.shot import Shot
from seedance_assets.core.take import Take, TakeState, has_reached
from seedance_assets.production.events import Clip, LineEvent, MoneyNotice, SilentByFallback
from seedance_assets.production.money.run_budget import RunBudget
from seedance_assets.production.ordering.async_ledger import AsyncLedger
from seedance_assets.production.ordering.buying import Buying
from seedance_assets.production.ordering.in_flight_limit import InFlightLimit
from seedance_assets.production.ordering.order import Order
from seedance_assets.production.ordering.pacing import Place, PrioritySemaphore
from seedance_assets.production.ordering.stop_requests import StopRequests
from seedance_assets.production.ordering.waiting import Waiting
from seedance_assets.production.ports import GenerationService
from seedance_assets.production.production_context import ProductionContext


class Orders:
    """The orders of one run."""

    def __init__(
        self,
        production: ProductionContext,
        service: GenerationService,
        options: RunOptions,
        ledger: AsyncLedger,
        emit: Callable[[LineEvent], None],
    ) -> None:
        self._production = production
        self._ledger = ledger
        self._options = options
        self._emit = emit
        self.run_budget = RunBudget(production, service, options, emit)
        self._stop_requests = StopRequests()
        self._at_service = InFlightLimit(lambda shot, text: emit(MoneyNotice(shot, text)))
        self._waiting = Waiting(
            production,
            service,
            ledger,
            self._stop_requests,
            self._give_place_away,
            emit,
        )
        self._buying = Buying(
            production,
            service,
            options,
            ledger,
            self.run_budget,
            self._waiting,
            self._at_service,
            emit,
        )
        self._places: dict[tuple[str, int], Place] = {}
        self._retried: set[tuple[str, int]] = set()
        self._begun_after = 0
        self._in_flight = PrioritySemaphore(production.settings.concurrency.in_flight)

    async def begin(self) -> None:
        """Note how far the ledger is now: what fails later is not what a person wants retried.

        Raises `LedgerError` or `StorageError` if nobody can say what was paid for.
        """
        await self.run_budget.begin()
        if self._options.retry_failed:
            self._begun_after = await self._ledger.last_transition_id()

    def stop(self, *, cancel_queued: bool) -> None:
        """Send no more orders; let the service cancel what is queued when its wait is broken."""
        self._stop_requests.everybody(cancel_queued=cancel_queued)

    def leave(self, shots: Collection[str]) -> None:
        """Send no more orders for these shots, and let the service cancel what they have queued."""
        self._stop_requests.some(shots)

    def has_left(self, shot: str) -> bool:
        """Whether a shot was told to leave, alone or with everybody."""
        return self._stop_requests.has_left(shot)

    async def fulfil(self, shot: Shot, request: GenerationRequest, ordinal: int) -> Clip:
        """The `ordinal`-th take of a request, generated: found in the ledger, or bought.

        Of more takes than may be in flight the most urgent go first, then in the sheet's order.
        Raises a `ServiceError`, `LedgerError`, `FrameRefused`, `BudgetSpent` or `PriceUnknown`
        that says why there is none.
        """
        order = Order(shot, request, ordinal)
        if self._options.retake:
            order = order.again(Reorder(note=retake_note(self._options.retake)))
        to_buy = await self.run_budget.turn(shot, request, ordinal)
        if not to_buy and await self._is_made(order):
            return await self._fulfilled(order)
        async with self._in_flight.place(order.rank) as place:
            self._places[shot.key, ordinal] = place
            return await self._fulfilled(order)

    def _give_place_away(self, shot: Shot, take: Take) -> None:
        """A slow take holds nobody up: another may be ordered meanwhile."""
        if place := self._places.pop((shot.key, take.ordinal), None):
            place.give_away()

    async def _is_made(self, order: Order) -> bool:
        """Whether the service has done its part, so that the take waits for nobody's place."""
        held = await self._ledger.holder(order)
        return held is not None and has_reached(held.state, TakeState.SUCCEEDED)

    async def assess(self, shot: Shot, request: GenerationRequest) -> Assessment:
        """Where a shot stands now, by the row and by what the person asks of the run."""
        return await asyncio.to_thread(self._assess, shot, request)

    def _assess(self, shot: Shot, request: GenerationRequest) -> Assessment:
        options, ledger, scope = self._options, self._production.ledger, self._production.scope.key
        requests = filter(None, (request, request.silent()))
        takes = [take for r in requests for take in ledger.holders(scope, r.fingerprint)]
        unreported: Collection[tuple[str, int]] = ()
        if options.retake:
            unreported = ledger.unreported_retakes(
                scope, options.retake, options.asked_at, request.fingerprint
            )
        return assess(
            shot,
            request,
            takes,
            options,
            is_abandoned=ledger.order_is_abandoned,
            failures=self._production.settings.failures,
            unreported=unreported,
        )

    async def resolved(self, shot: Shot, take: Take) -> None:
        """Look at the budget once the service has told what a take cost."""
        await self._buying.charge_alarm.look(shot, take)

    async def _fulfilled(self, order: Order) -> Clip:
        take, bought = await self._made(order)
        while take.state is TakeState.FAILED:
            chosen = await self._remedy(order, take)
            silent = order.request.silent()
            if chosen is Remedy.SILENT and silent is not None:
                instead = Reorder(fallback_of=order.request.fingerprint)
                clip = await self._fulfilled(Order(order.shot, silent, order.ordinal, instead))
                self._emit(SilentByFallback(order.shot.key, clip.take))
                return replace(clip, silent_fallback=True)
            if chosen not in {Remedy.RETRY, Remedy.RESUBMIT}:
                raise failure_of(take, earlier=not bought)
            again = await self._reorder(order.shot, take, chosen)
            take, ordered = await self._made(order.again(again))
            bought = bought or ordered
        return Clip(take, bought)

    async def _made(self, order: Order) -> tuple[Take, bool]:
        """A take that has come to its end, good or bad; and whether this run paid for it."""
        paid = False
        while True:
            take, bought = await self._buying.obtain(order)
            paid = paid or bought
            if take.state is TakeState.SUBMITTED:
                with self._at_service.at_service():
                    take = await self._waiting.wait(order.shot, take)
                await self.resolved(order.shot, take)
            if take.state is not TakeState.RETRIED:  # else another run was quicker to order anew
                return take, paid

    # -- after a failure ---------------------------------------------------------------------

    async def _remedy(self, order: Order, take: Take) -> Remedy:
        """What follows, by what the production, the row and the person allow."""
        buys = self._options.buy
        budget_requests = RetryOptions(
            self._production.settings.failures if buys else FailureSettings(),
            audio_fallback=order.shot.audio_fallback if buys else None,
            retry=await self._may_retry(take),
        )
        stand_in = await self._ledger.silent_stand_in(order)
        return remedy(take, budget_requests, stand_in=stand_in is not None)

    async def _may_retry(self, take: Take) -> bool:
        """Whether a person pays for another try: once a run, of what failed before they asked.

        So of two that ask at the same moment one orders it, even if it fails at once. The ledger's
        own order of things keeps that true for hosts whose clocks differ; the moment of asking, for
        a run that has waited for its turn.
        """
        if not self._options.retry_failed or _place(take) in self._retried:
            return False
        history = await self._ledger.history(take)
        failures = (step for step in reversed(history) if step.to_state is not step.from_state)
        failed = next(failures)
        return failed.id <= self._begun_after and failed.at < self._options.asked_at

    async def _reorder(self, shot: Shot, take: Take, chosen: Remedy) -> Reorder:
        if chosen is Remedy.RETRY:
            self._retried.add(_place(take))  # whatever the clocks of hosts say, never twice
            cause = "a person asked for another try"
            return Reorder(take, cause, fallback_of=take.fallback_of)
        count = take.resubmission + 1
        await self._buying.pause_before(shot, f"take {take.name} failed and cost nothing", count)
        cause = f"resubmitted, number {count}"
        return Reorder(take, cause, resubmission=count, fallback_of=take.fallback_of)


def _place(take: Take) -> tuple[str, int]:
    return take.fingerprint, take.ordinal
