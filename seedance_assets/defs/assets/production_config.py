"""What a person may tell a production run in the Launchpad."""

import dagster as dg
from pydantic import Field

from seedance_assets.core.errors import UsageError
from seedance_assets.core.shot import MAX_TAKES

MOST_RETRIES = 10
"""More tries of one step bring nothing that the collecting sensor does not."""


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

    def check(self) -> None:
        """Raises `UsageError` for a number that makes no sense.

        Bounds of the fields would say so themselves, but in pydantic's words.
        """
        takes, cost_usd, retries, wait_s = (
            self.takes,
            self.max_cost_usd,
            self.retries,
            self.retry_wait_s,
        )
        for fits, said in (
            (
                takes is None or 1 <= takes <= MAX_TAKES,
                f"`takes` is {takes}, and a shot has 1 to {MAX_TAKES}",
            ),
            (
                cost_usd is None or cost_usd >= 0,
                f"`max_cost_usd` is {cost_usd}, and a cap is 0 or more",
            ),
            (
                0 <= retries <= MOST_RETRIES,
                f"`retries` is {retries}, and there are 0 to {MOST_RETRIES}",
            ),
            (wait_s >= 0, f"`retry_wait_s` is {wait_s}, and a pause takes 0 seconds or more"),
        ):
            if not fits:
                raise UsageError(
                    said, advice="Correct the run's configuration and launch it again."
                )
