"""One row while it is read: its cells by meaning, and the problems found so far."""

from dataclasses import dataclass, field

from seedance_assets.adapters.shot_sheet.columns import Columns
from seedance_assets.adapters.shot_sheet.table import Record, bare
from seedance_assets.core.shot import Problem, Severity

_SHOWN = 120  # characters of a value that a problem repeats


@dataclass(frozen=True, slots=True)
class Objection:
    """What is wrong with a cell, wherever it stands."""

    rule: str
    """Short and stable, for scripts."""
    reason: str
    fix: str
    severity: Severity = Severity.ERROR


@dataclass(slots=True)
class Row:
    """A row of the sheet; `number` is the one that a spreadsheet shows."""

    number: int
    cells: Record
    columns: Columns
    problems: list[Problem] = field(default_factory=list)

    def text(self, meaning: str) -> str:
        """The cell of a column, bare; empty if the sheet has no such column."""
        place = self.columns.places.get(meaning)
        return "" if place is None else bare(self.cells[place])

    def object_to(self, meaning: str, objection: Objection) -> None:
        """Write down a problem with the cell of `meaning`."""
        column = self.columns.header(meaning) or meaning
        self._write_down(column, self.text(meaning), objection)

    def object_to_all(self, value: str, objection: Objection) -> None:
        """Write down a problem with the row as a whole."""
        self._write_down(None, value, objection)

    def _write_down(self, column: str | None, value: str, objection: Objection) -> None:
        self.problems.append(
            Problem(
                row=self.number,
                shot=self.text("shot")[:_SHOWN] or None,
                column=column,
                value=value if len(value) <= _SHOWN else f"{value[:_SHOWN]}…",
                rule=objection.rule,
                reason=objection.reason,
                fix=objection.fix,
                severity=objection.severity,
            )
        )

    @property
    def refused(self) -> bool:
        """Whether a problem keeps the row from becoming a shot."""
        return any(problem.severity is Severity.ERROR for problem in self.problems)

    @property
    def stray_cells(self) -> list[str]:
        """What stands beyond the last named column."""
        beyond = map(bare, self.cells[len(self.columns.headers) :])
        return [cell for cell in beyond if cell]

    @property
    def notes(self) -> dict[str, str]:
        """The free columns that hold something, under the user's own headers."""
        notes = {self.columns.headers[i]: bare(self.cells[i]) for i in self.columns.free}
        return {header: text for header, text in notes.items() if text}
