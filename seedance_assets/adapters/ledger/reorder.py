"""Orders of what was ordered before: another try, or a silent take in the place of another."""

from dataclasses import dataclass

from seedance_assets.core.take import Take, TakeState


@dataclass(frozen=True, slots=True)
class Reorder:
    """Why a purchase is ordered although there was a take of it, or of one like it."""

    replaces: Take | None = None
    """A failed take that gives its place up in the order's own transaction."""
    cause: str = ""
    """Why it does; stands in its history."""
    note: str = ""
    """What is to be said of the order itself in the history."""
    resubmission: int = 0
    fallback_of: str | None = None

    def is_replaced_by(self, held: Take) -> bool:
        """Whether the take that holds the place is the one to be replaced, and failed still."""
        return (
            self.replaces is not None
            and held.id == self.replaces.id
            and held.state is TakeState.FAILED
        )
