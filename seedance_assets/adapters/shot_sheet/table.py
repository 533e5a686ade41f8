"""From text to a table: which separator, which line is the header, which rows hold anything."""

import csv
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from seedance_assets.core.errors import SheetRefused

MAX_COLUMNS = 1000
MAX_ROWS = 1_048_576  # Excel's longest sheet
MAX_CELLS = 20_000_000

_SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar"}
_HEADER_SAMPLE = 65_536  # characters in which a header line must end
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_INVISIBLE = "\u200b\u2060\ufeff"  # spaces without width, as copied from web pages

Record = list[str]


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
    separator: str
    """In words."""


def bare(cell: str) -> str:
    """A cell without the white space around it, non-breaking and zero-width spaces included."""
    return cell.strip().strip(_INVISIBLE).strip()


def read_table(text: str, path: Path, is_known: Callable[[str], bool]) -> Table:
    """Read `text` as separated values; `is_known` tells a header that means something.

    Raises `SheetRefused` if there is no header, no row, or no table at all.
    """
    separator, text = _separator(text, is_known)
    records = _numbered(_records(text, separator, path))
    header_row, header = next(records, (0, []))
    headers = [bare(" ".join(cell.split())) for cell in header]
    while headers and not headers[-1]:
        headers.pop()
    if not headers or any(_CONTROL.search(header) for header in headers):
        raise SheetRefused(
            f"sheet {path} is no table: its first line names no columns",
            advice="Export the sheet as CSV (UTF-8) and give that file.",
        )
    rows = tuple(records)
    if not rows:
        raise SheetRefused(
            f"sheet {path} has a header and no rows", advice="Add a row for each shot."
        )
    return Table(tuple(headers), header_row, rows, _SEPARATORS[separator])


def _separator(text: str, is_known: Callable[[str], bool]) -> tuple[str, str]:
    """The separator, and the text without Excel's hidden line `sep=;`, if it has one."""
    if told := re.match(r"sep=([,;\t|])\r?\n", text, re.IGNORECASE):
        return told[1], text[told.end() :]

    def score(separator: str) -> tuple[int, int]:
        fields = _first_record(text, separator)
        return sum(is_known(field) for field in fields), len(fields)

    return max(_SEPARATORS, key=score), text


def _first_record(text: str, separator: str) -> Record:
    sample = io.StringIO(text[:_HEADER_SAMPLE], newline="")
    records = csv.reader(sample, delimiter=separator, skipinitialspace=True)
    return next((record for record in records if any(map(bare, record))), [])


def _numbered(records: list[Record]) -> Iterator[tuple[int, Record]]:
    return ((n, record) for n, record in enumerate(records) if any(map(bare, record)))


def _records(text: str, separator: str, path: Path) -> list[Record]:
    """All records, padded to one width; the place in the list is the row's number.

    pandas forgives a first line of any length and cuts it, so a blank one goes ahead of the text:
    then no cell of the sheet can be lost, and counting starts at 1.
    """
    width = max(1, len(_first_record(text, separator)))
    while width <= MAX_COLUMNS:
        found = _parsed("\n" + text, separator, width)
        if isinstance(found, list):
            if len(found) > _most_rows(width):
                break
            return found
        if (wider := re.search(r"in line (\d+), saw (\d+)", found)) is None:
            raise SheetRefused(f"sheet {path}: {_unclosed(found)}", advice=_CLOSE_QUOTES)
        width = max(int(wider[2]), min(2 * width, MAX_COLUMNS))
    raise _too_large(path)


def _most_rows(width: int) -> int:
    return min(MAX_ROWS, MAX_CELLS // width) + 1  # and the blank one ahead


def _too_large(path: Path) -> SheetRefused:
    return SheetRefused(
        f"sheet {path} is no table of shots: it has over {MAX_COLUMNS} columns or too many rows",
        advice="Look at it in a text editor; delete the empty rows at its end; export it again.",
    )


_CLOSE_QUOTES = 'Close the quotation mark; inside a quoted cell write " as "".'


def _unclosed(said: str) -> str:
    row = re.search(r"starting at row (\d+)", said)
    return f"a quotation mark opens in row {row[1]} and never closes" if row else said


def _parsed(text: str, separator: str, width: int) -> list[Record] | str:
    """The records as pandas reads them, every cell a text; or what it says is wrong."""
    import pandas as pd  # 0.3 s that only a sheet needs

    try:
        frame = pd.read_csv(
            io.StringIO(text, newline=""),
            sep=separator,
            header=None,
            names=range(width),
            index_col=False,
            dtype=str,
            na_filter=False,
            skip_blank_lines=False,
            skipinitialspace=True,
            engine="c",
            nrows=_most_rows(width) + 1,
        )
    except pd.errors.ParserError as exc:
        return str(exc).removeprefix("Error tokenizing data. C error: ").strip()
    records: list[Record] = frame.to_numpy().tolist()
    return records
