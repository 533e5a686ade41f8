"""A workbook that would exhaust the memory is refused early."""

import re
import time
import tracemalloc
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from seedance_assets.adapters.shot_sheet import Document, read_shots
from seedance_assets.core.errors import SheetRefused
from seedance_assets.core.model_schema import ModelSchema
from tests.sheet.conftest import Read
from tests.sheet.workbooks import exchanged, packed, part_of, with_a_lie, workbook

MIB = 1024 * 1024
BOOK = workbook([["shot", "prompt", "first_frame"], ["a", "Bells", "a.png"]])


@pytest.mark.parametrize(
    "part", ["xl/theme/theme1.xml", "xl/styles.xml", "xl/workbook.xml", "xl/worksheets/sheet1.xml"]
)
def test_a_part_that_gives_more_than_it_declares_is_refused_without_the_memory(
    schema: ModelSchema, part: str
) -> None:
    good = Document("/shots.xlsx", "shots.xlsx", Path("/"), BOOK)
    bomb = replace(good, content=with_a_lie(BOOK, part, padding=64 * MIB))
    read_shots(good, schema, {})  # whatever is imported lies in memory now

    tracemalloc.start()
    try:
        with pytest.raises(SheetRefused, match=f"more than it declares, in '{part}'"):
            read_shots(bomb, schema, {})
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 8 * MIB


@pytest.mark.parametrize("padding", [1, 5000])
def test_a_small_false_size_is_refused_too(read: Read, padding: int) -> None:
    with pytest.raises(SheetRefused, match=r"more than it declares|cannot be read"):
        read(with_a_lie(BOOK, "xl/styles.xml", padding))


@pytest.mark.parametrize("how", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA], ids=["bzip2", "lzma"])
def test_a_compression_that_cannot_be_streamed_is_refused(read: Read, how: int) -> None:
    with pytest.raises(SheetRefused, match="uses a compression"):
        read(packed(BOOK, how))


LAUGHS = b'<!DOCTYPE w [<!ENTITY a "shot"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
OUTSIDE = b'<!DOCTYPE w [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
PARTS = [
    "xl/workbook.xml",
    "xl/worksheets/sheet1.xml",
    "xl/styles.xml",
    "xl/_rels/workbook.xml.rels",
    "_rels/.rels",
]


@pytest.mark.parametrize("doctype", [LAUGHS, OUTSIDE, b"<!DOCTYPE w>"], ids=["laughs", "out", "w"])
@pytest.mark.parametrize("padding", [0, 5_000, 2 * MIB])
@pytest.mark.parametrize("part", PARTS)
def test_a_document_type_is_refused_in_any_part(
    read: Read, part: str, padding: int, doctype: bytes
) -> None:
    xml = re.sub(rb"^<\?xml[^>]*\?>", b"", part_of(BOOK, part))
    spelled = b'<?xml version="1.0"?><!--' + b" " * padding + b"-->" + doctype + xml

    with pytest.raises(SheetRefused, match="document type"):
        read(exchanged(BOOK, {part: spelled}))


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be"])
def test_another_encoding_hides_no_document_type(read: Read, codec: str) -> None:
    xml = f"<?xml version='1.0' encoding='{codec[:6]}'?>{LAUGHS.decode()}<worksheet/>"

    with pytest.raises(SheetRefused, match=r"document type|is broken"):
        read(exchanged(BOOK, {"xl/worksheets/sheet1.xml": xml.encode(codec)}))


def test_a_document_type_in_a_worksheet_of_another_name_is_refused(read: Read) -> None:
    parts = {
        "xl/worksheets/sheet1.dat": LAUGHS + part_of(BOOK, "xl/worksheets/sheet1.xml"),
        "xl/_rels/workbook.xml.rels": part_of(BOOK, "xl/_rels/workbook.xml.rels").replace(
            b"sheet1.xml", b"sheet1.dat"
        ),
    }

    with pytest.raises(SheetRefused, match="document type"):
        read(exchanged(BOOK, parts))


CROWDS = {
    "cells": (
        "xl/worksheets/sheet1.xml",
        b"</sheetData>",
        b"<row>" + b"<c/>" * 1_100_000 + b"</row>",
    ),
    "styles": ("xl/styles.xml", b"</cellXfs>", b'<xf numFmtId="0"/>' * 1_100_000),
    "merged": (
        "xl/worksheets/sheet1.xml",
        b"</worksheet>",
        b'<mergeCell ref="A1:A9"/>' * 1_100_000,
    ),
    "depth": ("xl/worksheets/sheet1.xml", b"</sheetData>", b"<x>" * 10_000 + b"</x>" * 10_000),
}


@pytest.mark.parametrize(("part", "before", "crowd"), CROWDS.values(), ids=CROWDS)
def test_elements_are_counted_and_not_only_bytes(
    read: Read, part: str, before: bytes, crowd: bytes
) -> None:
    start = time.process_time()

    with pytest.raises(SheetRefused, match="more cells or styles than a shot sheet needs"):
        read(exchanged(BOOK, {part: part_of(BOOK, part).replace(before, crowd + before)}))

    assert time.process_time() - start < 20


@pytest.mark.parametrize("reference", ["XFD2", "BZZ2"])
def test_a_cell_far_to_the_right_is_refused(read: Read, reference: str) -> None:
    far = f'<row r="2"><c r="{reference}"><v>1</v></c></row></sheetData>'.encode()
    page = part_of(BOOK, "xl/worksheets/sheet1.xml").replace(b"</sheetData>", far)

    with pytest.raises(SheetRefused, match="over 1000 columns"):
        read(exchanged(BOOK, {"xl/worksheets/sheet1.xml": page}))


def test_a_password_is_named(read: Read) -> None:
    content = bytearray(BOOK)
    at = content.find(b"PK\x01\x02")
    while at >= 0:
        content[at + 8] |= 1
        at = content.find(b"PK\x01\x02", at + 4)

    with pytest.raises(SheetRefused, match="has a password"):
        read(bytes(content))


def test_a_workbook_that_is_stored_unpacked_is_read(read: Read) -> None:
    assert read(packed(BOOK, zipfile.ZIP_STORED)).shots[0].prompt == "Bells"
