"""What is ordered: which take of which request, and for which shot."""

from dataclasses import dataclass, field, replace
from typing import Self

from seedance_assets.adapters.ledger import Reorder
from seedance_assets.core.request import GenerationRequest
from seedance_assets.core.shot import Shot


@dataclass(frozen=True, slots=True)
class Order:
    """A purchase that a shot needs. It is sent only if no take holds it already."""

    shot: Shot
    request: GenerationRequest
    ordinal: int
    """Which of several takes of the same request, from 1."""
    reorder: Reorder = field(default_factory=Reorder)
    """Why it is ordered although there was a take before."""

    @property
    def purchase(self) -> tuple[str, int]:
        """By what the ledger finds it."""
        return self.request.fingerprint, self.ordinal

    @property
    def rank(self) -> tuple[int, int, int]:
        """Its place in a queue: the most urgent first, then in the sheet's order."""
        return -self.shot.priority, self.shot.row, self.ordinal

    def again(self, reorder: Reorder) -> Self:
        """The same purchase, ordered once more."""
        return replace(self, reorder=reorder)
