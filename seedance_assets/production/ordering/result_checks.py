"""When /result is asked for a take, and when a refusal there is the take's failure.

It is asked once the status says that the take is over. A word that nobody knows may mean that too,
so then it is asked as well: at once, now and then, and before the run gives up. A 4xx there may
only mean "not ready"; if it lasts after the end, it is the failure. So it is with an unknown word
on /result: if it stays, the video or the error beside it counts.
"""

from dataclasses import replace

from seedance_assets.core.generation import GenerationResult, GenerationState, GenerationStatus

LASTING_S = 20.0
"""So long must a refusal or an unknown word on /result stay until it is judged."""
UNKNOWN_EVERY_S = 30.0


class ResultChecks:
    """The looks at the result of one take."""

    def __init__(self) -> None:
        self.refusal = ""
        """The words of the last answer, if it was a refusal."""
        self._unclear_since: float | None = None
        self._over = False
        self._word = ""
        self._unknown_at = 0.0

    def is_due(self, status: GenerationStatus, waited_s: float, *, last: bool) -> bool:
        """Whether to ask for the result now; `last`: the run gives the take up otherwise."""
        self._over = status.state.over
        if status.state is not GenerationState.UNKNOWN:
            return self._over
        every_s = UNKNOWN_EVERY_S if self._unclear_since is None else LASTING_S / 2
        new = status.word != self._word or waited_s - self._unknown_at >= every_s
        if new or last:
            self._word, self._unknown_at = status.word, waited_s
        return new or last

    def judge(self, result: GenerationResult, waited_s: float) -> GenerationResult:
        """The result; what it most likely means in place of one that stays unclear."""
        self.refusal = result.refusal
        likely = result.likely
        if result.refusal and self._over:
            likely = replace(result, state=GenerationState.FAILED, error_text=result.refusal)
        if likely is None:
            self._unclear_since = None
            return result
        if self._unclear_since is None:
            self._unclear_since = waited_s
        return likely if waited_s - self._unclear_since >= LASTING_S else result
