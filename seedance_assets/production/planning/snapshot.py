"""What a look at a whole sheet remembers, so that a hundred thousand rows are soon looked at.

The ledger is read once, and each picture that rows share is asked for once: a moment's view, which
is all that a plan is. A run asks afresh for every shot.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from seedance_assets.adapters.first_frame import FrameStore
from seedance_assets.adapters.ledger import Ledger
from seedance_assets.core.errors import FrameRefused
from seedance_assets.core.model_schema import ModelSchema
from seedance_assets.core.request import FirstFrame
from seedance_assets.core.take import Take, TakeState

Thing = TypeVar("Thing")
Found = TypeVar("Found")


class FrameCache:
    """The first frames of one look: each source is fetched, or refused, once."""

    def __init__(self, frames: FrameStore) -> None:
        self._frames = frames
        self._found: dict[tuple[str, Path, str], asyncio.Task[FirstFrame]] = {}

    async def fetch(self, source: str, *, beside: Path, schema: ModelSchema) -> FirstFrame:
        """As `FrameStore.fetch`. Raises `FrameRefused`, `StorageError`."""
        key = (source, beside, schema.model_id)
        task = self._found.get(key)
        if task is None:
            fetching = self._frames.fetch(source, beside=beside, schema=schema)
            task = self._found[key] = asyncio.ensure_future(fetching)
        if not task.done():
            await asyncio.wait([task])
        try:
            return task.result()
        except FrameRefused as exc:
            raise exc.afresh() from exc


class TakeSnapshot:
    """The takes of a scope that hold a place, by the request that they stand for."""

    def __init__(
        self, ledger: Ledger, takes: Iterable[Take], unreported: Collection[tuple[str, int]] = ()
    ) -> None:
        """`unreported`: purchases of the retake that is asked for, if it was asked for before."""
        self.unreported = unreported
        self._ledger = ledger
        self._by_request: dict[str, list[Take]] = defaultdict(list)
        for take in takes:
            if take.state.is_active:
                self._by_request[take.fingerprint].append(take)

    def held(self, fingerprint: str) -> list[Take]:
        """The takes of a request, in order; one whose order was left alone counts as unknown."""
        return [
            replace(take, state=TakeState.UNKNOWN)
            if self._ledger.order_is_abandoned(take)
            else take
            for take in sorted(self._by_request.get(fingerprint, ()), key=lambda take: take.ordinal)
        ]


async def map_bounded(
    things: Sequence[Thing], look: Callable[[Thing], Awaitable[Found]], *, at_once: int
) -> list[Found]:
    """What `look` finds of each thing, in their order; a few hands share the work."""
    found: dict[int, Found] = {}
    waiting = iter(enumerate(things))

    async def work() -> None:
        for place, thing in waiting:
            found[place] = await look(thing)

    await asyncio.gather(*(work() for _ in range(at_once)))
    return [found[place] for place in range(len(things))]
