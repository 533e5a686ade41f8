"""The user's own sheet comes back as it came, with three columns of ours; nothing in it runs."""

import csv
import io
import re
import struct
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.comments import Comment
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
from tests.sheet.workbooks import cells, part_of, with_parts, without_parts, workbook

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


def test_a_csv_comes_back_in_its_own_form(schema: ModelSchema) -> None:
    sheet = "\r\n".join(["Titel – Stand März", HEADER, *ROWS, ""]).encode("cp1252")

    back = annotated(sheet, schema)

    title, header, good, blank, bad, last = table(back, "cp1252")
    assert title[0] == "Titel – Stand März"
    assert header == ["shot", "prompt", "first_frame", "duration", "status", "problem", "fix"]
    assert good == ["a", "Regen, Glocken", "a.png", "5", "ok", "", ""]
    assert blank == []
    assert bad[4:] == ["error", "shot: holds ' ' (space) at place 2", "Call it 'b_b', for example."]
    assert last[4] == "error"
    assert "Write 4, the nearest." in last[6]
    assert back.count(b"\r\n") == back.count(b"\n") == 6


def test_what_a_spreadsheet_would_run_is_made_harmless_and_read_as_it_was(
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
    assert row[3:] == ["approved", "none", "ok", "", ""]
    assert table(twice, "utf-8", ",")[0][-3:] == [f"{name}_2" for name in ours]


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_the_encoding_is_kept(schema: ModelSchema, codec: str) -> None:
    back = annotated(f"{HEADER}\nä;Glöckchen;a.png;5\n".encode(codec), schema)

    header, row = table(back, codec)
    assert header[0] == "shot"
    assert row[:2] == ["ä", "Glöckchen"]
    assert "latin small letter a with diaeresis" in row[5]


def test_a_workbook_keeps_its_looks_and_nothing_in_it_runs(schema: ModelSchema) -> None:
    rows: list[list[Any]] = [
        ["shot", "prompt", "first_frame", "duration", "notes"],
        ["a", "Bells", "a.png", 5, '=HYPERLINK("http://x")'],
        ["b b", "Bells", "b.png", 3, "fine"],
    ]
    book = openpyxl.load_workbook(io.BytesIO(workbook(rows, others={"Crew": [["=1+1"]]})))
    page = book["Shots"]
    page["E3"].value = "=not a formula"
    page["E3"].data_type = "s"
    page["A1"].font = openpyxl.styles.Font(bold=True)
    page.column_dimensions["B"].width = 42
    content = io.BytesIO()
    book.save(content)
    sheet = content.getvalue()
    listed = read(sheet, schema)

    back = returned_workbook(document(sheet), header_test(schema), listed.problems)

    found = openpyxl.load_workbook(io.BytesIO(back))
    kinds = {cell.data_type for p in found.worksheets for row in p.iter_rows() for cell in row}
    assert "f" not in kinds
    assert found["Shots"]["E3"].value == "=not a formula"
    assert found["Shots"]["A1"].font.bold
    assert found["Shots"].column_dimensions["B"].width == 42
    header, good, bad = cells(back, "Shots")
    assert header[5:] == ["status", "problem", "fix"]
    assert good[5] == "ok"
    assert (bad[5], bad[3]) == ("error", 3)
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


def illustrated() -> bytes:
    """A workbook with a picture and a comment."""
    picture = io.BytesIO()
    Image.new("RGB", (8, 8)).save(picture, "PNG")

    def illustrate(page: Worksheet) -> None:
        page.add_image(Embedded(picture), "E1")
        page["A1"].comment = Comment("Which cut is this?", "Mara")

    return made(illustrate)


def huge_png() -> bytes:
    """A picture whose header declares 400 million pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    size = struct.pack(">IIBBBBB", 20_000, 20_000, 8, 2, 0, 0, 0)
    parts = (b"IHDR", size), (b"IDAT", zlib.compress(b"")), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)


DRAWING = "xl/drawings/drawing1.xml"
DAMAGED = {
    "a drawing that is not there": without_parts(illustrated(), DRAWING),
    "a picture that is not there": without_parts(illustrated(), "xl/media/image1.png"),
    "a comment that is not there": without_parts(illustrated(), "xl/comments/comment1.xml"),
    "a picture with a huge header": with_parts(illustrated(), xl__media__image1_x_png=huge_png()),
    "a drawing cut short": with_parts(
        illustrated(), xl__drawings__drawing1_x_xml=part_of(illustrated(), DRAWING)[:-30]
    ),
}


@pytest.mark.parametrize("sheet", DAMAGED.values(), ids=DAMAGED)
def test_a_workbook_whose_looks_are_damaged_comes_back_without_them(
    schema: ModelSchema, sheet: bytes
) -> None:
    problems = iter(read(sheet, schema).problems)

    back = returned_workbook(document(sheet), header_test(schema), problems)

    assert cells(back, "Shots") == [
        [*SIMPLE[0], "status", "problem", "fix"],
        [*SIMPLE[1], "ok", None, None],
        [*SIMPLE[2], "ok", None, None],
    ]


def test_a_workbook_with_a_picture_and_a_comment_keeps_them(schema: ModelSchema) -> None:
    back = returned_workbook(document(illustrated()), header_test(schema), [])

    assert part_of(back, "xl/media/image1.png").startswith(b"\x89PNG")
    assert openpyxl.load_workbook(io.BytesIO(back))["Shots"]["A1"].comment is not None


@pytest.mark.parametrize("place", ["BH2", "XFD1", "XFD1048576"])
def test_ours_stand_behind_the_last_filled_column_however_far_the_colours_go(
    schema: ModelSchema, place: str
) -> None:
    yellow = PatternFill("solid", start_color="FFFF00")
    sheet = made(lambda page: setattr(page[place], "fill", yellow))

    in_book = returned_workbook(document(sheet), header_test(schema), [])
    in_csv = table(returned_csv(document(sheet), header_test(schema), []), "utf-8-sig", ",")

    page = openpyxl.load_workbook(io.BytesIO(in_book))["Shots"]
    rows = [[cell.value for cell in row] for row in page["A1:G2"]]
    assert rows[0] == [*SIMPLE[0], "status", "problem", "fix", None]
    assert rows[1] == [*SIMPLE[1], "ok", None, None, None]
    assert [row[:4] for row in in_csv[:2]] == [row[:4] for row in rows]
    assert page.max_column <= 16_384
    assert page[place].fill.start_color.rgb == "00FFFF00"


def test_what_stands_behind_the_named_columns_is_not_written_over(schema: ModelSchema) -> None:
    sheet = made(lambda page: setattr(page["F3"], "value", "ask Mara"))

    header, _, row = cells(returned_workbook(document(sheet), header_test(schema), []), "Shots")

    assert header == [*SIMPLE[0], None, None, None, "status", "problem", "fix"]
    assert row[5:7] == ["ask Mara", "ok"]


@pytest.mark.parametrize(
    ("merged", "left"),
    [
        ("A3:H3", {"A3:C3"}),
        ("C3:D3", set()),
        ("C2:D3", {"C2:C3"}),
        ("D2:D9", set()),
        ("J1:K9", {"J1:K9"}),
    ],
)
def test_merged_cells_make_room_for_ours(schema: ModelSchema, merged: str, left: set[str]) -> None:
    sheet = made(lambda page: page.merge_cells(merged))

    back = returned_workbook(document(sheet), header_test(schema), [])

    page = openpyxl.load_workbook(io.BytesIO(back))["Shots"]
    assert {found.coord for found in page.merged_cells.ranges} == left
    assert [page[place].value for place in ("D1", "D2", "D3")] == ["status", "ok", "ok"]


def test_columns_hidden_to_the_last_do_not_hide_ours(schema: ModelSchema) -> None:
    hidden = b'<cols><col min="2" max="16384" width="20" customWidth="1" hidden="1"/></cols>'
    plain = workbook(SIMPLE)
    page = part_of(plain, "xl/worksheets/sheet1.xml").replace(
        b"<sheetData>", hidden + b"<sheetData>"
    )
    sheet = with_parts(plain, xl__worksheets__sheet1_x_xml=page)

    back = returned_workbook(document(sheet), header_test(schema), [])

    columns = re.findall(r"<col [^>]*>", part_of(back, "xl/worksheets/sheet1.xml").decode())
    found = [
        (*(int(n) for n in re.findall(r'(?:min|max)="(\d+)"', column)), "hidden" in column)
        for column in columns
    ]
    ours = [(4, 4, False), (5, 5, False), (6, 6, False)]
    assert found == [(2, 3, True), *ours, (7, 16_384, True)]


@pytest.mark.parametrize(
    "bulk",
    [
        b'<mergeCells count="1"><mergeCell ref="E1:CZ200000"/></mergeCells>',
        b"<mergeCells><x:mergeCell xmlns:x='y' ref = '&#69;1:CZ200000'/></mergeCells>",
    ],
    ids=["merged", "merged, in disguise"],
)
def test_a_workbook_whose_looks_would_fill_the_memory_comes_plain(
    schema: ModelSchema, bulk: bytes
) -> None:
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
