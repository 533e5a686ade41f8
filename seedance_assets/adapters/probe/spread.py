"""Picking evenly spread frames out of a clip whose length is known only at its end."""

from typing import Generic, TypeVar

Item = TypeVar("Item")

_WANTED = 8
_MOST = 16


class Spread(Generic[Item]):
    """Keeps 8 to 16 items, evenly spread over a row of unknown length (fewer of a short one).

    `expected` is a hint (a header may lie): whenever 16 are held, every second one is let go and
    the step doubles.
    """

    def __init__(self, expected: int) -> None:
        self._step = max(1, (expected - 1) // _WANTED)
        self.kept: list[Item] = []

    def wants(self, index: int) -> bool:
        """Whether it is the turn of number `index`; must be asked of every number in order."""
        if index % self._step:
            return False
        if len(self.kept) == _MOST:
            del self.kept[1::2]
            self._step *= 2
        return index % self._step == 0

    def keep(self, item: Item) -> None:
        """Keep the item whose turn it is."""
        self.kept.append(item)
