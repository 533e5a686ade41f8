"""The money of one run: what takes cost, which caps hold, and whether the account can bear it.

Before the first order of a run the account's balance is looked at, once. For that the whole run's
wish must be known, so an order waits until every shot has said what it would buy, or has left.
What is paid for already is collected meanwhile.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence, Set

from seedance_assets.core.assessment import is_bought
from seedance_assets.core.budget import Budget, CapUsage, Span, SpendingByPeriod, total, usd
from seedance_assets.core.errors import BalanceTooLow, SeedanceError, ServiceError
from seedance_assets.core.failed_takes import ToBuy
from seedance_assets.core.money import HigherPrice, PriceSource
from seedance_assets.core.request import GenerationRequest
from seedance_assets.core.run_options import RunOptions
from seedance_assets.core.shot import Shot
from seedance_assets.core.take import Take
from seedance_assets.production.events import LineEvent, MoneyNotice
from seedance_assets.production.money.approval import Approval
from seedance_assets.production.money.budget_simulation import (
    BudgetRequest,
    BudgetSimulation,
    Purchase,
)
from seedance_assets.production.money.price_sources import ask_price_source, price_unknown
from seedance_assets.production.ordering.take_records import Unrecorded, find_unrecorded
from seedance_assets.production.ports import GenerationService
from seedance_assets.production.production_context import ProductionContext

_BALANCE_PATIENCE_S = 5.0


class RunBudget:
    """What one run may spend."""

    def __init__(
        self,
        production: ProductionContext,
        service: GenerationService,
        options: RunOptions,
        emit: Callable[[LineEvent], None],
    ) -> None:
        self._production = production
        self._service = service
        self._options = options
        self._emit = emit
        self._approval = Approval(production, options)
        self._price_sources: dict[str, PriceSource] = {}
        self._asking = asyncio.Lock()
        self._budget_requests: dict[str, BudgetRequest] = {}
        self._silent: set[str] = set()
        self._order: list[str] = []
        self._refused: dict[tuple[str, tuple[str, int]], SeedanceError] | None = None
        self._all_told = asyncio.Event()
        self._all_told.set()  # nobody is waited for until `await_word_of` names them
        self._looking = asyncio.Lock()
        self._looked = False
        self._too_low: BalanceTooLow | None = None
        self._warned: set[tuple[str, str]] = set()
        self._unrecorded = Unrecorded()

    async def begin(self) -> None:
        """Look whether the ledger knows every take that was paid for, before anything is bought.

        Raises `PlanOutdated` if the approved plan is not known.
        """
        if self._options.buy:
            await self._approval.begin()
            production = self._production
            self._unrecorded = await asyncio.to_thread(
                find_unrecorded,
                production.scope,
                production.ledger,
                production.library,
                production.journal,
            )

    # -- before an order -----------------------------------------------------------------------

    def await_word_of(self, shots: Iterable[Shot]) -> None:
        """No order goes out before each of these has said what it would buy (`expect`) or left."""
        self._order = [shot.key for shot in shots]
        self._silent = set(self._order)
        if self._silent:
            self._all_told.clear()

    async def estimate_usd(self, request: GenerationRequest) -> float | None:
        """What one take is likely to cost; None if nobody says, or nothing may be bought."""
        return (await self._price_source(request.model_id)).estimate_usd(request)

    async def expect(self, shot: Shot, request: GenerationRequest, to_buy: Sequence[ToBuy]) -> None:
        """Note which takes the run would buy for a shot, as its assessment says."""
        self._approval.note(shot, request)
        if to_buy:
            await self._say_if_dearer(shot, to_buy[0].request)
        purchases = [
            Purchase(buys.fingerprint, buys.ordinal, await self.estimate_usd(buys.request))
            for buys in to_buy
        ]
        if not self._options.accept_unknown_cost:  # the others are refused in their turn
            purchases = [known for known in purchases if known.estimate_usd is not None]
        self._budget_requests[shot.key] = BudgetRequest(shot, tuple(purchases))
        self.told(shot.key)

    def told(self, shot: str) -> None:
        """A shot will say no more about what it would buy."""
        self._silent.discard(shot)
        if not self._silent:
            self._all_told.set()

    async def turn(self, shot: Shot, request: GenerationRequest, ordinal: int) -> bool:
        """Whether a take is to be bought: then this returns when all have told their wishes.

        So the most urgent of those that want to buy can be let in first, if they now ask at once.
        """
        budget_request = self._budget_requests.get(shot.key)
        missing = (
            {purchase.key for purchase in budget_request.purchases} if budget_request else set()
        )
        to_buy = (request.fingerprint, ordinal) in missing
        if to_buy:
            await self._all_told.wait()
        return to_buy

    async def clear(self, shot: Shot, request: GenerationRequest, ordinal: int) -> None:
        """Return once an order may be tried; the claim in the ledger has the last word.

        Raises `PlanOutdated`, `LedgerBehind`, `PriceUnknown`, `BudgetSpent`, or `BalanceTooLow`.
        """
        if self._options.approved:
            await self._all_told.wait()
            self._approval.check(shot)
        if (behind := self._unrecorded.error_for(shot.key)) is not None:
            raise behind
        estimate = await self.estimate_usd(request)
        if estimate is None and not self._options.accept_unknown_cost:
            raise price_unknown(shot.key, await self._price_source(request.model_id))
        await self._look_at_budget(shot, estimate)
        await self._all_told.wait()
        async with self._looking:
            if self._refused is None:
                self._refused = await asyncio.to_thread(self._simulate)
            refusal = self._refused.get((shot.key, (request.fingerprint, ordinal)))
            if refusal is not None:
                raise refusal
            if not self._looked:
                self._too_low = await self._look_at_balance(shot)
                self._looked = True
        if self._too_low is not None:
            raise self._too_low

    def budget(self, shot: Shot) -> Budget:
        """The caps that an order of a shot must keep."""
        return self._production.settings.budget.for_purchase(
            sheet_usd=shot.max_cost_usd, run_usd=self._options.max_cost_usd
        )

    async def account(self, shot: Shot | None) -> SpendingByPeriod:
        """What is spent and reserved now: for the shot, in this run, today and in all."""
        return await asyncio.to_thread(
            self._production.ledger.account,
            self._production.scope.key,
            shot=shot.key if shot else None,
            run_id=self._options.run_id,
        )

    def warn_of(self, shot: Shot, cap_usages: Iterable[CapUsage]) -> None:
        """Say of each cap once in a run that it is nearly reached."""
        for cap_usage in cap_usages:
            key = (cap_usage.cap.name, shot.key if cap_usage.cap.span is Span.SHOT else "")
            if key not in self._warned:
                self._warned.add(key)
                self._emit(MoneyNotice(shot.key, cap_usage.warning))

    # -- inside ----------------------------------------------------------------------------------

    async def _say_if_dearer(self, shot: Shot, request: GenerationRequest) -> None:
        """Say once in a run that the service's own price is above that of the table."""
        price_source = await self._price_source(request.model_id)
        warning = price_source.warning(request) if isinstance(price_source, HigherPrice) else None
        key = ("price", request.model_id)
        if warning is not None and key not in self._warned:
            self._warned.add(key)
            self._emit(MoneyNotice(shot.key, warning))

    async def _price_source(self, model_id: str) -> PriceSource:
        price = self._production.settings.price
        if not self._options.buy:
            return price  # no order depends on it, so nobody is asked
        async with self._asking:
            if model_id not in self._price_sources:
                self._price_sources[model_id] = await ask_price_source(
                    price, self._service, model_id
                )
        return self._price_sources[model_id]

    def _simulate(self) -> dict[tuple[str, tuple[str, int]], SeedanceError]:
        """The purchases that the budget would refuse if the most urgent shots went first.

        Shots order side by side; so those that would get no money in their turn are told so before
        the first order, or they might take it from a more urgent one that comes a moment later.
        """
        if not any(
            self.budget(budget_request.shot).caps
            for budget_request in self._budget_requests.values()
        ):
            return {}
        ledger, scope = self._production.ledger, self._production.scope.key
        by_shot: dict[str, list[Take]] = {}
        bought = set()
        for take in ledger.takes(scope=scope):
            by_shot.setdefault(take.shot, []).append(take)
            if is_bought(take):
                bought.add((take.fingerprint, take.ordinal))
        simulation = BudgetSimulation(
            lambda shot: self.budget(shot) if shot else Budget(),
            ledger.account(scope, shot=None, run_id=self._options.run_id),
            {shot: total(takes) for shot, takes in by_shot.items()},
        )
        told = [self._budget_requests[key] for key in self._order if key in self._budget_requests]
        allocations = simulation.grant(_without(bought, budget_request) for budget_request in told)
        return {
            (shot, purchase.key): grant.stop
            for shot, grant in allocations.items()
            for purchase in grant.stopped
            if grant.stop is not None
        }

    async def _look_at_budget(self, shot: Shot, estimate: float | None) -> None:
        """A first look, before a picture is read and a queue is joined for nothing."""
        budget = self.budget(shot)
        if budget.caps:
            account = await self.account(shot)
            if (stop := budget.stop(account, estimate)) is not None:
                raise stop.refusal(shot.key, estimate)

    async def _look_at_balance(self, shot: Shot) -> BalanceTooLow | None:
        """Why the account cannot bear what the run wants; None if it can, or does not tell."""
        try:
            async with asyncio.timeout(_BALANCE_PATIENCE_S):
                balance = await self._service.balance_usd()
        except BalanceTooLow as exc:
            return exc
        except (ServiceError, TimeoutError) as exc:
            why = str(exc) or f"no answer in {_BALANCE_PATIENCE_S:.0f} s"
            self._emit(MoneyNotice(shot.key, f"the account's balance is unknown: {why}"))
            return None
        if balance is None:  # this service never tells
            return None
        wanted = {
            p.key: p.estimate_usd for w in self._budget_requests.values() for p in w.purchases
        }
        need = await self._need_usd(shot, wanted.values())
        unpriced = any(estimate is None for estimate in wanted.values())
        if need <= balance and not (unpriced and balance <= 0):
            return None
        return BalanceTooLow(
            f"the run would buy {len(wanted)} takes for about {usd(need)}, "
            f"and the account holds {usd(balance)}",
            advice="Top up the account, or make fewer shots at a time; nothing was sent or paid.",
        )

    async def _need_usd(self, shot: Shot, estimates: Iterable[float | None]) -> float:
        """What the run is likely to spend: all that it wants, or as much as the caps let it."""
        wanted = round(sum(estimate or 0.0 for estimate in estimates), 6)
        room = self.budget(shot).room_usd(await self.account(None))
        return wanted if room is None else min(wanted, room)


def _without(bought: Set[tuple[str, int]], wanted: BudgetRequest) -> BudgetRequest:
    """What is still to be bought, as other runs may have bought some of it since."""
    left = tuple(purchase for purchase in wanted.purchases if purchase.key not in bought)
    return BudgetRequest(wanted.shot, left)
