"""`[sheet]` in production.toml: what the sheet's headers do not define."""

from pathlib import Path

import pytest

from seedance_assets.core.errors import SettingsRefused, SheetRefused
from seedance_assets.core.shot import Severity, ShotList
from seedance_assets.wiring import read_production
from tests.sheet.workbooks import workbook

SHEET = "Szene,Kürzel,Was passiert,Frame,Sek\n1,a,Bells ring,a.png,7\n"
MAPPING = """
[sheet.columns]
sequence = "szene"
shot = "KÜRZEL"
prompt = "Was passiert"
first_frame = "Frame"
duration = "Sek"
"""


def read(folder: Path, settings: str, sheet: str | bytes = SHEET) -> ShotList:
    (folder / "production.toml").write_text(settings, encoding="utf-8")
    path = folder / "shots.csv"
    path.write_bytes(sheet.encode() if isinstance(sheet, str) else sheet)
    return read_production(path)[0]


def test_columns_may_be_named_in_production_toml(tmp_path: Path) -> None:
    listed = read(tmp_path, MAPPING)

    (shot,) = listed.shots
    assert (shot.key, shot.prompt, shot.settings["duration"]) == ("1_a", "Bells ring", 7)
    assert listed.columns["duration_s"] == "Sek"
    assert shot.notes == {"Szene": "1"}


def test_a_mapping_wins_over_our_own_names(tmp_path: Path) -> None:
    sheet = "shot,prompt,first_frame,Motion\na,old,a.png,Bells ring\n"

    listed = read(tmp_path, '[sheet.columns]\nprompt = "Motion"\n', sheet)

    assert listed.shots[0].prompt == "Bells ring"
    assert [p.rule for p in listed.problems] == ["column_unused"]


def test_a_mapping_to_a_missing_column_is_reported(tmp_path: Path) -> None:
    sheet = "shot,prompt,first_frame\na,Bells,a.png\n"

    (problem,) = read(tmp_path, '[sheet.columns]\ndialogue = "Text DE"\n', sheet).problems

    assert (problem.rule, problem.column) == ("column_not_there", "Text DE")
    assert problem.severity is Severity.WARNING


@pytest.mark.parametrize(
    ("template", "key"),
    [
        ("{shot}", "sh1"),
        ("{sequence}_{shot}", "sq1_sh1"),
        ("{episode}-{sequence}-{shot}", "ep1-sq1-sh1"),
        ("film.{shot}", "film.sh1"),
    ],
)
def test_how_shots_are_called_is_a_setting(tmp_path: Path, template: str, key: str) -> None:
    sheet = "episode,sequence,shot,prompt,first_frame\nep1,sq1,sh1,Bells,a.png\n"

    listed = read(tmp_path, f'[sheet]\nshot_name = "{template}"\n', sheet)

    assert [shot.key for shot in listed.shots] == [key]


def test_the_worksheet_is_a_setting(tmp_path: Path) -> None:
    header = ["shot", "prompt", "first_frame"]
    book = workbook(
        [header, ["a", "Bells", "a.png"]], others={"Old": [header, ["z", "x", "z.png"]]}
    )

    assert read(tmp_path, '[sheet]\nworksheet = "Shots"\n', book).shots[0].key == "a"
    assert read(tmp_path, '[sheet]\nworksheet = "Old"\n', book).shots[0].key == "z"
    with pytest.raises(SheetRefused, match="it has: Old, Shots"):
        read(tmp_path, '[sheet]\nworksheet = "New"\n', book)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ('[sheet.columns]\npromt = "x"', "sheet.columns.promt: is no column .* mean 'prompt'"),
        ('[sheet.columns]\nprompt = ""', "sheet.columns.prompt: must name a column"),
        ("[sheet.columns]\nprompt = 3", "sheet.columns.prompt: must be a valid string"),
        ('[sheet.columns]\nduration = "a"\nduration_s = "b"', "same column as 'duration'"),
        ('[sheet]\nshot_name = "{sequence}"', "sheet.shot_name"),
        ('[sheet]\nshot_name = "{shot} {take}"', "sheet.shot_name"),
        ('[sheet]\ncolums = "x"', "did you mean 'columns'"),
    ],
)
def test_a_mistake_there_is_named_by_its_key(tmp_path: Path, settings: str, says: str) -> None:
    with pytest.raises(SettingsRefused, match=says):
        read(tmp_path, settings)
