"""The budget's last threshold: charges came in above their estimates, and too much is spent.

What has been ordered cannot be taken back, but what still waits in the service's queue can be
cancelled there. Each run does so for the takes that it waits for itself, the least urgent first,
and no more of them than bring the cap below the threshold again. It buys no more under that cap.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from seedance_assets.core.budget import Cap, CapUsage, Span
from seedance_assets.core.errors import BudgetSpent, LedgerError, ServiceError
from seedance_assets.core.generation import GenerationState
from seedance_assets.core.shot import Shot
from seedance_assets.core.take import Take, TakeState
from seedance_assets.production.events import LineEvent, MoneyNotice
from seedance_assets.production.money.charge_alarm import ChargeAlarm
from seedance_assets.production.money.run_budget import RunBudget
from seedance_assets.production.ordering.cancelling import cancel_queued
from seedance_assets.production.ordering.ledger_writer import LedgerWriter
from seedance_assets.production.ports import GenerationService

_STEP_USD = 1e-4  # estimates are rounded to a hundredth of a cent


@dataclass(frozen=True, slots=True)
class _Waiting:
    shot: Shot
    take: Take


class OverspendGuard:
    """Cancels what is queued once charges have passed `cancel_at` of a cap."""

    def __init__(
        self,
        ledger_writer: LedgerWriter,
        service: GenerationService,
        run_budget: RunBudget,
        emit: Callable[[LineEvent], None],
    ) -> None:
        self._ledger_writer = ledger_writer
        self._service = service
        self._run_budget = run_budget
        self._emit = emit
        self.alarm = ChargeAlarm(run_budget, emit)
        """Tells of charges that are too high, and stops orders after one."""
        self._queued: dict[int, _Waiting] = {}
        self._looked: set[int] = set()
        self._pulled: dict[tuple[str, str], CapUsage] = {}
        self._cancelled: dict[int, CapUsage] = {}
        self._one_at_a_time = asyncio.Lock()

    # -- what the run tells it -----------------------------------------------------------------

    async def is_queued(self, shot: Shot, take: Take) -> None:
        """Note that a take waits in the service's queue, by its latest status.

        One that was on its way there while the brake was pulled is cancelled now, if need be.
        """
        new = take.id not in self._queued
        self._queued[take.id] = _Waiting(shot, take)
        if new and self._pulled:
            await self._pull_where_passed(shot)

    def is_queued_no_more(self, take: Take) -> None:
        """Note that a take has begun, ended, or is waited for no longer."""
        self._queued.pop(take.id, None)

    async def look(self, shot: Shot, take: Take) -> None:
        """Look at the caps if the service has now told a charge above its estimate."""
        over = (take.cost_usd or 0.0) > (take.estimate_usd or 0.0) + _STEP_USD
        if not over or take.id in self._looked or self._run_budget.budget(shot).cancel_at is None:
            return
        self._looked.add(take.id)
        await self._pull_where_passed(shot)

    async def _pull_where_passed(self, shot: Shot) -> None:
        async with self._one_at_a_time:
            for cap_usage in await self._passed(shot):
                self._pull(shot, cap_usage)
                await self._relieve(shot, cap_usage)

    # -- what it tells the run -----------------------------------------------------------------

    def check(self, shot: Shot) -> None:
        """Raise `BudgetSpent` if charges allow no order for this shot any more."""
        self.alarm.check(shot)
        for (_, only), cap_usage in self._pulled.items():
            if only in {"", shot.key}:
                raise BudgetSpent(
                    f"shot {shot.key}: charges above their estimates have passed "
                    f"{cap_usage.cap.name}: {cap_usage.says}",
                    advice=f"{cap_usage.cap.remedy}, then run again; nothing was sent or paid.",
                )

    def error_for(self, take: Take) -> BudgetSpent | None:
        """Why a take was cancelled, if it was done here."""
        cap_usage = self._cancelled.get(take.id)
        if cap_usage is None:
            return None
        return BudgetSpent(
            f"take {take.name} was cancelled while it was queued: charges above their estimates "
            f"have passed {cap_usage.cap.name}: {cap_usage.says}",
            advice=f"{cap_usage.cap.remedy}, then run again; this take was not charged.",
        )

    # -- inside ----------------------------------------------------------------------------------

    async def _passed(self, shot: Shot) -> list[CapUsage]:
        account = await self._run_budget.account(shot)
        return [s for s in self._run_budget.budget(shot).cap_usages(account) if s.passed]

    def _pull(self, shot: Shot, cap_usage: CapUsage) -> None:
        key = (cap_usage.cap.name, shot.key if cap_usage.cap.span is Span.SHOT else "")
        if key not in self._pulled:
            sentence = f"charges above their estimates have passed {cap_usage.cap.name}"
            self._emit(
                MoneyNotice(shot.key, f"{sentence}: {cap_usage.says}; what is queued is cancelled")
            )
        self._pulled[key] = cap_usage

    async def _relieve(self, shot: Shot, cap_usage: CapUsage) -> None:
        """Cancel queued takes that count under a cap until it is below its threshold."""
        waiting = sorted(self._queued.values(), key=lambda w: (w.shot.priority, -w.take.id))
        for one in waiting:
            if not self._counts(one, cap_usage.cap, shot):
                continue
            if all(now.cap != cap_usage.cap for now in await self._passed(shot)):
                return
            with suppress(ServiceError, LedgerError):  # then it goes on, as if never asked
                await self._cancel(one.take, cap_usage)

    def _counts(self, one: _Waiting, cap: Cap, shot: Shot) -> bool:
        take = one.take
        match cap.span:
            case Span.SHOT:
                return take.shot == shot.key
            case Span.RUN:
                return take.run_id == self._ledger_writer.run_id
            case Span.DAY:
                return take.created_at.date() == datetime.now(UTC).date()
            case Span.ALL:
                return True

    async def _cancel(self, take: Take, cap_usage: CapUsage) -> None:
        status = await self._service.status(take.request_id or "")
        if status.state is not GenerationState.IN_QUEUE:
            return  # it has begun meanwhile: what runs is never touched
        why = f"because charges have passed {cap_usage.cap.name} of the budget"
        now = await cancel_queued(self._service, self._ledger_writer, take, why, seen_queued=True)
        if now.state is TakeState.CANCELLED:
            self._cancelled[take.id] = cap_usage
            self._queued.pop(take.id, None)
