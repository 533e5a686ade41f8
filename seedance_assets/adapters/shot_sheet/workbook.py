"""Workbooks (.xlsx): their cells as the texts that a CSV of them would hold.

Only what a shot list needs is read: the names of the worksheets, the texts, the formats of numbers,
what is hidden, struck through or merged. Formulas are not worked out: the stored result counts.
Links to other files are not followed, and pictures are not opened.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from seedance_assets.adapters.shot_sheet.package import (
    EXPORT,
    MAGIC,
    Attributes,
    Package,
    Relation,
    opened_package,
)
from seedance_assets.adapters.shot_sheet.put_aside import remarks_on
from seedance_assets.adapters.shot_sheet.table import (
    MAX_CELLS,
    CellRemark,
    MeaningOf,
    Record,
    header_place,
    is_filled,
    known_columns_in,
    too_large,
)
from seedance_assets.adapters.shot_sheet.worksheet import (
    Looks,
    Page,
    PageReader,
    Place,
    TextSink,
    Words,
    related_id,
    whole_number,
)
from seedance_assets.core.errors import SheetRefused

_LOOKED_AT = 30  # filled rows of a worksheet that tell whether it holds shots
_HOLDS_SHOTS = 3  # columns that mean something in a worksheet that surely holds shots
_OTHER_OFFICE = (".bin", "document.xml", "presentation.xml")
_MOST_NAMED = 5
_MOST_MERGED = 1_000_000  # cells that merged areas give their text to
_MOST_WORKSHEETS = 255


@dataclass(frozen=True, slots=True)
class Sheet:
    """A worksheet as it was read."""

    records: list[tuple[int, Record]]
    """The rows that hold anything, with their numbers."""
    title: str
    remarks: tuple[CellRemark, ...]
    struck: dict[Place, tuple[tuple[str, bool], ...]]
    """Cells with words that are struck through: their text in pieces."""


@dataclass(frozen=True, slots=True)
class _Listed:
    title: str
    part: str
    shown: bool


def is_workbook(content: bytes) -> bool:
    """Whether some bytes are a zip; which kind is told when it is opened."""
    return content.startswith(MAGIC)


def read_workbook(content: bytes, sheet: str, meaning_of: MeaningOf, worksheet: str = "") -> Sheet:
    """The worksheet with the shots.

    Without a `worksheet` that is named, the first visible one with a header of shots is read.
    Raises `SheetRefused`.
    """
    with opened_package(content, sheet) as package:
        book = _Book(package, sheet)
        listed = book.choose(meaning_of, worksheet)
        page = book.page(listed)
        links = package.relations(listed.part)
        records = list(_records(page, sheet))
        remarks = (
            *remarks_on(page, links, _below(page, package, links)),
            *book.other_shots(listed, meaning_of, named=bool(worksheet)),
        )
    return Sheet(records, listed.title, remarks, page.struck)


class _Book:
    """The worksheets of a package, and what they share."""

    def __init__(self, package: Package, sheet: str) -> None:
        self._package = package
        self._sheet = sheet
        part = self._workbook_part()
        relations = package.relations(part)
        self.listed, from_1904 = self._worksheets(part, relations)
        by_kind = {relation.kind: relation.target for relation in relations.values()}
        self._strings = self._read_strings(by_kind.get("sharedStrings", "/xl/sharedStrings.xml"))
        self._looks = self._read_looks(by_kind.get("styles", "/xl/styles.xml"), from_1904)

    def _workbook_part(self) -> str:
        relations = self._package.relations("").values()
        named = [r.target for r in relations if r.kind == "officeDocument"]
        for part in (*named, "/xl/workbook.xml"):
            if part in self._package and not part.endswith(_OTHER_OFFICE):
                return part
        raise SheetRefused(
            f"sheet {self._sheet} is {_kind(self._package.names)}, not an .xlsx", advice=EXPORT
        )

    def _worksheets(self, part: str, relations: dict[str, Relation]) -> tuple[list[_Listed], bool]:
        listed: list[_Listed] = []
        from_1904 = False

        def start(tag: str, attributes: Attributes) -> None:
            nonlocal from_1904
            if tag == "workbookPr":
                from_1904 = attributes.get("date1904", "").casefold() in {"1", "true"}
            elif tag == "sheet":
                relation = relations.get(related_id(attributes))
                if relation is None or relation.kind != "worksheet":
                    return
                if relation.target in self._package and len(listed) < _MOST_WORKSHEETS:
                    shown = attributes.get("state", "visible") == "visible"
                    listed.append(_Listed(attributes.get("name", ""), relation.target, shown))

        self._package.parse(part, start)
        if not listed:
            raise SheetRefused(
                f"sheet {self._sheet} is a workbook in which no worksheet can be found",
                advice=f"Open it and save it as Excel Workbook (.xlsx). {EXPORT}",
            )
        return listed, from_1904

    def _read_strings(self, part: str) -> list[Words]:
        strings: list[Words] = []
        sink = TextSink()

        def start(tag: str, attributes: Attributes) -> None:
            nonlocal sink
            if tag == "si":
                sink = TextSink()
            else:
                sink.start(tag, attributes)

        def characters(text: str) -> None:
            sink.characters(text)

        def end(tag: str) -> None:
            if tag == "si":
                strings.append(sink.words())
            else:
                sink.end(tag)

        self._package.parse(part, start, end, characters)
        return strings

    def _read_looks(self, part: str, from_1904: bool) -> Looks:
        reader = _LooksReader()
        self._package.parse(part, reader.start, reader.end)
        struck = [n < len(reader.fonts) and reader.fonts[n] for _, n in reader.styles]
        return Looks([n for n, _ in reader.styles], struck, reader.codes, from_1904)

    def choose(self, meaning_of: MeaningOf, worksheet: str) -> _Listed:
        """The worksheet that is named, else the first visible one with a header of shots."""
        titles = [page.title for page in self.listed]
        if worksheet:
            if worksheet not in titles:
                raise SheetRefused(
                    f"sheet {self._sheet} has no worksheet {worksheet!r}; "
                    f"it has: {', '.join(titles)}",
                    advice="Check `worksheet` in [sheet] in production.toml.",
                )
            return self.listed[titles.index(worksheet)]
        shown = [page for page in self.listed if page.shown]
        return max(shown or self.listed, key=lambda page: self._known(page, meaning_of))

    def _known(self, listed: _Listed, meaning_of: MeaningOf) -> int:
        """How many columns that mean something the header of a worksheet names."""
        records = list(_records(self.page(listed, most_rows=_LOOKED_AT), self._sheet))
        first = [record for _, record in records]
        if not first:
            return 0
        place = header_place(first, meaning_of)
        return known_columns_in(first[place], meaning_of)

    def page(self, listed: _Listed, *, most_rows: int | None = None) -> Page:
        """A worksheet, or the first rows of it that hold anything."""
        reader = PageReader(self._sheet, self._strings, self._looks, most_rows=most_rows)
        self._package.parse(listed.part, reader.start, reader.end, reader.characters)
        return reader.page

    def other_shots(
        self, read: _Listed, meaning_of: MeaningOf, *, named: bool
    ) -> Iterator[CellRemark]:
        """What the author should know of worksheets that hold shots and are not read."""
        others = [
            page.title
            for page in self.listed
            if page is not read and not named and self._known(page, meaning_of) >= _HOLDS_SHOTS
        ]
        if others:
            names = ", ".join(repr(title[:40]) for title in others[:_MOST_NAMED])
            more = f" and {len(others) - _MOST_NAMED} more" if len(others) > _MOST_NAMED else ""
            yield CellRemark(
                None,
                None,
                "worksheet_not_read",
                f"worksheet {read.title[:40]!r} is read; {names}{more} also look like shot lists "
                "and are not read",
                "Set the right one as `worksheet` in [sheet] in production.toml.",
            )


class _LooksReader:
    """Of the styles part: number formats and fonts that strike through; nothing else."""

    def __init__(self) -> None:
        self.fonts: list[bool] = []
        self.styles: list[tuple[int, int]] = []
        self.codes: dict[int, str] = {}
        self._in = ""

    def start(self, tag: str, attributes: Attributes) -> None:
        """An element begins."""
        if tag in {"fonts", "cellXfs", "numFmts", "dxfs", "cellStyleXfs"}:
            self._in = tag
        elif self._in == "fonts" and tag == "font":
            self.fonts.append(False)
        elif self._in == "fonts" and tag == "strike" and self.fonts:
            self.fonts[-1] = attributes.get("val", "1").casefold() in {"1", "true", "on"}
        elif self._in == "cellXfs" and tag == "xf":
            numbers = (attributes.get(name) for name in ("numFmtId", "fontId"))
            number_format, font = map(whole_number, numbers)
            self.styles.append((number_format, font))
        elif self._in == "numFmts" and tag == "numFmt":
            code = attributes.get("formatCode", "")
            self.codes[whole_number(attributes.get("numFmtId"))] = code

    def end(self, tag: str) -> None:
        """An element ends."""
        if tag == self._in:
            self._in = ""


def _kind(names: set[str]) -> str:
    if any(name.endswith(".iwa") for name in names):
        return "a Numbers document"
    if "content.xml" in names:
        return "an OpenDocument sheet (.ods)"
    if "xl/workbook.bin" in names:
        return "a binary Excel workbook (.xlsb)"
    if "ppt/presentation.xml" in names:
        return "a PowerPoint presentation"
    return "a Word document" if "word/document.xml" in names else "a zip archive"


def _records(page: Page, sheet: str) -> Iterator[tuple[int, Record]]:
    """The filled rows of a worksheet; a merged area counts for all its rows."""
    numbers = sorted(number for number, cells in page.rows.items() if is_filled(cells.values()))
    rows = {number: page.rows[number] for number in numbers}
    _fill_merged(page, rows, numbers, sheet)
    cells = 0
    for number in numbers:
        row = rows[number]
        width = max(row) + 1
        cells += width
        if cells > MAX_CELLS:
            raise too_large(sheet)
        record = [""] * width
        for place, text in row.items():
            record[place] = text
        yield number, record


def _fill_merged(
    page: Page, rows: dict[int, dict[int, str]], numbers: list[int], sheet: str
) -> None:
    """Give the text of a merged area to all its rows that hold anything else."""
    filled = 0
    for first, last, column, _ in page.merged:
        text = page.rows.get(first, {}).get(column, "")
        if not text or first == last:
            continue
        pieces = page.struck.get((first, column))
        below = range(bisect_left(numbers, first + 1), bisect_right(numbers, last))
        filled += len(below)
        if filled > _MOST_MERGED:
            raise too_large(sheet)
        for number in map(numbers.__getitem__, below):
            rows[number].setdefault(column, text)
            if pieces:
                page.struck.setdefault((number, column), pieces)


def _below(page: Page, package: Package, links: dict[str, Relation]) -> set[Place]:
    """The cells over which a picture lies, by its upper left corner."""
    found: set[Place] = set()
    for drawing in page.drawings:
        relation = links.get(drawing)
        if relation and not relation.external:
            reader = _AnchorReader()
            package.parse(relation.target, reader.start, reader.end, reader.characters)
            found |= reader.places
    return found


class _AnchorReader:
    """Where the pictures of a drawing are anchored."""

    def __init__(self) -> None:
        self.places: set[Place] = set()
        self._numbers: dict[str, str] = {}
        self._tag = ""
        self._in_from = False

    def start(self, tag: str, _: Attributes) -> None:
        """An element begins."""
        if tag == "from":
            self._in_from, self._numbers = True, {}
        elif tag == "pic" and len(self._numbers) == 2:  # noqa: PLR2004  # row and column
            self.places.add((int(self._numbers["row"]) + 1, int(self._numbers["col"])))
        self._tag = tag if self._in_from and tag in {"row", "col"} else ""

    def end(self, tag: str) -> None:
        """An element ends."""
        self._tag = ""
        if tag == "from":
            self._in_from = False

    def characters(self, text: str) -> None:
        """Characters."""
        if self._tag and text.strip().isdecimal() and len(text) < 9:  # noqa: PLR2004  # a number
            self._numbers[self._tag] = text.strip()
