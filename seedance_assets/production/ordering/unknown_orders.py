"""Takes of which nobody knows whether they were ordered: what a person is told of them."""

from seedance_assets.core.budget import usd
from seedance_assets.core.errors import (
    AnswerLost,
    Charge,
    GenerationCancelled,
    OutOfPatience,
    TakeUnknown,
)
from seedance_assets.core.next_step import Action, NextStep
from seedance_assets.core.order_advice import being_ordered, resolve_unknown, unknown_reason
from seedance_assets.core.take import Take


def unknown(take: Take) -> TakeUnknown:
    """The error for a take whose order may have been sent."""
    return TakeUnknown(unknown_reason(take), advice=resolve_unknown(take))


def ordered_elsewhere(take: Take) -> OutOfPatience:
    """The error for a take that another process has been ordering for long."""
    return OutOfPatience(
        f"take {take.name} is still being ordered by another process; it is left to the next run",
        advice=being_ordered(take),
    ).with_charge(Charge.UNKNOWN)


def unwritten(take: Take, request_id: str, why: str) -> AnswerLost:
    """The error for an order that is paid for, and that the ledger could not take down."""
    return AnswerLost(
        f"take {take.name} was ordered as {request_id}, but the ledger did not take it down: {why}",
        advice=NextStep(
            "It is paid for. When the ledger can be written again, the next run finds the id in "
            "the journal of orders; if not",
            Action.ADOPT,
            take.name,
            request_id,
        ),
    ).with_charge(Charge.CHARGED)


def cancelled(take: Take, cost_usd: float | None) -> GenerationCancelled:
    """The error for a take that was cancelled at the service, by whomever."""
    if not cost_usd:
        return GenerationCancelled(f"take {take.name} was cancelled at the service")
    error = GenerationCancelled(
        f"take {take.name} was cancelled at the service, which charged {usd(cost_usd)} for it",
        advice="The charge counts against the budget. Run again to order it once more.",
    )
    error.with_charge(Charge.CHARGED)
    return error


def id_of(take: Take) -> str:
    """The request id of a take. Raises `TakeUnknown` if it has none."""
    if take.request_id is None:
        raise TakeUnknown(f"take {take.name} has no request id", advice=resolve_unknown(take))
    return take.request_id
