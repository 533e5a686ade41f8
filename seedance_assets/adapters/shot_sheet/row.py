"""One row while it is read: its cells by meaning, and the problems found so far."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from seedance_assets.adapters.shot_sheet.columns import Columns
from seedance_assets.adapters.shot_sheet.placeholders import is_error_value, is_nothing
from seedance_assets.adapters.shot_sheet.table import CellRemark, Record, bare, visible
from seedance_assets.core.shot import Problem, Severity

_SHOWN = 120  # characters of a value that a problem repeats
_FORMULA = "Correct the formula, or paste its value."


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
    key: str = ""
    """The shot's name, as soon as it is known."""
    broken: set[str] = field(default_factory=set)
    """Columns whose cell holds no value at all; one problem says so, and no other is wanted."""
    read: set[int] = field(default_factory=set)
    """Places of the cells that were asked for."""

    def find_broken_cells(self, remarks: Sequence[CellRemark]) -> None:
        """Object to cells that hold no value at all, and to what the form of the sheet says."""
        by_place = {place: meaning for meaning, place in self.columns.places.items()}
        for remark in sorted(remarks, key=lambda remark: not remark.breaks):
            objection = Objection(remark.rule, remark.reason, remark.fix, remark.severity)
            if remark.place is None:
                self.object_to_all("", objection)
            elif meaning := by_place.get(remark.place):
                self.object_to(meaning, objection)
                if remark.breaks:
                    self.broken.add(meaning)
        for meaning, place in self.columns.places.items():
            if meaning not in self.broken and is_error_value(visible(self.cells[place])):
                self._break(meaning, "is a spreadsheet error, not a value", _FORMULA)

    def _break(self, meaning: str, reason: str, fix: str) -> None:
        self.object_to(meaning, Objection("cell_error", reason, fix))
        self.broken.add(meaning)

    def is_same(self, meaning: str, other: str) -> bool:
        """Whether one column stands for both."""
        places = self.columns.places
        return meaning in places and places[meaning] == places.get(other)

    def text(self, meaning: str) -> str:
        """The value in the cell of a column; empty if the sheet has no such column."""
        return visible(self.prose(meaning))

    def peek(self, meaning: str) -> str:
        """The value in a cell that may not be needed after all."""
        place = self.columns.places.get(meaning)
        return "" if place is None else visible(bare(self.cells[place]))

    def prose(self, meaning: str) -> str:
        """The cell of a column as it was written, without the white space around it."""
        place = self.columns.places.get(meaning)
        if place is None:
            return ""
        self.read.add(place)
        return bare(self.cells[place])

    @property
    def unread(self) -> set[int]:
        """Places of the cells that hold something and were not asked for."""
        cells = self.cells[: len(self.columns.headers)]
        found = {i for i, cell in enumerate(cells) if i not in self.read and bare(cell)}
        helping = found.intersection(self.columns.places.values())
        return found - {i for i in helping if is_nothing(visible(bare(cells[i])))}

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
