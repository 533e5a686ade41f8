"""The one call that costs money. It is sent once: nothing here, or below, repeats it.

Only three things can be said of it. It never left, and nothing was bought; the service refused it
explicitly, and nothing was bought; or nobody knows, and a person must look. A fresh
connection is made for each order: on a used one that the service has just closed, nobody could
tell whether the order was read.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx

from seedance_assets.adapters.providers.http.addresses import Endpoint, Names
from seedance_assets.adapters.providers.http.classification import (
    ELSE_ON_SUBMIT,
    ON_SUBMIT,
    REFUSES,
    Fault,
    error_code,
)
from seedance_assets.adapters.providers.http.exchange import Answer, exchange
from seedance_assets.adapters.providers.http.reasons import moderation_in
from seedance_assets.core.errors import (
    AnswerLost,
    Charge,
    InputModerated,
    NeverSent,
    NotAuthorised,
    RequestRefused,
    ServiceError,
    Throttled,
    UnknownModel,
    UsageError,
)
from seedance_assets.core.timing import Timing

# A refusing proxy counts too: httpcore raises ProxyError only while the tunnel is being made.
_BEFORE_SENDING = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
_SEGMENT = r"(?!\.+(/|$))[a-zA-Z0-9._-]+"  # a segment of dots alone would climb the path
_MODEL_ID = re.compile(rf"{_SEGMENT}(/{_SEGMENT})+")
_MAX_MODEL_ID = 256
_REQUEST_ID = re.compile(r"[a-zA-Z0-9_-]{1,128}")
_LAST_LOOK_S = 1.0
_PART_BYTES = 64 * 1024
_ID_KEYS = ("request_id", "requestId", "id", "task_id", "taskId", "generation_id", "job_id")
_NESTED = ("data", "result", "task", "output")
_ID_IN_TEXT = re.compile(rf'"(?:{"|".join(_ID_KEYS)})"\s*:\s*"?([a-zA-Z0-9_-]{{1,128}})')
_FIREWALL = (
    "A firewall in front of the service refused this order. Reword the prompt, or try another "
    "first frame; nothing was paid for."
)
_HTTP_FORBIDDEN = 403


def is_request_id(text: object) -> bool:
    """Whether `text` has the form of a request id."""
    return isinstance(text, str) and _REQUEST_ID.fullmatch(text) is not None


def check_request_id(request_id: str) -> None:
    """Return if `request_id` may stand in a path. Raises `UsageError`."""
    if not is_request_id(request_id):
        raise UsageError(f"{request_id[:128]!r} has not the form of a request id")


def check_model_id(model_id: str) -> None:
    """Return if `model_id` may stand in a path. Raises `UnknownModel`."""
    if len(model_id) > _MAX_MODEL_ID or not _MODEL_ID.fullmatch(model_id):
        raise UnknownModel(f"{model_id[:_MAX_MODEL_ID]!r} has not the form of a model id")


class _Body:
    """The body of an order, sent in parts, so that we know whether all of it has gone.

    A service that has not got all the bytes that Content-Length names cannot take the order.
    """

    def __init__(self, content: bytes, sent: Callable[[], None]) -> None:
        self._content = content
        self._sent = sent
        self._given = 0

    @property
    def may_have_arrived(self) -> bool:
        """Whether the last part has been given to the network."""
        return self._given >= len(self._content)

    def __len__(self) -> int:
        return len(self._content)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while not self.may_have_arrived:
            part = self._content[self._given : self._given + _PART_BYTES]
            self._given += len(part)
            yield part
        self._sent()

    def __str__(self) -> str:
        return f"{self._given} of its {len(self._content)} bytes"


async def submit(
    client: httpx.AsyncClient,
    endpoint: Endpoint,
    url: str,
    model_id: str,
    body: Mapping[str, Any],
    timing: Timing,
    sent: Callable[[], None] = lambda: None,
) -> str:
    """Order one generation and return its request id; errors: see `GenerationService.submit`."""
    check_model_id(model_id)
    where = f"order of {model_id} at {endpoint.api_base}"
    due = asyncio.Event()

    def all_sent() -> None:
        due.set()
        sent()

    content = _Body(_as_json(body, where), all_sent)
    try:
        async with _time_limit(timing, due):
            answer = await exchange(
                client,
                "POST",
                url,
                redact=endpoint.redact,
                content=content,
                content_length=len(content),
            )
    except _BEFORE_SENDING as exc:
        why = f"no connection ({type(exc).__name__}: {exc})"
        raise _never_sent(f"{where}: {why}", endpoint.names) from exc
    except (httpx.HTTPError, OSError) as exc:  # OSError: TimeoutError above all
        why = f"{type(exc).__name__}: {exc}"
        if not content.may_have_arrived:
            why = f"only {content} went out ({why})"
            raise _never_sent(f"{where}: {why}", endpoint.names) from exc
        raise AnswerLost(f"{where}: no answer ({why})") from exc
    return _request_id(answer, where, endpoint.names)


@asynccontextmanager
async def _time_limit(timing: Timing, answer_due: asyncio.Event) -> AsyncIterator[None]:
    """The limit of an order in all, and of its answer once that is due.

    When the time is over, an answer that lies in the socket is still read: if the machine slept, or
    the process was stopped, it has come and only we are late. Nothing is sent any more.
    """
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(None) as limit:

        def end() -> None:
            limit.reschedule(loop.time() + (_LAST_LOOK_S if answer_due.is_set() else 0.0))

        async def end_without_answer() -> None:
            await answer_due.wait()
            await asyncio.sleep(timing.submit_read_timeout_s)
            end()

        in_all = loop.call_later(timing.submit_timeout_s, end)
        of_answer = asyncio.ensure_future(end_without_answer())
        try:
            yield
        finally:
            in_all.cancel()
            of_answer.cancel()


def _as_json(body: Mapping[str, Any], where: str) -> bytes:
    try:
        return json.dumps(dict(body), allow_nan=False).encode()
    except (ValueError, TypeError) as exc:
        raise RequestRefused(f"{where}: the input cannot be written as JSON: {exc}") from exc


def _never_sent(message: str, names: Names) -> NeverSent:
    advice = f"Check the network and {names.base}, then run again; nothing was paid for."
    return NeverSent(message, advice=advice)


def _request_id(answer: Answer, where: str, names: Names) -> str:
    """The id in a good answer; what a bad one means otherwise."""
    if answer.fault is not None:
        raise _refusal(answer, f"{where}: {answer}{_hint(answer)}", names)
    document = answer.document or {}
    nested = (document.get(key) for key in _NESTED)
    places = [document, *(inner for inner in nested if isinstance(inner, Mapping))]
    for place in places:
        given = place.get("request_id")
        if isinstance(given, str) and is_request_id(given.strip()):
            return given.strip()
    raise AnswerLost(f"{where}: no usable request_id in the answer ({answer}{_hint(answer)})")


def _hint(answer: Answer) -> str:
    """An id that stands in an answer which cannot be trusted: a person may try it."""
    found = _ID_IN_TEXT.search(answer.text)
    return f"; the answer names the id {found[1]}" if found else ""


def _refusal(answer: Answer, message: str, names: Names) -> ServiceError:
    # A gateway may say it with 403, which else means the token, and would halt the whole run.
    plain = answer.status in REFUSES and error_code(answer.document) is None
    if (plain or answer.fault is Fault.BAD_INPUT) and moderation_in(answer.said):
        return InputModerated(message, http_status=answer.status).with_charge(Charge.NOTHING)
    kind = ON_SUBMIT.get(answer.fault, ELSE_ON_SUBMIT) if answer.fault else ELSE_ON_SUBMIT
    if kind is Throttled:
        return Throttled(message, retry_after_s=answer.retry_after_s)
    if kind is AnswerLost:
        return AnswerLost(message, retry_after_s=answer.retry_after_s, http_status=answer.status)
    advice = None
    if answer.fault is Fault.BLOCKED:
        advice = _FIREWALL
    elif plain and kind is NotAuthorised and answer.status == _HTTP_FORBIDDEN:
        advice = (
            "If other shots are ordered, a firewall refuses this prompt: reword it. Otherwise "
            f"check {names.token}. Nothing was paid for."
        )
    elif kind is NotAuthorised:
        advice = (
            f"Check {names.token} (see {names.token_page}), then run again; nothing was paid for."
        )
    return kind(message, advice=advice, http_status=answer.status)
