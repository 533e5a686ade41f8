"""How fast orders go out, and how work ends that must not be broken off."""

import asyncio
import time
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


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
