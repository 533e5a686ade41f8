"""A lock of the operating system for each run at work: it goes with its process, however that ends.

It tells that a run is dead where the number of its process says nothing: after a restart of the
machine, from another container, or under another name of the host.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import dagster as dg

_FOLDER = "runs-at-work"
_LOOKERS_S = 10.0  # others hold the lock for a moment when they look whether anybody does
_RUN_ID = re.compile(r"[A-Za-z0-9-]{1,64}")


@contextmanager
def holding_lock(instance: dg.DagsterInstance, run_id: str) -> Iterator[None]:
    """Hold the run's lock. Where no file can be locked, the run goes on without."""
    from filelock import FileLock

    path = _path(instance, run_id)
    lock = None
    with suppress(OSError, NotImplementedError):
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(path)
        lock.acquire(timeout=_LOOKERS_S)
    try:
        yield
    finally:
        if lock is not None and lock.is_locked:
            with suppress(OSError):
                path.unlink()
            lock.release()


def is_left_behind(instance: dg.DagsterInstance, run_id: str) -> bool:
    """Whether the run has made a lock that no process holds any more."""
    from filelock import FileLock, Timeout

    path = _path(instance, run_id)
    if not path.is_file():
        return False
    lock = FileLock(path)
    try:
        lock.acquire(timeout=0)
    except (Timeout, OSError, NotImplementedError):
        return False
    lock.release()
    return True


def _path(instance: dg.DagsterInstance, run_id: str) -> Path:
    """Beside Dagster's storage, which whoever sees the run sees too, if it is a folder."""
    name = run_id if _RUN_ID.fullmatch(run_id) else "unnamed"
    return Path(instance.storage_directory()).parent / _FOLDER / f"{name}.lock"
