"""Who goes first, how fast orders go out, and how work ends that must not be broken off."""

import asyncio
import heapq
import itertools
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

T = TypeVar("T")

Rank = tuple[int, ...]
"""A place in the queue: the lower goes first."""


class PrioritySemaphore:
    """Lets so many in at a time; of those that wait the lowest rank goes first.

    Those that ask in the same turn of the event loop count as waiting together, so the first of
    them does not get in before a more urgent one only because it was woken first.
    """

    def __init__(self, places: int) -> None:
        self._free = places
        self._waiting: list[tuple[Rank, int, asyncio.Future[None]]] = []
        self._arrivals = itertools.count()

    @asynccontextmanager
    async def place(self, rank: Rank) -> AsyncIterator[None]:
        """One of the places, as soon as it is one's turn, for as long as the block lasts."""
        turn = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (rank, next(self._arrivals), turn))
        self._grant_soon()
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():  # the place was ours already
                self._leave()
            raise
        try:
            yield
        finally:
            self._leave()

    def _leave(self) -> None:
        self._free += 1
        self._grant_soon()

    def _grant_soon(self) -> None:
        asyncio.get_running_loop().call_soon(self._grant)

    def _grant(self) -> None:
        while self._free and self._waiting:
            *_, turn = heapq.heappop(self._waiting)
            if not turn.done():
                self._free -= 1
                turn.set_result(None)


class Turnstile:
    """Lets one order through at a time, and no more than so many a second."""

    def __init__(self, spacing_s: float) -> None:
        self._spacing_s = spacing_s
        self._next = 0.0

    async def pass_through(self) -> None:
        """Return when it is one's turn."""
        now = time.monotonic()
        mine = max(now, self._next)
        self._next = mine + self._spacing_s
        await asyncio.sleep(mine - now)


async def unbroken(work: Coroutine[Any, Any, T], patience_s: float) -> T:
    """Do `work` to its end even if we are told to stop meanwhile, for so many seconds more."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task], timeout=patience_s)
        raise
