"""Workbooks (.xlsx): their cells as the texts that a CSV of them would hold.

A workbook is a zip of XML from a stranger. So its sizes are added up before anything is unpacked,
and each part is unpacked piece by piece to see that it gives no more than it declares: openpyxl
unpacks whole parts, and zipfile cuts one to its declared size only once all of it is in memory. XML
that declares entities is refused, links to other files are not followed, and formulas are not
worked out: the stored result counts.
"""

import io
import math
import re
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import ParseError

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

if TYPE_CHECKING:
    from openpyxl.workbook import Workbook

MAX_UNPACKED_BYTES = 256 * 1024 * 1024
MAX_PARTS = 5000

_MAGIC = b"PK\x03\x04"
_WORKBOOK_PART = "xl/workbook.xml"
_HEAD = 4096  # bytes of a part in which a document type would stand
_CHUNK_BYTES = 1024 * 1024
_LOOKED_AT = 30  # filled rows of a worksheet that tell whether it holds shots
_EXPORT = "Open it in a spreadsheet program, export it as CSV (UTF-8), and give that file."
DAMAGE = (
    *(ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, EOFError),
    *(OSError, RuntimeError, NotImplementedError, MemoryError, AssertionError),
    *(zipfile.BadZipFile, zlib.error, ParseError),
)
"""What openpyxl raises for a file that is not as it should be."""


def is_workbook(content: bytes) -> bool:
    """Whether some bytes are a zip; which kind is told when it is opened."""
    return content.startswith(_MAGIC)


def read_workbook(
    content: bytes, sheet: str, meaning_of: MeaningOf, worksheet: str = ""
) -> tuple[list[tuple[int, Record]], str, frozenset[tuple[int, int]]]:
    """The records that hold anything, with their numbers; the worksheet's name; unsaved formulas.

    Without a `worksheet` that is named, the first visible one with a header of shots is read.
    Raises `SheetRefused`.
    """
    check_parts(content, sheet)
    with opened(content, sheet) as book:
        title = _worksheet(book, sheet, meaning_of, worksheet)
        records = list(_records(book[title], sheet))
    return records, title, _unsaved(content, sheet, title, records)


def check_parts(content: bytes, sheet: str) -> None:
    """Refuse a zip that is no workbook, or would not be safe to open."""
    with _refusing_damage(sheet), zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = archive.infolist()
        names = {part.filename for part in parts}
        if _WORKBOOK_PART not in names:
            raise SheetRefused(f"sheet {sheet} is {_kind(names)}, not an .xlsx", advice=_EXPORT)
        unpacked = sum(part.file_size for part in parts)
        if len(parts) > MAX_PARTS or unpacked > MAX_UNPACKED_BYTES:
            raise SheetRefused(
                f"sheet {sheet} unpacks to {len(parts)} parts of {unpacked} bytes, more than a "
                "shot sheet needs",
                advice=f"Delete what is not the shot list, pictures above all. {_EXPORT}",
            )
        for part in parts:
            _refuse_packing(part, sheet)
            _refuse_more_than_declared(archive, part, sheet)
            _refuse_entities(archive, part, sheet)


_CELL = re.compile(rb"<(?:[\w.-]+:)?c[\s/>]")
_MERGED = re.compile(rb"<(?:[\w.-]+:)?mergeCell\b[^>]*")
_REF = re.compile(rb"""\bref\s*=\s*["']([^"']*)["']""")


def _kind(names: set[str]) -> str:
    if "Index/Document.iwa" in names or any(name.endswith(".iwa") for name in names):
        return "a Numbers document"
    if "content.xml" in names:
        return "an OpenDocument sheet (.ods)"
    if "xl/workbook.bin" in names:
        return "a binary Excel workbook (.xlsb)"
    return "a Word document" if "word/document.xml" in names else "a zip archive"


def _refuse_packing(part: zipfile.ZipInfo, sheet: str) -> None:
    """Refuse what zipfile does not unpack in pieces: one piece of bzip2 can fill the memory."""
    if part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise SheetRefused(
            f"sheet {sheet} is packed in a way that no spreadsheet program uses", advice=_EXPORT
        )


def _refuse_more_than_declared(archive: zipfile.ZipFile, part: zipfile.ZipInfo, sheet: str) -> None:
    uncut = copy(part)
    uncut.file_size = MAX_UNPACKED_BYTES + 1  # else zipfile would stop at the declared size
    left = part.file_size
    with archive.open(uncut) as reader:
        while piece := reader.read(_CHUNK_BYTES):
            left -= len(piece)
            if left < 0:
                raise SheetRefused(
                    f"sheet {sheet} unpacks to more than it declares, in {part.filename[:100]!r}",
                    advice=f"No spreadsheet program writes such a file. {_EXPORT}",
                )


def _refuse_entities(archive: zipfile.ZipFile, part: zipfile.ZipInfo, sheet: str) -> None:
    if not part.filename.lower().endswith((".xml", ".rels", ".vml")):
        return
    with archive.open(part) as reader:
        head = reader.read(_HEAD).replace(b"\0", b"")  # UTF-16 hides nothing
    if b"<!DOCTYPE" in head.upper():
        raise SheetRefused(
            f"sheet {sheet} holds XML with a document type, which no spreadsheet program writes",
            advice=_EXPORT,
        )


