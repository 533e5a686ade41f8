"""The line in a thread of its own, its events in a queue.

Dagster's asset and the command line are synchronous at their rim: they read events here, and may be
interrupted at any moment, while the line goes on or detaches in good order.
"""

import asyncio
import queue
import threading
import weakref
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from functools import cache

from seedance_assets.core.run_options import RunOptions
from seedance_assets.core.shot import Shot, ShotList
from seedance_assets.core.take import Take
from seedance_assets.core.timing import Timing
from seedance_assets.production.events import LineEvent
from seedance_assets.production.line import Emit, ProductionLine
from seedance_assets.production.ports import ServiceAddress
from seedance_assets.production.production_context import ProductionContext

_LOOK_S = 0.5  # a signal is handled between two looks into the queue
_LETTING_GO_S = 8.0  # Ctrl-C is to end within ten

_under_way: "weakref.WeakSet[LineThread]" = weakref.WeakSet()


def detach_all() -> None:
    """Stop every line of this process that is still under way, each as its caller would have it.

    A caller that is broken off while it holds an event (a signal amid Dagster's own writing, its
    storage failing) does not get to its `finally` in time; whoever survives it calls this. Python
    itself does when it ends: see `_at_exit`.
    """
    for line_thread in list(_under_way):
        line_thread.break_off()


@cache
def _at_exit() -> None:
    """Have Python detach all lines when it ends.

    `atexit` would be too late: before it, Python closes all thread pools, and a line that detaches
    writes to its ledger through one. This hook, which the pools use themselves, runs the latest
    first. It has no public name in Python 3.9 to 3.14.
    """
    threading._register_atexit(detach_all)  # type: ignore[attr-defined]  # noqa: SLF001


class LineThread:
    """One run of the line over some shots of a list, seen from a synchronous caller."""

    def __init__(
        self,
        production: ProductionContext,
        address: ServiceAddress,
        options: RunOptions,
        shot_list: ShotList,
        shots: Sequence[Shot],
        watch: Emit,
        cancels: Callable[[], bool] = lambda: False,
        timing: Timing | None = None,
    ) -> None:
        """`cancels` is asked by `break_off`: is the service to cancel what is queued?

        `timing` are the patience and the pauses towards the service, if not the usual ones.
        """
        self._production = production
        self._address = address
        self._options = options
        self._shot_list = shot_list
        self._shots = shots
        self._watch = watch
        self._cancels = cancels
        self._timing = timing
        self._former: Sequence[Take] = ()
        self._left: set[str] = set()
        self._queue: queue.Queue[LineEvent | None] = queue.Queue()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._line: ProductionLine | None = None
        self._stopping: bool | None = None
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="production-line", daemon=True)

    def fetch_too(self, former: Sequence[Take]) -> None:
        """Fetch these takes after the shots: paid for, and no row asks for them now."""
        self._former = former

    def events(self, unwanted: Callable[[], Collection[str]] = frozenset) -> Iterator[LineEvent]:
        """Start the line and give its events as they come. Raises what ended it, if anything.

        `unwanted` is asked between two events: shots that a person has cancelled since.
        """
        _at_exit()
        _under_way.add(self)
        self._thread.start()
        while True:
            self._detach_some(unwanted())
            try:
                event = self._queue.get(timeout=_LOOK_S)
            except queue.Empty:
                continue
            if event is None:
                break
            yield event
        self._thread.join()
        if self._error is not None:
            raise self._error

    def _detach_some(self, unwanted: Collection[str]) -> None:
        """Let shots go that nobody wants any more, as soon as there is a line to leave."""
        leaving = set(unwanted) - self._left
        if leaving and self._line is not None:
            self._left |= leaving
            self._have_done(self._line.leave, leaving)

    def break_off(self) -> None:
        """Let go as the caller would have it: see `stop`.

        Whatever is the matter with the caller, its line must stop: one that cannot say what it
        would have cancels nothing.
        """
        if self._stopping is not None:
            return
        cancel = False
        try:
            with suppress(Exception):
                cancel = self._cancels()
        finally:  # a signal may land in the question
            self.stop(cancel_queued=cancel)

    def stop(self, *, cancel_queued: bool) -> None:
        """Detach from everything that runs, and cancel what is queued if so told; waits for it.

        The first call counts: a second one would only wait again.
        """
        if self._stopping is not None:
            return
        self._stopping = cancel_queued
        self._have_done(self._let_go)
        if self._thread.is_alive():
            self._thread.join(_LETTING_GO_S)

    def _have_done(self, what: Callable[..., None], *arguments: object) -> None:
        """Have the line's own thread call something, if there is still anybody to call it."""
        if self._loop is not None:
            with suppress(RuntimeError):  # the line has just ended, and its loop with it
                self._loop.call_soon_threadsafe(what, *arguments)

    def _run(self) -> None:
        try:
            asyncio.run(self._run_line())
        except Exception as exc:  # noqa: BLE001  # carried over to the caller's thread, whole
            self._error = exc
        finally:
            self._queue.put(None)

    async def _run_line(self) -> None:
        self._loop = asyncio.get_running_loop()
        async with self._address.open(self._timing) as service:
            self._line = ProductionLine(
                self._production, service, self._options, self._say, self._address.redact
            )
            if self._stopping is None:
                source = self._shot_list.place
                await self._line.run(self._shots, source, self._shot_list.model_id)
            if self._former and self._stopping is None:
                shots = {shot.key: shot for shot in self._shot_list.shots}
                await self._line.collect(self._former, shots)

    def _let_go(self) -> None:
        if self._line is not None:
            self._line.stop(cancel_queued=bool(self._stopping))

    def _say(self, event: LineEvent) -> None:
        self._watch(event)
        self._queue.put(event)
