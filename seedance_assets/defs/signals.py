"""Which signals have come: none is missed, and Ctrl-C is told from a redeploy.

Dagster makes one interruption of SIGINT and SIGTERM, and raises it wherever the main thread happens
to be. Within a finalizer or the garbage collector, Python drops what is raised, and the run would
go on as if nobody had pressed anything. So a run asks here from time to time.

A process listens from the first question on and until it ends: a run that was broken off has no
end of its own that could be relied on, as Dagster may keep its generator for a while.
"""

import atexit
import os
import signal
import socket
import threading
from contextlib import suppress
from functools import cache

import dagster as dg

_ENDING = frozenset({signal.SIGINT, signal.SIGTERM})
_heard: list[int] = []


class Signals:
    """SIGINT and SIGTERM, as far as they come to this process from now on.

    Made outside the main thread, where no signal arrives, it tells of none.
    """

    def __init__(self) -> None:
        self._hears = threading.current_thread() is threading.main_thread()
        if self._hears:
            signal.set_wakeup_fd(_ear()[1].fileno(), warn_on_full_buffer=False)
        self._from = len(_all_heard())

    def __call__(self) -> frozenset[int]:
        """The numbers of those that have come."""
        return _ENDING & frozenset(_all_heard()[self._from :]) if self._hears else frozenset()

    def break_off_if_told(self) -> None:
        """Raise the interruption that Dagster's own handler raises, if one has come."""
        if self():
            raise dg.DagsterExecutionInterruptedError


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
# A forked process would tell its parent of signals that are not the parent's.
os.register_at_fork(after_in_child=_close_ears)
