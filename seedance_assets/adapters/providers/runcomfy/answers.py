"""The service's JSON as our own records. Foreign words stop here; what is not there is None."""

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from seedance_assets.adapters.providers.http.complaint import one_line, sentence, verbatim
from seedance_assets.adapters.providers.http.reasons import failure_in
from seedance_assets.adapters.providers.http.video_addresses import video_addresses
from seedance_assets.adapters.providers.runcomfy.states import (
    RESULT_WORDS,
    STATUS_WORDS,
    state_from,
    word_for_state,
)
from seedance_assets.core.errors import GenerationFailed
from seedance_assets.core.generation import (
    CancelAnswer,
    CatalogueEntry,
    GenerationResult,
    GenerationState,
    GenerationStatus,
)

_SURE_ERROR_KEYS = ("error", "failure_reason", "error_message")
_ERROR_KEYS = (*_SURE_ERROR_KEYS, "message", "detail")
_MAX_SHOWN = 120
MOST_USD = 1e6
"""A higher charge for one take cannot be."""
NO_REASON = "The service gives no reason."


def read_status(document: Mapping[str, Any], redact: Callable[[str], str]) -> GenerationStatus:
    """The status in an answer of /status."""
    state = state_from(word_for_state(document), STATUS_WORDS)
    position = document.get("queue_position")
    counts = state is GenerationState.IN_QUEUE and type(position) is int and position >= 0
    return GenerationStatus(state, position if counts else None, _word(document, redact))


def read_result(
    document: Mapping[str, Any], redact: Callable[[str], str], base_url: str = ""
) -> GenerationResult:
    """The result in an answer of /result, whatever shape its output and its error have.

    Addresses may be relative to `base_url`.
    """
    state = state_from(word_for_state(document), RESULT_WORDS)
    if state is not GenerationState.UNKNOWN:
        return _result(document, state, redact, base_url)
    unknown = _result(document, state, redact, base_url)
    likely = _likely_state(document, base_url)
    if likely is None:
        return unknown
    return replace(unknown, likely=_result(document, likely, redact, base_url))


def _result(
    document: Mapping[str, Any],
    state: GenerationState,
    redact: Callable[[str], str],
    base_url: str,
) -> GenerationResult:
    videos = video_addresses(document.get("output"), base_url)
    error = next((document[key] for key in _ERROR_KEYS if document.get(key)), None)
    text = sentence(error, redact) or None
    if state is GenerationState.FAILED:
        text = text or NO_REASON
    elif state is GenerationState.SUCCEEDED:
        text = None if videos else f"The result names no video: {_shown(document, redact)}"
    cost_usd, cost_problem = _charge(document.get("cost"), redact)
    return GenerationResult(
        state=state,
        video_url=videos[0] if videos and state is GenerationState.SUCCEEDED else None,
        cost_usd=cost_usd,
        error_text=text,
        failure=failure_in(text) if state is GenerationState.FAILED and text else GenerationFailed,
        word=_word(document, redact),
        cost_problem=cost_problem,
    )


def _likely_state(document: Mapping[str, Any], base_url: str) -> GenerationState | None:
    """What the rest of a result speaks for, if nobody knows the word for its state."""
    if video_addresses(document.get("output"), base_url):
        return GenerationState.SUCCEEDED
    if any(document.get(key) for key in _SURE_ERROR_KEYS):
        return GenerationState.FAILED
    return None


def _shown(document: Mapping[str, Any], redact: Callable[[str], str]) -> str:
    if "output" not in document:
        return "it has no output"
    return f"its output is {one_line(verbatim(document['output'], redact), _MAX_SHOWN)}"


def _charge(value: object, redact: Callable[[str], str]) -> tuple[float | None, str]:
    """The charge in USD; or why what was told is none."""
    cost = amount(value)
    if value is None or (cost is not None and cost <= MOST_USD):
        return cost, ""
    shown = one_line(redact(str(value)), 40)
    return None, f"the service reports a charge of {shown}, which is impossible"


def read_cancel(document: Mapping[str, Any] | None) -> CancelAnswer:
    """The hint in an answer to a cancel; `outcome` is clearer than `status`, so it comes first."""
    for key in ("outcome", "status"):
        word = str((document or {}).get(key)).strip().lower().replace("canceled", "cancelled")
        if word in set(CancelAnswer) - {CancelAnswer.UNCLEAR}:
            return CancelAnswer(word)
    return CancelAnswer.UNCLEAR


def read_entry(
    document: Mapping[str, Any], model_id: str, redact: Callable[[str], str]
) -> CatalogueEntry:
    """A model of the catalogue."""

    def text(key: str) -> str | None:
        value = document.get(key)
        return one_line(redact(value)) if isinstance(value, str) and value.strip() else None

    return CatalogueEntry(
        model_id=model_id,
        display_name=text("display_name"),
        base_price_usd=amount(document.get("base_price_usd")),
        price_unit=text("price_unit"),
    )


def read_balance(document: Mapping[str, Any]) -> float | None:
    """The balance in USD, below zero included; None if the answer does not tell."""
    balance_usd = _number(document.get("balance_usd"))
    microdollars = _number(document.get("balance_microdollars"))
    if balance_usd is None and microdollars is not None:
        return microdollars / 1e6
    return balance_usd


def amount(value: object) -> float | None:
    """A number of USD, finite and not below zero; None for anything else."""
    number = _number(value)
    return number if number is not None and number >= 0 else None


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _word(document: Mapping[str, Any], redact: Callable[[str], str]) -> str:
    return one_line(redact(str(word_for_state(document))), 80)
