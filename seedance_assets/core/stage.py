"""The stages that a shot passes, in order."""

from enum import IntEnum


class Stage(IntEnum):
    """The stages of the line, in order; each is an asset of the same name."""

    SHOT_REQUEST = 1
    GENERATION = 2
    VIDEO = 3
    MEASUREMENTS = 4

    @property
    def asset(self) -> str:
        """The asset's name."""
        return self.name.lower()
