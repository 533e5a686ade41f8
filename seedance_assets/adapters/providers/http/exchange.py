"""One question over HTTP and its answer: bounded in size, read as JSON, judged once."""

import json
import zlib
from collections.abc import AsyncIterable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from seedance_assets.adapters.providers.http.classification import Fault, classify
from seedance_assets.adapters.providers.http.complaint import one_line, sentence

MAX_ANSWER_BYTES = 4 * 1024 * 1024
_MAX_EXCERPT = 200
_MAX_TEXT = 4000
_MAX_LOOKED_AT = 64 * 1024
_GZIP = zlib.MAX_WBITS | 16
_GZIP_MAGIC = b"\x1f\x8b"
_LONGEST_TOLD_S = 1e9
_PAUSE_KEYS = ("retry_after", "retry_after_s", "retryAfter")


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the JSON object if it was one, and its meaning in a sentence."""

    status: int
    document: dict[str, Any] | None
    said: str
    retry_after_s: float | None
    text: str = ""
    """The beginning of what came, without the token."""

    @property
    def fault(self) -> Fault | None:
        """The class of a bad answer; None for a good one."""
        return classify(self.status, self.document, is_page=self.is_page)

    @property
    def is_page(self) -> bool:
        """Whether a web page came in place of JSON, as from a firewall."""
        return self.document is None and self.text.lstrip().startswith("<")

    def __str__(self) -> str:
        return f"HTTP {self.status}, {self.said}" if self.said else f"HTTP {self.status}"


async def leave_redirect(response: httpx.Response) -> None:
    """A response hook that keeps httpx from following, or even reading, a redirect's address.

    It parses the address also where it must not follow, and not all that it raises then is one of
    its own errors. Whoever wants the address finds it in the response's extensions.
    """
    response.extensions["location"] = response.headers.pop("Location", "")


async def exchange(
    client: httpx.AsyncClient,
    method: str,
    url: str,
    *,
    redact: Callable[[str], str],
    params: Mapping[str, str] | None = None,
    content: AsyncIterable[bytes] | None = None,
    content_length: int = 0,
) -> Answer:
    """Ask once and read the whole answer. Raises httpx's errors when none came.

    An answer that broke off is taken as far as it came. `redact` takes the token out of foreign
    words. Redirects are answers like others.
    """
    headers = {}
    if content is not None:
        headers = {"Content-Type": "application/json", "Content-Length": str(content_length)}
    async with client.stream(
        method, url, params=params, content=content, headers=headers
    ) as response:
        body, broke_off = await _bounded(response)
        document, oddity = _read(body, redact)
        if broke_off and document is None:
            oddity = f"the answer broke off ({broke_off}): {oddity}"
        if response.is_redirect:
            oddity = "a redirect, which is not followed"
        said = sentence(document, redact) if document is not None else one_line(oddity)
        return Answer(
            status=response.status_code,
            document=document,
            said=said or one_line(redact(response.reason_phrase)),
            retry_after_s=_asked_s(response.headers, document),
            text=_readable(body or b"", redact)[:_MAX_TEXT],
        )


async def _bounded(response: httpx.Response) -> tuple[bytes | None, str]:
    """The body, and what broke it off; None for a body longer than an answer may be.

    If nothing came of it, what broke it off is raised.

    We ask for it unpacked. Some gateway may send gzip all the same, and httpx would unpack a small
    bomb into any amount of memory, so this is done here, with an end.
    """
    body = bytearray()
    broke_off = ""
    try:
        async for chunk in response.aiter_raw():
            body += chunk
            if len(body) > MAX_ANSWER_BYTES:
                return None, ""
    except httpx.HTTPError as exc:
        if not body:
            raise
        broke_off = f"{type(exc).__name__}: {exc}"
    if not body.startswith(_GZIP_MAGIC):
        return bytes(body), broke_off
    try:
        plain = zlib.decompressobj(_GZIP).decompress(body, MAX_ANSWER_BYTES + 1)
    except zlib.error:
        return bytes(body), broke_off
    return plain if len(plain) <= MAX_ANSWER_BYTES else None, broke_off


def _readable(body: bytes, redact: Callable[[str], str]) -> str:
    """The beginning of a body; a secret at its end is cut far behind what anybody is shown."""
    return redact(body[:_MAX_LOOKED_AT].decode("utf-8", "replace"))


def _read(body: bytes | None, redact: Callable[[str], str]) -> tuple[dict[str, Any] | None, str]:
    """The JSON object in `body`, or None and why there is none."""
    if body is None:
        return None, f"an answer of more than {MAX_ANSWER_BYTES} bytes"
    if not body.strip():
        return None, "an empty answer"
    excerpt = _readable(body, redact)[:_MAX_EXCERPT]
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return None, f"no JSON: {excerpt}"
    if not isinstance(document, dict):
        return None, f"no JSON object: {excerpt}"
    return document, ""


def _asked_s(headers: httpx.Headers, document: Mapping[str, Any] | None) -> float | None:
    """Seconds that the header or, without one, the body asks us to wait."""
    asked_s = retry_after_s(headers)
    if asked_s is not None:
        return asked_s
    value = next((v for key in _PAUSE_KEYS if (v := (document or {}).get(key))), None)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 < value < _LONGEST_TOLD_S else None


def retry_after_s(headers: httpx.Headers) -> float | None:
    """Seconds that `Retry-After` asks for, as a number or as a date by the service's own clock."""
    text = headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        until = parsedate_to_datetime(text)
        now = parsedate_to_datetime(headers["Date"]) if "Date" in headers else datetime.now(UTC)
        return max(0.0, (until - now).total_seconds())
    except (ValueError, TypeError, OverflowError):  # no date, or one with and one without a zone
        return None
