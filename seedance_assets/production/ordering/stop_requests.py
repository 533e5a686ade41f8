"""Who has left the line before the end, and what becomes of what they have queued."""

from collections.abc import Iterable


class StopRequests:
    """Shots that have left the line of one run: some of them, or everybody."""

    def __init__(self) -> None:
        self._everybody = False
        self._cancel_all = False
        self._shots: set[str] = set()

    def everybody(self, *, cancel_queued: bool) -> None:
        """The run is broken off."""
        self._everybody, self._cancel_all = True, cancel_queued

    def some(self, shots: Iterable[str]) -> None:
        """A person has cancelled these shots; the others go on."""
        self._shots.update(shots)

    def has_left(self, shot: str) -> bool:
        """Whether no more orders are to be sent for a shot."""
        return self._everybody or shot in self._shots

    def cancels(self, shot: str) -> bool:
        """Whether the service is to cancel what it has queued for a shot that leaves."""
        return self._cancel_all or shot in self._shots
