"""The rule for shots' names: a shot's key is a folder, a file name and a Dagster partition key."""

import re
import unicodedata
from collections.abc import Iterator

from seedance_assets.adapters.shot_sheet.fixes import AS_TEXT
from seedance_assets.adapters.shot_sheet.identity import Identity
from seedance_assets.adapters.shot_sheet.row import Objection
from seedance_assets.adapters.shot_sheet.spreadsheet_dates import looks_like_date, looks_scientific
from seedance_assets.core.shot import Severity

MAX_KEY_LENGTH = 80

_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,79}")
_FOREIGN = re.compile(r"[^A-Za-z0-9_.-]")
_DEVICE = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
_SPELLED_OUT = str.maketrans(
    {"ß": "ss", "ø": "o", "Ø": "O", "æ": "ae", "Æ": "AE", "ł": "l", "Ł": "L", "/": "-", "\\": "-"}
)


def is_safe_shot_key(text: str) -> bool:
    """Whether `text` can name a shot: safe as a file name everywhere, and for Dagster."""
    return problem_with_key(text) is None


def objections_to_key(named: Identity) -> Iterator[tuple[str, Objection]]:
    """What is wrong with a shot's name: (meaning of the column, objection), the first of all.

    The column is the one that holds the character which is wrong.
    """
    if (reason := problem_with_key(named.key)) is None:
        yield from _perhaps_spoilt(named)
        return
    meaning, text = next(
        ((name, text) for name, text in named.parts if _FOREIGN.search(text)), ("shot", named.key)
    )
    if looks_like_date(text) or looks_scientific(text):
        what = "a date" if looks_like_date(text) else "a number in scientific notation"
        reason = f"is {what}, into which a spreadsheet may have changed the name; it {reason}"
        yield meaning, Objection("shot_name", reason, AS_TEXT)
        return
    if meaning != "shot" or len(named.parts) > 1:
        reason = problem_with_key(text) or reason
    proposal = proposed_key(text if _FOREIGN.search(text) else named.key)
    yield meaning, Objection("shot_name", reason, f"Rename it, for example to {proposal!r}.")


def _perhaps_spoilt(named: Identity) -> Iterator[tuple[str, Objection]]:
    for meaning, text in named.parts:
        if looks_like_date(text):
            reason = "looks like a date, into which a spreadsheet may have changed the name"
            yield meaning, Objection("shot_date", reason, AS_TEXT, Severity.WARNING)


def problem_with_key(text: str) -> str | None:
    """Why `text` cannot name a shot, or None."""
    if foreign := _FOREIGN.search(text):
        return f"contains {_described(foreign[0])} at position {foreign.start() + 1}"
    if len(text) > MAX_KEY_LENGTH:
        return f"has {len(text)} characters, more than {MAX_KEY_LENGTH}"
    if not _KEY.fullmatch(text):
        return f"starts with {text[:1]!r}, not with a letter or digit"
    return _problem_with_meaning(text)


def _problem_with_meaning(text: str) -> str | None:
    """What others make of a text of allowed characters."""
    if "..." in text:
        return "holds '...', which Dagster reads as a range"
    if text.endswith("."):
        return "ends with '.', which Windows drops from file names"
    if _DEVICE.fullmatch(text):
        return "is the name of a device on Windows"
    return None


def proposed_key(text: str) -> str:
    """A key like `text` that keeps the rule, or `shot` if nothing of it can be kept."""
    plain = unicodedata.normalize("NFKD", text.translate(_SPELLED_OUT))
    plain = "".join(char for char in plain if not unicodedata.combining(char))
    plain = re.sub(r"\.{2,}", ".", _FOREIGN.sub("_", plain))
    plain = re.sub(r"_{2,}", "_", plain).lstrip("_.-")[:MAX_KEY_LENGTH].rstrip("_.")
    if _DEVICE.fullmatch(plain):
        plain = f"shot_{plain}"
    return plain or "shot"


def _described(char: str) -> str:
    name = unicodedata.name(char, f"U+{ord(char):04X}")
    return f"{char!r} ({name.lower()})"
