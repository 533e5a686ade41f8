"""How much may be spent: caps over what is spent and reserved. No clock, no database, no network.

Takes *spend* what the service said that they cost. Until it says so they *reserve* their estimate,
in every state in which they may have been charged (see `may_be_charged`). An order fits if spent,
reserved and its own estimate together do not pass any cap. Three thresholds, each a share of every
cap: from the first on people are warned, at the second buying stops, and past the third, where only
charges above their estimates lead, what is still queued at the service is cancelled.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field, model_validator

from seedance_assets.core.errors import BudgetSpent
from seedance_assets.core.take import Take, TakeState

_NEVER_CHARGED = frozenset({TakeState.WITHDRAWN, TakeState.CANCELLED})
_EXACT = 6  # digits: sums are compared in millionths of a dollar, not in binary fractions


class Span(StrEnum):
    """What a cap spans. A take belongs to the shot and the run that wrote it down."""

    SHOT = "shot"
    RUN = "run"
    DAY = "day"
    ALL = "all"


_WHEN = {
    Span.SHOT: "for this shot",
    Span.RUN: "in this run",
    Span.DAY: "since midnight UTC",
    Span.ALL: "in all",
}


def may_be_charged(state: TakeState, *, ordered: bool) -> bool:
    """Whether a take in `state` may cost something; `ordered`: the service gave a request id.

    A take that was written off after the service had taken its order may be billed all the same.
    One without a request id was looked for by a person and not found: it frees its reservation.
    """
    if state is TakeState.WRITTEN_OFF:
        return ordered
    return state not in _NEVER_CHARGED


def may_cost(take: Take) -> bool:
    """Whether a take was charged, or may be."""
    return bool(take.cost_usd) or may_be_charged(take.state, ordered=take.request_id is not None)


@dataclass(frozen=True, slots=True)
class Spending:
    """Money that has gone, and money that may have gone, in USD."""

    spent_usd: float = 0.0
    """By the service's own word."""
    reserved_usd: float = 0.0
    """By estimate, for takes whose charge is not known yet."""

    @property
    def committed_usd(self) -> float:
        """Both together."""
        return round(self.spent_usd + self.reserved_usd, _EXACT)

    def __add__(self, other: "Spending") -> "Spending":
        return Spending(
            round(self.spent_usd + other.spent_usd, _EXACT),
            round(self.reserved_usd + other.reserved_usd, _EXACT),
        )

    @classmethod
    def on(cls, take: Take) -> "Spending":
        """What one take stands for."""
        if take.cost_usd is not None:
            return cls(spent_usd=take.cost_usd)
        if may_be_charged(take.state, ordered=take.request_id is not None):
            return cls(reserved_usd=take.estimate_usd or 0.0)
        return cls()


SpendingByPeriod = Mapping[Span, Spending]
"""What is spent and reserved in each span of one purchase."""


def total(takes: Iterable[Take]) -> Spending:
    """What some takes stand for together."""
    return sum((Spending.on(take) for take in takes), Spending())


@dataclass(frozen=True, slots=True)
class Cap:
    """A limit in USD, and where a person finds it."""

    span: Span
    limit_usd: float
    name: str
    remedy: str


@dataclass(frozen=True, slots=True)
class CapUsage:
    """How much of a cap is used."""

    cap: Cap
    spending: Spending
    stop_at: float = 1.0

    @property
    def left_usd(self) -> float:
        """What may still be bought for; below zero if charges were higher than their estimates."""
        return round(self.stop_at * self.cap.limit_usd - self.spending.committed_usd, _EXACT)

    def fits(self, estimate_usd: float | None) -> bool:
        """Whether an order fits. One of unknown cost does as long as anything is left."""
        if estimate_usd is None:
            return self.left_usd > 0
        return round(self.left_usd - estimate_usd, _EXACT) >= 0

    def refusal(self, shot: str, estimate_usd: float | None) -> BudgetSpent:
        """The error for an order that does not fit."""
        price = "of unknown cost" if estimate_usd is None else f"for about {usd(estimate_usd)}"
        return BudgetSpent(
            f"shot {shot}: a take {price} would pass {self.cap.name}: {self.says}",
            advice=f"{self.cap.remedy}, then run again; nothing was sent or paid for it.",
            cap=self.cap.name,
            limit_usd=self.cap.limit_usd,
            spent_usd=self.spending.spent_usd,
            reserved_usd=self.spending.reserved_usd,
            estimate_usd=estimate_usd,
        )

    @property
    def warning(self) -> str:
        """The sentence for a cap that is nearly reached."""
        return f"the budget is running low: {self.cap.name} allows {self.says}"

    @property
    def says(self) -> str:
        """The numbers, as a person reads them."""
        stop = "" if self.stop_at == 1 else f" up to {self.stop_at:.0%}, where buying stops"
        return (
            f"{usd(self.cap.limit_usd)} {_WHEN[self.cap.span]}, of which "
            f"{usd(self.spending.spent_usd)} is spent, {usd(self.spending.reserved_usd)} reserved, "
            f"{usd(self.left_usd)} left{stop}"
        )


