"""From a sheet's bytes to its text: which encoding it is in."""

import codecs
from dataclasses import dataclass

from seedance_assets.adapters.shot_sheet.code_pages import code_page_name, code_page_of
from seedance_assets.core.errors import SheetRefused

_NOT_TEXT = {
    b"\xd0\xcf\x11\xe0": "an old Excel workbook (.xls), or one with a password",
    b"PK\x03\x04": "a zipped document",
    b"%PDF": "a PDF",
    b"{\\rtf": "a text document",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
    b"\x1f\x8b": "a gzip archive",
    b"7z\xbc\xaf": "a 7z archive",
    b"SQLite format 3": "a database",
}
_EXPORT = "Export the sheet as CSV (UTF-8) or .xlsx and give that file."
_SAVE_AS_UTF_8 = (
    "In Excel: Save As, 'CSV UTF-8 (Comma delimited)'; in LibreOffice: Save As, 'Edit filter "
    "settings', UTF-8. Or give the .xlsx."
)
_SAMPLE = 4096
_MOSTLY = 0.4  # of every second byte: NUL, in UTF-16 of Latin letters


@dataclass(frozen=True, slots=True)
class SheetText:
    """The text of a sheet, the name of the encoding that it was in, and Python's word for that."""

    text: str
    encoding: str
    codec: str


def decode(content: bytes, sheet: str) -> SheetText:
    """The text of a sheet: UTF-8, UTF-16, UTF-32 with a byte order mark, else a code page.

    Raises `SheetRefused` if the bytes are no text, or if their code page is not certain.
    """
    for magic, what in _NOT_TEXT.items():
        if content.startswith(magic):
            raise SheetRefused(f"sheet {sheet} is {what}, not a CSV", advice=_EXPORT)
    found = _decoded(content, sheet)
    if not found.text.strip():
        raise SheetRefused(
            f"sheet {sheet} is empty", advice="Add a header line and a row for each shot."
        )
    if "\0" in found.text:
        raise SheetRefused(
            f"sheet {sheet} contains NUL characters, so it is not plain text", advice=_EXPORT
        )
    _refuse_page(found.text, sheet)
    return found


def _refuse_page(text: str, sheet: str) -> None:
    start = text[:1024].lstrip().lower()
    if not start.startswith(("<!doctype", "<html", "<head", "<script", "<?xml", "<table")):
        return
    if "excel.sheet" in start or "schemas-microsoft-com:office:excel" in start:
        raise SheetRefused(
            f"sheet {sheet} is a web page or XML that Excel saved, not a workbook",
            advice="Open it in Excel and save it as Excel Workbook (.xlsx).",
        )
    login = any(word in text[:20_000].lower() for word in ("sign in", "signin", "log in", "login"))
    what = "a login page" if login else "a web page (HTML or XML)"
    raise SheetRefused(
        f"sheet {sheet} is {what}, not a table",
        advice="If it is a link, share the sheet with everyone who has the link, or download it "
        f"and give the file. {_EXPORT}",
    )


def _decoded(content: bytes, sheet: str) -> SheetText:
    try:
        if content.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
            return SheetText(content.decode("utf-32"), "UTF-32", "utf-32")
        if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return SheetText(content.decode("utf-16"), "UTF-16", "utf-16")
        if codec := _unmarked_utf_16(content):
            return SheetText(content.decode(codec), "UTF-16 without byte order mark", codec)
        if content.startswith(codecs.BOM_UTF8):
            return SheetText(content.decode("utf-8-sig"), "UTF-8 with byte order mark", "utf-8-sig")
        return _eight_bit(content, sheet)
    except UnicodeDecodeError as exc:
        raise SheetRefused(
            f"sheet {sheet} is not valid UTF-16 or UTF-8 (byte {exc.start})",
            advice=_EXPORT,
        ) from exc


def _unmarked_utf_16(content: bytes) -> str:
    """The byte order of UTF-16 that does not tell it: every second byte of a header line is 0."""
    sample = content[:_SAMPLE]
    even, odd = sample[0::2], sample[1::2]
    if odd and odd.count(0) > _MOSTLY * len(odd) and 0 not in even:
        return "utf-16-le"
    if even and even.count(0) > _MOSTLY * len(even) and 0 not in odd:
        return "utf-16-be"
    return ""


def _eight_bit(content: bytes, sheet: str) -> SheetText:
    try:
        return SheetText(content.decode("utf-8"), "UTF-8", "utf-8")
    except UnicodeDecodeError as exc:
        if codec := code_page_of(content):
            return SheetText(content.decode(codec), code_page_name(codec), codec)
        row = content.count(b"\n", 0, exc.start) + 1
        raise SheetRefused(
            f"sheet {sheet} is not UTF-8 (line {row}), and its code page "
            "cannot be determined: letters could be wrong",
            advice=_SAVE_AS_UTF_8,
        ) from exc
