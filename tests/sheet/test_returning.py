"""The user's sheet is returned unchanged plus three columns; nothing in it runs."""

import csv
import io
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.drawing.image import Image as Embedded
from openpyxl.styles import PatternFill
from openpyxl.worksheet.worksheet import Worksheet
from PIL import Image

from seedance_assets.adapters.shot_sheet import (
    Document,
    header_test,
    read_shots,
    returned_csv,
    returned_workbook,
)
from seedance_assets.core.model_schema import ModelSchema
from seedance_assets.core.shot import ShotList
from tests.sheet.workbooks import cells, part_of, with_parts, workbook

HEADER = "shot;prompt;first_frame;duration"
ROWS = ["a;Regen, Glocken;a.png;5", "", "b b;=cmd|' /C calc'!A0;b.png;5,0", "c;-- Wind;c.png;3"]


def document(content: bytes) -> Document:
    return Document("/sheets/shots.csv", "shots.csv", Path("/sheets"), content)


def read(content: bytes, schema: ModelSchema) -> ShotList:
    return read_shots(document(content), schema, {})


def annotated(content: bytes, schema: ModelSchema) -> bytes:
    listed = read(content, schema)
    return returned_csv(document(content), header_test(schema), listed.problems)


def table(content: bytes, codec: str, separator: str = ";") -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode(codec), newline=""), delimiter=separator))


def test_a_csv_is_returned_in_its_own_format(schema: ModelSchema) -> None:
    sheet = "\r\n".join(["Titel – Stand März", HEADER, *ROWS, ""]).encode("cp1252")

    back = annotated(sheet, schema)

    title, header, good, blank, bad, last = table(back, "cp1252")
    assert title[0] == "Titel – Stand März"
    assert header == ["shot", "prompt", "first_frame", "duration", "status", "problem", "fix"]
    assert good == ["a", "Regen, Glocken", "a.png", "5", "ok", "", ""]
    assert blank == []
    assert bad[4:] == [
        "error",
        "shot: contains ' ' (space) at position 2",
        "Rename it, for example to 'b_b'.",
    ]
    assert last[4] == "error"
    assert "Write 4, the nearest." in last[6]
    assert back.count(b"\r\n") == back.count(b"\n") == 6


def test_formulas_are_neutralised_and_read_back_unchanged(
    schema: ModelSchema,
) -> None:
    sheet = "\n".join([HEADER, *ROWS]).encode()
    before = {shot.key: shot.prompt for shot in read(sheet, schema).shots}

    back = annotated(sheet, schema)
    mended = back.replace(b"b b", b"b_b").replace(b";3;", b";4;")

    assert b"'=cmd" in back
    assert not [
        c for row in table(back, "utf-8") for c in row if c.startswith(("=", "+", "-", "@"))
    ]
    again = read(mended, schema)
    after = {shot.key: shot.prompt for shot in again.shots}
    assert again.errors == ()
    assert after == before | {"b_b": "=cmd|' /C calc'!A0", "c": "-- Wind"}


def test_their_columns_are_never_overwritten(schema: ModelSchema) -> None:
    sheet = b"shot,prompt,first_frame,Status,Fix\na,Bells,a.png,approved,none\n"

    once = annotated(sheet, schema)
    twice = annotated(once, schema)

    header, row = table(once, "utf-8", ",")
    ours = ["seedance_status", "seedance_problem", "seedance_fix"]
    assert header == ["shot", "prompt", "first_frame", "Status", "Fix", *ours]
    assert row[3:6] == ["approved", "none", "ok"]
    assert "'Status', 'Fix'" in row[6]
    assert table(twice, "utf-8", ",")[0][-3:] == [f"{name}_2" for name in ours]


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_the_encoding_is_preserved(schema: ModelSchema, codec: str) -> None:
    back = annotated(f"{HEADER}\nä;Glöckchen;a.png;5\n".encode(codec), schema)

    header, row = table(back, codec)
    assert header[0] == "shot"
    assert row[:2] == ["ä", "Glöckchen"]
    assert "latin small letter a with diaeresis" in row[5]


def test_a_workbook_is_returned_plain_without_formulas(schema: ModelSchema) -> None:
    rows: list[list[Any]] = [
        ["shot", "prompt", "first_frame", "duration", "notes"],
        ["a", "Bells", "a.png", 5, '=HYPERLINK("http://x")'],
        ["b b", "Bells", "b.png", 3, "fine"],
    ]
    book = openpyxl.load_workbook(io.BytesIO(workbook(rows, others={"Crew": [["=1+1"]]})))
    page = book["Shots"]
    page["E3"].value = "=not a formula"
    page["E3"].data_type = "s"
    content = io.BytesIO()
    book.save(content)
    sheet = content.getvalue()
    listed = read(sheet, schema)

    back = returned_workbook(document(sheet), header_test(schema), listed.problems)

    found = openpyxl.load_workbook(io.BytesIO(back))
    kinds = {cell.data_type for p in found.worksheets for row in p.iter_rows() for cell in row}
    assert "f" not in kinds
    assert found.sheetnames == ["Shots"]
    assert found["Shots"]["E3"].value == "=not a formula"
    header, good, bad = cells(back, "Shots")
    assert header[5:] == ["status", "problem", "fix"]
    assert good[5] == "ok"
    assert (bad[5], bad[3]) == ("error", "3")
    assert "Write 4" in bad[7]


