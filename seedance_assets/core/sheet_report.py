"""Everything that a sheet needs, for a person to mend it by."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, computed_field

from seedance_assets.core.shot import Problem, Severity, ShotList


class SheetReport(BaseModel):
    """What was read of a sheet, and every problem of every row, errors and warnings."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    format_version: Literal[1] = Field(default=1, alias="schema", serialization_alias="schema")
    title: str
    sheet: str = Field(description="The sheet's name, with nothing that a link may keep secret.")
    read_as: str = Field(description="One line: what the sheet was taken for.")
    detected: dict[str, str]
    model_id: str
    made_at: datetime
    rows: int = Field(description="Rows that hold anything.")
    problems: tuple[Problem, ...]
    refused: bool = Field(default=False, description="Whether the sheet as a whole cannot be used.")

    @computed_field  # type: ignore[prop-decorator]  # pydantic's own way
    @property
    def errors(self) -> int:
        """How many problems keep shots from being made."""
        return sum(p.severity is Severity.ERROR for p in self.problems)

    @computed_field  # type: ignore[prop-decorator]  # the same
    @property
    def warnings(self) -> int:
        """How many do not."""
        return len(self.problems) - self.errors

    @computed_field  # type: ignore[prop-decorator]  # the same
    @property
    def rows_to_mend(self) -> int:
        """How many rows have an error."""
        return len(self._rows_with(Severity.ERROR))

    @computed_field  # type: ignore[prop-decorator]  # the same
    @property
    def rows_warned(self) -> int:
        """How many rows have warnings alone."""
        return len(self._rows_with(Severity.WARNING) - self._rows_with(Severity.ERROR))

    def _rows_with(self, severity: Severity) -> set[int]:
        return {p.row for p in self.problems if p.severity is severity and p.row is not None}


def report_on(
    shot_list: ShotList, problems: Sequence[Problem], *, title: str, made_at: datetime
) -> SheetReport:
    """The report on a sheet; `problems` are its own and those of its pictures."""
    return SheetReport(
        title=title,
        sheet=shot_list.name,
        read_as=shot_list.read_as,
        detected=shot_list.detected,
        model_id=shot_list.model_id,
        made_at=made_at,
        rows=shot_list.rows,
        problems=in_order(problems),
    )


def in_order(problems: Sequence[Problem]) -> tuple[Problem, ...]:
    """Problems as the rows stand in the sheet, those of the whole sheet first."""
    return tuple(sorted(problems, key=lambda p: (p.row or 0, p.severity is Severity.WARNING)))
