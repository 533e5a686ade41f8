"""A take: one paid generation of a request. Its states, and the ways between them.

```
 intent ──POST──▶ submitted ──▶ succeeded ──▶ stored ──▶ measured
    │ │               ├──▶ failed ─ ─(a person asks again)─ ─▶ retried
    │ │               └──▶ cancelled
    │ └─ answer lost ──▶ unknown ──▶ submitted (adopted) | written_off
    └─ never sent, or refused ──▶ withdrawn
```
An answer that comes late, to a process that slept, takes an unknown take to submitted or withdrawn.
A person may also write off a take that the service has lost (submitted, succeeded), and adopt one
that turns up after it was written off: then it is a further take of its request. A file that
was lost after the download takes its take back from stored or measured to succeeded, and it is
fetched again.
A take in a state that *holds its place* stands for the purchase of (fingerprint, ordinal): nobody
else may buy that one. The others are no longer active.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class TakeState(StrEnum):
    """Where a take is in its life."""

    INTENT = "intent"
    SUBMITTED = "submitted"
    SUCCEEDED = "succeeded"
    STORED = "stored"
    MEASURED = "measured"
    FAILED = "failed"
    RETRIED = "retried"
    CANCELLED = "cancelled"
    WITHDRAWN = "withdrawn"
    UNKNOWN = "unknown"
    WRITTEN_OFF = "written_off"

    @property
    def is_active(self) -> bool:
        """Whether a take in this state stands for its purchase."""
        return self not in INACTIVE_STATES

    @property
    def in_flight(self) -> bool:
        """Whether the service may still be working on it."""
        return self in {TakeState.INTENT, TakeState.SUBMITTED}

    @property
    def to_collect(self) -> bool:
        """Whether it is paid for and not all of it is stored yet."""
        return self in {TakeState.SUBMITTED, TakeState.SUCCEEDED, TakeState.STORED}

    @property
    def is_stored(self) -> bool:
        """Whether its video lies in our own library."""
        return self in {TakeState.STORED, TakeState.MEASURED}


INACTIVE_STATES = frozenset(
    {TakeState.RETRIED, TakeState.CANCELLED, TakeState.WITHDRAWN, TakeState.WRITTEN_OFF}
)

LONGEST_ORDER_S = 300.0
"""How long an order may be under way, from the first connection to the end of its answer.

The service's client breaks it off then, and by it the ledger knows when an order that is silent
cannot be under way any more.
"""

TRANSITIONS: dict[TakeState, frozenset[TakeState]] = {
    TakeState.INTENT: frozenset({TakeState.SUBMITTED, TakeState.WITHDRAWN, TakeState.UNKNOWN}),
    TakeState.SUBMITTED: frozenset(
        {TakeState.SUCCEEDED, TakeState.FAILED, TakeState.CANCELLED, TakeState.WRITTEN_OFF}
    ),
    TakeState.SUCCEEDED: frozenset({TakeState.STORED, TakeState.WRITTEN_OFF}),
    TakeState.STORED: frozenset({TakeState.MEASURED, TakeState.SUCCEEDED}),
    TakeState.MEASURED: frozenset({TakeState.SUCCEEDED}),  # its file was lost: fetch it again
    TakeState.FAILED: frozenset({TakeState.RETRIED}),
    TakeState.UNKNOWN: frozenset({TakeState.SUBMITTED, TakeState.WITHDRAWN, TakeState.WRITTEN_OFF}),
    TakeState.RETRIED: frozenset(),
    TakeState.CANCELLED: frozenset(),
    TakeState.WITHDRAWN: frozenset(),
    TakeState.WRITTEN_OFF: frozenset({TakeState.SUBMITTED}),  # it turned up after all
}


_WAY_HOME = (TakeState.SUBMITTED, TakeState.SUCCEEDED, TakeState.STORED, TakeState.MEASURED)


def has_reached(state: TakeState, goal: TakeState) -> bool:
    """Whether a take in `state` is at `goal`, or past it."""
    if goal is TakeState.FAILED:
        return state in {TakeState.FAILED, TakeState.RETRIED}
    if state in _WAY_HOME and goal in _WAY_HOME:
        return _WAY_HOME.index(state) >= _WAY_HOME.index(goal)
    return state is goal


@dataclass(frozen=True, slots=True)
class Take:
    """A take as the ledger has it. Times are UTC; money is USD."""

    id: int
    scope: str
    shot: str
    number: int
    fingerprint: str
    ordinal: int
    model_id: str
    request: dict[str, Any]
    frame_sha256: str | None
    state: TakeState
    request_id: str | None
    estimate_usd: float | None
    cost_usd: float | None
    created_at: datetime
    updated_at: datetime
    submitted_at: datetime | None
    succeeded_at: datetime | None
    error_kind: str | None
    error: str | None
    output_url: str | None
    video_sha256: str | None
    video_path: str | None
    measurements: dict[str, Any] | None
    run_id: str | None
    owner: str | None
    owned_until: datetime | None
    parked_at: datetime | None = None
    """When a run's patience with it ended; None as soon as another run has picked it up."""
    cancel_refused_at: datetime | None = None
    """When the service said last that it cannot be cancelled any more."""
    resubmission: int = 0
    """How often its order was sent anew by itself before; a person's new try begins at 0."""
    fallback_of: str | None = None
    """Fingerprint of the request with sound in whose place it was ordered silent."""

    @property
    def name(self) -> str:
        """How files and people call it: `<shot>_t001`."""
        return take_name(self.shot, self.number)

    @property
    def remark(self) -> str:
        """What is to be said of a take at the service, beside its state; often nothing."""
        if self.state is not TakeState.SUBMITTED:
            return ""
        parked = f"parked since {_minute(self.parked_at)}" if self.parked_at else ""
        refused = (
            f"not cancellable, as the service said at {_minute(self.cancel_refused_at)}"
            if self.cancel_refused_at
            else ""
        )
        return "; ".join(filter(None, (parked, refused)))

    @property
    def service_time_s(self) -> float | None:
        """Seconds from order to success, if both are known."""
        if self.submitted_at is None or self.succeeded_at is None:
            return None
        return (self.succeeded_at - self.submitted_at).total_seconds()

    def waited_s(self, began_at: datetime | None) -> float | None:
        """Seconds from order to the moment when it was first seen in progress."""
        if self.submitted_at is None or began_at is None:
            return None
        return max((began_at - self.submitted_at).total_seconds(), 0.0)

    def generated_s(self, began_at: datetime | None) -> float | None:
        """Seconds from that moment to success."""
        if self.succeeded_at is None or began_at is None:
            return None
        return max((self.succeeded_at - began_at).total_seconds(), 0.0)


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def take_name(shot: str, number: int) -> str:
    """`sq010_sh010`, 1 → `sq010_sh010_t001`."""
    return f"{shot}_t{number:03d}"
