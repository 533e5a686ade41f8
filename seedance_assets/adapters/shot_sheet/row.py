"""One row while it is read: its cells by meaning, and the problems found so far."""

from dataclasses import dataclass, field

from seedance_assets.adapters.shot_sheet.columns import Columns
from seedance_assets.adapters.shot_sheet.spreadsheet_dates import is_error_value
from seedance_assets.adapters.shot_sheet.table import Record, bare
from seedance_assets.core.shot import Problem, Severity

_SHOWN = 120  # characters of a value that a problem repeats
_FORMULA = "Mend the formula, or paste its value."
_OPEN_AND_SAVE = "Open the workbook in a spreadsheet program and save it, or paste the value."


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
    unsaved: frozenset[tuple[int, int]] = frozenset()
    problems: list[Problem] = field(default_factory=list)
    key: str = ""
    """The shot's name, as soon as it is known."""
    broken: set[str] = field(default_factory=set)
    """Columns whose cell holds no value at all; one problem says so, and no other is wanted."""

    def find_broken_cells(self) -> None:
        """Object to cells that hold no value at all: errors of formulas, and formulas unsaved."""
        for meaning, place in self.columns.places.items():
            cell = self.cells[place]
            if cell[:1] == "#" and is_error_value(bare(cell)):
                self._break(meaning, "is an error of the spreadsheet's, not a value", _FORMULA)
            elif self.unsaved and (self.number, place) in self.unsaved:
                self._break(meaning, "is a formula whose result is not stored", _OPEN_AND_SAVE)

    def _break(self, meaning: str, reason: str, fix: str) -> None:
        self.object_to(meaning, Objection("cell_error", reason, fix))
        self.broken.add(meaning)

    def is_same(self, meaning: str, other: str) -> bool:
        """Whether one column stands for both."""
        places = self.columns.places
        return meaning in places and places[meaning] == places.get(other)

    def text(self, meaning: str) -> str:
        """The cell of a column, bare; empty if the sheet has no such column."""
        place = self.columns.places.get(meaning)
        return "" if place is None else bare(self.cells[place])

    def object_to(self, meaning: str, objection: Objection) -> None:
        """Write down a problem with the cell of `meaning`, unless that is broken anyway."""
        if meaning in self.broken:
            return
        column = self.columns.header(meaning) or meaning
        self._write_down(column, self.text(meaning), objection)

    def object_to_all(self, value: str, objection: Objection) -> None:
        """Write down a problem with the row as a whole."""
        self._write_down(None, value, objection)

    def _write_down(self, column: str | None, value: str, objection: Objection) -> None:
        self.problems.append(
            Problem(
                row=self.number,
                shot=(self.key or self.text("shot"))[:_SHOWN] or None,
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
        notes = {header: bare(self.cells[i]) for header, i in self.columns.free}
        return {header: text for header, text in notes.items() if text}
