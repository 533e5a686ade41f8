"""How many takes the account may have at the service at once, as far as the service has shown.

A 429 while takes of ours are at the service means that no more fit: the number is lowered to what
is there, and the refused order waits until one of them has ended. A 429 while nothing of ours is
there says something else, and is left to the caller.
"""

import asyncio
import heapq
import itertools
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

from seedance_assets.core.errors import Throttled

Rank = tuple[int, ...]
LONGEST_PAUSE_S = 600.0
"""A service that wants a longer pause is left to the next run."""
RAISE_EVERY_S = 60.0
"""So long without a 429, and one take more is tried."""
_LOOK_S = 0.05


class PlaceTaken(Exception):
    """The service refused an order, free of charge, as the account has too many takes there."""


class InFlightLimit:
    """The takes that one run has at the service, and the most that fit."""

    def __init__(
        self, tell: Callable[[str, str], None], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`tell` gets a shot and a sentence."""
        self._tell = tell
        self._clock = clock
        self._at_service = 0
        self._being_sent = 0
        self._sending: set[int] = set()
        self._taken: set[int] = set()
        self._limit: int | None = None
        self._lowered_at = 0.0
        self._not_before = 0.0
        self._waiting: list[tuple[Rank, int, asyncio.Future[None]]] = []
        self._arrivals = itertools.count()

    @contextmanager
    def at_service(self) -> Iterator[None]:
        """Around the time that a take of ours spends at the service."""
        self._at_service += 1
        if self._limit is not None:
            self._limit = max(self._limit, self._at_service)
        try:
            yield
        finally:
            self._at_service -= 1
            self._let_in()

    @asynccontextmanager
    async def order(self, shot: str, rank: Rank) -> AsyncIterator[None]:
        """Around one order, as soon as there is room; the lowest rank goes first.

        Raises `PlaceTaken` in place of a 429 that means "no more at once": try again.
        """
        await self._room(rank)
        number = next(self._arrivals)
        try:
            await asyncio.sleep(max(self._not_before - self._clock(), 0.0))
            before = set(self._sending)
            self._sending.add(number)
            there = self._at_service > 0
            try:
                yield
                self._taken.add(number)
            except Throttled as exc:
                self._sending.discard(number)
                short = (exc.retry_after_s or 0.0) <= LONGEST_PAUSE_S
                if short and (there or await self._was_taken(before)):
                    self._lower(shot, exc)
                    raise PlaceTaken from exc
                raise
        finally:
            self._sending.discard(number)
            self._being_sent -= 1
            self._let_in()

    async def _was_taken(self, orders: set[int]) -> bool:
        """Whether one of these, which were on their way, was taken: their answers are awaited."""
        while not orders & self._taken:
            if not orders & self._sending:
                return False
            await asyncio.sleep(_LOOK_S)
        return True

    def _lower(self, shot: str, exc: Throttled) -> None:
        limit = max(1, self._at_service)
        if self._limit is None or limit < self._limit:
            takes = "1 take" if limit == 1 else f"{limit} takes"
            self._tell(shot, f"the service takes no more orders now (429): {takes} at once")
        self._limit = limit
        self._lowered_at = self._clock()
        self._not_before = self._lowered_at + (exc.retry_after_s or 0.0)

    async def _room(self, rank: Rank) -> None:
        """Count one order as being sent, as soon as there is room for it."""
        while not self._has_room():
            turn = asyncio.get_running_loop().create_future()
            heapq.heappush(self._waiting, (rank, next(self._arrivals), turn))
            try:
                await turn
            except asyncio.CancelledError:
                self._let_in()  # the turn may have been ours already
                raise
        self._being_sent += 1
        self._let_in()

    def _has_room(self) -> bool:
        if self._limit is None:
            return True
        raised = int((self._clock() - self._lowered_at) / RAISE_EVERY_S)
        return self._at_service + self._being_sent < self._limit + raised

    def _let_in(self) -> None:
        """Wake the first that waits; it looks for itself, and wakes nobody if there is no room."""
        while self._waiting and self._has_room():
            *_, turn = heapq.heappop(self._waiting)
            if not turn.done():
                turn.set_result(None)
                return
