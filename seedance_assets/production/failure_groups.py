"""Failures of many shots for one reason, told once with the list of the shots."""

from collections.abc import Iterable
from dataclasses import dataclass

from seedance_assets.core.errors import BudgetSpent
from seedance_assets.production.events import ShotFailed


@dataclass(frozen=True, slots=True)
class FailureGroup:
    """Shots that failed for the same reason."""

    shots: tuple[str, ...]
    reason: str
    advice: str

    @property
    def sentence(self) -> str:
        """All shots, then the reason."""
        return f"{', '.join(self.shots)}: {self.reason}"


def grouped(failures: Iterable[ShotFailed]) -> list[FailureGroup]:
    """The failures in their order; those that differ by nothing but the shot together.

    Under a cap the sums differ from shot to shot, while the cap and what to do are the same.
    """
    groups: dict[tuple[str, str, str], list[ShotFailed]] = {}
    for failure in failures:
        said = "" if failure.kind == BudgetSpent.code else _without_name(failure)
        groups.setdefault((failure.kind, said, failure.advice), []).append(failure)
    return [
        FailureGroup(tuple(f.shot for f in group), _reason(group), group[0].advice)
        for group in groups.values()
    ]


def _reason(group: list[ShotFailed]) -> str:
    first = group[0]
    if len(group) > 1 and first.kind == BudgetSpent.code:
        return f"stopped by the budget; for the first, {_without_name(first)}"
    return _without_name(first)


def _without_name(failure: ShotFailed) -> str:
    return failure.reason.removeprefix(f"shot {failure.shot}: ")