def cells_when_loaded(content: bytes) -> float:
    """How many cells openpyxl makes of all worksheets when it loads a workbook with its looks.

    It makes one for each that is written, empty ones too, and one for each place of a merged range:
    five kilobytes can be millions of them. A range that nobody can read counts as endless.
    """
    cells = 0.0
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for part in archive.infolist():
            xml = archive.read(part).replace(b"\0", b"")  # UTF-16 hides nothing
            cells += sum(1 for _ in _CELL.finditer(xml))
            cells += sum(_places(found[0]) for found in _MERGED.finditer(xml))
    return cells


def _places(merged: bytes) -> float:
    from openpyxl.worksheet.cell_range import CellRange

    ref = _REF.search(merged)
    try:
        return float(math.prod(CellRange(ref[1].decode("ascii")).size.values())) if ref else 0.0
    except (TypeError, ValueError):
        return math.inf


@contextmanager
def opened(content: bytes, sheet: str, *, formulas: bool = False) -> Iterator["Workbook"]:
    """The workbook, read as it goes; with `formulas` these and not their results."""
    import openpyxl  # 0.4 s that only a workbook needs

    with _refusing_damage(sheet), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of features that openpyxl does not keep
        book = openpyxl.load_workbook(
            io.BytesIO(content), read_only=True, data_only=not formulas, keep_links=False
        )
        try:
            yield book
        finally:
            book.close()


@contextmanager
def _refusing_damage(sheet: str) -> Iterator[None]:
    try:
        yield
    except DAMAGE as exc:
        raise SheetRefused(
            f"sheet {sheet} is a workbook that cannot be read: {str(exc)[:200] or type(exc)}",
            advice=f"It may be damaged, or have a password. {_EXPORT}",
        ) from exc


def _worksheet(book: "Workbook", sheet: str, meaning_of: MeaningOf, worksheet: str) -> str:
    titles = [page.title for page in book.worksheets]
    if worksheet:
        if worksheet not in titles:
            raise SheetRefused(
                f"sheet {sheet} has no worksheet {worksheet!r}; it has: {', '.join(titles)}",
                advice="Look at `worksheet` in [sheet] of production.toml.",
            )
        return worksheet
    shown = [page for page in book.worksheets if page.sheet_state == "visible"]
    if not (shown or titles):
        raise SheetRefused(f"sheet {sheet} has no worksheet", advice=_EXPORT)

    def score(page: Any) -> int:
        records = [r for _, r in zip(range(_LOOKED_AT), _records(page, sheet), strict=False)]
        first = [record for _, record in records]
        return known_columns_in(first[header_place(first, meaning_of)], meaning_of) if first else 0

    title: str = max(shown or book.worksheets, key=score).title
    return title


def _records(page: Any, sheet: str) -> Iterator[tuple[int, Record]]:
    """The filled rows of a worksheet, as wide as they are."""
    page.reset_dimensions()  # what a stranger declares of the size is not believed
    cells = 0
    for number, row in enumerate(page.iter_rows(), start=1):
        cells += len(row)
        beyond = any(cell.value is not None for cell in row[MAX_COLUMNS:])
        if cells > MAX_CELLS or number > MAX_ROWS or beyond:
            raise too_large(sheet)
        record = [_text(cell) for cell in row[:MAX_COLUMNS]]
        if is_filled(record):
            yield number, record


def _text(cell: Any) -> str:  # openpyxl's cells have a type for each way of reading
    value = cell.value
    if value is None or isinstance(value, str):
        return _unescaped(value or "")
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, (int, float)):
        return _number(value, cell.number_format)
    return _moment(value)


def _number(value: float, number_format: str) -> str:
    """`5`, `0.6`; `010` where the format of a whole number shows it so."""
    if isinstance(value, float) and not value.is_integer():
        return repr(value)
    digits = len(number_format) if re.fullmatch(r"0+", number_format or "") else 0
    return str(int(value)).zfill(digits)


def _moment(value: object) -> str:
    if isinstance(value, datetime):
        whole_day = value.time() == time()
        return value.date().isoformat() if whole_day else value.isoformat(sep=" ")
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, timedelta):
        minutes, seconds = divmod(int(value.total_seconds()), 60)
        return f"{minutes // 60:02d}:{minutes % 60:02d}:{seconds:02d}"
    return str(value)


def _unescaped(text: str) -> str:
    """`_x000D_` is how a workbook writes a carriage return."""
    if "_x00" not in text:
        return text
    return re.sub(r"_x00(09|0[ADad])_", lambda found: chr(int(found[1], 16)), text)


def _unsaved(
    content: bytes, sheet: str, title: str, records: list[tuple[int, Record]]
) -> frozenset[tuple[int, int]]:
    """Where formulas stand whose result the file does not hold: a program wrote it, not Excel."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive, _refusing_damage(sheet):
        pages = [n for n in archive.namelist() if n.startswith("xl/worksheets/")]
        if not any(_holds_formula(archive, name) for name in pages):
            return frozenset()
    shown = {(number, i) for number, record in records for i, text in enumerate(record) if text}
    with opened(content, sheet, formulas=True) as book:
        page = book[title]
        page.reset_dimensions()
        rows = zip(range(1, MAX_ROWS + 1), page.iter_rows(), strict=False)
        return frozenset(
            (number, place)
            for number, row in rows
            for place, cell in enumerate(row)
            if cell.data_type == "f" and (number, place) not in shown
        )


def _holds_formula(archive: zipfile.ZipFile, name: str) -> bool:
    with archive.open(name) as reader:
        tail = b""
        while chunk := reader.read(_CHUNK_BYTES):
            if re.search(rb"<f[ >/]", tail + chunk):
                return True
            tail = chunk[-2:]
    return False
