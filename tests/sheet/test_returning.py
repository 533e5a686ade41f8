"""The user's own sheet comes back as it came, with three columns of ours; nothing in it runs."""

import csv
import io
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from seedance_assets.adapters.shot_sheet import (
    Document,
    header_test,
    read_shots,
    returned_csv,
    returned_workbook,
)
from seedance_assets.core.model_schema import ModelSchema
from seedance_assets.core.shot import ShotList
from tests.sheet.workbooks import cells, workbook

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
