"""The sample production: what an edit buys, and what a spreadsheet program may do for nothing."""

import csv
import io
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from seedance_assets.production.events import TakeOrdered
from tests.production.test_plan_money import plan
from tests.stage import SETTINGS, Outcome, Stage, stage

SAMPLE = Path(__file__).parents[2] / "data"
TAKES = 11

Row = dict[str, str]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, clip: Path) -> Iterator[Stage]:
    """The sample production, made once."""
    folder = tmp_path_factory.mktemp("sample")
    with stage(folder, clip) as opened:
        shutil.copytree(SAMPLE / "first_frames", folder / "first_frames")
        decisions = (SAMPLE / "production.toml").read_text(encoding="utf-8")
        assert "camera_fixed = false" in decisions  # the one that a request depends on
        settings = f"{SETTINGS}[defaults]\ncamera_fixed = false\n"
        (folder / "production.toml").write_text(settings, encoding="utf-8")
        write(opened.sheet, original())
        assert len(opened.film().done) == 10
        assert opened.charges() == TAKES
        yield opened


def original() -> list[Row]:
    with (SAMPLE / "shots.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write(path: Path, rows: list[Row], **dialect: object) -> None:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), **dialect)  # type: ignore[arg-type]
    writer.writeheader()
    writer.writerows(rows)
    path.write_bytes(text.getvalue().encode())


def bought(outcome: Outcome) -> list[str]:
    return [event.take.name for event in outcome.events if isinstance(event, TakeOrdered)]


def reordered(path: Path) -> None:
    write(path, original()[::-1])


def with_edited_notes(path: Path) -> None:
    changed = {"notes": "Approved.", "description": "Another.", "dialogue": "-", "priority": "7"}
    write(path, [row | changed for row in original()])


def with_another_column(path: Path) -> None:
    write(path, [{"status": "done", **row, "reviewer": "somebody"} for row in original()])


def saved_by_a_spreadsheet(path: Path) -> None:
    """With a BOM, CRLF, commas, and quotes only where they must be."""
    write(path, original(), lineterminator="\r\n")
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())


def saved_where_a_comma_is_decimal(path: Path) -> None:
    """With a BOM, CRLF, semicolons, everything quoted, and cells as such a program shows them."""
    words = {"TRUE": "WAHR", "FALSE": "FALSCH"}
    hours = {"4:3": "04:03", "16:9": "16:09", "9:16": "09:16", "21:9": "21:09", "1:1": "01:01"}
    rows = [
        {
            name: hours.get(cell, words.get(cell, cell))
            if name != "max_cost_usd"
            else cell.replace(".", ",")
            for name, cell in row.items()
        }
        for row in original()
    ]
    write(path, rows, delimiter=";", lineterminator="\r\n", quoting=csv.QUOTE_ALL)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())


def saved_as_utf_16(path: Path) -> None:
    """As "Unicode text": tabs, UTF-16."""
    write(path, original(), delimiter="\t", lineterminator="\r\n")
    path.write_bytes(path.read_text(encoding="utf-8").encode("utf-16"))


FREE: list[Callable[[Path], None]] = [
    reordered,
    with_edited_notes,
    with_another_column,
    saved_by_a_spreadsheet,
    saved_where_a_comma_is_decimal,
    saved_as_utf_16,
]


@pytest.mark.parametrize("change", FREE, ids=lambda change: change.__name__)
def test_what_changes_no_request_buys_nothing(made: Stage, change: Callable[[Path], None]) -> None:
    before = made.charges()
    change(made.sheet)

    foreseen = plan(made)
    outcome = made.film()

    assert foreseen.takes_to_buy == 0, [found for found in foreseen.lines if found.takes_to_buy]
    assert len(outcome.done) == 10
    assert bought(outcome) == []
    assert made.charges() == before


def test_renaming_the_file_buys_nothing(made: Stage) -> None:
    before = made.charges()
    write(made.sheet, original())
    renamed = made.sheet.rename(made.folder / "The Borrowed Light (copy 2).csv")
    made.name = renamed.name

    outcome = made.film()

    made.name = "shots.csv"
    assert len(outcome.done) == 10
    assert made.charges() == before


def test_an_edited_prompt_in_one_row_buys_exactly_one_take(made: Stage) -> None:
    before = made.charges()
    rows = original()
    edited = next(row for row in rows if row["takes"] == "1")
    edited["prompt"] += " The wind drops."
    write(made.sheet, rows)

    foreseen = plan(made)
    outcome = made.film()

    (changed,) = (found for found in foreseen.lines if found.takes_to_buy)
    assert (changed.shot, changed.state.value) == (edited["shot"], "changed")
    assert [change.field for change in changed.changes] == ["prompt"]
    assert bought(outcome) == [f"{edited['shot']}_t002"]
    assert made.charges() == before + 1
    write(made.sheet, original())
    assert bought(made.film()) == []  # and to take the edit back costs nothing
