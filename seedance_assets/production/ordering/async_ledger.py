"""The ledger as the line uses it, side by side with other runs that do the same."""

import asyncio
from collections.abc import Sequence
from typing import Any

from seedance_assets.adapters.ledger import Claim, Ledger, Transition
from seedance_assets.core.budget import Budget
from seedance_assets.core.errors import TransitionRefused
from seedance_assets.core.take import Take, TakeState, has_reached
from seedance_assets.production.ordering.order import Order


class AsyncLedger:
    """The ledger, bound to one scope and one run; every call works in a thread."""

    def __init__(self, ledger: Ledger, scope: str, run_id: str | None) -> None:
        self._ledger = ledger
        self._scope = scope
        self._run_id = run_id

    # -- looking -----------------------------------------------------------------------------------

    async def holder(self, order: Order) -> Take | None:
        """The take that holds an order's purchase; None if it was never bought."""
        return await asyncio.to_thread(
            self._ledger.holder, self._scope, order.request.fingerprint, order.ordinal
        )

    async def silent_stand_in(self, order: Order) -> Take | None:
        """The silent take that was ordered in place of a purchase, if one was and holds still."""
        silent = order.request.silent()
        if silent is None:
            return None
        take = await self.holder(Order(order.shot, silent, order.ordinal))
        return take if take is not None and take.fallback_of == order.request.fingerprint else None

    async def latest(self, order: Order) -> Take | None:
        """The latest take of an order's purchase, whatever became of it."""
        return await asyncio.to_thread(
            self._ledger.latest, self._scope, order.request.fingerprint, order.ordinal
        )

    async def order_is_abandoned(self, take: Take) -> bool:
        """Whether nobody is sending an intent's order any more."""
        return await asyncio.to_thread(self._ledger.order_is_abandoned, take)

    async def history(self, take: Take) -> Sequence[Transition]:
        """A take's history, oldest first."""
        return await asyncio.to_thread(self._ledger.history, take)

    async def last_transition_id(self) -> int:
        """How far the ledger is written."""
        return await asyncio.to_thread(self._ledger.last_transition_id)

    async def service_times_s(self, model_id: str) -> list[float]:
        """How long takes of a model have lasted at the service, oldest first."""
        return await asyncio.to_thread(self._ledger.service_times_s, self._scope, model_id)

    # -- writing -----------------------------------------------------------------------------------

    async def claim(self, order: Order, estimate_usd: float | None, budget: Budget) -> Claim:
        """Write the intent of an order down, unless the purchase is held or breaks the budget."""
        return await asyncio.to_thread(
            self._ledger.claim,
            order.request,
            scope=self._scope,
            shot=order.shot.key,
            ordinal=order.ordinal,
            estimate_usd=estimate_usd,
            run_id=self._run_id,
            budget=budget,
            reorder=order.reorder,
        )

    async def move(self, take: Take, to: TakeState, cause: str, **facts: Any) -> Take:
        """Move a take; if another run that watches it too was quicker, the take as it is now.

        Raises `TransitionRefused` if the take has gone elsewhere meanwhile.
        """
        try:
            return await asyncio.to_thread(
                self._ledger.move, take, to, cause, run_id=self._run_id, **facts
            )
        except TransitionRefused:
            now = await asyncio.to_thread(self._ledger.take, take.id)
            if not has_reached(now.state, to):
                raise
            return now

    async def remark(self, take: Take, cause: str, **facts: Any) -> Take:
        """Append to a take's history without moving it; returns it as it is now."""
        return await asyncio.to_thread(
            self._ledger.remark, take, cause, run_id=self._run_id, **facts
        )

    async def note(self, take: Take, **facts: Any) -> Take:
        """Note facts that change no state; returns the take as it is now."""
        return await asyncio.to_thread(self._ledger.note, take, **facts)

    async def resolve(self, take: Take, to: TakeState, cause: str, **facts: Any) -> Take:
        """Write down what became of an intent's order, even if it was called unknown meanwhile.

        That happens to a process that slept for longer than its lease. Raises `TransitionRefused`
        if a person has resolved the take otherwise by now.
        """
        try:
            return await self.move(take, to, cause, **facts)
        except TransitionRefused:
            now = await asyncio.to_thread(self._ledger.take, take.id)
            if now.state is not TakeState.UNKNOWN:
                raise
            return await self.move(now, to, f"{cause}: its answer came late", **facts)
