"""From an order to its end, and what follows when that is a failure.

Buying is in `buying.py`, waiting in `waiting.py`. Here a failed take is left as it is, or ordered
anew, or a silent one stands in for it: as the production, the row and the person allow.
"""

import asyncio
from collections.abc import Callable, Collection
from dataclasses import replace

from seedance_assets.adapters.ledger import Ledger, Reorder, retake_note
from seedance_assets.core.assessment import Assessment, assess
from seedance_assets.core.failures import FailureSettings, Remedy, RetryOptions, failure_of, remedy
from seedance_assets.core.request import GenerationRequest
from seedance_assets.core.run_options import RunOptions
from seedance_assets.core.shot import Shot
from seedance_assets.core.take import Take, TakeState, has_reached
from seedance_assets.production.events import Clip, LineEvent, MoneyNotice, SilentByFallback
from seedance_assets.production.money.run_budget import RunBudget
from seedance_assets.production.ordering.buying import FIRST, Buying
from seedance_assets.production.ordering.in_flight_limit import InFlightLimit
from seedance_assets.production.ordering.ledger_writer import LedgerWriter
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
        emit: Callable[[LineEvent], None],
    ) -> None:
        self._production = production
        self._ledger = production.ledger
        self._options = options
        self._emit = emit
        ledger_writer = LedgerWriter(production.ledger, options.run_id)
        self.run_budget = RunBudget(production, service, options, emit)
        self._stop_requests = StopRequests()
        self._at_service = InFlightLimit(lambda shot, text: emit(MoneyNotice(shot, text)))
        self._waiting = Waiting(
            production,
            service,
            ledger_writer,
            self._stop_requests,
            self._give_place_away,
            emit,
        )
        self._buying = Buying(
            production,
            service,
            options,
            ledger_writer,
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
            self._begun_after = await asyncio.to_thread(self._ledger.last_transition_id)

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
        reorder = FIRST
        if self._options.retake:
            reorder = Reorder(note=retake_note(self._options.retake))
        to_buy = await self.run_budget.turn(shot, request, ordinal)
        if not to_buy and await self._is_made(request, ordinal):
            return await self._fulfilled(shot, request, ordinal, reorder)
        async with self._in_flight.place((-shot.priority, shot.row, ordinal)) as place:
            self._places[shot.key, ordinal] = place
            return await self._fulfilled(shot, request, ordinal, reorder)

    def _give_place_away(self, shot: Shot, take: Take) -> None:
        """A slow take holds nobody up: another may be ordered meanwhile."""
        if place := self._places.pop((shot.key, take.ordinal), None):
            place.give_away()

    async def _is_made(self, request: GenerationRequest, ordinal: int) -> bool:
        """Whether the service has done its part, so that the take waits for nobody's place."""
        scope = self._production.scope.key
        held = await asyncio.to_thread(self._ledger.holder, scope, request.fingerprint, ordinal)
        return held is not None and has_reached(held.state, TakeState.SUCCEEDED)

    async def assess(self, shot: Shot, request: GenerationRequest) -> Assessment:
        """Where a shot stands now, by the row and by what the person asks of the run."""
        return await asyncio.to_thread(self._assess, shot, request)

    def _assess(self, shot: Shot, request: GenerationRequest) -> Assessment:
        options, scope = self._options, self._production.scope.key
        requests = filter(None, (request, request.silent()))
        takes = [take for r in requests for take in self._ledger.holders(scope, r.fingerprint)]
        unreported: Collection[tuple[str, int]] = ()
        if options.retake:
            unreported = self._ledger.unreported_retakes(
                scope, options.retake, options.asked_at, request.fingerprint
            )
        return assess(
            shot,
            request,
            takes,
            options,
            is_abandoned=self._ledger.order_is_abandoned,
            failures=self._production.settings.failures,
            unreported=unreported,
        )

    async def resolved(self, shot: Shot, take: Take) -> None:
        """Look at the budget once the service has told what a take cost."""
        await self._buying.charge_alarm.look(shot, take)

    async def _fulfilled(
        self,
        shot: Shot,
        request: GenerationRequest,
        ordinal: int,
        reorder: Reorder = FIRST,
    ) -> Clip:
        take, bought = await self._made(shot, request, ordinal, reorder)
        while take.state is TakeState.FAILED:
            chosen = await self._remedy(shot, request, take)
            silent = request.silent()
            if chosen is Remedy.SILENT and silent is not None:
                instead = Reorder(fallback_of=request.fingerprint)
                clip = await self._fulfilled(shot, silent, ordinal, instead)
                self._emit(SilentByFallback(shot.key, clip.take))
                return replace(clip, silent_fallback=True)
            if chosen not in {Remedy.RETRY, Remedy.RESUBMIT}:
                raise failure_of(take, earlier=not bought)
            again = await self._reorder(shot, take, chosen)
            take, ordered = await self._made(shot, request, ordinal, again)
            bought = bought or ordered
        return Clip(take, bought)

    async def _made(
        self,
        shot: Shot,
        request: GenerationRequest,
        ordinal: int,
        reorder: Reorder,
    ) -> tuple[Take, bool]:
        """A take that has come to its end, good or bad; and whether this run paid for it."""
        paid = False
        while True:
            take, bought = await self._buying.obtain(shot, request, ordinal, reorder)
            paid = paid or bought
            if take.state is TakeState.SUBMITTED:
                with self._at_service.at_service():
                    take = await self._waiting.wait(shot, take)
                await self.resolved(shot, take)
            if take.state is not TakeState.RETRIED:  # else another run was quicker to order anew
                return take, paid

    # -- after a failure ---------------------------------------------------------------------

    async def _remedy(self, shot: Shot, request: GenerationRequest, take: Take) -> Remedy:
        """What follows, by what the production, the row and the person allow."""
        buys = self._options.buy
        budget_requests = RetryOptions(
            self._production.settings.failures if buys else FailureSettings(),
            audio_fallback=shot.audio_fallback if buys else None,
            retry=await self._may_retry(take),
        )
        stand_in = await asyncio.to_thread(
            _stand_in_for, self._ledger, self._production.scope.key, request, take.ordinal
        )
        return remedy(take, budget_requests, stand_in=stand_in is not None)

    async def _may_retry(self, take: Take) -> bool:
        """Whether a person pays for another try: once a run, of what failed before they options.

        So of two that ask at the same moment one orders it, even if it fails at once. The ledger's
        own order of things keeps that true for hosts whose clocks differ; the moment of asking, for
        a run that has waited for its turn.
        """
        if not self._options.retry_failed or _place(take) in self._retried:
            return False
        history = await asyncio.to_thread(self._ledger.history, take)
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


def _stand_in_for(
    ledger: Ledger, scope: str, request: GenerationRequest, ordinal: int
) -> Take | None:
    """The silent take that was ordered in place of this purchase, if one was and holds still."""
    silent = request.silent()
    take = ledger.holder(scope, silent.fingerprint, ordinal) if silent else None
    return take if take is not None and take.fallback_of == request.fingerprint else None
