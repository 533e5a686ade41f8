"""A fuse for orders: after several lost answers in a row, no further order is sent blind.

An order whose answer is lost may have been charged, and a person must look each one up. So only few
orders are unanswered at a time, and after `LOST_IN_A_ROW` lost answers, or a 503 that names a time
to come back, ordering stops. It goes on when the service answers a free question again, with one
order first. If ordering does not get well in time, the rest of the run is not ordered.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import chain, repeat

from seedance_assets.core.errors import (
    AnswerLost,
    Charge,
    NeverSent,
    OrdersStopped,
    ServiceError,
)

LOST_IN_A_ROW = 3
FEW_UNANSWERED = 4
"""Orders without an answer at a time, until the first answers have come."""
MOST_UNANSWERED = 12
TRIALS = 2
"""Orders that are sent one at a time after a stop; if their answers are lost too, that was it."""
PATIENCE_S = 120.0
"""How long orders wait for the service, from the first stop; longer if it names a time."""
LONGEST_PAUSE_S = 180.0
"""A service that wants a longer pause is left to the next run."""
_BETWEEN_QUESTIONS_S = (2.0, 5.0, 10.0, 15.0)
_BETWEEN_TRIALS_S = 20.0

Clock = Callable[[], float]
Sleep = Callable[[float], Awaitable[None]]


class CircuitBreaker:
    """The fuse of one run."""

    def __init__(
        self,
        is_answering: Callable[[], Awaitable[bool]],
        tell: Callable[[str, str], None],
        *,
        clock: Clock = time.monotonic,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        """`is_answering` asks the service something free; `tell` gets a shot and a sentence."""
        self._is_answering = is_answering
        self._tell = tell
        self._clock = clock
        self._sleep = sleep
        self._unanswered = 0
        self._answered_in_a_row = 0
        self._lost_in_a_row = 0
        self._open_since: float | None = None
        """Since when orders have been held back; None if they go out."""
        self._not_before = 0.0
        self._trials = 0
        self._on_trial = False
        self._stopped = ""
        self._changed = asyncio.Event()

    @asynccontextmanager
    async def order(self, shot: str) -> AsyncIterator[Callable[[], None]]:
        """Around one order, which may have to wait. Call what it gives once the order is taken.

        What is raised inside says how the order ended otherwise. Raises `OrdersStopped` if none
        may be sent.
        """
        on_trial = await self._admit(shot)
        self._unanswered += 1
        try:
            yield lambda: self._answered(on_trial=on_trial)
        except AnswerLost as exc:
            if exc.charge is Charge.CHARGED:  # it was answered; only the ledger does not know
                self._answered(on_trial=on_trial)
            else:
                self._lost(shot, exc, on_trial=on_trial)
            raise
        except NeverSent:
            raise  # says nothing about the service's answers
        except ServiceError:
            self._answered(on_trial=on_trial)
            raise
        finally:
            self._unanswered -= 1
            if on_trial:
                self._on_trial = False
            self._wake()

    async def _admit(self, shot: str) -> bool:
        """Return when an order may be sent; True if it is the one that tries the service."""
        while True:
            if self._stopped:
                raise OrdersStopped(f"shot {shot}: not ordered, as {self._stopped}")
            if self._open_since is None:
                most = min(FEW_UNANSWERED + self._answered_in_a_row, MOST_UNANSWERED)
                if self._unanswered < most - self._lost_in_a_row:
                    return False
                await self._changed.wait()
            elif self._on_trial:
                await self._changed.wait()
            elif await self._is_well(self._open_since):
                return True

    async def _is_well(self, opened: float) -> bool:
        """Whether an order may be tried now; else orders have stopped for good."""
        self._on_trial = True
        well = False
        try:
            well = await self._answers_in_time(opened)
        finally:
            if not well:
                self._on_trial = False
                self._wake()
        if not well:
            self._stop()
        return well

    async def _answers_in_time(self, opened: float) -> bool:
        deadline = opened + max(PATIENCE_S, min(self._not_before - opened, LONGEST_PAUSE_S))
        if self._not_before > deadline:
            return False
        await self._sleep(max(self._not_before - self._clock(), 0.0))
        pauses_s = chain(_BETWEEN_QUESTIONS_S, repeat(_BETWEEN_QUESTIONS_S[-1]))
        while not await self._is_answering():
            if self._clock() >= deadline:
                return False
            await self._sleep(next(pauses_s))
        return True

    def _stop(self) -> None:
        self._stopped = "answers to earlier orders were lost, and ordering did not get well in time"
        self._wake()

    def _answered(self, *, on_trial: bool) -> None:
        self._answered_in_a_row += 1
        self._lost_in_a_row = 0
        if on_trial:
            self._open_since = None
            self._trials = 0

    def _lost(self, shot: str, exc: AnswerLost, *, on_trial: bool) -> None:
        self._answered_in_a_row = 0
        self._lost_in_a_row += 1
        now, asked_s = self._clock(), exc.retry_after_s or 0.0
        if on_trial:
            self._trials += 1
            self._not_before = now + max(asked_s, _BETWEEN_TRIALS_S)
            if self._trials >= TRIALS:
                self._stop()
        elif exc.retry_after_s is not None or self._lost_in_a_row >= LOST_IN_A_ROW:
            self._not_before = max(self._not_before, now + asked_s)
            if self._open_since is None:
                self._open_since = now
                self._tell(shot, self._says(exc))

    def _says(self, exc: AnswerLost) -> str:
        if exc.retry_after_s is not None:
            return f"orders are held back: the service asks for {exc.retry_after_s:.0f} s of rest"
        return (
            f"orders are held back: the answers to {self._lost_in_a_row} orders in a row were lost"
        )

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()
