"""How long we wait for a service: for a connection, for an answer, and before asking again."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass

from seedance_assets.core.take import LONGEST_ORDER_S


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
