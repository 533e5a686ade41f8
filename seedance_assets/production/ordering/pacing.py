"""Who goes first, how fast orders go out, and how work ends that must not be broken off."""

import asyncio
import heapq
import itertools
import logging
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeVar

from seedance_assets.core.errors import SeedanceError

log = logging.getLogger(__name__)

T = TypeVar("T")

Rank = tuple[int, ...]
"""A place in the queue: the lower goes first."""


class Place:
    """A place that its holder may give away before its work is done."""

    def __init__(self, leave: Callable[[], None]) -> None:
        self._leave: Callable[[], None] | None = leave

    def give_away(self) -> None:
        """Let somebody else in; does nothing the second time."""
        leave, self._leave = self._leave, None
        if leave is not None:
            leave()


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
    async def place(self, rank: Rank) -> AsyncIterator[Place]:
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
        place = Place(self._leave)
        try:
            yield place
        finally:
            place.give_away()

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


class RateLimiter:
    """Lets one order through at a time, and no more than so many a second."""

    def __init__(self, spacing_s: float) -> None:
        self._spacing_s = spacing_s
        self._next = 0.0

    async def acquire(self) -> None:
        """Return when it is one's turn."""
        now = time.monotonic()
        mine = max(now, self._next)
        self._next = mine + self._spacing_s
        await asyncio.sleep(mine - now)


async def finish_despite_cancel(work: Coroutine[Any, Any, T], patience_s: float) -> T:
    """Do `work` to its end even if we are told to stop meanwhile, for so many seconds more.

    We may be told more than once (a shot is to leave, then everybody); the seconds count from the
    last time. If the work fails then, the log says so, as nobody else will hear of it.

    Work that had just ended when we were told could not know: its outcome is given, and we are told
    again at the next step.
    """
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        if _has_ended_well(task):
            _be_notified_again()
            return task.result()
        await _end_or_patience(task, patience_s)
        _log_failure(task)
        raise


def _has_ended_well(task: asyncio.Future[Any]) -> bool:
    return task.done() and not task.cancelled() and task.exception() is None


def _be_notified_again() -> None:
    if (ourselves := asyncio.current_task()) is not None:
        ourselves.cancel()


async def _end_or_patience(task: asyncio.Future[Any], patience_s: float) -> None:
    while True:
        with suppress(asyncio.CancelledError):  # told once more
            await asyncio.wait([task], timeout=patience_s)
            return


def _log_failure(task: asyncio.Future[Any]) -> None:
    exc = task.exception() if task.done() and not task.cancelled() else None
    if isinstance(exc, SeedanceError):
        log.error("%s. %s", exc, exc.advice)
    elif exc is not None:
        log.error("a bug in this program: %s", type(exc).__name__, exc_info=exc)
