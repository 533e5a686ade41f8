"""Print a take of the ledger."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from seedance_assets.adapters.ledger import Transition
from seedance_assets.cli.terminal import Terminal
from seedance_assets.core.assessment import take_advice
from seedance_assets.core.budget import usd
from seedance_assets.core.failures import kind_of
from seedance_assets.core.model_schema import model_schema
from seedance_assets.core.scope import Scope
from seedance_assets.core.take import Take

_WIDTH = 14  # of the names before the facts


def show_take(console: Terminal, take: Take, history: Sequence[Transition]) -> None:
    """Print what was ordered, its result and cost, and its history."""
    emulated = " · EMULATED" if Scope.parse(take.scope).emulated else ""
    console.write(f"{take.name} · {take.state.value.replace('_', ' ')}{emulated}", "bold")
    for name, text in _facts(take):
        if text.strip():
            console.fact(name, text, _WIDTH)
    console.write("\nHistory", "bold")
    for step in history:
        way = f"{step.from_state or 'new'} → {step.to_state}"
        if step.from_state == step.to_state:  # a remark
            way = str(step.to_state)
        console.paragraph(f"{_moment(step.at)}  {way}: {step.cause}", hanging=_WIDTH)


def _facts(take: Take) -> Iterator[tuple[str, str]]:
    yield "shot", f"{take.shot}, take {take.number}"
    yield "request id", take.request_id or "none: the service has returned none"
    yield "model", take.model_id
    yield from _inputs(take)
    yield "ordered", _moment(take.submitted_at)
    yield "finished", _moment(take.succeeded_at)
    yield "cost", _cost(take)
    yield "file", take.video_path or ""
    yield "remark", take.remark
    yield "stands in", "without sound, because the sound was refused" if take.fallback_of else ""
    label = f"{kind_of(take).label}: " if take.error_kind else ""
    yield "error", f"{label}{take.error}" if take.error else ""
    yield "what to do", take_advice(take)


def _inputs(take: Take) -> Iterator[tuple[str, str]]:
    roles = model_schema(take.model_id).roles
    prompt, frame = roles.get("prompt", ""), roles.get("first_frame", "")
    yield "prompt", str(take.request.get(prompt, ""))
    others = {k: v for k, v in take.request.items() if k not in {prompt, frame}}
    words = {True: "yes", False: "no"}
    yield (
        "settings",
        ", ".join(
            f"{name} {words[value] if isinstance(value, bool) else value}"
            for name, value in others.items()
        ),
    )
    yield "first frame", str(take.request.get(frame, ""))


def _cost(take: Take) -> str:
    estimate = "unknown" if take.estimate_usd is None else usd(take.estimate_usd)
    if take.cost_usd is None:
        return f"unknown yet; estimated at {estimate}"
    return f"{usd(take.cost_usd)}; estimated at {estimate}"


def _moment(at: datetime | None) -> str:
    return "" if at is None else f"{at:%Y-%m-%d %H:%M:%S} UTC"
