"""What a person has asked of a run."""

import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from seedance_assets.core.shot import Shot
from seedance_assets.core.take import Take, TakeState, has_reached
from seedance_assets.production.events import Stage
from seedance_assets.production.money.run_budget import Allowed


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

    takes: int | None = None
    """How many takes of each shot, instead of the sheet's number."""
    retake: str = ""
    """Why one take more is wanted of each shot than there is; empty: none is wanted."""
    same_runs: frozenset[str] = frozenset()
    """Runs of which this one is another try: what they bought as a retake is found again."""

    def ordinals(
        self,
        shot: Shot,
        held: Iterable[Take],
        unreported: Collection[tuple[str, int]] = (),
        silent: Iterable[Take] = (),
    ) -> tuple[int, ...]:
        """Which takes of a shot's request are wanted; `held` are those that there are.

        `silent` are takes without sound that stand in for some of those.

        Those that the shot has already are always among them, even if the row asks for fewer: the
        latest report of a shot never goes back to fewer takes. A retake is bought once, however
        often the run that asks for it is tried again, and however often the same words ask for it
        before its result was reported: `unreported` are those purchases. A run that only collects
        wants whatever was paid for.
        """
        held = list(held)
        wanted = set(range(1, (self.takes or shot.takes) + 1))
        own = (take for take in (*held, *silent) if take.shot == shot.key)
        wanted.update(take.ordinal for take in own if _is_made(take))
        if not self.buy:
            wanted.update(take.ordinal for take in held if take.state.to_collect)
        if self.retake:
            bought = [take.ordinal for take in self.retakes_of(held, unreported)]
            there = [take.ordinal for take in held]
            wanted.add(max(bought) if bought else max(there, default=0) + 1)
        return tuple(sorted(wanted))

    def retakes_of(
        self, held: Iterable[Take], unreported: Collection[tuple[str, int]]
    ) -> list[Take]:
        """The takes that were bought already as the retake that is asked for."""
        runs = {self.run_id, *self.same_runs}
        return [
            take
            for take in held
            if take.run_id in runs or (take.fingerprint, take.ordinal) in unreported
        ]

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


def _is_made(take: Take) -> bool:
    return has_reached(take.state, TakeState.SUCCEEDED)
