"""Everything that Dagster loads: assets, checks, jobs, sensors, the resource."""

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from seedance_assets.defs.assets.intake import Reading, build_intake
from seedance_assets.defs.assets.production import Watch, build_production
from seedance_assets.defs.assets.report import build_report
from seedance_assets.defs.assets.stages import build_specs
from seedance_assets.defs.jobs.resolve_unknown_take import build_resolve_unknown_take
from seedance_assets.defs.resources import ProductionResource
from seedance_assets.defs.runs.signals import Signals
from seedance_assets.defs.sensors.buying import (
    LOOK_EVERY_S,
    NIGHTLY,
    build_nightly_production,
    build_produce_changed_shots,
)
from seedance_assets.defs.sensors.collecting import build_collector
from seedance_assets.defs.sensors.notices import build_notices
from seedance_assets.defs.sensors.sheet_watch import build_sheet_watch
from seedance_assets.defs.show import THE_SHOW, Show

# Run-level retries never look at the error; ours are named where they are raised.
_NO_BLIND_RETRY = {"dagster/retry_on_asset_or_op_failure": "false"}


def _ignore(_event: object) -> None:
    """The UI needs no progress bars."""


def _never() -> bool:
    """A bare signal (a redeploy) detaches; only Terminate in the UI cancels."""
    return False


def build_definitions(  # noqa: PLR0913  # a keyword for each thing that a caller may bring
    *,
    watch: Watch = _ignore,
    interrupt_cancels: Callable[[], bool] = _never,
    listening: Signals | None = None,
    reading: Reading | None = None,
    production: ProductionResource | None = None,
    show: Show = THE_SHOW,
    nightly: str = NIGHTLY,
    look_every_s: int = LOOK_EVERY_S,
    free_look_every_s: int | None = None,
) -> dg.Definitions:
    """The definitions of a show.

    Of what buys by itself, once somebody turns it on: `nightly` is when the schedule runs (cron,
    UTC), `look_every_s` how often the sensor looks. The free sensors look each at its own pace,
    unless `free_look_every_s` says otherwise.

    The command line hears the line's events through `watch`, has been `listening` for signals, and
    brings its `reading` of the sheet; another project, or a test, may
    bring its own resource as `production`. Definitions of several shows can be merged.
    """
    shots = build_production(
        watch, interrupt_cancels=interrupt_cancels, listening=listening, show=show
    )
    return dg.Definitions(
        assets=_with_code([*build_intake(show, reading), shots, build_report(show)]),
        jobs=[*_jobs(show), build_resolve_unknown_take(show)],
        sensors=[
            dg.AutomationConditionSensorDefinition(
                show.named("refresh_reports"),
                target=dg.AssetSelection.assets(show.key("qc_report")),
                default_status=dg.DefaultSensorStatus.RUNNING,
                minimum_interval_seconds=free_look_every_s,
                description="Keeps the review page fresh. Spends nothing.",
            ),
            build_sheet_watch(show, free_look_every_s),
            build_collector(show, free_look_every_s),
            build_produce_changed_shots(show, look_every_s),
            build_notices(show, free_look_every_s),
        ],
        schedules=[build_nightly_production(show, nightly)],
        # A run has one or two steps, and the line is parallel in itself: a process for each step
        # would only import everything once more.
        executor=dg.in_process_executor,
        resources={show.production: production or ProductionResource()},
    )


def _with_code(assets: Sequence[dg.AssetsDefinition]) -> Sequence[Any]:
    """The assets, each with a link to the lines that make it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", dg.BetaWarning)  # until Dagster calls it stable
        return dg.with_source_code_references(assets)


def _jobs(show: Show) -> list[UnresolvedAssetJobDefinition]:
    return [
        dg.define_asset_job(
            show.named("intake"),
            selection=[show.key("shot_list"), show.key("production_plan")],
            description="Read the sheet and plan. Free.",
            tags=_NO_BLIND_RETRY,
        ),
        dg.define_asset_job(
            show.named("production"),
            selection=[spec.key for spec in build_specs(show)],
            description=(
                "Make the shots: order, wait, fetch, measure. Costs money for takes that are not "
                "paid for yet."
            ),
            tags=_NO_BLIND_RETRY,
        ),
        dg.define_asset_job(
            show.named("review"),
            selection=[show.key("qc_report")],
            description="Write the review page. Free.",
            tags=_NO_BLIND_RETRY,
        ),
    ]


defs = build_definitions()
