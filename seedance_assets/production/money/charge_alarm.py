"""Told at once: a charge of many times its estimate, and charges that have passed a cap.

Estimates hold the budget together, so after a charge of many times its estimate the run orders
nothing more. A cap that charges have passed stops orders by itself (the ledger refuses them).
"""

from collections.abc import Callable

from seedance_assets.core.budget import Span
from seedance_assets.core.charges import too_high
from seedance_assets.core.errors import BudgetSpent
from seedance_assets.core.shot import Shot
from seedance_assets.core.take import Take
from seedance_assets.production.events import LineEvent, MoneyNotice
from seedance_assets.production.money.run_budget import RunBudget


class ChargeAlarm:
    """Looks at every charge of one run once."""

    def __init__(self, run_budget: RunBudget, emit: Callable[[LineEvent], None]) -> None:
        self._run_budget = run_budget
        self._emit = emit
        self._seen: set[int] = set()
        self._told: set[tuple[str, str]] = set()
        self._why = ""

    async def look(self, shot: Shot, take: Take) -> None:
        """Look at the charge of a take, if the service has told it."""
        if take.cost_usd is None or take.id in self._seen:
            return
        self._seen.add(take.id)
        if why := too_high(take):
            self._why = self._why or why
            self._emit(MoneyNotice(shot.key, f"{why}; no further order is sent in this run"))
        if take.cost_usd > (take.estimate_usd or 0.0):
            await self._look_at_caps(shot)

    def check(self, shot: Shot) -> None:
        """Raise `BudgetSpent` if no order may be sent after a charge that was too high."""
        if self._why:
            raise BudgetSpent(
                f"shot {shot.key}: not ordered, as {self._why}",
                advice=(
                    "Compare the charge with the service's own page and correct [price] of "
                    "production.toml, then run again; nothing was paid for this shot."
                ),
            )

    async def _look_at_caps(self, shot: Shot) -> None:
        account = await self._run_budget.account(shot)
        for cap_usage in self._run_budget.budget(shot).cap_usages(account):
            if cap_usage.spending.spent_usd <= cap_usage.cap.limit_usd:
                continue
            key = (cap_usage.cap.name, shot.key if cap_usage.cap.span is Span.SHOT else "")
            if key not in self._told:
                self._told.add(key)
                passed = f"charges have passed {cap_usage.cap.name}: {cap_usage.says}"
                self._emit(MoneyNotice(shot.key, passed))
