"""How long takes are likely to last at the service, by the ledger's own history. No guesses."""

import heapq
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from statistics import median
from typing import Any

from seedance_assets.core.errors import SettingsRefused
from seedance_assets.core.model_schema import model_schema
from seedance_assets.core.take import Take

NO_HISTORY = "no history yet"
_TELLING = 50  # the latest takes of a kind: a service's pace changes

_Kind = tuple[str, Any, Any]


@dataclass(frozen=True, slots=True)
class Forecast:
    """Wall time until all takes have ended; `expected_s` is None without a history."""

    expected_s: float | None
    basis: str


@dataclass
class Pace:
    """What earlier takes of one scope have taken, from order to success, in seconds."""

    _of_kind: dict[_Kind, list[float]] = field(default_factory=lambda: defaultdict(list))
    _of_model: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def of(cls, takes: Iterable[Take]) -> "Pace":
        """The pace by `takes`, the oldest first."""
        pace = cls()
        for take in takes:
            if take.service_time_s is not None:
                pace._of_kind[_kind(take.model_id, take.request)].append(take.service_time_s)
                pace._of_model[take.model_id].append(take.service_time_s)
        return pace

    def forecast(
        self,
        orders: Iterable[tuple[str, Mapping[str, Any]]],
        open_takes: Iterable[Take],
        *,
        lanes: int,
        now: datetime,
    ) -> Forecast:
        """The wall time of new `orders` (model id and inputs) and of takes that are under way.

        `lanes` is how many may be at the service at once. The longest go first.
        """
        times_s: list[float] = []
        told: set[_Kind] = set()
        borrowed = False
        for model_id, inputs, age_s in [
            *((model_id, inputs, 0.0) for model_id, inputs in orders),
            *((t.model_id, t.request, _age_s(t, now)) for t in open_takes),
        ]:
            kind = _kind(model_id, inputs)
            history = self._of_kind.get(kind) or self._of_model.get(model_id)
            if not history:
                return Forecast(None, NO_HISTORY)
            borrowed = borrowed or kind not in self._of_kind
            told.add(kind)
            times_s.append(max(median(history[-_TELLING:]) - age_s, 0.0))
        if not times_s:
            return Forecast(0.0, "nothing to wait for")
        return Forecast(_makespan_s(times_s, lanes), self._basis(told, borrowed=borrowed))

    def _basis(self, kinds: Iterable[_Kind], *, borrowed: bool) -> str:
        number = sum(
            min(len(self._of_kind.get(kind) or self._of_model[kind[0]]), _TELLING) for kind in kinds
        )
        basis = f"by the median of {number} earlier takes"
        return f"{basis}, some of another resolution or duration" if borrowed else basis


def _kind(model_id: str, inputs: Mapping[str, Any]) -> _Kind:
    """Takes that last about as long: of one model, resolution and duration."""
    try:
        roles = model_schema(model_id).roles
    except SettingsRefused:  # a model that nobody describes any more
        return model_id, None, None
    return (
        model_id,
        inputs.get(roles.get("resolution", "")),
        inputs.get(roles.get("duration_s", "")),
    )


def _age_s(take: Take, now: datetime) -> float:
    return (now - take.submitted_at).total_seconds() if take.submitted_at else 0.0


def _makespan_s(times_s: list[float], lanes: int) -> float:
    """Until the last of them ends, if the longest go first and each takes the next free lane."""
    ends = [0.0] * min(lanes, len(times_s))
    for time_s in sorted(times_s, reverse=True):
        heapq.heapreplace(ends, ends[0] + time_s)
    return max(ends)
