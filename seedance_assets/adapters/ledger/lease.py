"""For how long an order is its writer's alone: who calls it lost too early lets it be paid twice.

A writer that can be seen to live keeps it for as long as it lives: the clock of a machine that
slept has gone on while its order stood still. Of any other writer only the hour says anything.
"""

from datetime import datetime, timedelta

from seedance_assets.adapters.ledger.engine import BUSY_TIMEOUT_S
from seedance_assets.adapters.ledger.owner import is_gone, lives
from seedance_assets.core.take import LONGEST_ORDER_S, Take, TakeState

CLOCKS_DIFFER = timedelta(minutes=5)
"""Between two hosts that share a ledger; Kerberos bears as much."""
WRITING_DOWN = timedelta(seconds=2 * BUSY_TIMEOUT_S)
"""The answer, into a busy database: at once, or once more if the take was called unknown."""
ORDER_LEASE = timedelta(seconds=LONGEST_ORDER_S) + WRITING_DOWN + CLOCKS_DIFFER
"""From the intent on. Nothing is waited for between the intent and its order."""


def is_abandoned(take: Take, now: datetime) -> bool:
    """Whether `take` is an intent whose order cannot be under way any more."""
    if take.state is not TakeState.INTENT:
        return False
    late = take.owned_until is None or take.owned_until < now
    return is_gone(take.owner) or (late and not lives(take.owner))
