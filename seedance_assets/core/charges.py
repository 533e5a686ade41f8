"""Charges so far above their estimates that a person must look before more is bought."""

from seedance_assets.core.budget import usd
from seedance_assets.core.take import Take

MANY_TIMES = 20.0
"""So many times its estimate, any charge is too high."""
SEVERAL_TIMES = 5.0
SEVERAL_USD = 1.0
"""So is one of several times its estimate, if it is this much above it."""


def too_high(take: Take) -> str:
    """The sentence for a charge of many times its estimate; empty for any other."""
    if not take.cost_usd or not take.estimate_usd:
        return ""
    times, more_usd = take.cost_usd / take.estimate_usd, take.cost_usd - take.estimate_usd
    if times < MANY_TIMES and (times < SEVERAL_TIMES or more_usd < SEVERAL_USD):
        return ""
    return (
        f"take {take.name} was charged {usd(take.cost_usd)}, {times:.0f} times its estimate of "
        f"{usd(take.estimate_usd)}"
    )
