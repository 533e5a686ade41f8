"""The way up to the service: large orders go one after the other, so that each gets through.

First frames inside an order make it megabytes long. Side by side over a slow line all of them would
miss their deadline; one at a time each arrives.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

BYTES_AT_ONCE = 2_000_000


class UploadQueue:
    """The bytes of orders that are being sent."""

    def __init__(self, bytes_at_once: int = BYTES_AT_ONCE) -> None:
        self._bytes_at_once = bytes_at_once
        self._sending: dict[int, int] = {}
        self._next = 0
        self._changed = asyncio.Event()

    @asynccontextmanager
    async def send(self, size_bytes: int) -> AsyncIterator[Callable[[], None]]:
        """Around one order, as soon as its bytes may go. Call what it gives when they have gone."""
        while self._sending and sum(self._sending.values()) + size_bytes > self._bytes_at_once:
            await self._changed.wait()
        number = self._next = self._next + 1
        self._sending[number] = size_bytes

        def sent() -> None:
            self._sending.pop(number, None)
            self._changed.set()
            self._changed = asyncio.Event()

        try:
            yield sent
        finally:
            sent()
