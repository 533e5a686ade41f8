"""What a person may tell a production run in the Launchpad."""

from typing import Any

import dagster as dg
from pydantic import Field

from seedance_assets.core.run_options import MOST_RETRIES, RunOptions
from seedance_assets.core.shot import MAX_TAKES


class ProductionConfig(dg.Config):
    """What this run may do."""

    shots: list[str] = Field(
        default_factory=list,
        description="Shots by name, for a run without partitions. Empty: all of the list.",
    )
    buy: bool = Field(
        default=True,
        description="Whether this run may spend money. If not, it collects what is paid for.",
    )
    former_takes: bool = Field(
        default=False,
        description=(
            "Also download paid takes that the sheet no longer asks for, of edited and retired "
            "rows; without `shots` nothing but those. Free."
        ),
    )
    retry_failed: bool = Field(
        default=False,
        description="Pay again for takes that failed at the service. Costs money.",
    )
    max_cost_usd: float | None = Field(
        default=None,
        description=(
            "The most that this run may spend, in USD, beside the production's caps. In a backfill "
            "each of its runs may."
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
            "A reason, such as `the gull is missing`: one take more of each shot than there is, of "
            "the same request. It stands in the take's history. Costs money."
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
        description="Only say what the run would do and cost. Nothing is bought, fetched or made.",
    )
    retries: int = Field(
        default=1,
        description=(
            f"0 to {MOST_RETRIES}: how often shots that failed for a passing reason are tried "
            "again. Free: no refused order is sent again."
        ),
    )
    retry_wait_s: int = Field(default=10, description="Seconds before it does.")

    def options(self) -> RunOptions:
        """The options that these fields say. Raises `UsageError`.

        Bounds of the fields would be told in pydantic's words, so `RunOptions` checks the numbers.
        """
        return RunOptions(**self.model_dump())


def config_of(options: RunOptions) -> dict[str, Any]:
    """The configuration of the op that says these options: what is not as usual."""
    usual = {name: field.get_default(call_default_factory=True) for name, field in _FIELDS.items()}
    given = {name: getattr(options, name) for name in _FIELDS} | {"shots": [*options.shots]}
    return {name: value for name, value in given.items() if value != usual[name]}


_FIELDS = ProductionConfig.model_fields
