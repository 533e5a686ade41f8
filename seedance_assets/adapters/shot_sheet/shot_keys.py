"""The rule for shots' names: a shot's key is a folder, a file name and a Dagster partition key."""

import re
import unicodedata

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


def problem_with_key(text: str) -> str | None:
    """Why `text` cannot name a shot, or None."""
    if foreign := _FOREIGN.search(text):
        return f"holds {_described(foreign[0])} at place {foreign.start() + 1}"
    if len(text) > MAX_KEY_LENGTH:
        return f"has {len(text)} characters, more than {MAX_KEY_LENGTH}"
    if not _KEY.fullmatch(text):
        return f"begins with {text[:1]!r}, not with a letter or digit"
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
