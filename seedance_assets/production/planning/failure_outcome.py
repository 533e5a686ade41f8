"""What a run would do about takes that have failed: for the plan and the report. Spends nothing."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from seedance_assets.core.failures import Remedy, RetryOptions, failure_of, kind_of, remedy
from seedance_assets.core.money import PriceSource
from seedance_assets.core.request import GenerationRequest
from seedance_assets.core.shot import Shot
from seedance_assets.core.take import Take, TakeState
from seedance_assets.production.money.budget_simulation import Purchase
from seedance_assets.production.ordering.orders import stand_in_for
from seedance_assets.production.production_context import ProductionContext


@dataclass(frozen=True, slots=True)
class FailureOutcome:
    """A take that has failed, and what follows."""

    held: Take
    """The failed take, of what the row asks for."""
    stands: Take
    """What stands for it now: itself, or the silent take that was ordered in its place."""
    follows: Remedy
    buys: Purchase | None = None
    """What a run would buy; None if nothing."""

    @property
    def silent(self) -> bool:
        """Whether a silent take stands in."""
        return self.stands.id != self.held.id

    @property
    def failed(self) -> bool:
        """Whether there is no take that is good, or on its way."""
        return self.stands.state is TakeState.FAILED

    @property
    def reason(self) -> str:
        """Why there is none; or what stands in."""
        if self.failed:
            return str(failure_of(self.stands, earlier=True))
        return f"{self.stands.name} is silent by fallback: the sound was refused"

    @property
    def advice(self) -> str:
        """What comes next, or what a person should do."""
        return {
            Remedy.NONE: kind_of(self.stands).advice,
            Remedy.SILENT: "It will be ordered once more, without sound.",
            Remedy.RESUBMIT: "It cost nothing and will be ordered again.",
            Remedy.RETRY: "It will be tried once more.",
        }[self.follows]


def failure_outcome(
    production: ProductionContext,
    shot: Shot,
    request: GenerationRequest,
    held: Sequence[Take],
    *,
    retry_failed: bool = False,
    price_source: PriceSource | None = None,
) -> list[FailureOutcome]:
    """What follows for each failed take of those that hold a shot's purchases."""
    retry_options = RetryOptions(
        production.settings.failures, shot.audio_fallback, retry=retry_failed
    )
    price_source = price_source or production.settings.price
    failed = [take for take in held if take.state is TakeState.FAILED]
    return [_after(production, request, take, retry_options, price_source) for take in failed]


async def failure_outcomes(
    production: ProductionContext,
    shot: Shot,
    request: GenerationRequest,
    held: Sequence[Take],
    *,
    retry_failed: bool,
    price_source: PriceSource,
) -> list[FailureOutcome]:
    """As `failure_outcome`; the ledger is asked, in a thread, only where a take has failed."""
    if all(take.state is not TakeState.FAILED for take in held):
        return []
    return await asyncio.to_thread(
        failure_outcome,
        production,
        shot,
        request,
        held,
        retry_failed=retry_failed,
        price_source=price_source,
    )


def _after(
    production: ProductionContext,
    request: GenerationRequest,
    take: Take,
    retry_options: RetryOptions,
    price_source: PriceSource,
) -> FailureOutcome:
    scope, silent = production.scope.key, request.silent()
    stand_in = stand_in_for(production.ledger, scope, request, take.ordinal)
    follows = remedy(take, retry_options, stand_in=stand_in is not None)
    if follows is not Remedy.SILENT or silent is None:
        return FailureOutcome(take, take, follows, _purchase(request, take, follows, price_source))
    instead = production.ledger.holder(scope, silent.fingerprint, take.ordinal)
    if instead is None:
        return FailureOutcome(take, take, follows, _purchase(silent, take, follows, price_source))
    if instead.state is not TakeState.FAILED:
        return FailureOutcome(take, instead, Remedy.NONE)
    follows = remedy(instead, retry_options, stand_in=False)
    return FailureOutcome(take, instead, follows, _purchase(silent, take, follows, price_source))


def _purchase(
    request: GenerationRequest, take: Take, follows: Remedy, price_source: PriceSource
) -> Purchase | None:
    if follows is Remedy.NONE:
        return None
    return Purchase(request.fingerprint, take.ordinal, price_source.estimate_usd(request))
