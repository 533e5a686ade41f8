"""Any file gives rows or one clear refusal."""

import csv
import io
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from seedance_assets.adapters.shot_sheet import Document, header_test, read_shots, returned_csv
from seedance_assets.core.errors import SheetRefused
from seedance_assets.core.model_schema import model_schema
from tests.examples import at_least
from tests.sheet.conftest import SEEDANCE
from tests.sheet.workbooks import workbook

SCHEMA = model_schema(SEEDANCE)
SOME = at_least(150)
HEADERS = st.sampled_from(
    [
        *("shot", "Name", "Sequence", "prompt", "Description", "first_frame", "Bild", "Dauer"),
        *("duration", "ratio", "audio", "Nb Frames", "FPS", "Frame Start", "Frame End"),
        *("Folder Path", "takes", "max_cost_usd", "status", "problem", "fix", "=1+1", "", "Notes"),
    ]
)
CELLS = st.one_of(
    st.text(max_size=20),
    st.sampled_from(
        [
            *("5", "5,0", "01.05.1900", "#REF!", "=1", "-", "1E5", "16:9", "00:00:05", "ja"),
            *("/shots/a/b", "{sequence}", "1/0", "“x”", '"', "\r\n", "9" * 30, "٣", "²", "🎬"),
        ]
    ),
)
TABLES = st.lists(st.lists(CELLS, max_size=9), max_size=5)
WORKBOOK = workbook([["shot", "prompt", "first_frame"], ["a", "Rain, bells", "a.png"]])


def outcome(content: bytes) -> None:
    document = Document("/sheets/x.csv", "x.csv", Path("/sheets"), content)
    try:
        listed = read_shots(document, SCHEMA, {})
    except SheetRefused as refused:
        assert "x.csv" in str(refused)
        assert refused.advice
        return
    assert listed.rows == len(listed.shots) + len(listed.refused)
    assert listed.model_validate_json(listed.model_dump_json(by_alias=True)) == listed
    assert returned_csv(document, header_test(SCHEMA), listed.problems)


@SOME
@given(st.binary(max_size=300))
def test_any_bytes_at_all(content: bytes) -> None:
    outcome(content)


@SOME
@given(st.binary(max_size=60), st.sampled_from(["utf-8", "utf-16", "cp1252"]))
def test_any_bytes_behind_a_good_header(content: bytes, encoding: str) -> None:
    outcome("shot,prompt,first_frame\na,Rain,a.png\n".encode(encoding) + content)


@SOME
@given(
    st.lists(HEADERS, min_size=1, max_size=9),
    TABLES,
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"]),
)
def test_any_table_of_any_columns(
    headers: list[str], rows: list[list[str]], separator: str, encoding: str
) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=separator).writerows([["A title"], headers, *rows])

    outcome(text.getvalue().encode(encoding, errors="replace"))


@SOME
@given(st.integers(0, len(WORKBOOK) - 1), st.binary(min_size=1, max_size=8))
def test_a_workbook_with_any_bytes_spoilt(place: int, nasty: bytes) -> None:
    outcome(WORKBOOK[:place] + nasty + WORKBOOK[place + len(nasty) :])
