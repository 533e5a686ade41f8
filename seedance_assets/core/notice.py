"""A message to people about a run that has ended, in words that any way of sending can carry."""

import re
from dataclasses import dataclass
from enum import StrEnum

MAX_LINE = 300
_UNFIT = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]+")


class RunOutcome(StrEnum):
    """How a run has ended."""

    SUCCESS = "success"
    FAILURE = "failure"
    CANCELLED = "cancelled"


def one_line(text: str, most: int = MAX_LINE) -> str:
    """`text` on one line of at most `most` characters, without control and direction characters.

    Reasons and names come from sheets and from the service: they must not forge a line or a header.
    """
    plain = _UNFIT.sub(" ", text).strip()
    return plain if len(plain) <= most else plain[: most - 1] + "…"


@dataclass(frozen=True, slots=True)
class Notice:
    """A title, a sentence that says what to do, facts by name, and where to look."""

    title: str
    sentence: str
    facts: tuple[tuple[str, str], ...] = ()
    link: str = ""
    """A URL, or the path of a page; may be empty."""

    @property
    def text(self) -> str:
        """All of it but the title, a fact a line."""
        lines = [self.sentence, "", *(f"{name}: {value}" for name, value in self.facts)]
        return "\n".join([*lines, self.link] if self.link else lines)
