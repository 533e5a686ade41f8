"""What is put into sentences for people: other sentences, and names of files."""

import os
from pathlib import Path


def in_a_row(*sentences: str) -> str:
    """Those that say anything, one after the other. The last one keeps the end that it has."""
    said = [sentence for sentence in sentences if sentence]
    return " ".join([*map(_ended, said[:-1]), *said[-1:]])


def file_name(path: Path) -> str:
    """A path as text; bytes of it that are no UTF-8 are shown as `\\xff`."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _ended(sentence: str) -> str:
    return sentence if sentence.endswith((".", "!", "?", "…")) else f"{sentence}."
