"""The outcome of a rule, and two helpers to make one."""

from dataclasses import dataclass

from seedance_assets.core.cuts import Cuts
from seedance_assets.core.measurement import Span
from seedance_assets.core.picture import Size
from seedance_assets.core.quality.finding import Verdict

_LARGE = 1000
AS_ASKED = "As it should be."


@dataclass(frozen=True, slots=True)
class Expectation:
    """What to expect of the clip according to its request; None for what is not specified."""

    size: Size | None = None
    frames_per_second: float | None = None
    frames: int | None = None
    audio: bool | None = None
    camera_fixed: bool = False
    cuts: Cuts | None = None
    """The ordered number of cuts; None: not specified, so the clip must be one take."""
    ordered: bool = False
    """Whether the clip was ordered; then it must also have the service's usual format."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A verdict with its reason, without the name of its rule."""

    verdict: Verdict
    measured: str
    limit: str
    sentence: str
    value: float | None = None
    limit_value: float | None = None
    unit: str = ""
    spans: tuple[Span, ...] = ()
    note: bool = False
    """Whether to show it although it passes, unless `[quality.rules]` weighs the rule."""


def worse(one: Outcome, other: Outcome) -> bool:
    """Whether the first is a worse verdict than the second."""
    order = tuple(Verdict)
    return order.index(one.verdict) > order.index(other.verdict)


def counted(number: int, what: str) -> str:
    """A number with its noun in the singular or plural."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def exact(
    passed: bool, measured: str, limit: str, wrong: str, *, verdict: Verdict = Verdict.FAIL
) -> Outcome:
    """A pass or a fail."""
    return Outcome(
        Verdict.PASS if passed else verdict, measured, limit, AS_ASKED if passed else wrong
    )


@dataclass(frozen=True, slots=True)
class Scale:
    """A unit and two limits: beyond the first it warns, beyond the second it fails."""

    unit: str
    warn: float
    fail: float | None = None
    least: bool = False
    """Whether the limits are minimums (else maximums)."""
    factor: float = 1.0
    """Factor for displayed values: 100 for per cent."""

    def place(self, value: float, wrong: str, spans: tuple[Span, ...] = ()) -> Outcome:
        """The outcome for `value`. `wrong` is the sentence for a warning or failure."""
        verdict, limit = Verdict.PASS, self.warn
        if self._beyond(value, self.warn):
            verdict = Verdict.WARN
        if self.fail is not None and self._beyond(value, self.fail):
            verdict, limit = Verdict.FAIL, self.fail
        passed = verdict is Verdict.PASS
        word = "at least" if self.least else "at most"
        return Outcome(
            verdict,
            measured=self._shown(value),
            limit=f"{word} {self._shown(limit)}",
            sentence=AS_ASKED if passed else wrong,
            value=round(value * self.factor, 4),
            limit_value=round(limit * self.factor, 4),
            unit=self.unit,
            spans=() if passed else spans,
        )

    def _beyond(self, value: float, limit: float) -> bool:
        return value < limit if self.least else value > limit

    def _shown(self, value: float) -> str:
        number = value * self.factor
        text = f"{number:.3g}" if abs(number) < _LARGE else f"{number:.0f}"
        return f"{text} {self.unit}".strip()
