"""Separated values: which separator, and the records between the separators."""

import csv
import io
import re
from collections.abc import Iterator

from seedance_assets.adapters.shot_sheet.table import (
    MAX_CELLS,
    MAX_COLUMNS,
    MAX_ROWS,
    MeaningOf,
    Record,
    header_place,
    is_filled,
    known_columns_in,
    too_large,
)
from seedance_assets.core.errors import SheetRefused

_SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar"}
_SAMPLE = 65_536  # characters in which a header line must end
_SAMPLE_RECORDS = 30
_CLOSE_QUOTES = 'Close the quotation mark; inside a quoted cell write " as "".'


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
) -> list[tuple[int, Record]]:
    """The records that hold anything, padded to one width, with their numbers.

    pandas forgives a first line of any length and cuts it, so a blank one goes ahead of the text:
    then no cell of the sheet can be lost, and counting starts at 1. Raises `SheetRefused`.
    """
    width = max(1, len(_header(text, separator, meaning_of)))
    while width <= MAX_COLUMNS:
        found = _parsed("\n" + text, separator, width)
        if isinstance(found, list):
            if len(found) > _most_rows(width):
                break
            return [(n, record) for n, record in enumerate(found) if is_filled(record)]
        if (wider := re.search(r"in line (\d+), saw (\d+)", found)) is None:
            raise SheetRefused(f"sheet {sheet}: {_unclosed(found)}", advice=_CLOSE_QUOTES)
        width = max(int(wider[2]), min(2 * width, MAX_COLUMNS))
    raise too_large(sheet)


def _header(text: str, separator: str, meaning_of: MeaningOf) -> Record:
    """What the header line would be if this were the separator."""
    records = list(_first_records(text, separator))
    return records[header_place(records, meaning_of)] if records else []


def _first_records(text: str, separator: str) -> Iterator[Record]:
    sample = io.StringIO(text[:_SAMPLE], newline="")
    filled = 0
    for record in csv.reader(sample, delimiter=separator, skipinitialspace=True):
        if is_filled(record):
            yield record
            filled += 1
        if filled == _SAMPLE_RECORDS:
            return


def _most_rows(width: int) -> int:
    return min(MAX_ROWS, MAX_CELLS // width) + 1  # and the blank one ahead


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
