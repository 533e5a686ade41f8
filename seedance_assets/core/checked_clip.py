"""A checked video file with its findings, and counts over many files."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from seedance_assets.core.measurement import Measurements
from seedance_assets.core.quality import RULES, Finding, Verdict, worst
from seedance_assets.core.sentences import file_name


@dataclass(frozen=True, slots=True)
class CheckedClip:
    """A file with its findings, or the reason why it could not be measured."""

    file: Path
    shot: str = ""
    """The shot of the sheet that it was compared with; empty if none."""
    note: str = ""
    """Why it was not compared with its shot."""
    refused: str = ""
    measurements: Measurements | None = None
    findings: tuple[Finding, ...] = ()

    @property
    def name(self) -> str:
        """Its path as text."""
        return file_name(self.file)

    @property
    def verdict(self) -> Verdict:
        """The worst of its findings; a file that cannot be measured fails."""
        return Verdict.FAIL if self.refused else worst(self.findings)

    @property
    def complaints(self) -> tuple[Finding, ...]:
        """The findings that did not pass, failures first."""
        found = [each for each in self.findings if each.verdict is not Verdict.PASS]
        return tuple(sorted(found, key=lambda each: each.verdict is not Verdict.FAIL))


@dataclass(frozen=True, slots=True)
class RuleCount:
    """How often a rule gave each verdict."""

    rule: str
    passed: int
    warned: int
    failed: int


def count_rules(clips: Iterable[CheckedClip]) -> tuple[RuleCount, ...]:
    """Counts for each rule that applied to any of the clips, in the order of `RULES`."""
    counts = Counter((each.rule, each.verdict) for clip in clips for each in clip.findings)
    return tuple(
        RuleCount(
            rule.name,
            passed=counts[rule.name, Verdict.PASS],
            warned=counts[rule.name, Verdict.WARN],
            failed=counts[rule.name, Verdict.FAIL],
        )
        for rule in RULES
        if any(counts[rule.name, verdict] for verdict in Verdict)
    )


def shot_in_name(file: Path, shots: Iterable[str]) -> str:
    """The shot that a clip is named after: `sh010.mp4`, `sh010_t002.mp4`, `sh010/final.mp4`.

    The longest match wins, so that `sh010_b_t001` belongs to `sh010_b`. Empty if none matches.
    """
    longest_first = sorted(shots, key=len, reverse=True)
    stem, folder = file.stem.casefold(), file.parent.name.casefold()
    named = (shot for shot in longest_first if _begins_with(stem, shot.casefold()))
    in_folder = (shot for shot in longest_first if folder == shot.casefold())
    return next(named, "") or next(in_folder, "")


def _begins_with(stem: str, shot: str) -> bool:
    return stem.startswith(shot) and not stem[len(shot) : len(shot) + 1].isalnum()
