"""Terminal output: whole words at any width, and no control characters.

rich's tables fold and cut the names of shots, so lines are laid out here. Words are never split:
the terminal itself wraps wide lines, and a search for a name finds it.
"""

import json
import sys
import textwrap
from collections.abc import Iterable, Sequence
from typing import Any

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.style import Style
from rich.text import Text

from seedance_assets.core.sentences import steers, visible

_NARROWEST = 32  # columns for a text beside others; with fewer it goes on separate lines


def printed_json(facts: object, *, indent: int | None = None) -> str:
    """JSON for programs; control characters are escaped as in JSON."""
    text = json.dumps(facts, ensure_ascii=False, indent=indent)
    if text.isascii():
        return text
    return "".join(json.dumps(c)[1:-1] if c != "\n" and steers(c) else c for c in text)


class Terminal(Console):
    """A console that prints text unchanged: no markup, no cut lines, no control characters."""

    def __init__(self, *, to_stderr: bool = False, **options: Any) -> None:
        file = sys.stderr if to_stderr else sys.stdout
        plain = {"markup": False, "emoji": False, "highlight": False}
        super().__init__(**{"file": file, **plain, **options})

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """Like rich; its own control codes stay, those in texts become visible."""
        for text, style, control in super().render(renderable, options):
            yield Segment(text if control else visible(text, keep="\n\t"), style, control)

    def write(self, text: str | Text = "", style: str = "") -> None:
        """Print one complete line; the terminal wraps it if it is too wide."""
        shown = visible(text, keep="\n") if isinstance(text, str) else text
        self.print(shown, style=style or None, soft_wrap=True)

    def paragraph(self, text: str, style: str = "", *, indent: int = 0, hanging: int = 0) -> None:
        """Print a text indented by `indent` columns, later lines by `hanging` more.

        A terminal gets lines of whole words; a file or pipe gets one line, for searching.
        """
        width = self.width if self.is_terminal else sys.maxsize
        for line in wrapped(text, width, indent=indent, hanging=hanging):
            self.write(line, style)

    def fact(self, name: str, text: str, column: int) -> None:
        """Print a name and a text that starts at `column`."""
        width = self.width if self.is_terminal else sys.maxsize
        first, *others = wrapped(text, width, indent=column)
        for line in (visible(name).ljust(column) + first[column:], *others):
            self.write(line)


def wrapped(text: str, width: int, *, indent: int = 0, hanging: int = 0) -> list[str]:
    """The lines of a text; words are never split, even if wider than a line."""
    return textwrap.wrap(
        " ".join(visible(text, keep="\n\t").split()),
        max(width, indent + _NARROWEST),
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent + hanging),
        break_long_words=False,
        break_on_hyphens=False,
    )


def whole_words(text: str, width: int) -> str:
    """As many whole words of a text as fit."""
    return text if cell_len(text) <= width else textwrap.shorten(text, width, placeholder=" …")


Cell = tuple[str, str | Style]
"""A text and its style."""


def print_rows(
    terminal: Terminal,
    header: Sequence[str],
    rows: Iterable[tuple[Sequence[Cell], str]],
    *,
    right: frozenset[int] = frozenset(),
) -> None:
    """Print columns that are never cut, then a text in the remaining space or on lines below.

    `header` has the names of the columns and the text; columns in `right` are right-aligned.
    """
    listed = [([(visible(shown), style) for shown, style in cells], text) for cells, text in rows]
    widths = [
        max([cell_len(name), *(cell_len(cells[n][0]) for cells, _ in listed)])
        for n, name in enumerate(header[:-1])
    ]
    beside = sum(widths) + 2 * len(widths)
    indent = beside if terminal.width - beside >= _NARROWEST else 4
    terminal.write(_row([(name, "bold") for name in header], [*widths, 0], right))
    for cells, text in listed:
        lines = wrapped(text, terminal.width, indent=indent)
        row = _row(cells, widths, right)
        if indent == beside and lines:
            row.append(f"  {lines.pop(0).strip()}")
        terminal.write(row)
        for line in lines:
            terminal.write(line)


def _row(cells: Sequence[Cell], widths: Sequence[int], right: frozenset[int]) -> Text:
    row = Text()
    for place, ((text, style), width) in enumerate(zip(cells, widths, strict=True)):
        room = " " * (width - cell_len(text))
        row.append("  " if place else "")
        row.append(f"{room}{text}" if place in right else f"{text}{room}", style)
    row.rstrip()
    return row
