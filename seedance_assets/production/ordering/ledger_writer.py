"""Moving takes in the ledger from the line, side by side with other runs that do the same."""

import asyncio
from typing import Any

from seedance_assets.adapters.ledger import Ledger
from seedance_assets.core.errors import TransitionRefused
from seedance_assets.core.take import Take, TakeState, has_reached


class LedgerWriter:
    """The ledger as one run uses it."""

    def __init__(self, ledger: Ledger, run_id: str | None) -> None:
        self.ledger = ledger
        self.run_id = run_id

    async def move(self, take: Take, to: TakeState, cause: str, **facts: Any) -> Take:
        """Move a take; if another run that watches it too was quicker, the take as it is now.

        Raises `TransitionRefused` if the take has gone elsewhere meanwhile.
        """
        try:
            return await asyncio.to_thread(
                self.ledger.move, take, to, cause, run_id=self.run_id, **facts
            )
        except TransitionRefused:
            now = await asyncio.to_thread(self.ledger.take, take.id)
            if not has_reached(now.state, to):
                raise
            return now

    async def remark(self, take: Take, cause: str, **facts: Any) -> Take:
        """Append to a take's history without moving it; returns it as it is now."""
        return await asyncio.to_thread(self.ledger.remark, take, cause, run_id=self.run_id, **facts)

    async def resolve(self, take: Take, to: TakeState, cause: str, **facts: Any) -> Take:
        """Write down what became of an intent's order, even if it was called unknown meanwhile.

        That happens to a process that slept for longer than its lease. Raises `TransitionRefused`
        if a person has settled the take otherwise by now.
        """
        try:
            return await self.move(take, to, cause, **facts)
        except TransitionRefused:
            now = await asyncio.to_thread(self.ledger.take, take.id)
            if now.state is not TakeState.UNKNOWN:
                raise
            return await self.move(now, to, f"{cause}: its answer came late", **facts)
