"""From a file to its text: bounded reading, and which encoding it is in."""

import codecs
from dataclasses import dataclass
from pathlib import Path

from seedance_assets.core.errors import InputMissing, SheetRefused

MAX_SHEET_BYTES = 64 * 1024 * 1024

_NOT_TEXT = {
    b"PK\x03\x04": "an Excel, Numbers or other zipped workbook",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"%PDF": "a PDF",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"\x1f\x8b": "a gzip archive",
}
_EXPORT = "Export the sheet as CSV (UTF-8) and give that file."


@dataclass(frozen=True, slots=True)
class SheetText:
    """The text of a sheet, and the name of the encoding that it was in."""

    text: str
    encoding: str


def read_bytes(path: Path) -> bytes:
    """The bytes of the sheet at `path`, at most `MAX_SHEET_BYTES` of them.

    Raises `InputMissing` if there is no such file or it cannot be read, `SheetRefused` if it is
    empty or too large.
    """
    try:
        if not path.is_file():
            what = "is a folder" if path.is_dir() else "is not there"
            raise InputMissing(f"sheet {path} {what}", advice="Give the path of a CSV file.")
        with path.open("rb") as file:
            content = file.read(MAX_SHEET_BYTES + 1)
    except (OSError, ValueError) as exc:  # ValueError: a NUL character in the path
        reason = exc.strerror if isinstance(exc, OSError) else exc
        raise InputMissing(
            f"sheet {str(path)!r} cannot be read: {reason}", advice="Look at its path and rights."
        ) from exc
    if len(content) > MAX_SHEET_BYTES:
        raise SheetRefused(
            f"sheet {path} is larger than {MAX_SHEET_BYTES // 1024**2} MiB",
            advice="Split it, or leave out what is not needed: pictures belong beside the sheet.",
        )
    return content


def decode(content: bytes, path: Path) -> SheetText:
    """The text of a sheet: UTF-8, UTF-16 with a byte order mark, else Windows-1252.

    Raises `SheetRefused` if the bytes are no text.
    """
    for magic, what in _NOT_TEXT.items():
        if content.startswith(magic):
            raise SheetRefused(f"sheet {path} is {what}, not a CSV", advice=_EXPORT)
    sheet = _decoded(content, path)
    if not sheet.text.strip():
        raise SheetRefused(f"sheet {path} is empty", advice="Give a header line and a row a shot.")
    if "\0" in sheet.text:
        raise SheetRefused(
            f"sheet {path} holds NUL characters, so it is no plain text "
            "(or it is UTF-16 without a byte order mark)",
            advice=_EXPORT,
        )
    return sheet


def _decoded(content: bytes, path: Path) -> SheetText:
    try:
        if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return SheetText(content.decode("utf-16"), "UTF-16")
        if content.startswith(codecs.BOM_UTF8):
            return SheetText(content.decode("utf-8-sig"), "UTF-8 with byte order mark")
        return SheetText(*_eight_bit(content))
    except UnicodeDecodeError as exc:
        raise SheetRefused(
            f"sheet {path} is no text in UTF-8, UTF-16 or Windows-1252 (byte {exc.start})",
            advice=_EXPORT,
        ) from exc


def _eight_bit(content: bytes) -> tuple[str, str]:
    try:
        return content.decode("utf-8"), "UTF-8"
    except UnicodeDecodeError:
        return content.decode("cp1252"), "Windows-1252"
