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
from collections.abc import Iterator, Mapping
from functools import lru_cache
from urllib.parse import quote, quote_plus, unquote, urlsplit

SHORTEST_SECRET = 8
"""Characters; a shorter value would be found in ordinary words."""

_NAME = re.compile(
    r"TOKEN|SECRET|PASS(?:WORD|WD|PHRASE)|CREDENTIAL|WEBHOOK|PRIVATE|API_?KEY|ACCESS_?KEY|_KEY\Z"
)
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
    """Takes some secrets out of texts.

    `secrets` gives each secret value the name that replaces it, in brackets.
    """

    def __init__(self, secrets: Mapping[str, str]) -> None:
        self._names = {
            form: name for value, name in secrets.items() for form in sorted(set(_forms(value)))
        }
        longest_first = sorted(self._names, key=len, reverse=True)
        self._forms = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None

    def __call__(self, text: str) -> str:
        """`text` with `[NAME]` in the place of each secret."""
        if self._forms is None:
            return text
        return self._forms.sub(lambda found: f"[{self._names[found[0]]}]", text)


@lru_cache(maxsize=8)
def _redactor(secrets: tuple[tuple[str, str], ...]) -> Redactor:
    return Redactor(dict(secrets))


def _forms(value: str) -> Iterator[str]:
    """The spellings in which programs write a value."""
    raw = value.encode("utf-8", "surrogateescape")
    escaped = json.dumps(value)[1:-1]
    yield from (value, value.strip(), escaped, json.dumps(value, ensure_ascii=False)[1:-1])
    yield from (json.dumps(escaped)[1:-1], repr(value)[1:-1], html.escape(value))
    for safe in ("", "/", "/:@=+"):
        encoded = quote(raw, safe=safe)
        yield from (encoded, _lower_hex(encoded), quote(encoded, safe=""))
    yield quote_plus(raw)
    yield from (raw.hex(), raw.hex().upper())
    for skipped in range(3):  # where it may start within the three bytes of a base64 group
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            yield _whole_groups(encode(b"\0" * skipped + raw).decode(), skipped, len(raw))


def _lower_hex(encoded: str) -> str:
    return re.sub(r"%[0-9A-F]{2}", lambda found: found[0].lower(), encoded)


def _whole_groups(encoded: str, skipped: int, length: int) -> str:
    """The characters of a base64 text that depend on the value alone, not on its neighbours."""
    first = -(-skipped * 8 // 6)
    return encoded[first : (skipped + length) * 8 // 6]