@dataclass(frozen=True, slots=True)
class Budget:
    """The caps that one purchase must keep."""

    caps: tuple[Cap, ...] = ()
    warn_at: float = 1.0
    """The share of a cap from which on people are warned."""
    stop_at: float = 1.0
    """The share of a cap that no order may pass."""

    def cap_usages(self, account: SpendingByPeriod) -> Iterator[CapUsage]:
        """How much of each cap is used."""
        for cap in self.caps:
            yield CapUsage(cap, account.get(cap.span, Spending()), self.stop_at)

    def stop(self, account: SpendingByPeriod, estimate_usd: float | None) -> CapUsage | None:
        """The first cap that an order would pass; None if it may be sent."""
        return next((s for s in self.cap_usages(account) if not s.fits(estimate_usd)), None)

    def nearly_spent(self, account: SpendingByPeriod) -> tuple[CapUsage, ...]:
        """The caps of which at least the share `warn_at` is used."""
        return tuple(
            cap_usage
            for cap_usage in self.cap_usages(account)
            if cap_usage.spending.committed_usd >= self.warn_at * cap_usage.cap.limit_usd
        )

    def room_usd(self, account: SpendingByPeriod) -> float | None:
        """The most that a run can still spend under the caps beyond a shot's; None: no bound."""
        left = [s.left_usd for s in self.cap_usages(account) if s.cap.span is not Span.SHOT]
        return max(min(left), 0.0) if left else None


def reserve(account: SpendingByPeriod, estimate_usd: float | None) -> SpendingByPeriod:
    """The account with one more take reserved in every span."""
    more = Spending(reserved_usd=estimate_usd or 0.0)
    return {span: account.get(span, Spending()) + more for span in Span}


_USD = Field(default=None, ge=0, allow_inf_nan=False)


class BudgetSettings(BaseModel):
    """`[budget]` of production.toml: caps in USD. Without a value there is no such cap."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    per_shot_usd: float | None = _USD
    per_run_usd: float | None = _USD
    per_day_usd: float | None = _USD
    total_usd: float | None = _USD
    warn_at: float = Field(default=0.8, gt=0, le=1, description="Share of a cap that warns.")
    stop_at: float = Field(
        default=1.0, gt=0, le=1, description="Share of a cap at which buying stops."
    )
    ask_above_usd: float = Field(
        default=0.0, ge=0, allow_inf_nan=False, description="`produce` asks above this estimate."
    )

    @model_validator(mode="before")
    @classmethod
    def _without_cancel_at(cls, given: object) -> object:
        """Settings of earlier versions may hold `cancel_at`, which has no effect any more."""
        if isinstance(given, dict):
            return {key: value for key, value in given.items() if key != "cancel_at"}
        return given

    def for_purchase(
        self, *, sheet_usd: float | None = None, run_usd: float | None = None
    ) -> Budget:
        """The caps of one purchase: `sheet_usd` is the row's own, `run_usd` that of `--max-cost`.

        All of them hold, so the lowest decides.
        """
        caps = (
            _cap(Span.SHOT, sheet_usd, "max_cost_usd of the sheet", "Raise it in the shot's row"),
            self._own(Span.SHOT, self.per_shot_usd, "per_shot_usd"),
            _cap(Span.RUN, run_usd, "the run's own limit", "Raise --max-cost (max_cost_usd)"),
            self._own(Span.RUN, self.per_run_usd, "per_run_usd"),
            self._own(Span.DAY, self.per_day_usd, "per_day_usd", "wait for midnight UTC"),
            self._own(Span.ALL, self.total_usd, "total_usd"),
        )
        held = tuple(cap for cap in caps if cap is not None)
        return Budget(held, self.warn_at, self.stop_at)

    def _own(self, span: Span, limit_usd: float | None, name: str, other: str = "") -> Cap | None:
        remedy = f"Raise `{name}` in [budget] of production.toml"
        return _cap(span, limit_usd, f"`{name}`", f"{remedy}, or {other}" if other else remedy)


def _cap(span: Span, limit_usd: float | None, name: str, remedy: str) -> Cap | None:
    return None if limit_usd is None else Cap(span, limit_usd, name, remedy)


def usd(amount: float) -> str:
    """`0.1213 USD`, `12.50 USD`: cents, and as much more as there is, to a hundredth of a cent."""
    whole, _, cents = f"{amount:.4f}".partition(".")
    return f"{whole}.{cents[:2]}{cents[2:].rstrip('0')} USD"
