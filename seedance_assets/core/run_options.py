"""What a person asks of a run: one type for the command line, the Launchpad, sensors and schedule.

A new option is a field here and its two doors: an option of `seedance produce` in `cli/produce.py`,
and a field of the Launchpad in `defs/assets/production_config.py`, both under the same name.
"""

import math
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime

from seedance_assets.core.errors import UsageError
from seedance_assets.core.shot import LONGEST_REASON, MAX_TAKES
from seedance_assets.core.stage import Stage

MOST_RETRIES = 10
"""More tries of one step bring nothing that the collecting sensor does not."""


@dataclass(frozen=True, slots=True)
class RunOptions:
    """The options of a run. Raises `UsageError` for a number that makes no sense."""

    shots: tuple[str, ...] = ()
    """Names of shots, for a run without partitions; empty: all of the list."""
    buy: bool = True
    """Whether money may be spent; without it the run only collects what is paid for."""
    former_takes: bool = False
    """Whether to download paid takes that the sheet no longer asks for, too."""
    retry_failed: bool = False
    """Whether takes that failed at the service are to be paid for again."""
    max_cost_usd: float | None = None
    """The most that this run may spend, beside the production's own caps."""
    accept_unknown_cost: bool = False
    """Whether takes may be bought whose price is unknown."""
    takes: int | None = None
    """How many takes of each shot, instead of the sheet's number."""
    retake: str = ""
    """Why one take more is wanted of each shot than there is; empty: none is wanted."""
    approved: str = ""
    """The digest of the plan that was approved: nothing else is bought. Empty: no plan was."""
    dry_run: bool = False
    """Whether to only say what the run would do."""
    retries: int = 1
    """How often shots that failed for a passing reason are tried again, for free."""
    retry_wait_s: int = 10
    """Seconds before that."""

    # Which run it is: known to whoever starts it, not asked of a person.

    run_id: str = field(default_factory=lambda: uuid.uuid4().hex)
    """Caps of a run count the takes that bear it."""
    until: Stage = Stage.MEASUREMENTS
    """The last stage."""
    asked_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    """When a person asked: what failed later is not what they asked to pay for again."""
    same_runs: frozenset[str] = frozenset()
    """Runs of which this one is another try: what they bought as a retake is found again."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "shots", tuple(self.shots))
        object.__setattr__(self, "retake", " ".join(self.retake.split())[:LONGEST_REASON])
        takes, cost_usd, retries = self.takes, self.max_cost_usd, self.retries
        for fits, problem in (
            (
                takes is None or 1 <= takes <= MAX_TAKES,
                f"`takes` is {takes}, and a shot has 1 to {MAX_TAKES}",
            ),
            (
                cost_usd is None or (math.isfinite(cost_usd) and cost_usd >= 0),
                f"`max_cost_usd` is {cost_usd}, and a cap is 0 or more",
            ),
            (
                0 <= retries <= MOST_RETRIES,
                f"`retries` is {retries}, and there are 0 to {MOST_RETRIES}",
            ),
            (
                self.retry_wait_s >= 0,
                f"`retry_wait_s` is {self.retry_wait_s}, and a pause takes 0 seconds or more",
            ),
        ):
            if not fits:
                raise UsageError(
                    problem, advice="Correct the run's configuration and launch it again."
                )
