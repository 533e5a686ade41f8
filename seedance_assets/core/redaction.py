"""Secrets of the environment are taken out of every text before anybody reads it.

A service may echo a token in a refusal, a person may paste one into a sheet, a library may repeat a
database's address. Whatever the message, the values of secret variables become their names, in the
spellings that programs give them: as they are, escaped for JSON, Python or HTML, encoded for a URL,
in base64 (RFC 4648, wherever it starts in a longer text) and in hexadecimal.
"""

import base64
import html
import json
import os
import re
from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import quote, quote_plus, unquote, urlsplit

SHORTEST_SECRET = 8
"""Characters; a shorter value would be found in ordinary words."""

_NAME = re.compile(
    r"TOKEN|SECRET|PASS(?:WORD|WD|PHRASE)|CREDENTIAL|WEBHOOK|PRIVATE|API_?KEY|ACCESS_?KEY|_KEY\Z"
)
_URL_DIGITS = {"+": "-", "/": "_"}
"""Digits of base64 that are others in URLs."""
_URL_WITH_LOGIN = re.compile(r"[A-Za-z][\w+.-]{0,40}://[^/?#@]{0,2000}@")


def redact(text: str, token: str = "") -> str:
    """`text` without the value of any secret variable of this process's environment.

    `token` is one more secret that is not in the environment, or not under such a name.
    """
    secrets = secrets_of(os.environ)
    if len(token) >= SHORTEST_SECRET:
        secrets[token] = "token"
    return _redactor(tuple(sorted(secrets.items())))(text)


def secrets_of(environ: Mapping[str, str]) -> dict[str, str]:
    """The secret values of an environment, each with the name of its variable.

    Of an address with a login (`postgresql://user:password@host/`) only the password is secret.
    """
    found = {}
    for name, value in environ.items():
        if _NAME.search(name.upper()):
            found[value] = name
        elif _URL_WITH_LOGIN.match(value):
            found.update(dict.fromkeys(_passwords(value), name))
    return {value: name for value, name in found.items() if len(value) >= SHORTEST_SECRET}


def _passwords(url: str) -> set[str]:
    try:
        password = urlsplit(url).password or ""
    except ValueError:  # brackets that are no IPv6 address
        password = url.partition("@")[0].rpartition(":")[2]
    return {password, unquote(password)}


class Redactor:
    """Takes some secrets out of texts, in upper or lower case.

    `secrets` gives each secret value the name that replaces it, in brackets.
    """

    def __init__(self, secrets: Mapping[str, str]) -> None:
        longest_first = sorted(secrets, key=len, reverse=True)
        self._names = [secrets[value] for value in longest_first]
        patterns = (f"({'|'.join(_patterns(value))})" for value in longest_first)
        self._secrets = re.compile("|".join(patterns), re.IGNORECASE | re.ASCII)

    def __call__(self, text: str) -> str:
        """`text` with `[NAME]` in the place of each secret."""
        return self._secrets.sub(self._name_of, text) if self._names else text

    def _name_of(self, found: re.Match[str]) -> str:
        return f"[{self._names[(found.lastindex or 1) - 1]}]"


@lru_cache(maxsize=8)
def _redactor(secrets: tuple[tuple[str, str], ...]) -> Redactor:
    return Redactor(dict(secrets))


def _patterns(value: str) -> list[str]:
    """Patterns of the spellings in which programs write a value, the longest first."""
    raw = value.encode("utf-8", "surrogateescape")
    escaped = json.dumps(value)[1:-1]
    forms = {value, value.strip(), escaped, json.dumps(value, ensure_ascii=False)[1:-1]}
    forms |= {json.dumps(escaped)[1:-1], repr(value)[1:-1], html.escape(value)}
    forms |= {raw.hex(), quote_plus(raw)}
    for safe in ("", "/", "/:@=+"):
        encoded = quote(raw, safe=safe)
        forms |= {encoded, quote(encoded, safe="")}
    plain = [re.escape(form) for form in sorted(forms, key=len, reverse=True)]
    return [*plain, *(_in_base64(raw, skipped) for skipped in range(3))]


def _in_base64(raw: bytes, skipped: int) -> str:
    """Pattern of a value in base64, where it starts `skipped` bytes into a group of three.

    The character behind it depends on its neighbour as well: any counts there.
    """
    encoded = base64.b64encode(b"\0" * skipped + raw).decode()
    first, last = -(-skipped * 8 // 6), (skipped + len(raw)) * 8 // 6
    digits = (f"[{c}{_URL_DIGITS.get(c, '')}]" for c in encoded[first:last])
    return f"{''.join(digits)}[\\w+/-]?={{0,2}}"
