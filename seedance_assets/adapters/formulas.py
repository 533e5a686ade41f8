"""Cells that a spreadsheet program would run: made harmless before they are written anywhere."""

import re

_RUNS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


def runs_as_formula(text: str) -> bool:
    """Whether a spreadsheet program would take the text for a formula."""
    return text.startswith(_RUNS)


def defused(text: str) -> str:
    """The text, with an apostrophe in front of what would run."""
    return f"'{text}" if runs_as_formula(text) else text


def as_it_was(text: str) -> str:
    """What `defused` was given."""
    return text[1:] if text[:1] == "'" and runs_as_formula(text[1:]) else text


def writable(text: str) -> str:
    """The text without the characters that no workbook can hold."""
    return _CONTROL.sub("", text)