def test_a_csv_becomes_a_workbook_and_a_workbook_a_csv(schema: ModelSchema) -> None:
    sheet = "\n".join([HEADER, *ROWS]).encode()
    problems = read(sheet, schema).problems

    as_book = returned_workbook(document(sheet), header_test(schema), problems)
    book = workbook([HEADER.split(";"), ["a", "Glöckchen", "a.png", 5]])
    as_csv = returned_csv(document(book), header_test(schema), [])

    assert cells(as_book)[0] == [*HEADER.split(";"), "status", "problem", "fix"]
    assert [row[4] for row in cells(as_book)[1:]] == ["ok", None, "error", "error"]
    assert cells(as_book)[3][1] == "=cmd|' /C calc'!A0"
    assert table(as_csv, "utf-8-sig", ",")[1][:2] == ["a", "Glöckchen"]


SIMPLE = [["shot", "prompt", "first_frame"], ["a", "Bells", "a.png"], ["b", "Wind", "b.png"]]


def made(change: Callable[[Worksheet], object]) -> bytes:
    """A simple workbook, changed by hand."""
    book = openpyxl.load_workbook(io.BytesIO(workbook(SIMPLE)))
    change(book["Shots"])
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def illustrated(picture: bytes) -> bytes:
    """A workbook with a picture, whose bytes are exchanged afterwards."""
    drawn = io.BytesIO()
    Image.new("RGB", (8, 8)).save(drawn, "PNG")
    sheet = made(lambda page: page.add_image(Embedded(drawn), "E1"))
    return with_parts(sheet, xl__media__image1_x_png=picture)


def test_pictures_in_a_workbook_are_never_opened_and_do_not_come_back(schema: ModelSchema) -> None:
    postscript = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 50 50\n(%pipe%id) (r) file\n"
    sheet = illustrated(postscript)

    problems = read(sheet, schema).problems
    back = returned_workbook(document(sheet), header_test(schema), problems)

    with zipfile.ZipFile(io.BytesIO(back)) as found:
        assert not [name for name in found.namelist() if "media" in name or "drawing" in name]
    assert cells(back, "Shots")[1] == [*SIMPLE[1], "ok", None, None]


def test_struck_through_words_stay_struck_through(schema: ModelSchema) -> None:
    words = CellRichText("Bells", TextBlock(InlineFont(strike=True), " and a fire"), ".")
    sheet = made(lambda page: setattr(page["B2"], "value", words))

    back = returned_workbook(document(sheet), header_test(schema), read(sheet, schema).problems)

    page = openpyxl.load_workbook(io.BytesIO(back), rich_text=True)["Shots"]
    found = page["B2"].value
    assert isinstance(found, CellRichText)
    assert [str(b) for b in found if isinstance(b, TextBlock) and b.font.strike] == [" and a fire"]


@pytest.mark.parametrize("place", ["BH2", "XFD1", "XFD1048576"])
def test_our_columns_follow_the_last_filled_column(schema: ModelSchema, place: str) -> None:
    yellow = PatternFill("solid", start_color="FFFF00")
    sheet = made(lambda page: setattr(page[place], "fill", yellow))

    in_book = returned_workbook(document(sheet), header_test(schema), [])
    in_csv = table(returned_csv(document(sheet), header_test(schema), []), "utf-8-sig", ",")

    rows = cells(in_book, "Shots")
    assert rows[0] == [*SIMPLE[0], "status", "problem", "fix"]
    assert rows[1] == [*SIMPLE[1], "ok", None, None]
    assert [row[:4] for row in in_csv[:2]] == [row[:4] for row in rows[:2]]


def test_cells_beyond_the_named_columns_are_not_overwritten(schema: ModelSchema) -> None:
    sheet = made(lambda page: setattr(page["F3"], "value", "ask Mara"))

    header, _, row = cells(returned_workbook(document(sheet), header_test(schema), []), "Shots")

    assert header == [*SIMPLE[0], None, None, None, "status", "problem", "fix"]
    assert row[5:7] == ["ask Mara", "ok"]


@pytest.mark.parametrize(
    "bulk",
    [
        b'<mergeCells count="1"><mergeCell ref="E1:CZ200000"/></mergeCells>',
        b"<mergeCells><x:mergeCell xmlns:x='y' ref = '&#69;1:CZ200000'/></mergeCells>",
    ],
    ids=["merged", "merged, in disguise"],
)
def test_areas_that_would_fill_the_memory_do_not(schema: ModelSchema, bulk: bytes) -> None:
    good = workbook([["shot", "prompt", "first_frame"], ["a", "Bells", "a.png"]])
    page = part_of(good, "xl/worksheets/sheet1.xml")
    sheet = with_parts(
        good, xl__worksheets__sheet1_x_xml=page.replace(b"</sheetData>", b"</sheetData>" + bulk)
    )
    returned_workbook(document(good), header_test(schema), [])  # imported by now

    tracemalloc.start()
    try:
        back = returned_workbook(document(sheet), header_test(schema), [])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 16 * 1024 * 1024
    assert cells(back)[1][:2] == ["a", "Bells"]
