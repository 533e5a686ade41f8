"""What the service says is wrong, as one sentence for a person.

The shape of an error is not documented. Strings, arrays, objects and objects in arrays have been
seen, so anything that is JSON is taken, and its words are never changed.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

_WORDS = ("error_message", "message", "error", "failure_reason", "reason", "msg", "detail")
_ASIDES = (
    "detail",
    "debugInfo",
    "debug_info",
    "error_code",
    "errorCode",
    "code",
    "type",
    "error_type",
)
_MAX_DEPTH = 6
_MAX_ITEMS = 5
_MAX_SENTENCE = 1000
_MAX_VERBATIM = 20_000


def one_line(text: str, limit: int = _MAX_SENTENCE) -> str:
    """`text` without line breaks and control characters, cut to `limit` characters."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text[: 4 * limit]).split())
    return line if len(line) <= limit else f"{line[: limit - 1]}…"


def sentence(error: object, redact: Callable[[str], str]) -> str:
    """One line that says what an error of any JSON shape says; empty if it says nothing.

    `redact` takes the token out, before anything is cut.
    """
    return one_line(redact(_words(error, 0)))


def verbatim(error: object, redact: Callable[[str], str]) -> str:
    """An error word for word, as JSON in one line; cut only where it is absurdly long."""
    text = redact(_as_json(error)).encode("utf-8", "replace").decode()
    return text if len(text) <= _MAX_VERBATIM else f"{text[:_MAX_VERBATIM]}…"


def _words(error: object, depth: int) -> str:
    if error is None or depth > _MAX_DEPTH:
        return ""
    if isinstance(error, str):
        return error.strip()
    if isinstance(error, list):
        return "; ".join(filter(None, (_words(item, depth + 1) for item in error[:_MAX_ITEMS])))
    if isinstance(error, Mapping):
        return _words_of_object(error, depth + 1)
    return json.dumps(error)


def _words_of_object(error: Mapping[str, Any], depth: int) -> str:
    found = {key: _words(error.get(key), depth) for key in (*_WORDS, *_ASIDES)}
    said = [key for key in _WORDS if found[key]]
    if not said:
        return _as_json(error) if error else ""
    main = found[said[0]]
    if isinstance(error.get("loc"), list):  # an item of a 422's `detail` names its field
        main = ".".join(str(part) for part in error["loc"][:_MAX_ITEMS]) + f": {main}"
    asides = dict.fromkeys(found[key] for key in _ASIDES if key != said[0] and found[key])
    asides.pop(found[said[0]], None)
    return f"{main} ({', '.join(asides)})" if asides else main


def _as_json(error: object) -> str:
    try:
        return json.dumps(error, ensure_ascii=False)
    except RecursionError:
        return "(nested too deeply to be shown)"
