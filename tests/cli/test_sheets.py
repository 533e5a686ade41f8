"""`seedance plan` is where everything about a sheet shows: with no ledger, token or home."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from tests.command import Command, environment_of
from tests.sheet.workbooks import cells

MESSY = """\
The Borrowed Light;;;;;
;;;;;
Sequenz;Einstellung;Beschreibung;Startbild;Dauer (s);Ton
sq010;sh010;Ein Boot schaukelt, Möwen rufen.;a.png;5,0;ja
sq010;sh020;Der Leuchtturm erlischt, Wind.;a.png;3;ja
sq010;sh 030;Sie sagt: „Dann leihe ich ihnen meine!“;a.png;6;ja
sq010;sh040;Der Wärter lächelt.;d.png;5;nein
sq020;sh010;Die Fahrt durch die Nacht, Musik.;wide.png;01.05.2026;ja
sq020;sh020;;a.png;05.01.1900;wahr
sq020;SH020;Ein Wal taucht auf.;a.png;4;nein
sq020;sh030;Nebel --rs 720p;a.png;5 s;vielleicht
sq030;sh010;Sonnenaufgang über dem Hafen.;a.png;#BEZUG!;ja
sq030;sh020;Die Laterne schwingt.;;5;nein
"""
EXPECTED = {
    (5, "Dauer (s)", "input_value"),
    (6, "Einstellung", "shot_name"),
    (7, "Startbild", "first_frame"),
    (8, "Dauer (s)", "input_value"),
    (8, "Startbild", "first_frame"),
    (9, "Beschreibung", "prompt_missing"),
    (10, "Einstellung", "shot_duplicate"),
    (11, "Ton", "input_value"),
    (12, "Dauer (s)", "cell_error"),
    (13, "Startbild", "first_frame_missing"),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A messy sheet of ten rows, with its pictures."""
    folder = tmp_path / "show"
    folder.mkdir()
    Image.new("RGB", (640, 360), "navy").save(folder / "a.png")
    Image.new("RGB", (1200, 320), "navy").save(folder / "wide.png")
    (folder / "shots.csv").write_bytes(MESSY.encode("cp1252"))
    return folder


def test_one_command_tells_everything_that_is_to_be_mended_and_leaves_no_trace(
    seedance: Command, folder: Path, tmp_path: Path
) -> None:
    before = sorted(path.name for path in folder.iterdir())
    files = ["p.html", "p.json", "p.csv", "p.xlsx", "p.tsv"]
    asked = [word for name in files for word in ("--problems", name)]

    said = seedance("plan", "shots.csv", *asked, cwd=folder)

    assert said.code == 1, said.err
    assert "Windows-1252, semicolon, header in row 3; 10 rows" in said.out
    told = json.loads((folder / "p.json").read_bytes())
    errors = [p for p in told["problems"] if p["severity"] == "error"]
    assert {(p["row"], p["column"], p["rule"]) for p in errors} == EXPECTED
    page = (folder / "p.html").read_text(encoding="utf-8")
    returned = (folder / "p.csv").read_bytes().decode("cp1252")
    statuses = [row[6] for row in cells((folder / "p.xlsx").read_bytes())[3:]]
    for problem in told["problems"]:
        assert f"Row {problem['row']}" in page
        assert problem["reason"].split(":")[0] in returned.replace('""', '"')
    assert statuses == ["ok", *["error"] * 9]
    assert "\tstatus\tproblem\tfix" in (folder / "p.tsv").read_bytes().decode("cp1252")
    assert sorted(path.name for path in folder.iterdir()) == sorted([*before, *files])
    assert not (tmp_path / "home").exists()


def test_the_plan_reads_standard_input_with_pictures_beside_where_we_are(folder: Path) -> None:
    sheet = "shot,prompt,first_frame\na,Bells,a.png\n"

    done = subprocess.run(
        [sys.executable, "-m", "seedance_assets", "plan", "-", "--json"],
        input=sheet,
        cwd=folder,
        env=environment_of(folder),
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    facts = json.loads(done.stdout)
    assert (facts["sheet"], facts["takes_to_buy"]) == ("standard input", 1)


@pytest.mark.parametrize(
    ("command", "bought"), [("plan", "takes_to_buy"), ("produce", "purchased")]
)
def test_what_another_command_prints_is_read_as_standard_input_is(
    folder: Path, command: str, bought: str
) -> None:
    (folder / "short.csv").write_text("shot,prompt\na,Bells\n")
    (folder / "production.toml").write_text('[defaults]\nfirst_frame = "a.png"\nduration = 4\n')

    done = subprocess.run(
        ["bash", "-c", f"{sys.executable} -m seedance_assets {command} <(cat short.csv) --json"],
        cwd=folder,
        env=environment_of(folder),
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)[bought] == 1


def test_a_sheet_that_cannot_be_used_gets_its_page_all_the_same(
    seedance: Command, folder: Path
) -> None:
    (folder / "bad.csv").write_text("shot,promt,first_frame\na,b,c\n")

    said = seedance("plan", "bad.csv", "--problems", "p.html", cwd=folder)

    assert said.code == 65
    assert "Is 'promt' the `prompt`?" in said.err
    page = (folder / "p.html").read_text(encoding="utf-8")
    assert "cannot be used as a shot list yet" in page
    assert "promt" in page


@pytest.mark.parametrize(
    ("name", "says"), [("p.pdf", ".html, .json"), ("shots.csv", "never overwritten")]
)
def test_a_report_is_never_written_in_a_form_unknown_or_over_the_sheet(
    seedance: Command, folder: Path, name: str, says: str
) -> None:
    before = (folder / "shots.csv").read_bytes()

    said = seedance("plan", "shots.csv", "--problems", name, cwd=folder)

    assert said.code == 64
    assert says in said.err
    assert (folder / "shots.csv").read_bytes() == before


def test_a_link_into_a_private_network_is_refused(seedance: Command) -> None:
    said = seedance("plan", "https://127.0.0.1:9/shots.csv?key=SENTINEL")

    assert said.code == 65
    assert "private network" in said.err
    assert "SENTINEL" not in said.err
    assert "Traceback" not in said.err
