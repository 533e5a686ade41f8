"""What the budget would let a run buy: its orders rehearsed one after the other, most urgent first.

A rehearsal, not a promise: shots are ordered side by side, other runs may buy meanwhile, and
charges may differ from their estimates. The ledger has the last word.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field

from seedance_assets.core.budget import Account, Budget, Span, Spending, reserve
from seedance_assets.core.errors import SeedanceError
from seedance_assets.core.shot import Shot


class CapStanding(BaseModel):
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
class Wish:
    """Takes of a shot that a run would buy."""

    shot: Shot
    takes: int
    each_usd: float | None


@dataclass(frozen=True, slots=True)
class Grant:
    """How many of them it may buy, and why not the others."""

    takes: int
    stop: SeedanceError | None = None


class Rehearsal:
    """Spends on paper. `account` is what the ledger has; `shots` what it has for each shot."""

    def __init__(
        self,
        budget_of: Callable[[Shot | None], Budget],
        account: Account,
        shots: Mapping[str, Spending],
    ) -> None:
        self._budget_of = budget_of
        self._shots = shots
        self._before: Account = {**account, Span.RUN: Spending(), Span.SHOT: Spending()}
        self._after: Account = self._before

    @property
    def so_far(self) -> Spending:
        """What the ledger has of this world, in all."""
        return self._before[Span.ALL]

    def grant(self, wishes: Iterable[Wish]) -> dict[str, Grant]:
        """What is granted to each shot, by its key."""
        ordered = sorted(wishes, key=lambda wish: -wish.shot.priority)
        return {wish.shot.key: self._grant(wish) for wish in ordered}

    def _grant(self, wish: Wish) -> Grant:
        budget = self._budget_of(wish.shot)
        account: Account = {
            **self._after,
            Span.SHOT: self._shots.get(wish.shot.key, Spending()),
        }
        for taken in range(wish.takes):
            if (stop := budget.stop(account, wish.each_usd)) is not None:
                return Grant(taken, stop.refusal(wish.shot.key, wish.each_usd))
            account = self._after = reserve(account, wish.each_usd)
        return Grant(wish.takes)

    def caps(self) -> tuple[CapStanding, ...]:
        """How the caps of the whole run stand; those of single shots are told with their shots."""
        budget = self._budget_of(None)
        low = {near.cap.name for near in budget.nearly_spent(self._after)}
        return tuple(
            CapStanding(
                name=standing.cap.name.strip("`"),
                span=standing.cap.span,
                limit_usd=standing.cap.limit_usd,
                spent_usd=standing.spending.spent_usd,
                reserved_usd=standing.spending.reserved_usd,
                left_usd=standing.left_usd,
                low=standing.cap.name in low,
                says=standing.says,
            )
            for standing in budget.standings(self._before)
            if standing.cap.span is not Span.SHOT
        )
