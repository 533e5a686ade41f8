"""Takes by what has to happen to them next."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from seedance_assets.core.take import Take, TakeState

IsAbandoned = Callable[[Take], bool]
"""Whether the process of an order has ended, or is overdue, and wrote down no answer."""


def as_known(take: Take, is_abandoned: IsAbandoned) -> Take:
    """The take as people are told of it: an abandoned order is unknown, whatever the ledger has."""
    if take.state is TakeState.INTENT and is_abandoned(take):
        return replace(take, state=TakeState.UNKNOWN)
    return take


@dataclass(frozen=True, slots=True)
class TakeGroups:
    """Takes that are not finished, and those that were cancelled."""

    being_ordered: tuple[Take, ...]
    """A living process is sending their orders."""
    unknown: tuple[Take, ...]
    """Their orders may have been sent: only a person can find out."""
    at_service: tuple[Take, ...]
    to_download: tuple[Take, ...]
    to_measure: tuple[Take, ...]
    cancelled: tuple[Take, ...]

    @property
    def to_collect(self) -> tuple[Take, ...]:
        """What is ordered, and not downloaded and measured yet."""
        return (*self.at_service, *self.to_download, *self.to_measure)


def group_takes(takes: Iterable[Take], is_abandoned: IsAbandoned) -> TakeGroups:
    """Sort takes, each group in the order given."""
    known = [as_known(take, is_abandoned) for take in takes]

    def in_state(state: TakeState) -> tuple[Take, ...]:
        return tuple(take for take in known if take.state is state)

    return TakeGroups(
        being_ordered=in_state(TakeState.INTENT),
        unknown=in_state(TakeState.UNKNOWN),
        at_service=in_state(TakeState.SUBMITTED),
        to_download=in_state(TakeState.SUCCEEDED),
        to_measure=in_state(TakeState.STORED),
        cancelled=in_state(TakeState.CANCELLED),
    )
