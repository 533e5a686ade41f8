"""One question over HTTP and its answer: bounded in size, read as JSON, judged once."""

import json
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from seedance_assets.adapters.runcomfy.classification import Fault, classify
from seedance_assets.adapters.runcomfy.complaint import one_line, sentence

MAX_ANSWER_BYTES = 4 * 1024 * 1024
_MAX_EXCERPT = 200
_GZIP = zlib.MAX_WBITS | 16


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the JSON object if it was one, and its meaning in a sentence."""

    status: int
    document: dict[str, Any] | None
    said: str
    retry_after_s: float | None

    @property
    def fault(self) -> Fault | None:
        """The class of a bad answer; None for a good one."""
        return classify(self.status, self.document)

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
    conceal: Callable[[str], str],
    params: Mapping[str, str] | None = None,
    content: bytes | None = None,
) -> Answer:
    """Ask once and read the whole answer. Raises httpx's errors when none came.

    `conceal` takes the token out of foreign words. Redirects are answers like others.
    """
    headers = {"Content-Type": "application/json"} if content is not None else {}
    async with client.stream(
        method, url, params=params, content=content, headers=headers
    ) as response:
        body = await _bounded(response)
        document, oddity = _read(body, conceal)
        if response.is_redirect:
            oddity = "a redirect, which is not followed"
        said = sentence(document, conceal) if document is not None else one_line(oddity)
        return Answer(
            status=response.status_code,
            document=document,
            said=said or one_line(conceal(response.reason_phrase)),
            retry_after_s=retry_after_s(response.headers),
        )


async def _bounded(response: httpx.Response) -> bytes | None:
    """The body; None if it is longer than an answer may be.

    We ask for it unpacked. Some gateway may send gzip all the same, and httpx would unpack a small
    bomb into any amount of memory, so this is done here, with an end.
    """
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > MAX_ANSWER_BYTES:
            return None
    if response.headers.get("Content-Encoding", "").strip().lower() != "gzip":
        return bytes(body)
    try:
        plain = zlib.decompressobj(_GZIP).decompress(body, MAX_ANSWER_BYTES + 1)
    except zlib.error:
        return bytes(body)
    return plain if len(plain) <= MAX_ANSWER_BYTES else None


def _read(body: bytes | None, conceal: Callable[[str], str]) -> tuple[dict[str, Any] | None, str]:
    """The JSON object in `body`, or None and why there is none."""
    if body is None:
        return None, f"an answer of more than {MAX_ANSWER_BYTES} bytes"
    if not body.strip():
        return None, "an empty answer"
    excerpt = conceal(body.decode("utf-8", "replace"))[:_MAX_EXCERPT]
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return None, f"no JSON: {excerpt}"
    if not isinstance(document, dict):
        return None, f"no JSON object: {excerpt}"
    return document, ""


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
