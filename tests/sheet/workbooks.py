"""Workbooks for tests: made by openpyxl and damaged by hand."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

import openpyxl


def workbook(
    rows: Sequence[Sequence[Any]],
    *,
    others: Mapping[str, Sequence[Sequence[Any]]] | None = None,
    title: str = "Shots",
    formats: Mapping[str, str] | None = None,
) -> bytes:
    """A workbook with these rows; `others` are worksheets ahead of it, `formats` of cells."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, other in (others or {}).items():
        page = book.create_sheet(name)
        for row in other:
            page.append(list(row))
    page = book.create_sheet(title)
    for row in rows:
        page.append(list(row))
    for place, number_format in (formats or {}).items():
        page[place].number_format = number_format
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def exchanged(content: bytes, parts: Mapping[str, bytes]) -> bytes:
    """The workbook with some parts written anew, by their names."""
    return _packed(_unpacked(content) | dict(parts))


def with_parts(content: bytes, **parts: bytes) -> bytes:
    """The workbook with some parts written anew; `__` in a name stands for `/`, `_x_` for `.`."""
    named = {name.replace("__", "/").replace("_x_", "."): part for name, part in parts.items()}
    return _packed(_unpacked(content) | named)


def _unpacked(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as source:
        return {name: source.read(name) for name in source.namelist()}


def _packed(parts: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as made:
        for name, part in parts.items():
            made.writestr(name, part)
    return target.getvalue()


def part_of(content: bytes, name: str) -> bytes:
    """One part of a workbook."""
    with zipfile.ZipFile(io.BytesIO(content)) as source:
        return source.read(name)


def with_a_lie(content: bytes, name: str, padding: int) -> bytes:
    """The workbook with blanks behind a part, which still declares the size and sum it had."""
    target = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as source,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as made,
    ):
        for part in source.infolist():
            padded = padding if part.filename == name else 0
            made.writestr(part.filename, source.read(part) + b" " * padded)
            declared = made.getinfo(part.filename)  # the directory is written at the end
            declared.file_size, declared.CRC = part.file_size, part.CRC
    return target.getvalue()


def packed(content: bytes, how: int) -> bytes:
    """The workbook, packed in another of the ways that a zip knows."""
    target = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as source,
        zipfile.ZipFile(target, "w", how) as made,
    ):
        for name in source.namelist():
            made.writestr(name, source.read(name))
    return target.getvalue()


def cells(content: bytes, title: str | None = None) -> list[list[Any]]:
    """The values of a workbook's worksheet."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    page = book[title] if title else book.worksheets[0]
    return [[cell.value for cell in row] for row in page.iter_rows()]
