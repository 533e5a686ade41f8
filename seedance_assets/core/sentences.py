"""What is put into sentences for people: other sentences, and names of files."""

import os
import unicodedata
from collections.abc import Sequence
from pathlib import Path

_STEERING = frozenset({"Cc", "Cf", "Co", "Cs", "Zl", "Zp"})  # Unicode's categories
_JOINERS = "\u200c\u200d"  # they belong to the letters of some scripts, and to emoji


def in_a_row(*sentences: str) -> str:
    """Those that say anything, one after the other. The last one keeps the end that it has."""
    said = [sentence for sentence in sentences if sentence]
    return " ".join([*map(_ended, said[:-1]), *said[-1:]])


def counted(number: int, thing: str, plural: str = "") -> str:
    """`1 shot`, `2 shots`."""
    return f"{number} {thing if number == 1 else plural or f'{thing}s'}"


def listed(names: Sequence[str], most: int) -> str:
    """The first `most` names with commas between them, and how many more there are."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")


def file_name(path: Path) -> str:
    """A path as text; bytes of it that are no UTF-8 are shown as `\\xff`."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def visible(text: str, *, keep: str = "") -> str:
    r"""The text, with what could steer a terminal or turn its reading order shown as `\x1b`."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(c if c in keep or not steers(c) else _escaped(c) for c in text)


def steers(character: str) -> bool:
    """Whether a character has no shape of its own and acts on those around it, or on a terminal."""
    return unicodedata.category(character) in _STEERING and character not in _JOINERS


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode()


def _ended(sentence: str) -> str:
    return sentence if sentence.endswith((".", "!", "?", "…")) else f"{sentence}."
