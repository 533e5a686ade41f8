"""What a person has asked of a run."""

import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime

from seedance_assets.production.events import Stage
from seedance_assets.production.purse import Allowed


@dataclass(frozen=True, slots=True)
class Instructions:
    """What a person has asked of this run."""

    buy: bool = True
    """Whether money may be spent; without it the line only collects what is paid for."""
    retry_failed: bool = False
    """Whether takes that failed at the service are to be paid for anew."""
    until: Stage = Stage.MEASUREMENTS
    run_id: str = field(default_factory=lambda: uuid.uuid4().hex)
    """Caps of a run count the takes that bear it."""
    max_cost_usd: float | None = None
    """The most that this run may spend, beside the production's own caps."""
    accept_unknown_cost: bool = False
    """Whether takes may be bought that nobody can put a price on."""
    asked_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    """When a person asked: what failed later is not what they asked to pay for again."""

    @property
    def allowed(self) -> Allowed:
        """What it says about money."""
        return Allowed(
            run_id=self.run_id,
            buy=self.buy,
            retry_failed=self.retry_failed,
            max_cost_usd=self.max_cost_usd,
            accept_unknown_cost=self.accept_unknown_cost,
        )
