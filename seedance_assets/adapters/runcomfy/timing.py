"""How long we wait: for a connection, for an answer, and before asking again.

Asking is free, so a failure that may pass is answered by patience until a deadline, never by a
count of strikes: a service that stumbles just at completion must not cost us a video.
"""

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from seedance_assets.core.errors import SeedanceError
from seedance_assets.core.take import LONGEST_ORDER_S

_log = logging.getLogger(__name__)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Timing:
    """Limits and pauses; clock, sleep and chance can be replaced so that tests need no waiting."""

    connect_timeout_s: float = 10.0
    """For a connection, and for a free place among ours."""
    read_timeout_s: float = 20.0
    """Without a byte of an answer to a question."""
    exchange_timeout_s: float = 60.0
    """One question and its whole answer."""
    submit_read_timeout_s: float = 90.0
    """For the answer to an order, from its last byte on."""
    submit_timeout_s: float = LONGEST_ORDER_S
    """One order, its first frame included, and its whole answer; `LONGEST_ORDER_S` at the most."""
    download_read_timeout_s: float = 60.0
    """Without a byte of a video."""
    download_timeout_s: float = 1800.0
    """One video in all, with every new try."""
    retry_deadline_s: float = 60.0
    """How long a passing failure may last, from its first appearance."""
    missing_grace_s: float = 60.0
    """How long questions about a generation may be refused: unknown id, token, balance."""
    download_retry_s: float = 10.0
    """How long one address of a video may fail before a fresh one is asked for."""
    refused_video_s: float = 60.0
    """How long a video may be refused, with fresh addresses."""
    download_outage_s: float = 600.0
    """How long the host of a video may be in trouble."""
    first_wait_s: float = 0.5
    longest_wait_s: float = 15.0
    longest_asked_s: float = 120.0
    """The longest pause that the service may ask for."""
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    clock: Callable[[], float] = time.monotonic
    chance: Callable[[], float] = random.random
    """From 0 up to 1, for the jitter."""

    def __post_init__(self) -> None:
        if self.submit_timeout_s > LONGEST_ORDER_S:  # others would call it lost while it goes out
            raise ValueError(f"an order may not take longer than {LONGEST_ORDER_S:.0f} s")

    def waits_s(self) -> Iterator[float]:
        """Pauses that double up to the longest; each is shortened by up to a half, by chance."""
        wait_s = self.first_wait_s
        while True:
            yield wait_s * (1 - self.chance() / 2)
            wait_s = min(wait_s * 2, self.longest_wait_s)


FOR_A_PERSON = Timing(missing_grace_s=6.0)
"""For somebody who has typed an id and waits to hear whether it is known."""


class Passing(Exception):
    """A failure that may go away by itself, and the error that it becomes if it does not."""

    def __init__(
        self, error: SeedanceError, *, patience_s: float, retry_after_s: float | None = None
    ) -> None:
        super().__init__(str(error))
        self.error = error
        self.patience_s = patience_s
        self.retry_after_s = retry_after_s


async def patiently(attempt: Callable[[], Awaitable[T]], timing: Timing) -> T:
    """What `attempt` returns, once it no longer raises `Passing`.

    Each kind of failure has its own patience, from its first appearance. When that has run out,
    the error itself is raised. A pause that the service asks for is kept, up to a limit.
    """
    first_seen: dict[str, float] = {}
    waits_s = timing.waits_s()
    while True:
        try:
            return await attempt()
        except Passing as passing:
            now = timing.clock()
            left_s = first_seen.setdefault(passing.error.code, now) + passing.patience_s - now
            asked_s = passing.retry_after_s or 0.0
            if left_s <= 0:
                raise passing.error from passing.__cause__
            pause_s = max(min(next(waits_s), left_s), min(asked_s, timing.longest_asked_s))
            _log.info("%s; asking again in %.1f s", passing.error, pause_s)
        await timing.sleep(pause_s)
