"""Whatever the service answers: it is read within a second, or refused in plain text.

`pytest --hypothesis-profile=long` tries 50 000 answers.
"""

import asyncio
import json
import math
import time
import unicodedata
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import httpx
from hypothesis import given
from hypothesis import strategies as st

from seedance_assets.adapters.providers.http.exchange import Answer, exchange
from seedance_assets.adapters.providers.http.submit import is_request_id
from seedance_assets.adapters.providers.runcomfy import ServiceAddress
from seedance_assets.adapters.providers.runcomfy.answers import (
    MOST_USD,
    amount,
    read_balance,
    read_cancel,
    read_entry,
    read_result,
    read_status,
)
from tests.examples import at_least
from tests.runcomfy.conftest import TOKEN

LIMIT_S = 1.0
BASE = "https://service.example/v1"
ADDRESS = ServiceAddress(BASE, TOKEN)
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]

KEYS = st.sampled_from(
    [
        *("status", "state", "request_id", "queue_position", "output", "video", "url", "videos"),
        *("error", "message", "detail", "code", "failure_reason", "cost", "outcome", "retry_after"),
        *("base_price_usd", "price_unit", "display_name", "balance_usd", "balance_microdollars"),
        *("status_url", "result_url", "msg", "loc", "type", "a" * 5_000),
    ]
)
WORDS = st.sampled_from(
    [
        *("in_queue", "IN_PROGRESS", "completed", "succeeded", "failed", "cancelled", "expired"),
        *("https://cdn.example/v.mp4", "http://[::1", "//evil/x.mp4", "data:video/mp4;base64,AA"),
        *("\x1b[31m", "\u202e", "\x00", "\ud83c\udfac", "\r\nSet-Cookie: a=b", "<html>", "{}"),
        *(
            TOKEN,
            f"Bearer {TOKEN}",
            "0",
            "-1",
            "1e999",
            "NaN",
            "true",
            "x" * 100_000,
            "((" * 30_000,
        ),
    ]
)
VALUES = st.recursive(
    st.one_of(
        WORDS,
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.just(10**400),
        st.text(st.characters(codec="utf-8"), max_size=40),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(KEYS | WORDS, inner, max_size=4)
    ),
    max_leaves=12,
)
BODIES = st.one_of(
    st.dictionaries(KEYS, VALUES, max_size=6).map(lambda found: json.dumps(found).encode()),
    VALUES.map(lambda found: json.dumps(found).encode()),
    st.binary(max_size=300),
    st.sampled_from([b"[" * 200_000, b'{"a":' * 50_000, b"\x1f\x8b" + bytes(50), b" " * 10_000]),
    st.builds(lambda text, cut: json.dumps(text).encode()[:cut], VALUES, st.integers(0, 200)),
)
STATUSES = st.sampled_from([200, 201, 202, 301, 400, 401, 402, 403, 404, 409, 422, 429, 500, 503])
HEADERS = st.dictionaries(
    st.sampled_from(["retry-after", "content-type", "location", "date"]),
    st.sampled_from(
        ["5", "-1", "9" * 40, "Wed, 21 Oct 2099 07:28:00 GMT", "x", "application/json"]
    ),
    max_size=3,
)


def _ask(status: int, headers: Mapping[str, str], body: bytes) -> Answer:
    """One question to a web application in this process that gives exactly this answer."""

    async def service(_scope: object, _receive: Receive, send: Send) -> None:
        sent = [(name.encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": status, "headers": sent})
        await send({"type": "http.response.body", "body": body})

    async def ask() -> Answer:
        transport = httpx.ASGITransport(app=service)  # type: ignore[arg-type]  # its own aliases
        async with httpx.AsyncClient(transport=transport) as client:
            return await exchange(client, "GET", BASE, redact=ADDRESS.redact)

    return asyncio.run(ask())


def _assert_readable(*texts: str | None) -> None:
    for text in filter(None, texts):
        assert TOKEN not in text
        assert len(text) < 10_000
        assert not [c for c in text if unicodedata.category(c) in {"Cc", "Cf", "Zl", "Zp"}]


@given(STATUSES, HEADERS, BODIES)
@at_least(200)
def test_any_answer_is_read_or_refused(
    status: int, headers: Mapping[str, str], body: bytes
) -> None:
    start = time.process_time()

    answer = _ask(status, headers, body)
    document = answer.document or {}
    result = read_result(document, ADDRESS.redact, BASE)
    likely = result.likely or result
    shown = (result.word, result.error_text, result.cost_problem)
    status_word = read_status(document, ADDRESS.redact).word
    entry = read_entry(document, "some/model", ADDRESS.redact)
    balance = read_balance(document)
    read_cancel(document)

    assert time.process_time() - start < LIMIT_S
    _assert_readable(
        str(answer), status_word, *shown, likely.error_text, entry.display_name, entry.price_unit
    )
    assert answer.fault is not None or status < 300
    assert answer.retry_after_s is None or 0 <= answer.retry_after_s < math.inf
    for cost in (result.cost_usd, likely.cost_usd):
        assert cost is None or 0 <= cost <= MOST_USD
    assert balance is None or math.isfinite(balance)
    for url in filter(None, (result.video_url, likely.video_url)):
        assert url.startswith(("https://", "http://"))


@given(VALUES)
@at_least(200)
def test_any_value_is_an_amount_or_an_id_only_if_it_is_one(value: object) -> None:
    found = amount(value)

    assert found is None or (math.isfinite(found) and found >= 0)
    assert not is_request_id(value) or str(value).replace("-", "").replace("_", "").isalnum()
