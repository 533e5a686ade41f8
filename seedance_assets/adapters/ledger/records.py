"""What the ledger gives out: takes, claims and lines of history, from rows of its tables."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import RowMapping

from seedance_assets.core.budget import CapUsage
from seedance_assets.core.error_codes import code_of
from seedance_assets.core.take import Take, TakeState


@dataclass(frozen=True, slots=True)
class Claim:
    """The take that stands for a purchase, and whether this call wrote it down."""

    take: Take
    new: bool
    nearly_spent: tuple[CapUsage, ...] = ()
    """Caps that are nearly reached, this take included."""


@dataclass(frozen=True, slots=True)
class Transition:
    """One line of a take's history."""

    id: int
    """Its place in the ledger: what was written later has a higher one, whatever clocks say."""
    at: datetime
    from_state: TakeState | None
    to_state: TakeState
    cause: str
    run_id: str | None
    owner: str | None


def take_of(row: RowMapping) -> Take:
    """The take that a row of the table `takes` holds."""
    values = {name: row[name] for name in Take.__dataclass_fields__}
    known = {"state": TakeState(row["state"]), "error_kind": code_of(row["error_kind"])}
    return Take(**{**values, **known})


def transition_of(row: RowMapping) -> Transition:
    """The line of history that a row of the table `transitions` holds."""
    before = row["from_state"]
    return Transition(
        id=row["id"],
        at=row["at"],
        from_state=TakeState(before) if before else None,
        to_state=TakeState(row["to_state"]),
        cause=row["cause"],
        run_id=row["run_id"],
        owner=row["owner"],
    )
