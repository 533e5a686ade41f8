"""No program runs our cells, with any separator; reading restores the text."""

import csv
import io
from itertools import product

import pytest

from seedance_assets.adapters.formulas import as_it_was, defused, separated
from seedance_assets.adapters.shot_sheet import read_shots
from seedance_assets.core.model_schema import ModelSchema
from tests.sheet.test_returning import annotated, document

SEPARATORS = [",", ";", "\t", "|"]
ATTACKS = [
    "A boat;=cmd|'/C calc'!A0;x",
    'A boat;"=1+1";x',
    "A boat\t+1+1",
    "A boat|@SUM(1)",
    "A boat,-1+1",
    "A boat\n=1+1",
    'A boat\r\n"=1+1"',
    "A boat;;=1+1",
    ";\t＝1+1 rain",
]


def cells_that_run(content: str, separator: str) -> list[str]:
    """What begins like a formula where a program splits at this separator, quoted or not."""
    lines = csv.reader(io.StringIO(content, newline=""), delimiter=separator)
    unquoted = (line.split(separator) for line in content.splitlines())
    return [
        cell
        for line in (*lines, *unquoted)
        for cell in line
        if cell.startswith(("=", "+", "-", "@", "＝"))
    ]


@pytest.mark.parametrize("written", SEPARATORS)
@pytest.mark.parametrize("opened", SEPARATORS)
def test_nothing_runs_whichever_separator_a_program_believes_in(written: str, opened: str) -> None:
    texts = map("".join, product("a;\"'=,\n", repeat=5))

    content = "".join(
        separated(["sh010", defused(text), defused("=1"), ""], written, "\r\n") for text in texts
    )

    assert cells_that_run(content, opened) == []


def test_every_text_is_restored() -> None:
    for text in map("".join, product("a;\"'=\t", repeat=6)):
        assert as_it_was(defused(text)) == text


@pytest.mark.parametrize(
    "text", ["A boat; rain - wind", "a-b, c=d", "Mara's “boat”", '"Now," he said']
)
def test_prose_is_left_alone(text: str) -> None:
    assert defused(text) == text


@pytest.mark.parametrize("separator", SEPARATORS)
@pytest.mark.parametrize("attack", ATTACKS)
def test_a_returned_sheet_runs_nothing_and_reads_back_unchanged(
    schema: ModelSchema, attack: str, separator: str
) -> None:
    header = ["shot", "prompt", "first_frame"]
    sheet = separated(header, separator, "\n") + separated(["a", attack, "a.png"], separator, "\n")
    before = read_shots(document(sheet.encode()), schema, {}).shots

    back = annotated(sheet.encode(), schema)

    assert [cells_that_run(back.decode(), opened) for opened in SEPARATORS] == [[]] * 4
    after = read_shots(document(back), schema, {}).shots
    assert [shot.prompt for shot in after] == [shot.prompt for shot in before]
    assert before[0].prompt == attack.replace("\r", "").strip()


def test_a_cell_with_any_separator_is_quoted(schema: ModelSchema) -> None:
    sheet = b"shot,prompt,first_frame\na,A boat; rain,a.png\n"

    assert b'"A boat; rain"' in annotated(sheet, schema)
