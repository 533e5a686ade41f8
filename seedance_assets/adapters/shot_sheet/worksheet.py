"""One worksheet of a workbook, read in one pass: cells as texts, and what a person put aside."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from seedance_assets.adapters.shot_sheet.number_formats import format_code, shown_number
from seedance_assets.adapters.shot_sheet.package import Attributes, EnoughRead
from seedance_assets.adapters.shot_sheet.table import (
    MAX_CELL_LENGTH,
    MAX_CELLS,
    MAX_COLUMNS,
    MAX_ROWS,
    too_large,
)

Place = tuple[int, int]
"""Row from 1 and column from 0."""

_REFERENCE = re.compile(r"\$?([A-Za-z]{1,3})\$?(\d{1,9})")
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
_NUMBER = re.compile(r"[+-]?(?:\d{1,400}\.?\d{0,400}|\.\d{1,400})(?:[eE][+-]?\d{1,4})?")
_LINK_FORMULA = re.compile(r"(?:_xlfn\.)?(HYPERLINK|IMAGE|DISPIMG)\(", re.IGNORECASE)
_DIGITS = re.compile("[0-9]{1,9}")
_LINKED_ROWS = 100  # of one link that are told
_SURROGATES = range(0xD800, 0xE000)
_TRUE = {"1", "true", "on"}


@dataclass(frozen=True, slots=True)
class Words:
    """A text and which parts of it are struck through."""

    text: str
    runs: tuple[tuple[str, bool], ...] = ()
    """The text in pieces, each with whether it is struck; empty if none is."""
    cut: bool = False
    """Whether there was more of it than a cell may hold."""


@dataclass(frozen=True, slots=True)
class Looks:
    """What is needed of a workbook's styles: formats of numbers, and which are struck through."""

    formats: Sequence[int] = ()
    struck: Sequence[bool] = ()
    codes: Mapping[int, str] = field(default_factory=dict)
    from_1904: bool = False

    def code(self, style: int) -> str:
        """The code of a cell's number format."""
        number = self.formats[style] if style < len(self.formats) else 0
        return format_code(number, dict(self.codes)) if number else ""

    def is_struck(self, style: int) -> bool:
        """Whether a style strikes the whole cell through."""
        return style < len(self.struck) and self.struck[style]


@dataclass(slots=True)
class Page:
    """What a worksheet holds."""

    rows: dict[int, dict[int, str]] = field(default_factory=dict)
    hidden: dict[int, str] = field(default_factory=dict)
    """Rows that are not shown, and why: `hidden`, `folded` or `filtered out`."""
    hidden_columns: set[int] = field(default_factory=set)
    """Columns that are not shown, from 0."""
    struck: dict[Place, tuple[tuple[str, bool], ...]] = field(default_factory=dict)
    """Cells with words that are struck through: their text in pieces."""
    pictures: set[Place] = field(default_factory=set)
    unsaved: set[Place] = field(default_factory=set)
    """Formulas whose result is not stored: a program wrote the file, and nobody opened it."""
    links: dict[Place, str] = field(default_factory=dict)
    """Cells that carry a hyperlink: the id of a relation, or the formula."""
    cut: set[Place] = field(default_factory=set)
    """Cells with more characters than a spreadsheet program takes."""
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    """First and last row, first and last column of each merged area."""
    drawings: set[str] = field(default_factory=set)
    """Ids of relations to drawings that lie over the cells."""


class TextSink:
    """Collects a rich text: its runs, struck through or not, without the readings above it."""

    def __init__(self) -> None:
        self._runs: list[tuple[str, bool]] = []
        self._pieces: list[str] = []
        self._struck = self._listening = self._phonetic = False
        self._length = 0
        self.cut = False

    def start(self, tag: str, attributes: Attributes) -> None:
        """An element inside a text begins."""
        if tag == "r":
            self._struck = False
        elif tag == "strike":
            self._struck = attributes.get("val", "1").casefold() in _TRUE
        elif tag == "rPh":
            self._phonetic = True
        elif tag == "t":
            self._listening = not self._phonetic

    def end(self, tag: str) -> None:
        """An element inside a text ends."""
        if tag == "t" and self._listening:
            self._runs.append((unescaped("".join(self._pieces)), self._struck))
            self._pieces.clear()
            self._listening = False
        elif tag == "rPh":
            self._phonetic = False
        elif tag == "r":
            self._struck = False

    def characters(self, text: str) -> None:
        """Characters."""
        if self._listening:
            room = MAX_CELL_LENGTH - self._length
            self.cut = self.cut or len(text) > room
            self._pieces.append(text[: max(0, room)])
            self._length += len(text)

    def words(self) -> Words:
        """All that was collected."""
        text = "".join(run for run, _ in self._runs)
        struck = any(struck and run.strip() for run, struck in self._runs)
        return Words(text, tuple(self._runs) if struck else (), cut=self.cut)


