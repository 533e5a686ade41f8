"""A sheet as a table: which line is the header, which rows hold anything."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from seedance_assets.core.errors import SheetRefused
from seedance_assets.core.shot import Severity

MAX_CELL_LENGTH = 32_767  # characters: Excel's own limit
MAX_COLUMNS = 1000
MAX_ROWS = 1_048_576  # Excel's longest sheet
MAX_CELLS = 20_000_000

_LINES_ABOVE = 30  # filled lines among which the header is looked for
_CLEAR = 3  # columns that mean something in a line that is surely the header
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_MARKS = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # which way a text runs
_INVISIBLE = re.compile(rf"[\u00ad\u200b-\u200d\u2060\ufeff{_MARKS}]")

_NO_WIDTH = "\u200b\u2060\ufeff"  # spaces without width, as copied from web pages

Record = list[str]
MeaningOf = Callable[[str], str | None]


@dataclass(frozen=True, slots=True)
class CellRemark:
    """What the form of a sheet says of a cell, a row or the whole of it, apart from its words."""

    row: int | None
    """None: the whole sheet, or one of its columns."""
    place: int | None
    """The column from 0; None: the whole row."""
    rule: str
    reason: str
    fix: str
    severity: Severity = Severity.WARNING
    breaks: bool = False
    """Whether the cell holds no value at all, so that no other objection to it is wanted."""


@dataclass(frozen=True, slots=True)
class Table:
    """A sheet as a table; cells are as typed.

    Rows are numbered as a spreadsheet shows them: by record, the first one of the file being 1.
    A blank line counts, a line break inside quotes does not.
    """

    headers: tuple[str, ...]
    """In one line each; empty ones at the end are cut off."""
    header_row: int
    rows: tuple[tuple[int, Record], ...]
    """The rows below the header that hold anything."""
    detected: dict[str, str] = field(default_factory=dict)
    """What the sheet was taken for, in words."""
    remarks: tuple[CellRemark, ...] = ()
    """What the form of the sheet says: hidden rows, quotation marks that do not close, …"""


def bare(cell: str) -> str:
    """A cell without the white space around it, non-breaking and zero-width spaces included."""
    return cell.strip().strip(_NO_WIDTH).strip()


def visible(cell: str) -> str:
    """A cell without what nobody sees: marks of direction and spaces without width, anywhere."""
    return _INVISIBLE.sub("", cell).strip() if not cell.isascii() else cell.strip()


def is_filled(record: Iterable[str]) -> bool:
    """Whether a record holds anything."""
    return any(map(bare, record))


def header_place(records: Sequence[Record], meaning_of: MeaningOf) -> int:
    """Which of the first records of a sheet is its header: titles may stand above it.

    The first one is, unless a later one names more columns that mean something.
    """
    best, most = 0, -1
    for place, record in enumerate(records[:_LINES_ABOVE]):
        known = known_columns_in(record, meaning_of)
        if known > most and (place == 0 or known > 1):
            best, most = place, known
        if most >= _CLEAR:
            break
    return best


def known_columns_in(record: Iterable[str], meaning_of: MeaningOf) -> int:
    """How many different columns that mean something a record names."""
    return len({meaning for cell in record if cell and (meaning := meaning_of(cell))})


def table_of(
    records: Sequence[tuple[int, Record]],
    sheet: str,
    meaning_of: MeaningOf,
    *,
    detected: dict[str, str],
    remarks: Sequence[CellRemark] = (),
) -> Table:
    """The table in the filled records of a sheet, each with its row number.

    Raises `SheetRefused` if there is no header or no row.
    """
    place = header_place([record for _, record in records[:_LINES_ABOVE]], meaning_of)
    header_row, header = records[place] if records else (0, [])
    headers = [bare(" ".join(cell.split())) for cell in header]
    while headers and not headers[-1]:
        headers.pop()
    if not headers or any(_CONTROL.search(header) for header in headers):
        raise SheetRefused(
            f"sheet {sheet} is not a table: its first line has no column names",
            advice="Export the sheet as CSV (UTF-8) and give that file.",
        )
    rows = tuple(records[place + 1 :])
    if not rows:
        raise SheetRefused(
            f"sheet {sheet} has a header but no rows", advice="Add a row for each shot."
        )
    return Table(tuple(headers), header_row, rows, detected, tuple(remarks))


def too_large(sheet: str) -> SheetRefused:
    """The error for a table beyond the bounds of this module."""
    return SheetRefused(
        f"sheet {sheet} is not a shot list: it has over {MAX_COLUMNS} columns or too many rows",
        advice="Check it in a text editor; delete empty rows at the end; export it again.",
    )
