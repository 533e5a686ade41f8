"""No spelling of a secret of the environment is left in a text."""

import base64
import html
import json
import re
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedance_assets.core.errors import SeedanceError
from seedance_assets.core.redaction import SHORTEST_SECRET, Redactor, redact, secrets_of

SPELLINGS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "JSON": json.dumps,
    "JSON in JSON": lambda text: json.dumps(json.dumps(text)),
    "Python": repr,
    "HTML": html.escape,
    "URL": lambda text: quote(text, safe=""),
    "URL path": quote,
    "lower case URL": lambda text: re.sub("%..", lambda x: x[0].lower(), quote(text, safe="")),
    "URL twice": lambda text: quote(quote(text, safe=""), safe=""),
    "form": quote_plus,
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 with a scheme": lambda text: base64.b64encode(f"Bearer {text}".encode()).decode(),
    "base64 with a name": lambda text: base64.b64encode(f"a:{text}".encode()).decode(),
    "base64 for URLs": lambda text: base64.urlsafe_b64encode(text.encode()).decode().rstrip("="),
    "lower case": str.lower,
    "hexadecimal": lambda text: text.encode().hex(),
}


@pytest.mark.parametrize("spell", SPELLINGS.values(), ids=SPELLINGS)
@pytest.mark.parametrize("secret", ["tok/SENTINEL+123=", 'tok"SENT\\INEL-123', "päss & wörter <ß>"])
def test_a_secret_is_redacted_in_every_spelling(spell: Callable[[str], str], secret: str) -> None:
    text = f"before {spell(secret)} after"

    shown = Redactor({secret: "NAME"})(text)

    assert "[NAME]" in shown
    assert len(shown) <= len("before 'a:' [NAME] after") + 10  # nothing is left but a scheme
    assert shown.startswith("before ")
    assert shown.endswith(" after")


@given(st.text(st.characters(codec="utf-8"), min_size=SHORTEST_SECRET), st.text(), st.text())
def test_no_text_keeps_the_secret(secret: str, before: str, after: str) -> None:
    assert secret not in Redactor({secret: "NAME"})(before + secret + after) or secret in "[NAME]"


def test_what_is_secret_is_told_by_its_name_or_its_login() -> None:
    environ = {
        "RUNCOMFY_TOKEN": "secret-1-token",
        "RUNCOMFY_API_KEY": "secret-2-key",
        "AWS_SECRET_ACCESS_KEY": "secret-3-aws",
        "SEEDANCE_SLACK_WEBHOOK": "https://hooks.example/secret-4",
        "SEEDANCE_LEDGER_URL": "postgresql+psycopg://u:secret%2D5@db/l",
        "MY_DB": "mysql://u:secret-6-db@db/l",
        "HOME": "/home/somebody",
        "KEYBOARD": "querty-layout",
        "SEEDANCE_SHEET": "https://sheets.example/shots.csv",
        "SHORT_TOKEN": "abc",
    }

    assert set(secrets_of(environ)) == {
        "secret-1-token",
        "secret-2-key",
        "secret-3-aws",
        "https://hooks.example/secret-4",
        "secret%2D5",
        "secret-5",
        "secret-6-db",
    }


def test_an_error_of_ours_never_holds_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNCOMFY_TOKEN", "sentinel-token-1")

    error = SeedanceError("got sentinel-token-1", advice="not sentinel-token-1")

    assert str(error) == "got [RUNCOMFY_TOKEN]"
    assert error.advice == "not [RUNCOMFY_TOKEN]"
    assert redact("Bearer abcdefgh", "abcdefgh") == "Bearer [token]"
