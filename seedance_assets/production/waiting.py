"""Waiting for a take that is ordered: asking how it fares, until its result says how it ended."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime

from seedance_assets.adapters.runcomfy import GenerationState, RunComfy
from seedance_assets.core.errors import GenerationCancelled, OutOfPatience, SeedanceError
from seedance_assets.core.shot import Shot
from seedance_assets.core.take import Take, TakeState
from seedance_assets.production.bookkeeping import Bookkeeping
from seedance_assets.production.brake import Brake
from seedance_assets.production.cancelling import QUEUED, cancel_queued
from seedance_assets.production.doubt import id_of
from seedance_assets.production.events import LineEvent, TakeFailed, TakeQueued, TakeRunning
from seedance_assets.production.leaving import Leaving
from seedance_assets.production.pacing import unbroken
from seedance_assets.production.polling import PollingRhythm
from seedance_assets.production.studio import Studio

_CANCEL_PATIENCE_S = 4.0
_TELLING_TIMES = 50


class Waiting:
    """Waits for the takes of one run."""

    def __init__(
        self,
        studio: Studio,
        service: RunComfy,
        books: Bookkeeping,
        brake: Brake,
        leaving: Leaving,
        emit: Callable[[LineEvent], None],
    ) -> None:
        self._studio = studio
        self._ledger = studio.ledger
        self._service = service
        self._books = books
        self.brake = brake
        self.leaving = leaving
        self._emit = emit
        self._times_s: dict[str, list[float]] = {}
        self._waiters: Counter[int] = Counter()
        """How many shots wait for each take: some share one."""

    async def wait(self, shot: Shot, take: Take) -> Take:
        """The take once it has succeeded or failed. Raises what says why it has done neither."""
        patience = self._studio.settings.patience
        started = time.monotonic()
        age_before_s = (_now() - take.submitted_at).total_seconds() if take.submitted_at else 0.0
        seen: GenerationState | None = None
        began_at = None
        take = await self._pick_up(take)
        self._waiters[take.id] += 1
        try:
            while True:
                status = await self._service.status(id_of(take))
                waited_s = time.monotonic() - started
                seen = status.state
                await self._tell_the_brake(shot, take, status.state)
                if status.state is GenerationState.IN_QUEUE:
                    self._emit(TakeQueued(shot.key, take, status.queue_position))
                elif not status.state.over:
                    slow = waited_s > patience.soft_timeout_s
                    began_at = began_at or _now()
                    self._emit(TakeRunning(shot.key, take, slow, began_at))
                elif (ended := await self._outcome(take)) is not None:
                    return self._ended(shot, ended)
                if waited_s > patience.hard_timeout_s:
                    raise await self._park(take, status.state, waited_s)
                age_s = age_before_s + waited_s
                rhythm = await self._rhythm(take.model_id)
                await asyncio.sleep(rhythm.wait_s(age_s, random.random()))  # noqa: S311  # jitter
        except asyncio.CancelledError:
            alone = self._waiters[take.id] == 1
            if alone and self.leaving.cancels(shot.key) and (seen is None or seen in QUEUED):
                await unbroken(self.cancel(take, seen_queued=seen is not None), _CANCEL_PATIENCE_S)
            raise
        finally:
            self._waiters[take.id] -= 1
            self.brake.is_queued_no_more(take)

    async def _tell_the_brake(self, shot: Shot, take: Take, state: GenerationState) -> None:
        if state is GenerationState.IN_QUEUE:
            await self.brake.is_queued(shot, take)
        else:
            self.brake.is_queued_no_more(take)

    async def _outcome(self, take: Take) -> Take | None:
        """The take as /result leaves it, which alone decides; None while that is not ready."""
        result = await self._service.result(id_of(take))
        cost = {} if result.cost_usd is None else {"cost_usd": result.cost_usd}
        if result.state is GenerationState.SUCCEEDED:
            return await self._books.move(
                take,
                TakeState.SUCCEEDED,
                "the service has finished it",
                succeeded_at=_now(),
                output_url=result.video_url,
                **cost,
            )
        if result.state is GenerationState.FAILED:
            return await self._books.move(
                take,
                TakeState.FAILED,
                "the service failed it",
                error_kind=result.failure.__name__,
                error=result.error_text or "the service gave no reason",
                **cost,
            )
        if result.state is GenerationState.CANCELLED:
            await self._books.move(take, TakeState.CANCELLED, "cancelled at the service")
            ours = self.brake.error_for(take)
            raise ours or GenerationCancelled(f"take {take.name} was cancelled at the service")
        return None

    async def cancel(self, take: Take, *, seen_queued: bool = False) -> None:
        """Ask for the cancelling of a queued take, for a few seconds: a person waits for our end.

        Only a later status confirms it. If it fails, the take goes on, as if never asked.
        """
        with suppress(SeedanceError, TimeoutError):
            await cancel_queued(
                self._service,
                self._books,
                take,
                "by a person",
                seen_queued=seen_queued,
                patience_s=_CANCEL_PATIENCE_S,
            )

    async def _pick_up(self, take: Take) -> Take:
        if take.parked_at is None:
            return take
        return await self._books.remark(take, "picked up again", parked_at=None)

    async def _park(self, take: Take, state: GenerationState, waited_s: float) -> OutOfPatience:
        """Note that our patience has ended; the take lives on, and the next run picks it up."""
        so_long = f"still {state} after {waited_s / 60:.0f} min"
        await self._books.remark(take, f"parked: {so_long}", parked_at=_now())
        return OutOfPatience(f"take {take.name} is {so_long}")

    async def _rhythm(self, model_id: str) -> PollingRhythm:
        """From how long such takes have lasted: in the ledger's history, then in this run too."""
        if model_id not in self._times_s:
            self._times_s[model_id] = await asyncio.to_thread(
                self._ledger.service_times_s, self._studio.scope.key, model_id
            )
        return PollingRhythm.from_history(self._times_s[model_id][-_TELLING_TIMES:])

    def _ended(self, shot: Shot, take: Take) -> Take:
        if take.state is TakeState.FAILED:
            self._emit(TakeFailed(shot.key, take))
        if take.service_time_s is not None:
            self._times_s.setdefault(take.model_id, []).append(take.service_time_s)
        return take


def _now() -> datetime:
    return datetime.now(UTC)