class PageReader:
    """Handlers for the parser; `page` is what they have read. They may raise `SheetRefused`."""

    def __init__(
        self, sheet: str, strings: Sequence[Words], looks: Looks, *, most_rows: int | None = None
    ) -> None:
        self.page = Page()
        self._sheet = sheet
        self._strings = strings
        self._looks = looks
        self._most_rows = most_rows or MAX_ROWS + 1
        self._row = 0
        self._column = -1
        self._cells = 0
        self._in_data = self._in_cell = self._zero_height = self._filtered = False
        self._attributes: Attributes = {}
        self._value: list[str] | None = None
        self._length = 0
        self._formula: list[str] = []
        self._has_formula = self._listening_to_formula = False
        self._rich: TextSink | None = None

    def start(self, tag: str, attributes: Attributes) -> None:
        """An element begins."""
        if self._in_cell:
            self._start_in_cell(tag, attributes)
        elif self._in_data:
            if tag == "c":
                self._start_cell(attributes)
            elif tag == "row":
                self._start_row(attributes)
        else:
            self._start_outside(tag, attributes)

    def end(self, tag: str) -> None:
        """An element ends."""
        if self._in_cell:
            if tag == "c":
                self._end_cell()
            elif tag == "f":
                self._listening_to_formula = False
            elif self._rich is not None:
                self._rich.end(tag)
        elif tag == "sheetData":
            self._in_data = False
        elif tag == "row" and self._in_data and len(self.page.rows) >= self._most_rows:
            raise EnoughRead

    def characters(self, text: str) -> None:
        """Characters."""
        if self._rich is not None:
            self._rich.characters(text)
        elif self._listening_to_formula:
            if len(self._formula) < 2:  # noqa: PLR2004  # its beginning is all that is looked at
                self._formula.append(text[:500])
        elif self._value is not None and self._length <= MAX_CELL_LENGTH:
            self._value.append(text)
            self._length += len(text)

    def _start_outside(self, tag: str, attributes: Attributes) -> None:
        if tag == "sheetData":
            self._in_data = True
        elif tag == "sheetFormatPr":
            self._zero_height = _is_true(attributes.get("zeroHeight"))
        elif tag == "col" and (_is_true(attributes.get("hidden")) or _is_nil(attributes, "width")):
            first, last = (whole_number(attributes.get(name)) for name in ("min", "max"))
            first, last = max(0, first - 1), min(last, MAX_COLUMNS)
            if not self.page.hidden_columns.issuperset((first, last - 1)):
                self.page.hidden_columns.update(range(first, last))
        elif tag == "hyperlink":
            self._start_link(attributes)
        else:
            self._start_behind(tag, attributes)

    def _start_behind(self, tag: str, attributes: Attributes) -> None:
        if tag == "mergeCell" and (area := area_of(attributes.get("ref", ""))):
            self.page.merged.append(area)
        elif tag == "filterColumn" and not self._filtered:
            self._filtered = True
            for number, why in self.page.hidden.items():
                self.page.hidden[number] = "filtered out" if why == "hidden" else why
        elif tag == "drawing":
            self.page.drawings.add(related_id(attributes))

    def _start_link(self, attributes: Attributes) -> None:
        area = area_of(attributes.get("ref", ""))
        if area and (target := related_id(attributes)):
            for row in range(area[0], min(area[1], area[0] + _LINKED_ROWS) + 1):
                self.page.links[row, area[2]] = target

    def _start_row(self, attributes: Attributes) -> None:
        self._row = whole_number(attributes.get("r")) or self._row + 1
        self._column = -1
        if self._row > MAX_ROWS:
            raise too_large(self._sheet)
        folded = whole_number(attributes.get("outlineLevel")) > 0
        unseen = self._zero_height and "ht" not in attributes
        if _is_true(attributes.get("hidden")) or _is_nil(attributes, "ht") or unseen:
            self.page.hidden[self._row] = "folded away" if folded else "hidden"

    def _start_cell(self, attributes: Attributes) -> None:
        found = _REFERENCE.fullmatch(attributes.get("r", ""))
        self._column = column_of(found[1]) if found else self._column + 1
        self._in_cell = True
        self._attributes = attributes
        self._value, self._rich = None, None
        self._formula, self._has_formula = [], False

    def _start_in_cell(self, tag: str, attributes: Attributes) -> None:
        if self._rich is not None:
            self._rich.start(tag, attributes)
        elif tag == "v":
            self._value, self._length = [], 0
        elif tag == "is":
            self._rich = TextSink()
        elif tag == "f":
            self._has_formula = self._listening_to_formula = True

    def _end_cell(self) -> None:
        self._in_cell = False
        place = (self._row, self._column)
        words = self._words(place)
        if self._has_formula:
            self._note_formula(place, words.text)
        if self._attributes.get("vm") and self._attributes.get("t") == "e":
            self.page.pictures.add(place)
        if not words.text:
            return
        if self._column >= MAX_COLUMNS:
            raise too_large(self._sheet)
        row = self.page.rows.setdefault(self._row, {})
        row[self._column] = words.text
        self._cells += 1
        if self._cells > MAX_CELLS:
            raise too_large(self._sheet)
        if self._looks.is_struck(whole_number(self._attributes.get("s"))):
            self.page.struck[place] = ((words.text, True),)
        elif words.runs:
            self.page.struck[place] = words.runs

    def _note_formula(self, place: Place, text: str) -> None:
        formula = "".join(self._formula)
        found = _LINK_FORMULA.match(formula)
        if found and found[1].upper() != "HYPERLINK":
            self.page.pictures.add(place)
        elif found:
            self.page.links[place] = formula
        if not text:
            self.page.unsaved.add(place)

    def _words(self, place: Place) -> Words:
        text = "".join(self._value or ())
        kind = self._attributes.get("t", "n")
        if self._rich is not None:
            found = self._rich.words()
        elif kind == "s":
            number = whole_number(text.strip())
            known = text.strip().isdecimal() and number < len(self._strings)
            found = self._strings[number] if known else Words("")
        else:
            plain = self._plain(text[:MAX_CELL_LENGTH], kind)
            found = Words(plain, cut=len(text) > MAX_CELL_LENGTH)
        if found.cut:
            self.page.cut.add(place)
        return found

    def _plain(self, text: str, kind: str) -> str:
        if kind == "b":
            return {"1": "TRUE", "0": "FALSE"}.get(text.strip(), text.strip().upper())
        if kind == "n" and _NUMBER.fullmatch(text.strip()):
            code = self._looks.code(whole_number(self._attributes.get("s")))
            return shown_number(float(text), code, from_1904=self._looks.from_1904)
        if kind == "d":
            return text.strip().replace("T", " ").removesuffix(" 00:00:00")
        return unescaped(text)


