"""Cells that a spreadsheet program would run: made harmless before they are written anywhere.

Which separator splits a file, the program decides: an Excel in German opens a file of commas at its
semicolons, and minds a quotation mark only where a cell begins. So what would run is defused behind
every separator and line break too, wherever a cell could begin.
"""

import re
from collections.abc import Iterable

_RUNS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_SHOWN = "=+\\-@＝＋－＠"
_SEPARATES = r",;|\t\r\n"
_PLACE = rf"""(\A(?='*[{_SHOWN}\t\r\n])|(?<=[{_SEPARATES}])"*(?='*[{_SHOWN}]))"""
_BARE = re.compile(_PLACE)
_DEFUSED = re.compile(rf"{_PLACE}'")
_QUOTED = re.compile(rf'["{_SEPARATES}]')
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


def runs_as_formula(text: str) -> bool:
    """Whether a spreadsheet program would take the text for a formula."""
    return text.startswith(_RUNS)


def defused(text: str) -> str:
    """The text, with an apostrophe in front of what would run as a cell or as a part of one."""
    return _BARE.sub(r"\1'", text)


def as_it_was(text: str) -> str:
    """What `defused` was given."""
    return _DEFUSED.sub(r"\1", text)


def separated(cells: Iterable[str], separator: str, line_end: str) -> str:
    """A line of separated values; cells are quoted if any program's separator is in them."""
    return separator.join(map(_quoted, cells)) + line_end


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if _QUOTED.search(text) else text


def writable(text: str) -> str:
    """The text without the characters that no workbook can hold."""
    return _CONTROL.sub("", text)
