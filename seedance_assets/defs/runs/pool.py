"""One limit for all runs that order at the service: Dagster's pool, and a turn for each run.

A run orders up to `[concurrency] in_flight` takes at a time, so the limit of the pool times
`in_flight` is what the account has to bear. Runs that the daemon launches wait in its queue until
the pool has room: no process, and Terminate takes them out. Runs that bypass the queue (`seedance
produce`, `dagster job execute`) wait for their turn here, before they look at any shot.

The pool is meant for `granularity: run`. With op granularity a run that executes its ops in its own
process looks for its slot without a pause and does not hear Terminate (Dagster 1.13; dagster pull
request 20367), and the slot of a process that was killed stays taken.
"""

import time
from collections.abc import Sequence

import dagster as dg

from seedance_assets.defs.runs.signals import Signals
from seedance_assets.defs.sensors.dead_runs import IN_PROGRESS, POOL, is_in_pool, mark_dead_runs

LOOK_EVERY_S = 1.0


def await_turn(context: dg.AssetExecutionContext, signals: Signals) -> None:
    """Return when this run may order: when fewer runs than the limit came before it.

    Says in the run's log whom it waits for. Whatever interrupts the run interrupts the waiting.
    """
    said: Sequence[str] = ()
    while (ahead := runs_ahead(context.instance, context.run.run_id)) is not None:
        if ahead != said:
            context.log.info(waiting_for(ahead))
            said = ahead
        signals.stop_if_requested()
        time.sleep(LOOK_EVERY_S)
    if said:
        context.log.info("The pool has room: this run's turn.")


def waiting_for(ahead: Sequence[str]) -> str:
    """What to tell a person about a run that waits."""
    runs = ", ".join(run_id[:8] for run_id in ahead) or "no run: the limit is 0"
    return f"Waiting for room in the pool `{POOL}`; before this run: {runs}. Nothing is ordered."


def runs_ahead(instance: dg.DagsterInstance, run_id: str | None = None) -> Sequence[str] | None:
    """The runs that `run_id` (None: a run to come) must wait for; None if it need not wait.

    Runs whose process is gone are marked as failed first, and do not count.
    """
    limit = pool_limit(instance)
    if limit is None:
        return None
    mark_dead_runs(instance)
    records = instance.get_run_records(dg.RunsFilter(statuses=IN_PROGRESS), ascending=True)
    ids = [r.dagster_run.run_id for r in records if is_in_pool(r.dagster_run)]
    ahead = ids[: ids.index(run_id)] if run_id in ids else ids
    return ahead if len(ahead) >= limit else None


def set_up_pool(instance: dg.DagsterInstance) -> None:
    """Let the pool be known before its first run.

    Else Dagster's queue takes its limit into account only from the second look on (1.13).
    """
    if instance.global_op_concurrency_default_limit is not None:
        instance.event_log_storage.initialize_concurrency_limit_to_default(POOL)


def pool_limit(instance: dg.DagsterInstance) -> int | None:
    """How many runs may order at a time; None if nobody has set a limit."""
    limits = {pool.name: pool.limit for pool in instance.event_log_storage.get_pool_limits()}
    return limits.get(POOL, instance.global_op_concurrency_default_limit)
