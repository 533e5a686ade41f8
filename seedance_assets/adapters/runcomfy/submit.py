"""The one call that costs money. It is sent once: nothing here, or below, repeats it.

Only three things can be said of it. It never left, and nothing was bought; the service refused it
in so many words, and nothing was bought; or nobody knows, and a person must look. A fresh
connection is made for each order: on a used one that the service has just closed, nobody could
tell whether the order was read.
"""

import asyncio
import json
import re
from collections.abc import Mapping
from typing import Any

import httpx

from seedance_assets.adapters.runcomfy.address import ServiceAddress
from seedance_assets.adapters.runcomfy.answers import is_request_id
from seedance_assets.adapters.runcomfy.classification import (
    ELSE_ON_SUBMIT,
    ON_SUBMIT,
    REFUSES,
    Fault,
    error_code,
)
from seedance_assets.adapters.runcomfy.exchange import Answer, exchange
from seedance_assets.adapters.runcomfy.reasons import moderation_in
from seedance_assets.adapters.runcomfy.timing import Timing
from seedance_assets.core.errors import (
    AnswerLost,
    Charge,
    InputModerated,
    NeverSent,
    RequestRefused,
    ServiceError,
    Throttled,
    UnknownModel,
)

# A refusing proxy counts too: httpcore raises ProxyError only while the tunnel is being made.
_BEFORE_SENDING = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
_SEGMENT = r"(?!\.+(/|$))[a-zA-Z0-9._-]+"  # a segment of dots alone would climb the path
_MODEL_ID = re.compile(rf"{_SEGMENT}(/{_SEGMENT})+")
_MAX_MODEL_ID = 256


def check_model_id(model_id: str) -> None:
    """Return if `model_id` may stand in a path. Raises `UnknownModel`."""
    if len(model_id) > _MAX_MODEL_ID or not _MODEL_ID.fullmatch(model_id):
        raise UnknownModel(f"{model_id[:_MAX_MODEL_ID]!r} has not the form of a model id")


async def submit(
    client: httpx.AsyncClient,
    address: ServiceAddress,
    model_id: str,
    body: Mapping[str, Any],
    timing: Timing,
) -> str:
    """Order one generation and return its request id. See `RunComfy.submit` for the errors."""
    check_model_id(model_id)
    where = f"order of {model_id} at {address.api_base}"
    content = _as_json(body, where)
    try:
        async with asyncio.timeout(timing.submit_timeout_s):
            answer = await exchange(
                client,
                "POST",
                f"{address.api_base}/models/{model_id}",
                conceal=address.conceal,
                content=content,
            )
    except _BEFORE_SENDING as exc:
        raise NeverSent(f"{where}: no connection ({type(exc).__name__}: {exc})") from exc
    except (httpx.HTTPError, OSError) as exc:  # OSError: TimeoutError above all
        raise AnswerLost(f"{where}: no answer ({type(exc).__name__}: {exc})") from exc
    return _request_id(answer, where)


def _as_json(body: Mapping[str, Any], where: str) -> bytes:
    try:
        return json.dumps(dict(body), allow_nan=False).encode()
    except (ValueError, TypeError) as exc:
        raise RequestRefused(f"{where}: the input cannot be written as JSON: {exc}") from exc


def _request_id(answer: Answer, where: str) -> str:
    """The id in a good answer; what a bad one means otherwise."""
    if answer.fault is not None:
        raise _refusal(answer, f"{where}: {answer}")
    request_id = (answer.document or {}).get("request_id")
    if not isinstance(request_id, str) or not is_request_id(request_id):
        raise AnswerLost(f"{where}: no usable request_id in the answer ({answer})")
    return request_id


def _refusal(answer: Answer, message: str) -> ServiceError:
    # A gateway may say it with 403, which else means the token, and would halt the whole run.
    plain = answer.status in REFUSES and error_code(answer.document) is None
    if (plain or answer.fault is Fault.BAD_INPUT) and moderation_in(answer.said):
        return InputModerated(message, http_status=answer.status).costing(Charge.NOTHING)
    kind = ON_SUBMIT.get(answer.fault, ELSE_ON_SUBMIT) if answer.fault else ELSE_ON_SUBMIT
    if kind is Throttled:
        return Throttled(message, retry_after_s=answer.retry_after_s)
    return kind(message, http_status=answer.status)
