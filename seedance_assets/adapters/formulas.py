"""Neutralise cells that a spreadsheet program would run, before they are written.

The program chooses the separator: a German Excel splits a comma file at semicolons, and respects a
quotation mark only at the start of a cell. So formulas are also neutralised after every separator
and line break, wherever a cell could start.
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
    """Whether a spreadsheet program would run the text as a formula."""
    return text.startswith(_RUNS)


def defused(text: str) -> str:
    """The text with an apostrophe before everything that would run as a cell or part of one."""
    return _BARE.sub(r"\1'", text)


def as_it_was(text: str) -> str:
    """Reverses `defused`."""
    return _DEFUSED.sub(r"\1", text)


def separated(cells: Iterable[str], separator: str, line_end: str) -> str:
    """A line of separated values; cells are quoted if any program's separator is in them."""
    return separator.join(map(_quoted, cells)) + line_end


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if _QUOTED.search(text) else text


def writable(text: str) -> str:
    """The text without characters that a workbook cannot contain."""
    return _CONTROL.sub("", text)
