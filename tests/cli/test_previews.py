"""`plan --previews`: a page that shows what will be filmed, before anything is paid for."""

import re
from pathlib import Path

from tests.command import Command
from tests.first_frame.drawings import drawing, saved
from tests.stage import Stage


def test_the_page_shows_each_shot_what_is_lost_and_what_is_wrong(
    seedance: Command, plain_stage: Stage, tmp_path: Path
) -> None:
    (plain_stage.folder / "wide.png").write_bytes(saved(drawing(1600, 900)))
    plain_stage.write_sheet(
        [
            {"shot": "sh010", "prompt": "A boat.", "first_frame": "wide.png", "ratio": "9:16"},
            {"shot": "sh020", "prompt": "A boat.", "first_frame": "wide.png", "ratio": "16:9"},
            {"shot": "sh030", "prompt": "A boat.", "first_frame": "<gone>.png"},
        ]
    )
    folder = tmp_path / "previews"

    said = seedance(
        "plan", plain_stage.sheet, "--json", "--previews", folder, **plain_stage.environ
    )

    page = Path(said.json["previews"])
    html = page.read_text(encoding="utf-8")
    assert page == folder / "index.html"
    assert re.search(r"68 % is lost.*Nothing is lost.*is not there", html, re.DOTALL)
    assert "<gone>" not in html
    shown = sorted(path.name for path in folder.iterdir())
    assert shown == ["index.html", "sh010.jpg", "sh020.jpg"]
    rules = {problem["rule"]: problem["severity"] for problem in said.json["problems"]}
    assert rules == {"first_frame_crop": "warning", "first_frame": "error"}
    assert said.code == 1  # a row needs mending
    assert plain_stage.charges() == 0


def test_a_folder_that_cannot_be_written_is_told_without_a_traceback(
    seedance: Command, plain_stage: Stage, tmp_path: Path
) -> None:
    plain_stage.write_sheet({"sh010": "A boat."})
    (tmp_path / "file").touch()

    said = seedance(
        "plan", plain_stage.sheet, "--previews", tmp_path / "file" / "in", **plain_stage.environ
    )

    assert said.code != 0
    assert "Traceback" not in said.out + said.err
