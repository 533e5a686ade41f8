"""Separated values: which separator, and the records between the separators."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice

from seedance_assets.adapters.shot_sheet.put_aside import too_long
from seedance_assets.adapters.shot_sheet.table import (
    MAX_CELL_LENGTH,
    MAX_CELLS,
    MAX_COLUMNS,
    MAX_ROWS,
    CellRemark,
    MeaningOf,
    Record,
    header_place,
    is_filled,
    known_columns_in,
    too_large,
)
from seedance_assets.core.errors import SheetRefused
from seedance_assets.core.shot import Severity

_SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar"}
_SAMPLE = 65_536  # characters in which a header line must end
_SAMPLE_RECORDS = 30
_SHOWN = 60  # characters of a cell that a message repeats
_CLOSE_QUOTES = 'Close the quotation mark; inside a quoted cell write " as "".'
_NO_BACKSLASH = 'Inside a quoted cell write "" for a quotation mark, not \\".'
_QUOTE_ALL = 'Put the whole cell in quotation marks, and write each " inside it as "".'


@dataclass(frozen=True, slots=True)
class _Quoted:
    """A quoted cell that may not be what its author meant."""

    row: int
    place: int
    text: str
    behind: str
    """What stands between its closing quotation mark and the next separator."""
    lines: int


@dataclass(slots=True)
class _Line:
    """A record, and its cells that are worth a second look."""

    cells: Record
    doubtful: list[_Quoted]
    cut: list[int]
    open_since: int | None = None
    """Place of a cell whose quotation mark never closes."""


def find_separator(text: str, meaning_of: MeaningOf) -> tuple[str, str]:
    """The separator, and the text without Excel's hidden line `sep=;`, if it has one."""
    if told := re.match(r"sep=([,;\t|])\r?\n", text, re.IGNORECASE):
        return told[1], text[told.end() :]

    def score(separator: str) -> tuple[int, int]:
        header = _header(text, separator, meaning_of)
        return known_columns_in(header, meaning_of), len(header)

    return max(_SEPARATORS, key=score), text


def separator_name(separator: str) -> str:
    """A separator in words."""
    return _SEPARATORS[separator]


def read_records(
    text: str, separator: str, sheet: str, meaning_of: MeaningOf
) -> tuple[list[tuple[int, Record]], tuple[CellRemark, ...]]:
    """The records that hold anything, with their numbers, and what their quotation marks hide.

    Raises `SheetRefused` if a quotation mark never closes, or for a table that is too large.
    """
    width = len(_header(text, separator, meaning_of))
    records: list[tuple[int, Record]] = []
    remarks: list[CellRemark] = []
    cells = 0
    for number, line in enumerate(_lines(text, separator), start=1):
        cells += len(line.cells)
        if len(line.cells) > MAX_COLUMNS or number > MAX_ROWS or cells > MAX_CELLS:
            raise too_large(sheet)
        if line.open_since is not None:
            last = number + _line_ends(line.cells[line.open_since])
            raise SheetRefused(
                f"sheet {sheet}: a quotation mark in row {number} is not closed; "
                f"its cell includes everything up to row {last}",
                advice=_CLOSE_QUOTES,
            )
        if is_filled(line.cells):
            records.append((number, line.cells))
            remarks += _remarks(line, separator, width)
            remarks += (too_long(number, place) for place in line.cut)
    return records, tuple(remarks)


def _header(text: str, separator: str, meaning_of: MeaningOf) -> Record:
    """What the header line would be if this were the separator."""
    lines = (line.cells for line in _lines(text[:_SAMPLE], separator) if is_filled(line.cells))
    records = list(islice(lines, _SAMPLE_RECORDS))
    return records[header_place(records, meaning_of)] if records else []


@cache
def _field(separator: str) -> re.Pattern[str]:
    """One cell and what ends it; possessive, so that no text is looked at twice."""
    mark = re.escape(separator)
    return re.compile(
        rf' *+(?:"([^"]*+(?:""[^"]*+)*+)("?+)([^{mark}\r\n]*+)|([^{mark}\r\n]*+))'
        rf"({mark}|\r\n|[\r\n]|\Z)"
    )


def _lines(text: str, separator: str) -> Iterator[_Line]:
    field = _field(separator)
    line, number, at = _Line([], [], []), 1, 0
    while at < len(text) or line.cells:
        found = field.match(text, at)
        if found is None:  # the pattern takes any text
            return
        at = found.end()
        _add_cell(line, number, found)
        if found[5] != separator:
            yield line
            line, number = _Line([], [], []), number + 1


def _add_cell(line: _Line, number: int, found: re.Match[str]) -> None:
    place = len(line.cells)
    quoted, behind = found[1], found[3]
    if quoted is None:
        cell = found[4]
    else:
        cell = quoted.replace('""', '"') + behind.rstrip(" ")
        if not found[2]:
            line.open_since = place
        elif behind.strip() or "\n" in quoted or "\r" in quoted:
            line.doubtful.append(
                _Quoted(
                    number, place, cell[: 4 * MAX_CELL_LENGTH], behind.strip(), _line_ends(quoted)
                )
            )
    if len(cell) > MAX_CELL_LENGTH and line.open_since is None:
        line.cut.append(place)
        cell = cell[:MAX_CELL_LENGTH]
    line.cells.append(cell)


def _line_ends(text: str) -> int:
    return text.count("\n") + text.count("\r") - text.count("\r\n")


def _remarks(line: _Line, separator: str, width: int) -> Iterator[CellRemark]:
    for cell in line.doubtful:
        last = cell.row + cell.lines
        if cell.lines and (cell.behind or _holds_rows(line, cell, separator, width)):
            yield CellRemark(
                cell.row,
                None,
                "quotation_mark",
                f"a quotation mark in row {cell.row} is closed only in row {last}, so "
                "its cell includes other rows",
                _CLOSE_QUOTES,
                Severity.ERROR,
            )
        elif cell.behind:
            yield CellRemark(
                cell.row,
                cell.place,
                "quotation_mark",
                f"has text after its closing quotation mark: {cell.behind[:_SHOWN]!r}",
                _NO_BACKSLASH if "\\" in cell.text else _QUOTE_ALL,
                Severity.ERROR,
                breaks=True,
            )


def _holds_rows(line: _Line, cell: _Quoted, separator: str, width: int) -> bool:
    """Whether the lines in a quoted cell have just the separators that rows of the sheet have.

    Then two quotation marks of two rows were taken for a pair. A separator in prose is followed by
    a space; that of a table is not.
    """
    lines = re.split(r"\r\n|\r|\n", cell.text)
    if len(line.cells) != width or f"{separator} " in cell.text or len(lines) == 1:
        return False  # one line: the rest of a cell that is too long
    first, *middle, last = lines
    return (
        first.count(separator) == width - 1 - cell.place > 0
        and last.count(separator) == cell.place > 0
        and all(text.count(separator) == width - 1 for text in _filled(middle))
    )


def _filled(texts: Sequence[str]) -> list[str]:
    return [text for text in texts if text.strip()]
