"""Runs of a stage's production in this process, and what Dagster says of them afterwards."""

import sys
import threading
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import dagster as dg

from seedance_assets.definitions import build_definitions
from seedance_assets.defs.assets.stages import OP
from seedance_assets.defs.resources import ProductionResource
from seedance_assets.defs.show import THE_SHOW
from seedance_assets.production.production_context import ProductionContext
from tests.stage import Stage, shared_probes

STATIONS = ("shot_request", "generation", "video", "measurements")


class ResourceOfTests(ProductionResource):
    """The resource itself; what measures clips serves all tests, as its start costs most."""

    @contextmanager
    def open(self, *, to_buy: bool = True) -> Iterator[ProductionContext]:
        with super().open(to_buy=to_buy) as production:
            yield replace(production, probes=shared_probes())


def resource(stage: Stage) -> ProductionResource:
    return ResourceOfTests(
        home=stage.environ["SEEDANCE_HOME"],
        token=stage.environ["RUNCOMFY_TOKEN"],
        api_base=stage.environ["RUNCOMFY_MODEL_API_BASE"],
    )


def run(
    stage: Stage,
    instance: dg.DagsterInstance,
    job: str,
    *,
    tags: Mapping[str, str] | None = None,
    config: Mapping[str, Any] | None = None,
    selection: Sequence[str] | None = None,
    definitions: dg.Definitions | None = None,
) -> dg.ExecuteInProcessResult:
    built = definitions or build_definitions(production=resource(stage))
    ops: dict[str, Any] = {}
    if job == "intake":
        ops = {"shot_list": {"config": {"sheet": str(stage.sheet)}}}
    if config is not None:
        ops = {OP: {"config": dict(config)}}
    return built.resolve_job_def(job).execute_in_process(
        instance=instance,
        run_config={"ops": ops},
        tags=dict(tags or {}),
        asset_selection=[dg.AssetKey(name) for name in selection] if selection else None,
        raise_on_error=False,
    )


def told(result: dg.ExecuteInProcessResult) -> str:
    """The last word of a run that failed."""
    failure = next(e for e in result.all_events if e.is_step_failure).step_failure_data
    assert failure.user_failure_data is not None
    return str(failure.user_failure_data.description)


def plan_digest(instance: dg.DagsterInstance) -> str:
    """The digest that `production_plan` shows."""
    event = instance.get_latest_materialization_event(dg.AssetKey("production_plan"))
    assert event is not None
    assert event.asset_materialization is not None
    return str(event.asset_materialization.metadata["plan_digest"].value)


def statuses(instance: dg.DagsterInstance, asset: str) -> dict[str, str]:
    keys = instance.get_dynamic_partitions("shots")
    found = instance.get_status_by_partition(dg.AssetKey(asset), keys, THE_SHOW.partitions) or {}
    return {key: status.value for key, status in found.items() if status is not None}


def checks(result: dg.ExecuteInProcessResult) -> dict[tuple[str, str], dg.AssetCheckEvaluation]:
    """Every evaluation of a run, by partition and name."""
    evaluated = [
        e.asset_check_evaluation_data
        for e in result.all_events
        if e.event_type is dg.DagsterEventType.ASSET_CHECK_EVALUATION
    ]
    return {(str(each.partition), each.check_name): each for each in evaluated}


def run_waits_for_the_line() -> bool:
    """Whether the run, in the main thread, waits for the line's next event.

    While Dagster writes, it keeps a signal for later, and the asset may not get to its end.
    """
    frame = sys._current_frames()[threading.main_thread().ident or 0]
    stack = [entry.name for entry in traceback.extract_stack(frame)]
    return "events" in stack and stack[-1] == "wait"
