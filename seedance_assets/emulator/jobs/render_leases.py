"""Leases: one worker draws a clip, over all processes that share the state folder.

A lease names host, process and worker, and expires. The lease of a dead process is free at once,
so that another worker takes the job over without waiting.
"""

import os
import platform
import sys
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

from seedance_assets.emulator.jobs.job import Job
from seedance_assets.emulator.jobs.store import Store

LEASE_S = 20.0


def _new_owner() -> str:
    return f"{platform.node()}|{os.getpid()}|{uuid.uuid4().hex}"


@dataclass(frozen=True, slots=True)
class RenderLeases:
    """The leases of one worker."""

    store: Store
    owner: str = field(default_factory=_new_owner)
    now: Callable[[], float] = (
        time.time
    )  # real time: drawing takes real time, whatever clock the jobs have

    def take(self) -> Job | None:
        """Lease the oldest job that no other worker draws; None if there is none."""
        if not self.store.undrawn():
            return None
        with self.store.writing() as db:
            for row in self.store.undrawn():
                if row["claimed_by"] is None or self._dead(row["claimed_by"], row["claimed_until"]):
                    db.execute(
                        "UPDATE jobs SET claimed_by = ?, claimed_until = ? WHERE number = ?",
                        (self.owner, self.now() + LEASE_S, row["number"]),
                    )
                    return Job.from_row(row)
        return None

    def renew(self, job: Job) -> None:
        """Extend the lease."""
        with self.store.writing() as db:
            db.execute(
                "UPDATE jobs SET claimed_until = ? WHERE number = ? AND claimed_by = ?",
                (self.now() + LEASE_S, job.number, self.owner),
            )

    def release(self, job: Job) -> None:
        """Give the lease up, so that another worker can draw the clip."""
        with self.store.writing() as db:
            db.execute(
                "UPDATE jobs SET claimed_by = NULL WHERE number = ? AND claimed_by = ?",
                (job.number, self.owner),
            )

    def _dead(self, owner: str, until: float) -> bool:
        host, pid, _ = owner.rsplit("|", 2)
        return until < self.now() or (host == platform.node() and not _runs(int(pid)))


def _runs(pid: int) -> bool:
    if sys.platform == "win32":
        return True  # on Windows signal 0 would end the process; wait until the lease expires
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
