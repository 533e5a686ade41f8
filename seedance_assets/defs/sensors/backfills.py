"""Backfills of scattered shots, in few runs.

Dagster gives a run one contiguous range of partitions (1.13; dagster issue 32335): forty failed
shots among a thousand become up to forty runs, each a process of its own. The pool lets one of them
begin. It takes along the shots of its companions, the runs of the same backfill that still wait in
the queue, and gives each companion an ending of its own as soon as its last shot is decided. If it
is killed or terminated, its companions still wait, and the next of them goes on.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from os import environ

import dagster as dg
from dagster._core.storage.tags import BACKFILL_ID_TAG

from seedance_assets.core.sentences import counted
from seedance_assets.core.stage import Stage
from seedance_assets.defs.assets.partitions import shots_of_run
from seedance_assets.defs.runs.pool import pool_limit
from seedance_assets.defs.runs.run_counts import counts
from seedance_assets.defs.show import Show
from seedance_assets.production.events import LineEvent, ShotDone, ShotFailed
from seedance_assets.production.failure_groups import grouped

SHOTS_PER_RUN = 100
"""Dagster writes down 4 events a shot before a run can begin, so that runs should not be large."""

SHOTS_PER_PROCESS = 1000
"""Shots of a run and of those that it takes along."""

MADE_IN_TAG = "seedance/made_in"
"""On a companion: the run that makes its shots."""

_LOOK_EVERY_S = 2.0

FAILURES_TOLD = 100
"""More would make the event unwieldy."""


def shots_per_run() -> int:
    """How many shots share a run of a backfill: `SEEDANCE_SHOTS_PER_RUN`, else a hundred."""
    return _given() or SHOTS_PER_RUN


def shots_per_process() -> int:
    """How many shots a run makes with those that it takes along: the same if set, else 1000."""
    return _given() or SHOTS_PER_PROCESS


def _given() -> int:
    given = environ.get("SEEDANCE_SHOTS_PER_RUN", "")
    return int(given) if given.isascii() and given.isdigit() else 0


def reasons(failures: Sequence[ShotFailed]) -> str:
    """Why shots failed, and what to do, as the last word of a run."""
    told = failures[:FAILURES_TOLD]
    lines = [f"- {g.sentence.rstrip('.')}. {g.advice}" for g in grouped(told)]
    if len(failures) > len(told):
        lines.append(f"- and {len(failures) - len(told)} more: see the run's log")
    return "\n".join([f"{counted(len(failures), 'shot')} failed:", *lines])


def targets_of_open_backfills(instance: dg.DagsterInstance, show: Show) -> set[str]:
    """Shots that a backfill under way is for: Dagster breaks off one that loses a partition."""
    from dagster._core.execution.backfill import BulkActionsFilter, BulkActionStatus

    under_way = [BulkActionStatus.REQUESTED, BulkActionStatus.CANCELING, BulkActionStatus.FAILING]
    stages = {show.key(stage.asset) for stage in Stage}
    found: set[str] = set()
    for backfill in instance.get_backfills(filters=BulkActionsFilter(statuses=under_way)):
        data = backfill.asset_backfill_data
        subsets = data.target_subset.partitions_subsets_by_asset_key if data else {}
        for key in stages & set(subsets):
            found.update(subsets[key].get_partition_keys())
    return found


@dataclass(slots=True)
class SiblingRuns:
    """The waiting runs of this run's backfill; it makes their shots along with its own."""

    context: dg.AssetExecutionContext
    show: Show
    last_try: bool
    """Whether failures for a passing reason are final."""
    _again: dict[str, str] = field(default_factory=dict)
    """Shots that failed for a passing reason, with the companion that answers for each."""
    _cancelled: set[str] = field(default_factory=set)
    _look_at: float = 0.0
    _undecided: dict[str, set[str]] = field(default_factory=dict)
    _sizes: dict[str, int] = field(default_factory=dict)
    _failures: dict[str, list[ShotFailed]] = field(default_factory=dict)
    _run_of: dict[str, str] = field(default_factory=dict)

    def join(self, room: int) -> list[str]:
        """Shots of companions that were not known yet, `room` of them at most; the oldest first.

        Without a limit of the pool nothing holds companions in the queue: then there are none.
        """
        if pool_limit(self.context.instance) is None:
            return []
        shots: list[str] = []
        for run in self._waiting():
            keys = shots_of_run(self.context.instance, run)
            if len(shots) + len(keys) > room:
                break
            if not keys:
                continue  # it says so itself, in its turn
            self.context.instance.add_run_tags(run.run_id, {MADE_IN_TAG: self.context.run.run_id})
            self._undecided[run.run_id] = set(keys)
            self._sizes[run.run_id] = len(keys)
            self._failures[run.run_id] = []
            self._run_of |= dict.fromkeys(keys, run.run_id)
            shots += keys
        if shots:
            self.context.log.info("%d shots of waiting runs of the backfill join in", len(shots))
        return shots

    def to_try_again(self, *, last_try: bool) -> list[str]:
        """Shots that failed for a passing reason and are still wanted; each is given once."""
        self.last_try = last_try
        shots = [shot for shot, run in self._again.items() if run not in self._cancelled]
        self._again.clear()
        return shots

    def cancelled(self) -> set[str]:
        """Shots of companions that somebody has cancelled meanwhile, alone or with the backfill.

        May be asked at any time; looks at the runs every other second.
        """
        waiting = [run for run, shots in self._undecided.items() if shots]
        if set(waiting) - self._cancelled and time.monotonic() >= self._look_at:
            self._look_at = time.monotonic() + _LOOK_EVERY_S
            filters = dg.RunsFilter(run_ids=waiting, statuses=[dg.DagsterRunStatus.CANCELED])
            self._cancelled |= {run.run_id for run in self.context.instance.get_runs(filters)}
        return {shot for run in self._cancelled for shot in self._undecided[run]}

    def concern(self, shot: str) -> bool:
        """Whether it is a companion that answers for this shot."""
        return shot in self._run_of

    def on_event(self, event: LineEvent) -> None:
        """Note how a shot ended, once that is written down; a companion that is done may end."""
        run_id = self._run_of.get(event.shot)
        if run_id is None or not isinstance(event, ShotDone | ShotFailed):
            return
        if isinstance(event, ShotFailed):
            if event.retryable and not self.last_try:
                self._again[event.shot] = run_id
                return
            self._failures[run_id].append(event)
        self._undecided[run_id].discard(event.shot)
        if not self._undecided[run_id]:
            self._end(run_id)

    def _waiting(self) -> list[dg.DagsterRun]:
        mine = self.context.run
        backfill = mine.tags.get(BACKFILL_ID_TAG)
        if backfill is None:
            return []
        filters = dg.RunsFilter(
            tags={BACKFILL_ID_TAG: backfill}, statuses=[dg.DagsterRunStatus.QUEUED]
        )
        return [
            run
            for run in self.context.instance.get_runs(filters, ascending=True)
            if run.run_id not in self._undecided
            and run.asset_selection == mine.asset_selection
            and run.asset_check_selection == mine.asset_check_selection
            and run.run_config == mine.run_config
            and not self._is_taken(run)
        ]

    def _is_taken(self, run: dg.DagsterRun) -> bool:
        """Whether another run, which is still at work, makes the shots of `run`."""
        maker = run.tags.get(MADE_IN_TAG)
        if maker in {None, self.context.run.run_id}:
            return False
        found = self.context.instance.get_run_by_id(str(maker))
        return found is not None and not found.is_finished

    def _end(self, run_id: str) -> None:
        instance = self.context.instance
        run = instance.get_run_by_id(run_id)
        if run is None or run.status is not dg.DagsterRunStatus.QUEUED:
            return  # somebody canceled it, or the daemon was quicker: then it has its own ending
        failures = self._failures[run_id]
        instance.add_run_tags(run_id, counts(self._sizes[run_id], len(failures)))
        where = f"Made in run {self.context.run.run_id}, together with others of the backfill."
        _say(instance, run, dg.DagsterEventType.PIPELINE_START, where)
        if failures:
            instance.report_run_failed(run, message=f"{reasons(failures)}\n{where}")
        else:
            _say(instance, run, dg.DagsterEventType.PIPELINE_SUCCESS, where)


def _say(
    instance: dg.DagsterInstance, run: dg.DagsterRun, kind: dg.DagsterEventType, message: str
) -> None:
    event = dg.DagsterEvent(event_type_value=kind.value, job_name=run.job_name, message=message)
    instance.report_dagster_event(event, run.run_id)
