"""What a person should do, where the words depend on the place in which it is read.

The terminal names options and commands, Dagster's UI (`defs/runs/messages.py`) fields and jobs.
"""

from dataclasses import dataclass
from enum import StrEnum


class Action(StrEnum):
    """What a person can do about a failure."""

    RETRY_FAILED = "retry_failed"
    ACCEPT_UNKNOWN_COST = "accept_unknown_cost"
    RESOLVE_UNKNOWN = "resolve_unknown"
    """Find out whether a take was ordered, and say so."""
    ADOPT = "adopt"
    """Give a take the request id that its order is known to have."""


@dataclass(frozen=True, slots=True)
class NextStep:
    """What a person can do anywhere, and the action that each place names in its own words."""

    text: str
    """Without its full stop where an option follows."""
    action: Action
    take: str = ""
    request_id: str = "REQUEST_ID"

    def with_option(self, option: str) -> str:
        """The advice for an action that is an option of a run, called `option` in this place."""
        what = "pay for another try"
        if self.action is Action.ACCEPT_UNKNOWN_COST:
            what = "buy all the same"
        return f"{self.text}, or {what} with {option}."


def in_terminal(step: NextStep) -> str:
    """The advice with the commands and options of the terminal."""
    adopt = f"`seedance ledger adopt {step.take} {step.request_id}`"
    match step.action:
        case Action.RETRY_FAILED | Action.ACCEPT_UNKNOWN_COST:
            return step.with_option(f"--{step.action.replace('_', '-')}")
        case Action.RESOLVE_UNKNOWN:
            return (
                f"{step.text} If it is there: {adopt}; if it is not: "
                f"`seedance ledger write-off {step.take}`. It is never sent again automatically."
            )
        case Action.ADOPT:
            return f"{step.text}: {adopt}."
