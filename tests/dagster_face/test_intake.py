"""What Dagster shows of a sheet: how it was read, what is wrong with it, and the page to send."""

from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import dagster as dg

from tests.dagster_face.runs import run
from tests.stage import Stage

SHEET = """\
The Borrowed Light,,,
Sequence,Name,Description,First Frame,Nb Frames,Lens
sq010,sh010,"A boat, bells ring.",frame.png,120,35 mm
sq010,sh 020,"A boat, bells ring.",frame.png,many,50 mm
"""


def test_the_shot_list_shows_what_was_detected_every_problem_and_the_page(
    plain_stage: Stage, instance: dg.DagsterInstance
) -> None:
    plain_stage.sheet.write_text(SHEET, encoding="utf-8")

    result = run(plain_stage, instance, "intake")

    assert result.success
    (event,) = result.asset_materializations_for_node("shot_list")
    shown: dict[str, Any] = {name: entry.value for name, entry in event.metadata.items()}
    assert "header in row 2, Kitsu columns; 2 rows" in shown["read_as"]
    assert shown["columns"]["prompt"] == "Description"
    problems = [record.data for record in shown["problems"].records]
    assert [(p["row"], p["column"], p["rule"]) for p in problems] == [
        ("4", "Name", "shot_name"),
        ("4", "Nb Frames", "frames_value"),
    ]
    (shot,) = [record.data for record in shown["shot_table"].records]
    assert (shot["shot"], shot["duration"], shot["Lens"]) == ("sq010_sh010", "5", "35 mm")
    page = Path(unquote(urlsplit(shown["problems_page"]).path)).read_text(encoding="utf-8")
    assert "Row 4" in page
    assert "sh_020" in page
