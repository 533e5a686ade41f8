"""When to ask for a generation: seldom before it can be done, then every few seconds.

A question costs nothing, but services count them. The looks are planned by age, so that a take of
90 s needs at most ten, and its end is noticed within five seconds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median, quantiles

_LONGEST_DENSE_S = 4.3  # with jitter never more than five
_SHORTEST_WAIT_S = 0.25
_LONGEST_LATE_WAIT_S = 15.0
_FEW = 5
_FIRST_AGE_S = 0.3
_BOUNDS_S = (0.5, 3.0, 12.0, 33.0, 68.0)
"""Without a history: one look between each two of these."""
_LAST_PLANNED_S = 80.0
"""Then one shortly before a take of 5 s usually ends, and from there on every few seconds."""
_QUICK_GROWTH = 0.15
_QUICK_LONGEST_S = 5.0
_USUAL_WITHOUT_HISTORY_S = 100.0


@dataclass(frozen=True, slots=True)
class PollingRhythm:
    """Waits between questions, from how long such takes have lasted before."""

    usual_s: float | None = None
    earliest_s: float | None = None
    """Before that, few takes have ended; None: as usual."""
    quick: bool = False
    """Whether the service is our own emulator, which is quick and counts nothing."""

    @classmethod
    def from_history(
        cls, service_times_s: Sequence[float], *, quick: bool = False
    ) -> "PollingRhythm":
        """The rhythm for takes like these; without a history, waits grow with the take's age."""
        if not service_times_s:
            return cls(quick=quick)
        few = len(service_times_s) < _FEW
        earliest_s = min(service_times_s) if few else quantiles(service_times_s, n=10)[0]
        return cls(median(service_times_s), max(earliest_s, 0.0))

    def wait_s(self, age_s: float, jitter: float) -> float:
        """Seconds until the next question, for a take ordered `age_s` ago.

        `jitter` is a random number from 0 to 1; it spreads the questions of many takes. An age
        below zero, by a clock that was set back, counts as zero.
        """
        age_s = max(age_s, 0.0)
        if self.usual_s is None and self.quick:
            wait_s = min(max(_FIRST_AGE_S, age_s * _QUICK_GROWTH), _QUICK_LONGEST_S)
            return wait_s * (0.85 + 0.3 * jitter)
        if self.usual_s is None:
            planned_s = self._first_look_s(age_s, jitter)
        else:
            planned_s = next((age for age in self._shares_s() if age > age_s), None)
        if planned_s is not None:
            return max(planned_s - age_s, _SHORTEST_WAIT_S) * (1 + 0.05 * jitter)
        return self._dense_s(age_s) * (0.85 + 0.3 * jitter)

    def _dense_s(self, age_s: float) -> float:
        usual_s = _USUAL_WITHOUT_HISTORY_S if self.usual_s is None else self.usual_s
        if age_s < 1.5 * usual_s:
            return min(max(0.05 * usual_s, _SHORTEST_WAIT_S), _LONGEST_DENSE_S)
        late_s = 0.1 * (age_s - usual_s)
        return min(max(late_s, _SHORTEST_WAIT_S), _LONGEST_LATE_WAIT_S)

    def _first_look_s(self, age_s: float, jitter: float) -> float | None:
        """The age of the next look without a history; None once looks are close together.

        Wide jitter: of several takes some look at any time, and the first that has ended tells the
        others how long such takes last.
        """
        if age_s < _FIRST_AGE_S:
            return _FIRST_AGE_S
        for low_s, high_s in pairwise(_BOUNDS_S):
            if age_s < low_s:
                return float(low_s * (high_s / low_s) ** jitter)
        return _LAST_PLANNED_S if age_s < 0.9 * _LAST_PLANNED_S else None

    def _shares_s(self) -> Sequence[float]:
        usual_s = self.usual_s or 0.0
        earliest_s = usual_s if self.earliest_s is None else self.earliest_s
        return tuple(max(share * earliest_s, _FIRST_AGE_S) for share in (0.4, 0.75, 0.95))
