"""Asking again with patience.

Asking is free, so a failure that may pass is answered by patience until a deadline, never by a
count of strikes: a service that stumbles just at completion must not cost us a video.
"""

import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from seedance_assets.core.errors import SeedanceError
from seedance_assets.core.timing import Timing

_log = logging.getLogger(__name__)
T = TypeVar("T")


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
