"""How often to ask for a generation: seldom before it can be done, more often around the time when
such takes are usually done, and ever less often afterwards."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

_FIRST_WAIT_S = 0.3
_SHORTEST_WAIT_S = 0.25
_LONGEST_WAIT_S = 5.0  # a person who watches wants news of the queue
_LONGEST_LATE_WAIT_S = 15.0


@dataclass(frozen=True, slots=True)
class PollingRhythm:
    """Waits between questions, from how long such takes have lasted before."""

    usual_s: float | None = None

    @classmethod
    def from_history(cls, service_times_s: Sequence[float]) -> "PollingRhythm":
        """The rhythm for takes like these; without a history, waits grow with the take's age."""
        return cls(median(service_times_s) if service_times_s else None)

    def wait_s(self, age_s: float, jitter: float) -> float:
        """Seconds until the next question, for a take ordered `age_s` ago.

        `jitter` is a random number from 0 to 1; it spreads the questions of many takes.
        """
        return self._wait_s(age_s) * (0.85 + 0.3 * jitter)

    def _wait_s(self, age_s: float) -> float:
        if self.usual_s is None:
            return min(max(_FIRST_WAIT_S, age_s * 0.15), _LONGEST_WAIT_S)
        if age_s < 0.8 * self.usual_s:
            return max(min(0.8 * self.usual_s - age_s, _LONGEST_WAIT_S), _SHORTEST_WAIT_S)
        if age_s < 1.5 * self.usual_s:
            return min(max(0.05 * self.usual_s, _SHORTEST_WAIT_S), _LONGEST_WAIT_S)
        return min(max(0.1 * (age_s - self.usual_s), _SHORTEST_WAIT_S), _LONGEST_LATE_WAIT_S)
