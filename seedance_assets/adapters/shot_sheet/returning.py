"""The user's own sheet, returned: as it came, with what is wrong in three columns of its own."""

import io
import re
import struct
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from copy import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

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
from seedance_assets.adapters.shot_sheet.workbook import (
    DAMAGE,
    cells_when_loaded,
    is_workbook,
    read_workbook,
)
from seedance_assets.core.shot import Problem, Severity

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

COLUMNS = ("status", "problem", "fix")
GOOD, WARNING, ERROR = "ok", "warning", "error"

_OURS = re.compile(r"(?:seedance_)?(status|problem|fix)(?:_\d+)?")
_STYLED_CELLS = 1_000_000  # of a workbook that is loaded whole, with its looks
_FILLS = {GOOD: "E2F0D9", WARNING: "FFF2CC", ERROR: "F8CBAD"}
_WIDTHS = (10, 60, 60)

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


def as_they_were(table: Table) -> Table:
    """The cells of a sheet that we returned as they were before they were made harmless."""
    ours = tuple(found[1] for h in table.headers[-3:] if (found := _OURS.fullmatch(h)))
    if ours == COLUMNS:
        for _, cells in table.rows:
            cells[:] = map(as_it_was, cells)
    return table


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
    """The sheet as a workbook. One that came as such keeps its looks and its other worksheets.

    Formulas are written as the results that were read: nothing in it runs. A workbook whose cells
    can be read and whose looks cannot, for a picture or a comment that is damaged, comes plain.
    """
    sheet = _opened(document, meaning_of, worksheet)
    found = tuple(problems)
    if sheet.worksheet and cells_when_loaded(document.content) <= _STYLED_CELLS:
        with suppress(*DAMAGE, *_damage_of_pictures()):
            return _styled(document, sheet, found)
    return _plain(sheet, found)


def _damage_of_pictures() -> tuple[type[Exception], ...]:
    from PIL.Image import DecompressionBombError  # openpyxl opens pictures with it

    return DecompressionBombError, SyntaxError, struct.error


def _opened(document: Document, meaning_of: MeaningOf, worksheet: str) -> _Sheet:
    name = document.name
    if is_workbook(document.content):
        records, title, _ = read_workbook(document.content, name, meaning_of, worksheet)
        return _Sheet(records, table_of(records, name, meaning_of, detected={}), _Form(), title)
    text = decode(document.content, name)
    separator, rest = find_separator(text.text, meaning_of)
    records = read_records(rest, separator, name, meaning_of)
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


def _styled(document: Document, sheet: _Sheet, problems: Iterable[Problem]) -> bytes:
    import warnings

    import openpyxl

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of features that openpyxl does not keep
        book = openpyxl.load_workbook(
            io.BytesIO(document.content), data_only=True, keep_links=False
        )
        page: Worksheet = book[sheet.worksheet]
        for other in book.worksheets:
            for cell in other._cells.values():  # noqa: SLF001  iter_rows makes those between, too
                _keep_as_text(cell)
        _write_notes(page, sheet, problems)
        return _saved(book)


def _write_notes(page: "Worksheet", sheet: _Sheet, problems: Iterable[Problem]) -> None:
    from openpyxl.utils import get_column_letter

    table = sheet.table
    notes = notes_by_row(problems, first_row=table.rows[0][0])
    first = _own_width(sheet) + 1
    _part_merged_cells(page, table.header_row, first)
    _part_columns(page, first)
    for offset, width in enumerate(_WIDTHS):
        page.column_dimensions[get_column_letter(first + offset)].width = width
    _write(page, table.header_row, first, new_names(table.headers))
    for number, _ in table.rows:
        _write(page, number, first, notes.get(number, (GOOD, "", "")))


def _part_merged_cells(page: "Worksheet", header_row: int, first: int) -> None:
    """Let merged cells end ahead of our columns: only the first of them can hold anything."""
    for merged in list(page.merged_cells.ranges):
        across = merged.min_col < first + len(COLUMNS) and merged.max_col >= first
        if not across or merged.max_row < header_row:
            continue
        page.unmerge_cells(merged.coord)
        if merged.min_col < first - 1 or (merged.min_col < first and merged.size["rows"] > 1):
            page.merge_cells(
                start_row=merged.min_row,
                start_column=merged.min_col,
                end_row=merged.max_row,
                end_column=first - 1,
            )


def _part_columns(page: "Worksheet", first: int) -> None:
    """Let no group of columns with one width, perhaps hidden to the last, reach into ours.

    Groups that overlap would make Excel take the workbook for damaged.
    """
    from openpyxl.utils import get_column_letter

    behind = first + len(COLUMNS)
    for letter, group in list(page.column_dimensions.items()):
        group.reindex()
        low, high = group.min or 1, group.max or 1
        if high < first or low >= behind:
            continue
        del page.column_dimensions[letter]
        for start, end in ((low, min(high, first - 1)), (max(low, behind), high)):
            if start <= end:
                part = copy(group)
                part.index, part.min, part.max = get_column_letter(start), start, end
                page.column_dimensions[part.index] = part


def _write(page: "Worksheet", row: int, first: int, texts: Sequence[str]) -> None:
    from openpyxl.styles import Alignment, PatternFill

    model = page.cell(row, 1)
    for offset, text in enumerate(texts):
        cell: Any = page.cell(row, first + offset, text)
        cell.font = copy(model.font)
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        if offset == 0 and text in _FILLS:
            cell.fill = PatternFill("solid", start_color=_FILLS[text])
        _keep_as_text(cell)


def _keep_as_text(cell: Any) -> None:
    """Let a text be a text, however it begins, even after somebody has edited the cell."""
    if isinstance(cell.value, str) and runs_as_formula(cell.value):
        cell.data_type = "s"
        cell.quotePrefix = True


def _plain(sheet: _Sheet, problems: Iterable[Problem]) -> bytes:
    import openpyxl
    from openpyxl.cell import WriteOnlyCell

    book = openpyxl.Workbook(write_only=True)
    page = book.create_sheet(sheet.worksheet or "Shots")
    for record in _annotated(sheet, problems):
        cells = []
        for text in record:
            cell = WriteOnlyCell(page, writable(text))
            _keep_as_text(cell)
            cells.append(cell)
        page.append(cells)
    return _saved(book)


def _saved(book: Any) -> bytes:
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()