def unescaped(text: str) -> str:
    """`_x000D_` is how a workbook writes a character that XML cannot hold."""
    if "_x" not in text:
        return text

    def char(found: re.Match[str]) -> str:
        number = int(found[1], 16)
        return found[0] if number in _SURROGATES else chr(number)

    return _ESCAPED.sub(char, text)


def related_id(attributes: Attributes) -> str:
    """The id of a relation that an element names, whatever the prefix is."""
    return next((text for name, text in attributes.items() if name.endswith(":id")), "")


def area_of(reference: str) -> tuple[int, int, int, int] | None:
    """First and last row from 1, first and last column from 0, of `B2:C9`; None if it is none."""
    ends = [_REFERENCE.fullmatch(end) for end in reference[:40].split(":")]
    if not 1 <= len(ends) <= 2 or None in ends:  # noqa: PLR2004  # a cell, or two corners
        return None
    rows = sorted(int(end[2]) for end in ends if end)
    columns = sorted(column_of(end[1]) for end in ends if end)
    return rows[0], rows[-1], columns[0], columns[-1]


def column_of(letters: str) -> int:
    """The place from 0 of the column that a spreadsheet calls `AB`."""
    place = 0
    for letter in letters.upper():
        place = place * 26 + ord(letter) - ord("A") + 1
    return place - 1


def whole_number(text: str | None) -> int:
    """The number in an attribute; 0 if there is none."""
    return int(text) if text and _DIGITS.fullmatch(text) else 0


def _is_true(text: str | None) -> bool:
    return (text or "").casefold() in _TRUE


def _is_nil(attributes: Attributes, name: str) -> bool:
    """Whether a height or width is written and is nothing."""
    return re.fullmatch(r"0{1,9}(\.0{1,9})?", attributes.get(name, "")) is not None
