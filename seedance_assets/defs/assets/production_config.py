"""The configuration of a production run in the Launchpad."""

from typing import Any

import dagster as dg
from pydantic import Field

from seedance_assets.core.run_options import MOST_RETRIES, RunOptions
from seedance_assets.core.shot import MAX_TAKES


class ProductionConfig(dg.Config):
    """The options of this run."""

    shots: list[str] = Field(
        default_factory=list,
        description="Shots by name, for a run without partitions. Empty: all shots.",
    )
    buy: bool = Field(
        default=True,
        description="Whether this run may spend money. If not, it only collects paid takes.",
    )
    former_takes: bool = Field(
        default=False,
        description=(
            "Also download paid takes of edited and retired rows; without `shots`, download "
            "only those. Free."
        ),
    )
    retry_failed: bool = Field(
        default=False,
        description="Pay again for takes that failed at the service. Costs money.",
    )
    max_cost_usd: float | None = Field(
        default=None,
        description=(
            "Spending limit of this run in USD, in addition to the production's caps. In a "
            "backfill it applies to each run."
        ),
    )
    accept_unknown_cost: bool = Field(
        default=False,
        description="Buy even if the price of a take is unknown. Costs money.",
    )
    takes: int | None = Field(
        default=None,
        description=f"1 to {MAX_TAKES} takes of each shot, instead of the sheet's number.",
    )
    retake: str = Field(
        default="",
        description=(
            "A reason, such as `the gull is missing`: buys one more take of each shot, with the "
            "same request. The reason is recorded in the take's history. Costs money."
        ),
    )
    approved: str = Field(
        default="",
        description=(
            "The `plan_digest` of `production_plan`, or of a dry run: nothing is bought if the "
            "sheet, the settings or a first frame has changed since. Empty: buy what is asked for."
        ),
    )
    dry_run: bool = Field(
        default=False,
        description="Only show what the run would do and cost. Nothing is bought or made.",
    )
    retries: int = Field(
        default=1,
        description=(
            f"0 to {MOST_RETRIES}: how often shots that failed for a temporary reason are tried "
            "again. Free: no refused order is sent again."
        ),
    )
    retry_wait_s: int = Field(default=10, description="Seconds before each retry.")

    def options(self) -> RunOptions:
        """The run options from these fields. Raises `UsageError`.

        Bounds of the fields would be told in pydantic's words, so `RunOptions` checks the numbers.
        """
        return RunOptions(**self.model_dump())


def config_of(options: RunOptions) -> dict[str, Any]:
    """The op's configuration for these options, without defaults."""
    usual = {name: field.get_default(call_default_factory=True) for name, field in _FIELDS.items()}
    given = {name: getattr(options, name) for name in _FIELDS} | {"shots": [*options.shots]}
    return {name: value for name, value in given.items() if value != usual[name]}


_FIELDS = ProductionConfig.model_fields
