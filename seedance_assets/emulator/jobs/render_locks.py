"""One worker draws a clip, over all processes that share the state folder.

Each job has a lock file. The system frees the lock of a process that has died, so that another
worker takes the job over at once.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from seedance_assets.emulator.jobs.job import Job
from seedance_assets.emulator.jobs.store import Store


@contextmanager
def job_to_draw(store: Store, folder: Path) -> Iterator[Job | None]:
    """The oldest job without a clip that no other worker draws, locked; None if there is none."""
    for row in store.undrawn():
        job = Job.from_row(row)
        path = folder / f"{job.number}.lock"
        try:
            lock = FileLock(path, timeout=0)
            lock.acquire()
        except Timeout:
            continue
        try:
            if any(again["number"] == job.number for again in store.undrawn()):
                yield job
                return
        finally:
            with suppress(OSError):  # Windows deletes no open file; the next worker uses it again
                path.unlink(missing_ok=True)
            lock.release()
    yield None
