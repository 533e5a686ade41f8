"""Which runs are tries of the same asking: what one of them bought, the others find."""

from collections.abc import Iterator

import dagster as dg
from dagster._core.storage.tags import BACKFILL_ID_TAG, ROOT_BACKFILL_ID_TAG, ROOT_RUN_ID_TAG


def runs_of_the_same_request(instance: dg.DagsterInstance, run: dg.DagsterRun) -> frozenset[str]:
    """Ids of the runs that began with the same click as `run`, and of their re-executions.

    One click may be a backfill of many runs that make each other's shots; and a run may be
    re-executed again and again.
    """
    line = list(_line(instance, run))
    found = {each.run_id for each in line}
    known_by = [{ROOT_RUN_ID_TAG: run_id} for run_id in found]  # from the UI: each names the first
    for each in line:
        if backfill := each.tags.get(ROOT_BACKFILL_ID_TAG) or each.tags.get(BACKFILL_ID_TAG):
            known_by += [{BACKFILL_ID_TAG: backfill}, {ROOT_BACKFILL_ID_TAG: backfill}]
    for known in known_by:
        found.update(instance.get_run_ids(dg.RunsFilter(tags=known)))
    return frozenset(found)


def _line(instance: dg.DagsterInstance, run: dg.DagsterRun) -> Iterator[dg.DagsterRun]:
    """The run, those of which it is a re-execution, and the first of all."""
    seen: set[str] = set()
    to_see: list[str | None] = [run.root_run_id, run.run_id]
    while to_see:
        run_id = to_see.pop()
        if run_id is None or run_id in seen:
            continue
        seen.add(run_id)
        found = instance.get_run_by_id(run_id)
        if found is not None:
            yield found
            to_see.append(found.parent_run_id)
