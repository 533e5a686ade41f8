"""The schedule of jobs as pure arithmetic: when each starts and ends, given the slots.

No clock and no database here. The store passes all unfinished jobs and the time, and gets what
has happened until then; the result does not depend on how often it calls.
"""

import heapq
import math
from collections.abc import Iterable
from dataclasses import dataclass

NEVER = math.inf


@dataclass(frozen=True, slots=True)
class Waiting:
    """A job in the queue; it may start from `ready_at` on."""

    number: int
    ready_at: float
    service_s: float
    drawn_at: float | None


@dataclass(frozen=True, slots=True)
class Working:
    """A job in progress; `drawn_at` is None until its clip is drawn."""

    number: int
    started_at: float
    service_s: float
    drawn_at: float | None

    @property
    def ends_at(self) -> float:
        """When it ends; `NEVER` until its clip is drawn."""
        if self.drawn_at is None:
            return NEVER
        return max(self.started_at + self.service_s, self.drawn_at)


@dataclass(frozen=True, slots=True)
class Transitions:
    """Start and end times by job number, and when the next transition is due."""

    started: dict[int, float]
    ended: dict[int, float]
    next_at: float


def advance(
    waiting: Iterable[Waiting], working: Iterable[Working], slots: int, now: float
) -> Transitions:
    """All starts and ends up to `now`, each with its exact time."""
    queue = [(job.ready_at, job.number, job) for job in waiting]
    busy = [(job.ends_at, job.number) for job in working]
    heapq.heapify(queue)
    heapq.heapify(busy)
    free = [-NEVER] * (slots - len(busy))  # since when each idle slot has been free
    started: dict[int, float] = {}
    ended: dict[int, float] = {}
    while True:
        next_end = busy[0][0] if busy else NEVER
        next_start = max(queue[0][0], free[0]) if queue and free else NEVER
        moment = min(next_end, next_start)
        if moment > now or moment == NEVER:
            return Transitions(started, ended, moment)
        if next_end <= next_start:
            _, number = heapq.heappop(busy)
            ended[number] = moment
            if len(busy) + len(free) < slots:
                heapq.heappush(free, moment)
        else:
            heapq.heappop(free)
            job = heapq.heappop(queue)[2]
            started[job.number] = moment
            begun = Working(job.number, moment, job.service_s, job.drawn_at)
            heapq.heappush(busy, (begun.ends_at, job.number))
