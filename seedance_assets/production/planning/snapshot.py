"""What a look at a whole sheet remembers, so that a hundred thousand rows are soon looked at.

The ledger is read once, and each picture that rows share is asked for once: a moment's view, which
is all that a plan is. A run asks afresh for every shot.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence, Set
from pathlib import Path
from typing import TypeVar

from seedance_assets.adapters.first_frame import FrameStore
from seedance_assets.adapters.ledger import Ledger
from seedance_assets.core.assessment import Assessment, assess, assess_blocked, assess_retired
from seedance_assets.core.errors import FrameRefused, SeedanceError
from seedance_assets.core.failures import FailureSettings
from seedance_assets.core.model_schema import ModelSchema
from seedance_assets.core.request import FirstFrame, GenerationRequest
from seedance_assets.core.run_options import RunOptions
from seedance_assets.core.shot import Shot
from seedance_assets.core.take import Take
from seedance_assets.core.take_groups import as_known

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
    """The takes of a scope, by their shots and by the requests whose places they hold."""

    def __init__(
        self, ledger: Ledger, takes: Iterable[Take], unreported: Collection[tuple[str, int]] = ()
    ) -> None:
        """`unreported`: purchases of the retake that is asked for, if it was asked for before."""
        self._unreported = unreported
        self._is_abandoned = ledger.order_is_abandoned
        self._by_shot: dict[str, list[Take]] = defaultdict(list)
        self._by_request: dict[str, list[Take]] = defaultdict(list)
        for take in (as_known(take, ledger.order_is_abandoned) for take in takes):
            self._by_shot[take.shot].append(take)
            if take.state.is_active:
                self._by_request[take.fingerprint].append(take)

    @property
    def shots(self) -> Set[str]:
        """The shots that there are takes of."""
        return self._by_shot.keys()

    def of_shot(self, shot: str) -> Sequence[Take]:
        """The takes that were bought for a shot, oldest first."""
        return self._by_shot.get(shot, ())

    def of_request(self, fingerprint: str) -> Sequence[Take]:
        """The takes that hold places of a request, whichever shot they were bought for."""
        return self._by_request.get(fingerprint, ())

    def assess(
        self,
        shot: Shot,
        request: GenerationRequest | SeedanceError,
        options: RunOptions,
        failures: FailureSettings,
    ) -> Assessment:
        """Where a shot of the sheet stands."""
        return assess(
            shot,
            request,
            self._concerning(shot, request),
            options,
            is_abandoned=self._is_abandoned,
            failures=failures,
            unreported=self._unreported,
        )

    def assess_blocked(self, shot: str, why: SeedanceError) -> Assessment:
        """Where a shot stands whose row has errors."""
        return assess_blocked(why, self.of_shot(shot), self._is_abandoned)

    def assess_retired(self, shot: str) -> Assessment:
        """Where a shot stands that is no longer in the sheet."""
        return assess_retired(self.of_shot(shot), self._is_abandoned)

    def _concerning(self, shot: Shot, request: GenerationRequest | SeedanceError) -> list[Take]:
        """A shot's own takes, and those of others that it shares."""
        found = {take.id: take for take in self.of_shot(shot.key)}
        if isinstance(request, GenerationRequest):
            for asked in filter(None, (request, request.silent())):
                found |= {t.id: t for t in self.of_request(asked.fingerprint)}
        return sorted(found.values(), key=lambda take: take.id)


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
