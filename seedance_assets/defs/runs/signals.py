"""Which signals have come: none is missed, and Ctrl-C is told from a redeploy.

Dagster makes one interruption of SIGINT and SIGTERM, and raises it wherever the main thread happens
to be. Within a finalizer or the garbage collector, Python drops what is raised, and the run would
go on as if nobody had pressed anything. Amid a write to Dagster's SQLite, SQLAlchemy throws the
connection away with its cursor still open, and its write lock stays for as long as anybody holds
the exception: Dagster waits half a minute for it and then cannot write down how the run ended. So
nothing is raised while our code is at work: a run asks here from time to time.

A process listens from the first question on and until it ends: a run that was broken off has no
end of its own that could be relied on, as Dagster may keep its generator for a while.
"""

import atexit
import os
import signal
import socket
import stat
import sys
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from typing import TypeVar

import dagster as dg

_ENDING = frozenset({signal.SIGINT, signal.SIGTERM})
_INSISTS = 3
_heard: list[int] = []

T = TypeVar("T")


class Signals:
    """SIGINT and SIGTERM, as far as they come to this process from now on; SIGHUP is SIGTERM.

    Made outside the main thread, where no signal arrives, it tells of none.
    """

    def __init__(self) -> None:
        self._hears = threading.current_thread() is threading.main_thread()
        if self._hears:
            _end_on_hang_up()
            signal.set_wakeup_fd(_ear()[1].fileno(), warn_on_full_buffer=False)
        self._from = len(_all_heard())

    def __call__(self) -> frozenset[int]:
        """The numbers of those that have come."""
        return _ENDING & frozenset(_all_heard()[self._from :]) if self._hears else frozenset()

    def stop_if_requested(self) -> None:
        """Raise the interruption that Dagster's own handler raises, if one has come."""
        if self():
            raise dg.DagsterExecutionInterruptedError

    def between(self, steps: Generator[T, None, None]) -> Generator[T, None, None]:
        """The same steps, with no interruption raised while the next one is being made.

        It is for `steps` to ask, as often as they can be broken off in good order. Dagster sets its
        handler before each step of an asset and takes it away after it, so this is done anew, too.
        """
        try:
            while True:
                with _raising_nothing():
                    try:
                        step = next(steps)
                    except StopIteration:
                        return
                yield step
        finally:
            with _raising_nothing():
                steps.close()


def _end_on_hang_up() -> None:
    """Let a closed terminal (SIGHUP) end us as SIGTERM does, unless `nohup` has it ignored."""
    number = getattr(signal, "SIGHUP", None)  # not on Windows
    if number is not None and signal.getsignal(number) is signal.SIG_DFL:
        signal.signal(number, _hang_up)


def _hang_up(_number: int, _frame: object) -> None:
    """End as after SIGTERM; what is still printed goes nowhere, as the terminal is closed."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (1, 2):
        if stat.S_ISCHR(os.fstat(stream).st_mode):  # `isatty` is false of a closed terminal
            os.dup2(nowhere, stream)
    os.close(nowhere)
    signal.raise_signal(signal.SIGTERM)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """A signal that comes in here raises what it raises at the end, and not before."""
    with _raising_nothing() as came:
        yield
    if came:
        signal.raise_signal(came[0])


@contextmanager
def _raising_nothing() -> Iterator[list[int]]:
    """Gives the numbers of the signals that have come in here; `Signals` tells of them, too.

    A third one raises the interruption after all: somebody wants us to end, whatever it costs.
    """
    came: list[int] = []

    def note(number: int, _frame: object) -> None:
        came.append(number)
        if len(came) >= _INSISTS:
            raise dg.DagsterExecutionInterruptedError

    if threading.current_thread() is not threading.main_thread():
        yield came
        return
    before = {number: signal.getsignal(number) for number in _ENDING}
    try:
        for number in _ENDING:
            signal.signal(number, note)
        yield came
    finally:
        for number, handler in before.items():
            signal.signal(number, handler or signal.SIG_DFL)  # None: not set by Python


def _all_heard() -> list[int]:
    with suppress(BlockingIOError):  # nothing new
        _heard.extend(_ear()[0].recv(4096))
    return _heard


@cache
def _ear() -> tuple[socket.socket, socket.socket]:
    """Where Python writes the number of each signal that comes, and reads it from here."""
    reader, writer = socket.socketpair()
    reader.setblocking(False)
    writer.setblocking(False)
    return reader, writer


def _close_ears() -> None:
    if not _ear.cache_info().currsize:
        return
    if threading.current_thread() is threading.main_thread():
        signal.set_wakeup_fd(-1)
    for end in _ear():
        end.close()
    _ear.cache_clear()


atexit.register(_close_ears)
if sys.platform != "win32":
    # A forked process would tell its parent of signals that are not the parent's.
    os.register_at_fork(after_in_child=_close_ears)
