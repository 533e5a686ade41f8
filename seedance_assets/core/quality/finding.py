"""The result of one rule for one clip: a verdict with its reason and its place in the clip."""

from dataclasses import dataclass
from enum import StrEnum

from seedance_assets.core.measurement import Span


class Verdict(StrEnum):
    """The verdict of a rule on a clip."""

    PASS = "pass"  # noqa: S105  # a verdict, not a password
    WARN = "warn"
    FAIL = "fail"


class Family(StrEnum):
    """A group of related rules; each family is one asset check in Dagster."""

    INTACT = "intact"
    DELIVERY = "delivery"
    OPENING = "opening"
    PICTURE = "picture"
    MOVEMENT = "movement"
    SOUND = "sound"

    @property
    def sentence(self) -> str:
        """What a clip must be to pass."""
        return _SENTENCES[self]


_SENTENCES = {
    Family.INTACT: "Every frame of the clip can be decoded.",
    Family.DELIVERY: "Size, length, rate, codec and file are as ordered, and usable in an edit.",
    Family.OPENING: "The clip opens on its first frame.",
    Family.PICTURE: "The picture is not black, soft or out of range, and has no black bars.",
    Family.MOVEMENT: "It moves as ordered: no freeze, cut, flicker, flashes or unwanted camera.",
    Family.SOUND: "Sound is present as ordered, complete, and at a sensible level.",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """A verdict with its reason: rule, measured value, limit, and a readable sentence."""

    rule: str
    family: Family
    verdict: Verdict
    measured: str
    """Formatted, with its unit."""
    limit: str
    """Formatted, with its unit: the limit that was exceeded, or the one for a pass."""
    sentence: str
    measured_value: float | None = None
    """The plain number, for plots and tables; None if there is none."""
    limit_value: float | None = None
    unit: str = ""
    """The unit of both: `s`, `px`, `dB`, `%`, …"""
    spans: tuple[Span, ...] = ()
    """Where the fault is in the clip, worst first; empty if it has no place."""


def worst(findings: tuple[Finding, ...]) -> Verdict:
    """The verdict on the whole clip."""
    verdicts = {finding.verdict for finding in findings}
    return next((v for v in (Verdict.FAIL, Verdict.WARN) if v in verdicts), Verdict.PASS)
