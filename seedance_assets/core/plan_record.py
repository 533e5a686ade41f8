"""What a plan was made of: a run that was approved by its digest buys nothing else.

Takes that were bought meanwhile and money that was spent are not in it: a run may always buy less.
"""

import json
from collections.abc import Iterable, Mapping
from functools import cached_property

from pydantic import BaseModel, ConfigDict

from seedance_assets.core.request import GenerationRequest, sha256_hex
from seedance_assets.core.run_options import RunOptions
from seedance_assets.core.scope import Scope
from seedance_assets.core.settings import ProductionSettings
from seedance_assets.core.shot import Shot

_SECTIONS = ("price", "budget", "failures")
_BUYS_NOTHING = {"warn_at", "ask_above_usd", "resubmit_wait_s"}
_OPTIONS = ("retry_failed", "retake", "accept_unknown_cost")
_NAMED = 5  # changes in a message; more are counted
_DIGITS = 16


class PlanRecord(BaseModel):
    """Each value by a short hash, under the name that a message gives it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    terms: dict[str, str]
    """Settings and options that decide what is bought, and for how much."""
    shots: dict[str, dict[str, str]]
    """The request of each shot, and its takes and caps; empty: it could not be asked for."""

    @cached_property
    def digest(self) -> str:
        """The same for the same plan: what a run is told."""
        return _short(self.model_dump())

    def changes(self, now: "PlanRecord") -> list[str]:
        """What is new or different in `now`, which may be of fewer shots: a line for each."""
        terms = [name for name, value in now.terms.items() if self.terms.get(name) != value]
        shots = (
            f"{shot}: {', '.join(changed)}"
            for shot, fields in sorted(now.shots.items())
            if (changed := self._changes_of(shot, fields))
        )
        return [*terms, *shots]

    def _changes_of(self, shot: str, fields: Mapping[str, str]) -> list[str]:
        planned = self.shots.get(shot)
        if planned is None:
            return ["not in that plan"]
        return _differing(planned, fields) if planned else []


def record_plan(
    scope: Scope,
    settings: ProductionSettings,
    options: RunOptions,
    requests: Iterable[tuple[Shot, GenerationRequest | None]],
) -> PlanRecord:
    """The record of a plan; a shot that cannot be asked for has no request."""
    terms = {"the service": _short(scope.key)}
    terms |= {
        f"[{section}] {name}": _short(value)
        for section in _SECTIONS
        for name, value in getattr(settings, section).model_dump(mode="json").items()
        if name not in _BUYS_NOTHING
    }
    terms |= {f"`{name}`": _short(value) for name in _OPTIONS if (value := getattr(options, name))}
    shots = {shot.key: _fields(options, shot, request) for shot, request in requests}
    return PlanRecord(terms=terms, shots=shots)


def in_short(changes: list[str]) -> str:
    """Changes for a message: the first ones, and how many more there are."""
    more = len(changes) - _NAMED
    return "; ".join([*changes[:_NAMED], *([f"{more} more"] if more > 0 else [])])


def _fields(options: RunOptions, shot: Shot, request: GenerationRequest | None) -> dict[str, str]:
    if request is None:
        return {}
    values = {
        "model": request.model_id,
        "first_frame": request.first_frame.sha256 if request.first_frame else None,
        **request.inputs,
        "takes": options.takes or shot.takes,
        "max_cost_usd": shot.max_cost_usd,
        "audio_fallback": shot.audio_fallback,
    }
    return {name: _short(value) for name, value in values.items()}


def _differing(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    names = dict.fromkeys([*before, *now])
    return [name for name in names if before.get(name) != now.get(name)]


def _short(value: object) -> str:
    return sha256_hex(json.dumps(value, sort_keys=True).encode())[:_DIGITS]
