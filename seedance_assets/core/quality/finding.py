"""What one rule says of one clip: a verdict with its reason and its place in the clip."""

from dataclasses import dataclass
from enum import StrEnum

from seedance_assets.core.measurement import Span


class Verdict(StrEnum):
    """What one rule says of a clip."""

    PASS = "pass"  # noqa: S105  # a verdict, no password
    WARN = "warn"
    FAIL = "fail"


class Family(StrEnum):
    """Rules that belong together; each family is a check of its own in Dagster."""

    INTACT = "intact"
    DELIVERY = "delivery"
    OPENING = "opening"
    PICTURE = "picture"
    MOVEMENT = "movement"
    SOUND = "sound"

    @property
    def sentence(self) -> str:
        """What a clip shall be that passes."""
        return _SENTENCES[self]


_SENTENCES = {
    Family.INTACT: "Every frame of the clip can be decoded.",
    Family.DELIVERY: "Size, length, rate, codec and file are as asked, and fit for an edit.",
    Family.OPENING: "The clip opens on the picture that it was given.",
    Family.PICTURE: "The picture is neither black nor barred nor soft nor out of range.",
    Family.MOVEMENT: "It moves as asked: no freeze, cut, flicker, flashing or disobedient camera.",
    Family.SOUND: "Sound is there as asked, whole, and at a sensible level.",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """A verdict with its reason: rule, measured value, limit, a sentence for a person."""

    rule: str
    family: Family
    verdict: Verdict
    measured: str
    """For a person, with its unit."""
    limit: str
    """For a person, with its unit: of the verdict that was given, or of a pass."""
    sentence: str
    measured_value: float | None = None
    """The bare figure, for plots and tables; None where there is none."""
    limit_value: float | None = None
    unit: str = ""
    """Of both: `s`, `px`, `dB`, `%`, …"""
    spans: tuple[Span, ...] = ()
    """Where in the clip the fault lies; empty if it has no place. The worst comes first."""


def worst(findings: tuple[Finding, ...]) -> Verdict:
    """The verdict on the whole clip."""
    verdicts = {finding.verdict for finding in findings}
    return next((v for v in (Verdict.FAIL, Verdict.WARN) if v in verdicts), Verdict.PASS)
