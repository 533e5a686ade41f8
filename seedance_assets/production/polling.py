"""When to ask for a generation: seldom before it can be done, then every few seconds.

A question costs nothing, but services count them. The looks are planned by age, so that a take of
90 s needs at most ten, and its end is noticed within five seconds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median, quantiles

_LONGEST_DENSE_S = 4.3  # with jitter never more than five
_SHORTEST_WAIT_S = 0.25
_LONGEST_LATE_WAIT_S = 15.0
_FEW = 5
_FIRST_AGES_S = (0.3, 2.0, 10.0, 35.0, 60.0, 80.0)
"""Without a history: looks for quick services, then for the time that a take of 5 s needs."""
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
            wait_s = min(max(_FIRST_AGES_S[0], age_s * _QUICK_GROWTH), _QUICK_LONGEST_S)
            return wait_s * (0.85 + 0.3 * jitter)
        planned_s = next((age for age in self._first_ages_s() if age > age_s), None)
        if planned_s is not None:
            return (planned_s - age_s) * (1 + 0.1 * jitter)
        return self._dense_s(age_s) * (0.85 + 0.3 * jitter)

    def _dense_s(self, age_s: float) -> float:
        usual_s = _USUAL_WITHOUT_HISTORY_S if self.usual_s is None else self.usual_s
        if age_s < 1.5 * usual_s:
            return min(max(0.05 * usual_s, _SHORTEST_WAIT_S), _LONGEST_DENSE_S)
        late_s = 0.1 * (age_s - usual_s)
        return min(max(late_s, _SHORTEST_WAIT_S), _LONGEST_LATE_WAIT_S)

    def _first_ages_s(self) -> Sequence[float]:
        if self.usual_s is None:
            return _FIRST_AGES_S
        earliest_s = self.usual_s if self.earliest_s is None else self.earliest_s
        return tuple(max(share * earliest_s, _FIRST_AGES_S[0]) for share in (0.4, 0.75, 0.95))
