"""What the budget would let a run buy: its orders rehearsed one after the other, most urgent first.

A rehearsal, not a promise: shots are ordered side by side, other runs may buy meanwhile, and
charges may differ from their estimates. The ledger has the last word.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field

from seedance_assets.core.budget import Budget, Span, Spending, SpendingByPeriod, reserve
from seedance_assets.core.errors import SeedanceError
from seedance_assets.core.shot import Shot


class CapReport(BaseModel):
    """A cap of the whole run, before it begins."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    span: Span
    limit_usd: float
    spent_usd: float
    reserved_usd: float
    left_usd: float
    low: bool = Field(description="Whether little is left of it once the run has bought.")
    says: str


@dataclass(frozen=True, slots=True)
class Purchase:
    """One take of a request that a run would buy."""

    fingerprint: str
    ordinal: int
    estimate_usd: float | None

    @property
    def key(self) -> tuple[str, int]:
        """What tells it from others: shots that ask for the same share one purchase."""
        return self.fingerprint, self.ordinal


@dataclass(frozen=True, slots=True)
class BudgetRequest:
    """What a run would buy for a shot."""

    shot: Shot
    purchases: tuple[Purchase, ...]


@dataclass(frozen=True, slots=True)
class Allocation:
    """Which of them it may buy, which a more urgent shot buys anyway, and why not the others."""

    bought: tuple[Purchase, ...] = ()
    shared_with: tuple[str, ...] = ()
    stopped: tuple[Purchase, ...] = ()
    stop: SeedanceError | None = None


class BudgetSimulation:
    """Spends on paper. `account` is what the ledger has; `shots` what it has for each shot."""

    def __init__(
        self,
        budget_of: Callable[[Shot | None], Budget],
        account: SpendingByPeriod,
        shots: Mapping[str, Spending],
    ) -> None:
        self._budget_of = budget_of
        self._shots = shots
        self._before: SpendingByPeriod = {**account, Span.SHOT: Spending()}
        self._after: SpendingByPeriod = self._before
        self._granted: dict[tuple[str, int], str] = {}

    @property
    def so_far(self) -> Spending:
        """What the ledger has of this world, in all."""
        return self._before[Span.ALL]

    def grant(
        self,
        budget_requests: Iterable[BudgetRequest],
        veto: Callable[[Shot], SeedanceError | None] = lambda _: None,
    ) -> dict[str, Allocation]:
        """What is granted to each shot, by its key. `veto` may stop a shot whatever it costs."""
        ordered = sorted(budget_requests, key=lambda budget_request: -budget_request.shot.priority)
        return {
            budget_request.shot.key: self._grant(budget_request, veto(budget_request.shot))
            for budget_request in ordered
        }

    def _grant(self, budget_request: BudgetRequest, stop: SeedanceError | None) -> Allocation:
        budget, key = self._budget_of(budget_request.shot), budget_request.shot.key
        spent_for_shot = self._shots.get(key, Spending())
        vetoed = stop is not None
        bought, shared, stopped = [], [], []
        for purchase in budget_request.purchases:
            if purchase.key in self._granted:
                shared.append(self._granted[purchase.key])
                continue
            account: SpendingByPeriod = {**self._after, Span.SHOT: spent_for_shot}
            passed = None if vetoed else budget.stop(account, purchase.estimate_usd)
            if vetoed or passed is not None:
                stopped.append(purchase)
                if passed is not None:
                    stop = stop or passed.refusal(key, purchase.estimate_usd)
                continue
            self._after = reserve(account, purchase.estimate_usd)
            spent_for_shot = self._after[Span.SHOT]
            self._granted[purchase.key] = key
            bought.append(purchase)
        return Allocation(tuple(bought), tuple(shared), tuple(stopped), stop)

    def caps(self) -> tuple[CapReport, ...]:
        """How the caps of the whole run stand; those of single shots are told with their shots."""
        budget = self._budget_of(None)
        low = {near.cap.name for near in budget.nearly_spent(self._after)}
        return tuple(
            CapReport(
                name=cap_usage.cap.name.strip("`"),
                span=cap_usage.cap.span,
                limit_usd=cap_usage.cap.limit_usd,
                spent_usd=cap_usage.spending.spent_usd,
                reserved_usd=cap_usage.spending.reserved_usd,
                left_usd=cap_usage.left_usd,
                low=cap_usage.cap.name in low,
                says=cap_usage.says,
            )
            for cap_usage in budget.cap_usages(self._before)
            if cap_usage.cap.span is not Span.SHOT
        )
