"""fal's JSON as our own records. Foreign words stop here; what is not there is None."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from seedance_assets.adapters.providers.http.complaint import one_line, sentence, verbatim
from seedance_assets.adapters.providers.http.reasons import failure_in
from seedance_assets.adapters.providers.http.video_addresses import video_addresses
from seedance_assets.core.errors import GenerationFailed, InputModerated, Moderated
from seedance_assets.core.generation import (
    CancelAnswer,
    GenerationResult,
    GenerationState,
    GenerationStatus,
)

_STATES: Mapping[str, GenerationState] = MappingProxyType(
    {
        "IN_QUEUE": GenerationState.IN_QUEUE,
        "IN_PROGRESS": GenerationState.IN_PROGRESS,
        "COMPLETED": GenerationState.COMPLETED,
        "FAILED": GenerationState.COMPLETED,  # this and the next two: not documented by fal
        "CANCELLED": GenerationState.CANCELLED,
        "CANCELED": GenerationState.CANCELLED,
    }
)
_CANCELS: Mapping[str, CancelAnswer] = MappingProxyType(
    {
        "OK": CancelAnswer.CANCELLED,
        "CANCELLATION_REQUESTED": CancelAnswer.REQUESTED,
        "ALREADY_COMPLETED": CancelAnswer.NOT_CANCELLABLE,
    }
)
_POLICY = "content_policy_violation"
_SENT = {"prompt", "image_url"}
NO_REASON = "fal gives no reason."


def read_status(document: Mapping[str, Any], redact: Callable[[str], str]) -> GenerationStatus:
    """The status in an answer of /status."""
    word = _word(document)
    state = _STATES.get(word, GenerationState.UNKNOWN)
    if state is GenerationState.COMPLETED and "cancel" in str(document.get("error_type")).lower():
        state = GenerationState.CANCELLED
    position = document.get("queue_position")
    counts = state is GenerationState.IN_QUEUE and type(position) is int and position >= 0
    return GenerationStatus(state, position if counts else None, one_line(redact(word), 80))


def has_failed(document: Mapping[str, Any]) -> bool:
    """Whether an answer of /status says that the request has failed."""
    return bool(document.get("error") or document.get("error_type")) or _word(document) == "FAILED"


def read_output(
    document: Mapping[str, Any], redact: Callable[[str], str], base_url: str
) -> GenerationResult:
    """The result in a good answer of the model."""
    videos = video_addresses(document, base_url)
    shown = one_line(verbatim(document, redact), 120)
    return GenerationResult(
        GenerationState.SUCCEEDED,
        video_url=videos[0] if videos else None,
        error_text=None if videos else f"The result names no video: {shown}",
        word="COMPLETED",
    )


def read_failure(
    status: Mapping[str, Any], answer: Mapping[str, Any] | None, redact: Callable[[str], str]
) -> GenerationResult:
    """The result of a request that failed: from the model's own answer, else from its status."""
    detail = (answer or {}).get("detail")
    text = sentence(detail, redact) or sentence(status, redact) or NO_REASON
    return GenerationResult(
        GenerationState.FAILED,
        error_text=text,
        failure=failure_of(detail, text),
        word=one_line(redact(_word(status)), 80),
    )


def failure_of(detail: object, text: str) -> type[GenerationFailed]:
    """The kind of a failure: from the types in `detail`, else from the words."""
    for item in _list(detail):
        if isinstance(item, Mapping) and item.get("type") == _POLICY:
            return InputModerated if _SENT & set(map(str, _list(item.get("loc")))) else Moderated
    return failure_in(text)


def read_cancel(document: Mapping[str, Any] | None) -> CancelAnswer:
    """The hint in an answer to a cancel."""
    return _CANCELS.get(_word(document or {}), CancelAnswer.UNCLEAR)


def _word(document: Mapping[str, Any]) -> str:
    return str(document.get("status")).strip().upper()


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []
