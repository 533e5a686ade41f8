"""What Dagster shows of a sheet: how it was read, what is wrong with it, and the page to send."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import dagster as dg
import pytest

from seedance_assets.adapters.home import Home
from seedance_assets.core.settings import ProductionSettings
from seedance_assets.core.shot import ShotList
from seedance_assets.definitions import build_definitions
from seedance_assets.defs import resources
from seedance_assets.defs.assets.stages import OP
from seedance_assets.wiring import read_production
from tests.command import wait_for
from tests.dagster_face.runs import resource, run, told
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
    assert problems[0]["rule"] == "columns_unused"
    assert "'Lens'" in problems[0]["reason"]
    assert [(p["row"], p["column"], p["rule"]) for p in problems[1:]] == [
        ("4", "Name", "shot_name"),
        ("4", "Nb Frames", "frames_value"),
    ]
    (shot,) = [record.data for record in shown["shot_table"].records]
    assert (shot["shot"], shot["duration"], shot["Lens"]) == ("sq010_sh010", "5", "35 mm")
    page = Path(unquote(urlsplit(shown["problems_page"]).path)).read_text(encoding="utf-8")
    assert "Row 4" in page
    assert "sh_020" in page


def test_who_has_read_the_sheet_before_it_changed_has_not_the_last_word(
    plain_stage: Stage, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns: list[Home] = []
    turn, read_sheet = Home.reading_sheet, read_production
    read_old, read_new = threading.Event(), threading.Event()

    def asking_for_a_turn(home: Home) -> AbstractContextManager[None]:
        turns.append(home)
        return turn(home)

    def slow_with_the_old(sheet: str) -> tuple[ShotList, ProductionSettings]:
        found = read_sheet(sheet)
        if found[0].shots[0].key == "old":
            read_old.set()
            wait_for(lambda: len(turns) == 2 or read_new.is_set())
        return found

    monkeypatch.setattr(Home, "reading_sheet", asking_for_a_turn)
    monkeypatch.setattr(resources, "read_production", slow_with_the_old)
    with ThreadPoolExecutor(1) as another:
        plain_stage.write_sheet({"old": "A boat."})
        earlier = another.submit(run, plain_stage, instance, "intake")
        assert read_old.wait(60)
        plain_stage.write_sheet({"new": "A boat."})
        run(plain_stage, instance, "intake")
        read_new.set()
        earlier.result()

    listed = plain_stage.environment.home.load_shot_list()
    assert [shot.key for shot in listed.shots] == ["new"]
    assert instance.get_dynamic_partitions("shots") == ["new"]


def test_a_sheet_without_a_good_row_takes_the_place_of_no_good_one(
    plain_stage: Stage, instance: dg.DagsterInstance
) -> None:
    plain_stage.write_sheet({"sh010": "A boat.", "sh020": "A gull."})
    run(plain_stage, instance, "intake")
    plain_stage.write_sheet({"sh010": "", "sh020": ""})

    result = run(plain_stage, instance, "intake")

    assert "no row of the sheet can be used" in told(result)
    assert len(plain_stage.environment.home.load_shot_list().shots) == 2
    assert sorted(instance.get_dynamic_partitions("shots")) == ["sh010", "sh020"]


@pytest.mark.parametrize(
    ("job", "op", "field"), [("intake", "shot_list", "sheet"), ("production", OP, "retake")]
)
def test_a_run_may_not_read_variables_of_the_environment(
    plain_stage: Stage,
    instance: dg.DagsterInstance,
    monkeypatch: pytest.MonkeyPatch,
    job: str,
    op: str,
    field: str,
) -> None:
    """Whoever may launch a run could read the server's secrets in its failure."""
    monkeypatch.setenv("SENTINEL", "a-value-of-the-server")
    config = {field: {"env": "SENTINEL"}}
    built = build_definitions(production=resource(plain_stage))

    result = built.resolve_job_def(job).execute_in_process(
        instance=instance, run_config={"ops": {op: {"config": config}}}, raise_on_error=False
    )

    assert not result.success
    assert "asks for the environment variable SENTINEL" in told(result)
    logged = dg.serialize_value(instance.all_logs(result.run_id))
    assert "a-value-of-the-server" not in logged
