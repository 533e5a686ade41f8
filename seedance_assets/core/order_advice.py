"""What people are told of an order whose outcome is not known, or not known yet."""

from seedance_assets.core.next_step import Action, NextStep, in_terminal
from seedance_assets.core.take import Take


def unknown_reason(take: Take) -> str:
    """What is wrong with a take whose order may have been sent."""
    why = f"its answer was lost: {take.error}" if take.error else "no answer was written down"
    return f"take {take.name} may have been ordered, but {why}"


def resolve_unknown(take: Take) -> NextStep:
    """The two ways out of `unknown`."""
    look = "Look for it on the service's Generations page."
    return NextStep(look, Action.RESOLVE_UNKNOWN, take.name)


def unknown_advice(take: Take) -> str:
    """The two ways out of `unknown`, as commands."""
    return in_terminal(resolve_unknown(take))


def being_ordered(take: Take) -> str:
    """What a person can do about an order that its process may be sending still."""
    host, _, rest = (take.owner or "").partition("/")
    later = f", on others at {take.owned_until:%H:%M} UTC" if take.owned_until else ""
    return (
        f"Process {rest.partition('/')[0]} on {host} is sending it: wait for its answer. If that "
        f"process hangs, end it; the take is then unknown: on that host at once{later}."
    )
