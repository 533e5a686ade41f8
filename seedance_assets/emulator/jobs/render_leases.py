"""Who draws which clip: one drawer a clip, over all processes that share the state folder.

A claim names host, process and drawer, and ends by itself. A claim whose process is gone counts as
dead at once, so that a killed run's work is taken over without waiting.
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

CLAIM_S = 20.0


def _new_owner() -> str:
    return f"{platform.node()}|{os.getpid()}|{uuid.uuid4().hex}"


@dataclass(frozen=True, slots=True)
class RenderLeases:
    """The claims of one drawer."""

    store: Store
    owner: str = field(default_factory=_new_owner)
    now: Callable[[], float] = (
        time.time
    )  # real time: drawing is real work, whatever clock jobs have

    def take(self) -> Job | None:
        """Claim the oldest job whose clip nobody draws; None if there is none."""
        if not self.store.undrawn():
            return None
        with self.store.writing() as db:
            for row in self.store.undrawn():
                if row["claimed_by"] is None or self._dead(row["claimed_by"], row["claimed_until"]):
                    db.execute(
                        "UPDATE jobs SET claimed_by = ?, claimed_until = ? WHERE number = ?",
                        (self.owner, self.now() + CLAIM_S, row["number"]),
                    )
                    return Job.from_row(row)
        return None

    def renew(self, job: Job) -> None:
        """Say that the drawing goes on."""
        with self.store.writing() as db:
            db.execute(
                "UPDATE jobs SET claimed_until = ? WHERE number = ? AND claimed_by = ?",
                (self.now() + CLAIM_S, job.number, self.owner),
            )

    def give_back(self, job: Job) -> None:
        """Let somebody else draw it."""
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
        return True  # elsewhere signal 0 is no question but an order; the claim ends by itself
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
