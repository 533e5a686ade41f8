"""Runs whose process is gone: Dagster believes them to be at work for ever, until we say otherwise.

A run names the process that does its work in a tag (`seedance/owner`). When that process has
certainly ended without a trace in Dagster (kill -9, a machine that restarted), the run is marked
as failed, with the reason: its shots are no longer shown as under way, and its place in the pool
is free.
A run that was killed before it could name its process is known by its silence.
"""

import time

import dagster as dg
from dagster._core.storage.tags import GRPC_INFO_TAG, MAX_RETRIES_TAG

from seedance_assets.defs.runs.run_locks import is_left_behind

OWNER_TAG = "seedance/owner"
"""On a run: the process that does its work, by which others see whether it still lives."""

POOL = "seedance"
"""Dagster's pool of the runs that order at the service; see `pool.py`."""

NAMING_S = 600.0
"""A run that has not named its process by then was killed before it could."""

_CONSOLATION = (
    "What it paid for is in the ledger; the sensor `collect_paid_takes` downloads it, "
    "or the next run does, for free."
)
IN_PROGRESS = [
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


def owner_tags() -> dict[str, str]:
    """Tags that make a run this process's own, and the only one of its asking.

    Dagster's run retries, where an instance has them on, would start it once more as a run of its
    own, with a new `max_cost_usd` and another `retry_failed`: nobody has asked for that.
    """
    from seedance_assets.adapters.ledger import this_owner

    return {OWNER_TAG: this_owner(), MAX_RETRIES_TAG: "0"}


def is_in_pool(run: dg.DagsterRun) -> bool:
    """Whether the run orders at the service, once its turn has come."""
    pools = run.run_op_concurrency.all_pools if run.run_op_concurrency else None
    return POOL in (pools or ())


def mark_dead_runs(instance: dg.DagsterInstance, now_s: float | None = None) -> list[str]:
    """Mark every run whose process is gone as failed (canceled, if Terminate was pressed).

    Returns their ids. A run of another host, container or start of the machine is dead if nobody
    holds its lock any more; one that has made none is left alone, as nobody here can know.
    `now_s` is the time since the epoch, the clock's if it is not given.
    """
    now_s = time.time() if now_s is None else now_s
    records = instance.get_run_records(dg.RunsFilter(statuses=IN_PROGRESS))
    causes = {r.dagster_run.run_id: _cause_of_death(instance, r, now_s) for r in records}
    reasons = {run_id: cause for run_id, cause in causes.items() if cause}
    return [run_id for run_id, reason in reasons.items() if _bury(instance, run_id, reason)]


def is_dead(instance: dg.DagsterInstance, run: dg.DagsterRun) -> bool:
    """Whether the process that does a run's work has certainly ended. False if it named none."""
    from seedance_assets.adapters.ledger import is_gone, lives

    owner = run.tags.get(OWNER_TAG)
    if not owner or lives(owner):
        return False
    return is_gone(owner) or is_left_behind(instance, run.run_id)


def _cause_of_death(instance: dg.DagsterInstance, record: dg.RunRecord, now_s: float) -> str | None:
    run = record.dagster_run
    owner = run.tags.get(OWNER_TAG)
    if owner:
        why = f"The process of this run ({owner}) is gone: it was killed, or its machine restarted."
        return why if is_dead(instance, run) else None
    if now_s - record.update_timestamp.timestamp() > NAMING_S and _names_itself_at_once(run):
        return (
            f"The process of this run did not name itself within {NAMING_S / 60:.0f} minutes: "
            "it was killed, or never came to life."
        )
    return None


def _names_itself_at_once(run: dg.DagsterRun) -> bool:
    """Whether nothing of this run comes before our op, which begins by naming its process.

    A launcher other than Dagster's own may take its time (a new machine) before the run starts.
    """
    steps = run.run_op_concurrency
    ours_first = steps and POOL in steps.root_key_counts and not steps.has_unconstrained_root_nodes
    begun = run.status is dg.DagsterRunStatus.STARTED or GRPC_INFO_TAG in run.tags
    return bool(ours_first and begun)


def _bury(instance: dg.DagsterInstance, run_id: str, reason: str) -> bool:
    run = instance.get_run_by_id(run_id)
    if run is None or run.is_finished:  # another process was quicker
        return False
    told = f"{reason} {_CONSOLATION}"
    if run.status is dg.DagsterRunStatus.CANCELING:
        instance.report_run_canceled(run, message=told)
    else:
        instance.report_run_failed(run, message=told)
    # Pools of op granularity keep the slot of a process that could not give it back.
    instance.event_log_storage.free_concurrency_slots_for_run(run_id)
    return True
