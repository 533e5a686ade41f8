"""Asking the service to cancel a take that is still queued there, and writing down what came of it.

A cancel is a hint: only a later status confirms it. What the service will not cancel goes on, may
be charged, and is collected like any other.
"""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime

from seedance_assets.core.errors import ServiceError
from seedance_assets.core.generation import CancelAnswer, GenerationState
from seedance_assets.core.take import Take, TakeState
from seedance_assets.production.ordering.async_ledger import AsyncLedger
from seedance_assets.production.ports import GenerationService

_CHARGE_PATIENCE_S = 1.0
QUEUED = frozenset({GenerationState.IN_QUEUE, GenerationState.UNKNOWN})
"""States of a generation that may still be cancelled, as far as anybody can tell."""


async def cancel_queued(
    service: GenerationService,
    ledger: AsyncLedger,
    take: Take,
    *,
    seen_queued: bool,
    patience_s: float | None = None,
) -> Take:
    """The take after the attempt: cancelled, or as it was with a line in its history.

    One that was not `seen_queued` is looked at first, as what runs is never touched. Raises what
    the service raises for questions, `TransitionRefused` if the take has gone elsewhere meanwhile,
    and `TimeoutError` if the service has not answered within `patience_s` seconds.
    """
    request_id = take.request_id or ""
    async with asyncio.timeout(patience_s):  # what it confirms is written down all the same
        if not seen_queued and (await service.status(request_id)).state not in QUEUED:
            return take
        answer = await service.cancel(request_id)
        status = await service.status(request_id)
    if status.state is GenerationState.CANCELLED:
        charged = await _charge(service, request_id)
        why = "cancelled by a person, confirmed"
        return await ledger.move(take, TakeState.CANCELLED, why, **charged)
    if answer is CancelAnswer.NOT_CANCELLABLE:
        return await ledger.remark(
            take,
            "not cancellable (by a person): it goes on and may be charged",
            cancel_refused_at=datetime.now(UTC),
        )
    return await ledger.remark(
        take,
        f"asked to be cancelled (by a person), not confirmed: the service says {status.state}",
    )


async def _charge(service: GenerationService, request_id: str) -> dict[str, float]:
    """What the service charged for a cancelled take after all, if it says so at once."""
    with suppress(ServiceError, TimeoutError):
        async with asyncio.timeout(_CHARGE_PATIENCE_S):
            cost_usd = (await service.result(request_id)).cost_usd
            return {} if cost_usd is None else {"cost_usd": cost_usd}
    return {}
