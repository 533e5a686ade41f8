"""The user's own sheet, returned: as it came, with what is wrong in three columns of its own."""

import io
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from seedance_assets.adapters.formulas import (
    as_it_was,
    defused,
    runs_as_formula,
    separated,
    writable,
)
from seedance_assets.adapters.shot_sheet.document import Document
from seedance_assets.adapters.shot_sheet.separated import find_separator, read_records
from seedance_assets.adapters.shot_sheet.sheet_text import decode
from seedance_assets.adapters.shot_sheet.table import MeaningOf, Record, Table, table_of
from seedance_assets.adapters.shot_sheet.words import plain
from seedance_assets.adapters.shot_sheet.workbook import is_workbook, read_workbook
from seedance_assets.adapters.shot_sheet.worksheet import Place
from seedance_assets.core.shot import Problem, Severity

COLUMNS = ("status", "problem", "fix")
GOOD, WARNING, ERROR = "ok", "warning", "error"

_OURS = re.compile(r"(?:seedance_)?(status|problem|fix)(?:_\d+)?")

Notes = Mapping[int, tuple[str, str, str]]


@dataclass(frozen=True, slots=True)
class _Form:
    """How separated values are written."""

    separator: str = ","
    line_end: str = "\r\n"
    codec: str = "utf-8-sig"
    head: str = ""
    """Excel's line `sep=;`, if the sheet has it."""


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A sheet with everything that stands in it, titles above the header too."""

    records: Sequence[tuple[int, Record]]
    table: Table
    form: _Form
    worksheet: str = ""
    struck: Mapping[Place, tuple[tuple[str, bool], ...]] = field(default_factory=dict)
    """Cells with words that are struck through: their text in pieces."""


def as_they_were(table: Table) -> Table:
    """The cells of a sheet that we returned as they were before they were made harmless."""
    if table.headers[-3:] == our_columns(table.headers):
        for _, cells in table.rows:
            cells[:] = map(as_it_was, cells)
    return table


def our_columns(headers: Sequence[str]) -> tuple[str, ...]:
    """The last headers of a sheet if we have written them; else none."""
    last = tuple(headers[-len(COLUMNS) :])
    ours = tuple(found[1] for header in last if (found := _OURS.fullmatch(header)))
    return last if ours == COLUMNS else ()


def returned_csv(
    document: Document,
    meaning_of: MeaningOf,
    problems: Iterable[Problem],
    *,
    worksheet: str = "",
    separator: str = "",
) -> bytes:
    """The sheet as separated values, in the encoding, separator and line ends that it came in.

    A workbook becomes CSV as Excel likes it. What a spreadsheet would run as a formula, whichever
    separator it opens the file with, gets an apostrophe in front; `read_table` takes it away again.
    Letters that the sheet's own encoding lacks become `?` in our columns alone.
    """
    sheet = _opened(document, meaning_of, worksheet)
    form = sheet.form
    rows = (map(defused, record) for record in _annotated(sheet, problems))
    text = "".join(separated(row, separator or form.separator, form.line_end) for row in rows)
    head = "" if separator else form.head
    return (head + text).encode(form.codec, errors="replace")


def returned_workbook(
    document: Document,
    meaning_of: MeaningOf,
    problems: Iterable[Problem],
    *,
    worksheet: str = "",
) -> bytes:
    """The sheet as a new, plain workbook of one worksheet; a strange workbook is never rewritten.

    Formulas are written as the results that were read: nothing in it runs. Words that were struck
    through stay so, since whoever goes on with the sheet would take them for meant.
    """
    import openpyxl
    from openpyxl.cell import WriteOnlyCell

    sheet = _opened(document, meaning_of, worksheet)
    book = openpyxl.Workbook(write_only=True)
    page = book.create_sheet(sheet.worksheet or "Shots")
    for number, record in enumerate(_annotated(sheet, problems), start=1):
        cells = []
        for place, text in enumerate(record):
            cell: Any = WriteOnlyCell(page, writable(text))
            if pieces := sheet.struck.get((number, place)):
                cell.value = _rich(pieces)
            _keep_as_text(cell)
            cells.append(cell)
        page.append(cells)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def _rich(pieces: Sequence[tuple[str, bool]]) -> Any:  # openpyxl's own type is not exported
    from openpyxl.cell.rich_text import CellRichText, TextBlock
    from openpyxl.cell.text import InlineFont

    struck = InlineFont(strike=True)
    return CellRichText(
        *(TextBlock(struck, writable(t)) if s else writable(t) for t, s in pieces if writable(t))
    )


def _opened(document: Document, meaning_of: MeaningOf, worksheet: str) -> _Sheet:
    name = document.name
    if is_workbook(document.content):
        read = read_workbook(document.content, name, meaning_of, worksheet)
        table = table_of(read.records, name, meaning_of, detected={})
        return _Sheet(read.records, table, _Form(), read.title, read.struck)
    text = decode(document.content, name)
    separator, rest = find_separator(text.text, meaning_of)
    records, _ = read_records(rest, separator, name, meaning_of)
    head = text.text[: len(text.text) - len(rest)]
    crlf = "\r\n" in text.text[:65_536]
    form = _Form(separator, "\r\n" if crlf else "\n", text.codec, head)
    return _Sheet(records, table_of(records, name, meaning_of, detected={}), form)


def _annotated(sheet: _Sheet, problems: Iterable[Problem]) -> Iterator[Record]:
    """Every line of the sheet, blank ones too, with ours behind its last named column."""
    table = sheet.table
    notes = notes_by_row(problems, first_row=table.rows[0][0])
    width = _own_width(sheet)
    written = 0
    for number, record in sheet.records:
        yield from ([] for _ in range(number - written - 1))
        written = number
        own = (record + [""] * width)[:width]
        if number < table.header_row:
            yield own
        elif number == table.header_row:
            yield [*own, *new_names(table.headers)]
        else:
            yield [*own, *notes.get(number, (GOOD, "", ""))]


def _own_width(sheet: _Sheet) -> int:
    """How many columns there are up to the last that has a name or holds anything: ours follow."""
    width = max(len(record) for _, record in sheet.records)
    while width and not any(record[width - 1 : width] > [""] for _, record in sheet.records):
        width -= 1
    return max(len(sheet.table.headers), width)


def new_names(headers: Sequence[str]) -> list[str]:
    """Names for our three columns that the sheet does not have: theirs are never overwritten."""
    taken = {plain(header) for header in headers}
    prefix, number = "", 1
    while True:
        suffix = f"_{number}" if number > 1 else ""
        names = [f"{prefix}{name}{suffix}" for name in COLUMNS]
        if not taken & {plain(name) for name in names}:
            return names
        prefix, number = "seedance_", number + 1 if prefix else 1


def notes_by_row(problems: Iterable[Problem], *, first_row: int) -> Notes:
    """Status, problems and fixes of each row that has any; the first has those of the sheet."""
    by_row: dict[int, list[Problem]] = defaultdict(list)
    for problem in problems:
        by_row[problem.row or first_row].append(problem)
    return {row: _note(found) for row, found in by_row.items()}


def _note(problems: Sequence[Problem]) -> tuple[str, str, str]:
    own = [p for p in problems if p.row is not None]
    worst = ERROR if any(p.severity is Severity.ERROR for p in own) else WARNING
    status = worst if own else GOOD
    said = [f"{_where(p)}{p.reason}" for p in problems]
    fixes = dict.fromkeys(p.fix for p in problems)
    return status, writable(" · ".join(said)), writable(" · ".join(fixes))


def _where(problem: Problem) -> str:
    place = "Whole sheet: " if problem.row is None else ""
    return f"{place}{problem.column}: " if problem.column else place


def _keep_as_text(cell: Any) -> None:
    """Let a text be a text, however it begins, even after somebody has edited the cell."""
    if isinstance(cell.value, str) and runs_as_formula(cell.value):
        cell.data_type = "s"
        cell.quotePrefix = True
