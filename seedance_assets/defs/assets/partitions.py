"""One partition per shot, in step with the sheet."""

from collections.abc import Iterable

import dagster as dg
from dagster._core.storage.tags import (
    ASSET_PARTITION_RANGE_END_TAG,
    ASSET_PARTITION_RANGE_START_TAG,
    PARTITION_NAME_TAG,
    ROOT_RUN_ID_TAG,
)

from seedance_assets.defs.show import THE_SHOW, Show

_CHUNK = 500  # SQLite bounds the variables of one statement
_RANGE = (ASSET_PARTITION_RANGE_START_TAG, ASSET_PARTITION_RANGE_END_TAG)


def register_shots(
    instance: dg.DagsterInstance, keys: Iterable[str], show: Show = THE_SHOW
) -> list[str]:
    """Add the partitions that are missing, in the sheet's order; returns the new ones."""
    name = show.named("shots")
    known = set(instance.get_dynamic_partitions(name))
    new = [key for key in dict.fromkeys(keys) if key not in known]
    for start in range(0, len(new), _CHUNK):
        instance.add_dynamic_partitions(name, new[start : start + _CHUNK])
    return new


def retire_shots(
    instance: dg.DagsterInstance, keys: Iterable[str], show: Show = THE_SHOW
) -> list[str]:
    """Take out the partitions of shots that are not among `keys`; returns them.

    What was made of them stays: takes, videos, and their events, which are shown again as soon as
    the shot comes back.
    """
    name = show.named("shots")
    kept = set(keys)
    gone = [key for key in instance.get_dynamic_partitions(name) if key not in kept]
    for key in gone:
        instance.delete_dynamic_partition(name, key)
    return gone


def shots_of_run(instance: dg.DagsterInstance, run: dg.DagsterRun) -> list[str]:
    """The shots of a run over partitions: those that lay in its range when it was asked for.

    Dagster keeps the first and the last and reads anew what lies between; but a shot that is
    retired and comes back has another place. What it planned for a run, and for the one that this
    is a re-execution of, does not change. Empty if it planned nothing.
    """
    if PARTITION_NAME_TAG in run.tags:
        return [run.tags[PARTITION_NAME_TAG]]
    root = run.root_run_id or run.tags.get(ROOT_RUN_ID_TAG)
    first = instance.get_run_by_id(root) if root else None
    same = first is not None and all(first.tags.get(tag) == run.tags.get(tag) for tag in _RANGE)
    planned = instance.get_records_for_run(
        first.run_id if first and same else run.run_id,
        of_type=dg.DagsterEventType.ASSET_MATERIALIZATION_PLANNED,
    ).records
    found: dict[str, None] = {}
    for record in planned:
        event = record.event_log_entry.get_dagster_event()
        plan = event.asset_materialization_planned_data
        if plan.partitions_subset is not None:
            found |= dict.fromkeys(plan.partitions_subset.get_partition_keys())
        elif plan.partition is not None:
            found[plan.partition] = None
    return list(found)
