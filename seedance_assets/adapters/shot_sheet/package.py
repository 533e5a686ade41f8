"""A workbook as a package: a zip of XML parts from a stranger, opened with care.

Sizes are added up before anything is unpacked, each part is unpacked in pieces to see that it gives
no more than it declares, and the elements of all parts that are parsed are counted. The parser
itself refuses a document type, wherever it stands, so no entity is ever declared. Pictures, themes
and macros are never opened.
"""

import io
import posixpath
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass
from xml.parsers import expat

from seedance_assets.core.errors import SheetRefused

MAX_UNPACKED_BYTES = 256 * 1024 * 1024
MAX_PARTS = 5000
MAX_ELEMENTS = 1_000_000
MAX_DEPTH = 200

MAGIC = b"PK\x03\x04"
EXPORT = "Open it in a spreadsheet program, export it as CSV (UTF-8), and give that file."
_CHUNK_BYTES = 1024 * 1024
_DAMAGE = (
    *(ValueError, EOFError, OSError, RuntimeError, NotImplementedError),
    *(zipfile.BadZipFile, zlib.error, expat.ExpatError),
)
"""What zipfile, zlib and expat raise for a file that is not as it should be."""

Attributes = Mapping[str, str]
Start = Callable[[str, Attributes], None]
End = Callable[[str], None]
Text = Callable[[str], None]


class EnoughRead(Exception):
    """Raised by a handler that has seen all it needs of a part."""


@dataclass(frozen=True, slots=True)
class Relation:
    """Where a part points: another part, or a link out of the package."""

    kind: str
    """The last word of the relation's type: the same in Strict and Transitional files."""
    target: str
    external: bool


class Package:
    """The parts of one workbook, by their names as Excel understands them."""

    def __init__(self, archive: zipfile.ZipFile, sheet: str) -> None:
        self._archive = archive
        self._sheet = sheet
        self._parts = {_spelling(part.filename): part for part in archive.infolist()}
        self._elements = 0
        self._looked_at: set[str] = set()

    def __contains__(self, name: str) -> bool:
        return _spelling(name) in self._parts

    @property
    def names(self) -> set[str]:
        """The names of all parts, in small letters and with slashes."""
        return set(self._parts)

    def parse(
        self, name: str, start: Start, end: End | None = None, text: Text | None = None
    ) -> None:
        """Parse a part; handlers get names without prefixes. A part that is not there is empty.

        Raises `SheetRefused` for a document type and for too many elements.
        """
        part = self._parts.get(_spelling(name))
        if part is None:
            return
        self._refuse_crowds(part)
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self._refuse_doctype
        parser.EntityDeclHandler = self._refuse_doctype
        parser.StartElementHandler = self._counted(start)
        parser.EndElementHandler = self._left(end)
        if text is not None:
            parser.CharacterDataHandler = text
        try:
            with self._archive.open(part) as reader:
                while piece := reader.read(_CHUNK_BYTES):
                    parser.Parse(piece, False)
            parser.Parse(b"", True)
        except EnoughRead:
            return
        except expat.ExpatError as exc:
            raise SheetRefused(
                f"sheet {self._sheet} is a workbook that cannot be read: its part "
                f"{part.filename[:100]!r} is broken in line {exc.lineno}",
                advice=f"Open it in a spreadsheet program and save it again. {EXPORT}",
            ) from exc

    def _refuse_crowds(self, part: zipfile.ZipInfo) -> None:
        """Refuse a part of too many elements before it is parsed, by counting its tags."""
        if part.filename in self._looked_at:
            return
        self._looked_at.add(part.filename)
        tags = 0
        with self._archive.open(part) as reader:
            while piece := reader.read(_CHUNK_BYTES):
                tags += piece.count(b"<")
        if tags > 2 * MAX_ELEMENTS:
            raise self._crowded()

    def _crowded(self) -> SheetRefused:
        return SheetRefused(
            f"sheet {self._sheet} has more cells or styles than a shot sheet needs",
            advice=f"Copy the shot list into a new workbook, or: {EXPORT}",
        )

    def relations(self, name: str) -> dict[str, Relation]:
        """Where a part (an empty name: the whole package) points, by the id of the relation."""
        folder, file = posixpath.split(name)
        found: dict[str, Relation] = {}

        def start(tag: str, attributes: Attributes) -> None:
            if tag == "Relationship":
                external = attributes.get("TargetMode", "").casefold() == "external"
                target = attributes.get("Target", "")
                if not external:
                    target = posixpath.normpath(posixpath.join("/", folder, _slashed(target)))
                kind = attributes.get("Type", "").rpartition("/")[2]
                found[attributes.get("Id", "")] = Relation(kind, target, external)

        self.parse(posixpath.join(folder, "_rels", f"{file}.rels"), start)
        return found

    def _counted(self, start: Start) -> Start:
        self._depth = 0

        def counted(tag: str, attributes: Attributes) -> None:
            self._elements += 1
            self._depth += 1
            if self._elements > MAX_ELEMENTS or self._depth > MAX_DEPTH:
                raise self._crowded()
            start(tag.rpartition(":")[2], attributes)

        return counted

    def _left(self, end: End | None) -> End:
        def left(tag: str) -> None:
            self._depth -= 1
            if end is not None:
                end(tag.rpartition(":")[2])

        return left

    def _refuse_doctype(self, *_: object) -> None:
        raise SheetRefused(
            f"sheet {self._sheet} contains XML with a document type, which no spreadsheet program "
            "writes",
            advice=EXPORT,
        )


@contextmanager
def opened_package(content: bytes, sheet: str) -> Iterator[Package]:
    """The package in some bytes, checked. Raises `SheetRefused`, for damage seen later, too."""
    with _refusing_damage(sheet), zipfile.ZipFile(io.BytesIO(content)) as archive:
        _check(archive, sheet)
        yield Package(archive, sheet)


def _check(archive: zipfile.ZipFile, sheet: str) -> None:
    """Refuse what would not be safe to unpack."""
    parts = archive.infolist()
    unpacked = sum(part.file_size for part in parts)
    if len(parts) > MAX_PARTS or unpacked > MAX_UNPACKED_BYTES:
        raise SheetRefused(
            f"sheet {sheet} unpacks to {len(parts)} parts of {unpacked} bytes, more than a "
            "shot sheet needs",
            advice=f"Delete everything except the shot list, especially pictures. {EXPORT}",
        )
    for part in parts:
        if part.flag_bits & 1:
            raise SheetRefused(
                f"sheet {sheet} has a password", advice=f"Save it without one. {EXPORT}"
            )
        _refuse_packing(part, sheet)
        _refuse_more_than_declared(archive, part, sheet)


def _refuse_packing(part: zipfile.ZipInfo, sheet: str) -> None:
    """Refuse what zipfile does not unpack in pieces: one piece of bzip2 can fill the memory."""
    if part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise SheetRefused(
            f"sheet {sheet} uses a compression that no spreadsheet program uses", advice=EXPORT
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
                    advice=f"No spreadsheet program writes such a file. {EXPORT}",
                )


@contextmanager
def _refusing_damage(sheet: str) -> Iterator[None]:
    try:
        yield
    except _DAMAGE as exc:
        raise SheetRefused(
            f"sheet {sheet} is a workbook that cannot be read: the file is damaged or incomplete",
            advice=f"Open it in a spreadsheet program and save it again. {EXPORT}",
        ) from exc


def _slashed(name: str) -> str:
    return name.replace("\\", "/")


def _spelling(name: str) -> str:
    """A part's name as Excel compares it: slashes, no leading one, small letters."""
    return _slashed(name).lstrip("/").casefold()
