"""Waiting for a take that is ordered: asking how it fares, until its result says how it ended."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime

from seedance_assets.core.errors import (
    OutOfPatience,
    SeedanceError,
    ServiceFault,
    Throttled,
)
from seedance_assets.core.generation import GenerationState, GenerationStatus
from seedance_assets.core.shot import Shot
from seedance_assets.core.take import Take, TakeState
from seedance_assets.production.events import (
    LineEvent,
    MoneyNotice,
    TakeFailed,
    TakeQueued,
    TakeRunning,
)
from seedance_assets.production.ordering.async_ledger import AsyncLedger
from seedance_assets.production.ordering.cancelling import QUEUED, cancel_queued
from seedance_assets.production.ordering.pacing import finish_despite_cancel
from seedance_assets.production.ordering.polling import PollingRhythm
from seedance_assets.production.ordering.result_checks import ResultChecks
from seedance_assets.production.ordering.stop_requests import StopRequests
from seedance_assets.production.ordering.unknown_orders import cancelled, id_of
from seedance_assets.production.ports import GenerationService
from seedance_assets.production.production_context import ProductionContext

_CANCEL_PATIENCE_S = 4.0
_TELLING_TIMES = 50


@dataclass(slots=True)
class _Watch:
    """What the wait for one take has seen."""

    started: float
    age_before_s: float
    looks: ResultChecks = field(default_factory=ResultChecks)
    seen: GenerationState | None = None
    began_at: datetime | None = None

    @property
    def waited_s(self) -> float:
        """Seconds of this wait."""
        return time.monotonic() - self.started

    @property
    def age_s(self) -> float:
        """Seconds since the order."""
        return self.age_before_s + self.waited_s


class Waiting:
    """Waits for the takes of one run."""

    def __init__(
        self,
        production: ProductionContext,
        service: GenerationService,
        ledger: AsyncLedger,
        leaving: StopRequests,
        on_slow: Callable[[Shot, Take], None],
        emit: Callable[[LineEvent], None],
    ) -> None:
        """`on_slow` is called, perhaps often, for a take that takes longer than the soft limit."""
        self._production = production
        self._service = service
        self._ledger = ledger
        self.leaving = leaving
        self._on_slow = on_slow
        self._emit = emit
        self._times_s: dict[str, list[float]] = {}
        self._learned: dict[str, asyncio.Event] = {}
        """Set when the first take of a model has ended."""
        self._waiters: Counter[int] = Counter()
        """How many shots wait for each take: some share one."""

    async def wait(self, shot: Shot, take: Take) -> Take:
        """The take once it has succeeded or failed. Raises what says why it has done neither."""
        watch = _Watch(time.monotonic(), _age_s(take))
        take = await self._pick_up(take)
        self._waiters[take.id] += 1
        try:
            while True:
                if (ended := await self._look(shot, take, watch)) is not None:
                    return self._ended(shot, ended)
                await self._pause(take, watch)
        except asyncio.CancelledError:
            alone, seen = self._waiters[take.id] == 1, watch.seen
            if alone and self.leaving.cancels(shot.key) and (seen is None or seen in QUEUED):
                await finish_despite_cancel(
                    self.cancel(take, seen_queued=seen is not None), _CANCEL_PATIENCE_S
                )
            raise
        finally:
            self._waiters[take.id] -= 1

    async def _look(self, shot: Shot, take: Take, watch: "_Watch") -> Take | None:
        """One question; the take if it has ended. Raises `OutOfPatience` in the end."""
        patience = self._production.settings.patience
        status = await self._status(take, watch.started + patience.hard_timeout_s)
        watch.seen = status.state
        if watch.age_s > patience.soft_timeout_s:
            self._on_slow(shot, take)
        if status.state is GenerationState.IN_QUEUE:
            self._emit(TakeQueued(shot.key, take, status.queue_position))
        elif not status.state.over:
            watch.began_at = watch.began_at or _now()
            slow = watch.waited_s > patience.soft_timeout_s
            self._emit(TakeRunning(shot.key, take, slow, watch.began_at))
        gives_up = watch.waited_s > patience.hard_timeout_s
        ended = None
        if watch.looks.is_due(status, watch.waited_s, last=gives_up):
            ended = await self._outcome(shot, take, watch)
        if ended is None and gives_up:
            raise await self._park(take, status, watch)
        return ended

    async def _pause(self, take: Take, watch: "_Watch") -> None:
        """Until the next look; a shorter one when the first take of a model has ended."""
        rhythm = await self._rhythm(take.model_id)
        learned = self._learned.setdefault(take.model_id, asyncio.Event())
        wait_s = rhythm.wait_s(watch.age_s, random.random())  # noqa: S311  # jitter
        if rhythm.usual_s is not None:
            await asyncio.sleep(wait_s)
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(wait_s):
                await learned.wait()
            await self._pause(take, watch)

    async def _status(self, take: Take, until: float) -> GenerationStatus:
        """Where a take is. Trouble at the service passes, until the take's own deadline."""
        while True:
            try:
                return await self._service.status(id_of(take))
            except (ServiceFault, Throttled) as exc:
                if time.monotonic() >= until:
                    exc.retryable = False  # this run has waited long enough
                    raise
            await asyncio.sleep(self._service.timing.longest_wait_s)

    async def _outcome(self, shot: Shot, take: Take, watch: "_Watch") -> Take | None:
        """The take as /result leaves it, which alone decides; None while that is not ready."""
        try:
            result = watch.looks.judge(await self._service.result(id_of(take)), watch.waited_s)
        except (ServiceFault, Throttled):
            return None  # it is asked again, until the take's deadline
        if result.cost_problem:
            self._emit(MoneyNotice(shot.key, f"take {take.name}: {result.cost_problem}"))
        cost = {} if result.cost_usd is None else {"cost_usd": result.cost_usd}
        if result.state is GenerationState.SUCCEEDED:
            return await self._ledger.move(
                take,
                TakeState.SUCCEEDED,
                "the service has finished it",
                succeeded_at=_now(),
                output_url=self._service.without_secret(result.video_url),
                **cost,
            )
        if result.state is GenerationState.FAILED:
            return await self._ledger.move(
                take,
                TakeState.FAILED,
                "the service failed it",
                error_kind=result.failure.code,
                error=result.error_text or "the service gave no reason",
                **cost,
            )
        if result.state is GenerationState.CANCELLED:
            await self._ledger.move(take, TakeState.CANCELLED, "cancelled at the service", **cost)
            raise cancelled(take, result.cost_usd)
        return None

    async def cancel(self, take: Take, *, seen_queued: bool = False) -> None:
        """Ask for the cancelling of a queued take, for a few seconds: a person waits for our end.

        Only a later status confirms it. If it fails, the take goes on, as if never asked.
        """
        with suppress(SeedanceError, TimeoutError):
            await cancel_queued(
                self._service,
                self._ledger,
                take,
                seen_queued=seen_queued,
                patience_s=_CANCEL_PATIENCE_S,
            )

    async def _pick_up(self, take: Take) -> Take:
        if take.parked_at is None:
            return take
        return await self._ledger.remark(take, "picked up again", parked_at=None)

    async def _park(self, take: Take, status: GenerationStatus, watch: "_Watch") -> OutOfPatience:
        """Note that our patience has ended; the take lives on, and the next run picks it up."""
        state: str = status.state
        if status.state is GenerationState.UNKNOWN:
            state = f"unknown ({status.word!r})"
        so_long = f"still {state} after {watch.waited_s / 60:.0f} min"
        if watch.looks.refusal:
            so_long += f", and its result is refused: {watch.looks.refusal}"
        await self._ledger.remark(take, f"parked: {so_long}", parked_at=_now())
        return OutOfPatience(f"take {take.name} is {so_long}")

    async def _rhythm(self, model_id: str) -> PollingRhythm:
        """From how long such takes have lasted: in the ledger's history, then in this run too."""
        if model_id not in self._times_s:
            self._times_s[model_id] = await self._ledger.service_times_s(model_id)
        return PollingRhythm.from_history(
            self._times_s[model_id][-_TELLING_TIMES:], quick=self._service.is_own_emulator
        )

    def _ended(self, shot: Shot, take: Take) -> Take:
        if take.state is TakeState.FAILED:
            self._emit(TakeFailed(shot.key, take))
        if take.service_time_s is not None:
            self._times_s.setdefault(take.model_id, []).append(take.service_time_s)
            self._learned.setdefault(take.model_id, asyncio.Event()).set()
        return take


def _age_s(take: Take) -> float:
    """Seconds since the order; 0 if a clock was set back meanwhile."""
    if take.submitted_at is None:
        return 0.0
    return max((_now() - take.submitted_at).total_seconds(), 0.0)


def _now() -> datetime:
    return datetime.now(UTC)
