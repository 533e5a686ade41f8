"""Everything that Dagster loads: assets, checks, jobs, the resource."""

from collections.abc import Callable

import dagster as dg

from seedance_assets.defs.collecting import collect_paid_takes
from seedance_assets.defs.intake import production_plan, shot_list
from seedance_assets.defs.production import SPECS, Watch, build_production
from seedance_assets.defs.report import qc_report
from seedance_assets.defs.resources import StudioResource

# Run-level retries never look at the error; ours are named where they are raised.
_NO_BLIND_RETRY = {"dagster/retry_on_asset_or_op_failure": "false"}


def _ignore(_event: object) -> None:
    """The UI needs no progress bars."""


def _never() -> bool:
    """A bare signal (a redeploy) lets go; only Terminate in the UI cancels."""
    return False


def build_definitions(
    *,
    watch: Watch = _ignore,
    interrupt_cancels: Callable[[], bool] = _never,
    studio: StudioResource | None = None,
) -> dg.Definitions:
    """The definitions.

    The command line listens to the line's events through `watch`; another project, or a test, may
    bring its own `studio`.
    """
    return dg.Definitions(
        assets=[
            shot_list,
            production_plan,
            build_production(watch, interrupt_cancels=interrupt_cancels),
            qc_report,
        ],
        jobs=[
            dg.define_asset_job(
                "intake",
                selection=[shot_list, production_plan],
                description="Read the sheet and plan. Free.",
                tags=_NO_BLIND_RETRY,
            ),
            dg.define_asset_job(
                "production",
                selection=[spec.key for spec in SPECS],
                description=(
                    "Make the shots: order, wait, fetch, measure. Costs money for takes that are "
                    "not paid for yet."
                ),
                tags=_NO_BLIND_RETRY,
            ),
            dg.define_asset_job(
                "review",
                selection=[qc_report],
                description="Write the review page. Free.",
                tags=_NO_BLIND_RETRY,
            ),
        ],
        sensors=[
            dg.AutomationConditionSensorDefinition(
                "free_things",
                target=dg.AssetSelection.assets(qc_report),
                default_status=dg.DefaultSensorStatus.RUNNING,
                description="Keeps the review page fresh. Spends nothing.",
            ),
            collect_paid_takes,
        ],
        # A run has one or two steps, and the line is parallel in itself: a process for each step
        # would only import everything once more.
        executor=dg.in_process_executor,
        resources={"studio": studio or StudioResource()},
    )


defs = build_definitions()
