"""A job as it is stored."""

import json
import sqlite3
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from seedance_assets.emulator.jobs.scenario import F, FailJob, Fault, first_of
from seedance_assets.emulator.jobs.scenario_file import faults_from_text

State = Literal["in_queue", "in_progress", "completed", "cancelled"]


@dataclass(frozen=True, kw_only=True)
class Job:
    """One accepted order. Times are seconds since 1970; `usd` is its price, charged or not.

    `stuck` names the state that it never leaves, or is empty. `picture` and `output` are file
    names in the state folder, `plan_json` is the plan of its clip. `drawn_at` is when its clip
    was finished; `trouble` is why there is no clip.
    """

    request_id: str
    model_id: str
    inputs_json: str
    faults_json: str
    picture: str
    plan_json: str
    output: str
    usd: float
    accepted_at: float
    ready_at: float
    service_s: float
    stuck: str = ""
    number: int = 0
    state: State = "in_queue"
    charged: bool = True
    started_at: float | None = None
    finished_at: float | None = None
    drawn_at: float | None = None
    trouble: str | None = None

    @classmethod
    def from_row(cls, row: sqlite3.Row) -> "Job":
        """The job in a database row."""
        values = {name: row[name] for name in cls.__dataclass_fields__}
        return cls(**values | {"charged": bool(row["charged"])})

    @cached_property
    def inputs(self) -> dict[str, Any]:
        """The input of the job."""
        read: dict[str, Any] = json.loads(self.inputs_json)
        return read

    @property
    def faults(self) -> tuple[Fault, ...]:
        """The faults of this job."""
        return faults_from_text(self.faults_json)

    def fault(self, kind: type[F]) -> F | None:
        """The first fault of a kind."""
        return first_of(self.faults, kind)

    @property
    def failure(self) -> FailJob | None:
        """How the job fails; None if it succeeds."""
        if self.trouble is not None:
            return FailJob(message=self.trouble)
        return self.fault(FailJob)

    @property
    def finished(self) -> bool:
        """Whether the job has reached a final state."""
        return self.state in {"completed", "cancelled"}
