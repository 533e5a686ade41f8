"""Which signals have come: Dagster makes one interruption of SIGINT and SIGTERM."""

import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress


@contextmanager
def heard_signals() -> Iterator[Callable[[], frozenset[int]]]:
    """While this is open, what is given tells the numbers of the signals that have come so far.

    Afterwards it still tells those: who was broken off may ask late. Outside the main thread, where
    no signal arrives, it tells of none.
    """
    if threading.current_thread() is not threading.main_thread():
        yield frozenset
        return
    heard: set[int] = set()
    reader, writer = socket.socketpair()
    with reader, writer:
        reader.setblocking(False)
        writer.setblocking(False)

        def numbers() -> frozenset[int]:
            with suppress(OSError):  # nothing new, or closed
                heard.update(reader.recv(4096))
            return frozenset(heard)

        before = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
        try:
            yield numbers
        finally:
            signal.set_wakeup_fd(before)
            numbers()
