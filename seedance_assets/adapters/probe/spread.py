"""Pick evenly spread frames from a clip whose length is known only at its end."""

from typing import Generic, TypeVar

Item = TypeVar("Item")

_WANTED = 8
_MOST = 16


class Spread(Generic[Item]):
    """Keeps 8 to 16 items, evenly spread over a sequence of unknown length (fewer if it is short).

    `expected` is a hint (a header may be wrong): when 16 are held, every second one is dropped and
    the step doubles.
    """

    def __init__(self, expected: int) -> None:
        self._step = max(1, (expected - 1) // _WANTED)
        self.kept: list[Item] = []

    def is_due(self, index: int) -> bool:
        """Whether to keep item `index`; call it for every index in order."""
        if index % self._step:
            return False
        if len(self.kept) == _MOST:
            del self.kept[1::2]
            self._step *= 2
        return index % self._step == 0

    def keep(self, item: Item) -> None:
        """Keep an item that is due."""
        self.kept.append(item)
