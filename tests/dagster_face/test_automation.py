"""Free things happen by themselves; paid things happen once somebody has turned them on."""

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.definitions.schedule_definition import ScheduleExecutionData
from dagster._core.definitions.sensor_definition import SensorExecutionData
from dagster._core.storage.tags import RUN_KEY_TAG
from PIL import Image

from seedance_assets.definitions import build_definitions
from seedance_assets.defs.assets.stages import OP
from seedance_assets.defs.resources import ProductionResource
from seedance_assets.defs.sensors.buying import (
    build_nightly_production,
    build_produce_changed_shots,
)
from seedance_assets.defs.sensors.collecting import build_collector
from seedance_assets.defs.sensors.sheet_watch import build_sheet_watch
from tests.conftest import OpenStage
from tests.dagster_face.runs import plan_digest, resource, run, statuses
from tests.stage import SETTINGS, Stage


def look(
    sensor: dg.SensorDefinition,
    stage: Stage,
    instance: dg.DagsterInstance,
    cursor: str | None = None,
) -> SensorExecutionData:
    production = ProductionResource(
        home=stage.environ["SEEDANCE_HOME"],
        token=stage.environ["RUNCOMFY_TOKEN"],
        api_base=stage.environ["RUNCOMFY_MODEL_API_BASE"],
        sheet=str(stage.sheet),
    )
    context = dg.build_sensor_context(
        instance=instance,
        cursor=cursor,
        definitions=build_definitions(production=production),
        resources={"production": production},
    )
    return sensor.evaluate_tick(context)


def asks_to_read(
    stage: Stage, instance: dg.DagsterInstance, cursor: str | None
) -> tuple[bool, str | None]:
    tick = look(build_sheet_watch(), stage, instance, cursor)
    return bool(tick.run_requests), tick.cursor or cursor


# -- the sheet ---------------------------------------------------------------------------------


def test_a_sheet_is_read_when_it_is_first_seen_and_not_again(
    plain_stage: Stage, instance: dg.DagsterInstance
) -> None:
    plain_stage.write_sheet({"sh010": "A boat."})

    tick = look(build_sheet_watch(), plain_stage, instance)

    (request,) = tick.run_requests or []
    assert request.run_config == {
        "ops": {"shot_list": {"config": {"sheet": str(plain_stage.sheet)}}}
    }
    assert json.loads(tick.cursor or "")["did"] == "the sheet was seen for the first time"
    again = look(build_sheet_watch(), plain_stage, instance, tick.cursor)
    assert not again.run_requests
    assert "is as it was read" in (again.skip_message or "")


def test_it_is_read_again_when_its_text_its_settings_or_a_picture_changes_and_after_a_touch_not(
    plain_stage: Stage, instance: dg.DagsterInstance
) -> None:
    plain_stage.write_sheet({"sh010": "A boat."})
    run(plain_stage, instance, "intake")
    read, cursor = asks_to_read(plain_stage, instance, None)
    assert not read  # `produce`, or a person, has read it just now

    plain_stage.sheet.touch()
    read, cursor = asks_to_read(plain_stage, instance, cursor)
    assert not read

    changes: list[Callable[[], object]] = [
        lambda: plain_stage.write_sheet({"sh010": "A boat, at night."}),
        lambda: (plain_stage.folder / "production.toml").write_text(SETTINGS + "\n# so\n"),
        lambda: Image.new("RGB", (640, 367)).save(plain_stage.folder / "frame.png"),
    ]
    for change in changes:
        change()
        read, cursor = asks_to_read(plain_stage, instance, cursor)
        assert read
        read, cursor = asks_to_read(plain_stage, instance, cursor)
        assert not read


def test_a_new_sheet_is_read_once_and_a_picture_of_it_is_watched_from_then_on(
    plain_stage: Stage, instance: dg.DagsterInstance
) -> None:
    cursor: str | None = None
    for prompt in ("A boat.", "A gull."):
        plain_stage.write_sheet({"sh010": prompt})
        read, cursor = asks_to_read(plain_stage, instance, cursor)
        assert read
        run(plain_stage, instance, "intake")
        read, cursor = asks_to_read(plain_stage, instance, cursor)
        assert not read

    Image.new("RGB", (640, 367)).save(plain_stage.folder / "frame.png")
    assert asks_to_read(plain_stage, instance, cursor)[0]


def test_settings_that_changed_before_it_first_looked_are_read(
    plain_stage: Stage, instance: dg.DagsterInstance
) -> None:
    plain_stage.write_sheet({"sh010": "A boat."})
    run(plain_stage, instance, "intake")

    (plain_stage.folder / "production.toml").write_text(SETTINGS + "\n# so\n")

    assert asks_to_read(plain_stage, instance, None)[0]


@pytest.mark.parametrize(
    ("passing", "again"),
    [
        (True, ["the last reading failed for a reason that may have passed"]),
        (False, []),
    ],
    ids=["a disk that would not write", "a sheet without a good row"],
)
def test_a_reading_that_failed_is_repeated_if_the_reason_may_pass(
    plain_stage: Stage, instance: dg.DagsterInstance, passing: bool, again: list[str]
) -> None:
    plain_stage.write_sheet({"sh010": "A boat." if passing else ""})
    listed = plain_stage.environment.home.root / "shot_list.json"
    if passing:
        listed.mkdir(parents=True)  # nothing can be written in its place
    tick = look(build_sheet_watch(), plain_stage, instance)
    (request,) = tick.run_requests or []
    key = {RUN_KEY_TAG: request.run_key or ""}
    assert not run(plain_stage, instance, "intake", tags=key).success

    soon = look(build_sheet_watch(), plain_stage, instance, tick.cursor)
    memory = json.loads(tick.cursor or "") | {"at": datetime.now(UTC).timestamp() - 700}
    later = look(build_sheet_watch(), plain_stage, instance, json.dumps(memory))

    assert "is as it was when reading it failed" in (soon.skip_message or "")
    assert [asked.tags["seedance/why"] for asked in later.run_requests or []] == again


def test_a_day_later_it_is_read_again_since_prices_and_budgets_change_by_themselves(
    plain_stage: Stage, instance: dg.DagsterInstance
) -> None:
    plain_stage.write_sheet({"sh010": "A boat."})
    tick = look(build_sheet_watch(), plain_stage, instance)
    memory = json.loads(tick.cursor or "") | {"at": datetime.now(UTC).timestamp() - 90_000}

    tick = look(build_sheet_watch(), plain_stage, instance, json.dumps(memory))

    assert [request.tags["seedance/why"] for request in tick.run_requests or []] == [
        "a day has gone by"
    ]


@pytest.mark.parametrize("cursor", ["", "not JSON", '{"of": "another version"}'])
def test_a_sheet_that_is_not_there_is_a_reason_and_no_error(
    plain_stage: Stage, instance: dg.DagsterInstance, cursor: str
) -> None:
    tick = look(build_sheet_watch(), plain_stage, instance, cursor)

    assert not tick.run_requests
    assert "shots.csv is not there" in (tick.skip_message or "")


def test_a_shot_list_of_another_version_is_read_anew_and_stops_no_sensor(
    plain_stage: Stage, instance: dg.DagsterInstance
) -> None:
    plain_stage.write_sheet({"sh010": "A boat."})
    run(plain_stage, instance, "intake")
    (plain_stage.environment.home.root / "shot_list.json").write_text('{"schema": 99}')

    collecting = look(build_collector(), plain_stage, instance)

    assert asks_to_read(plain_stage, instance, None)[0]
    assert "by another version of this program" in (collecting.skip_message or "")
    run(plain_stage, instance, "intake")
    assert len(plain_stage.environment.home.load_shot_list().shots) == 1


def test_a_removed_shot_is_retired_and_what_was_made_of_it_comes_back_with_it(
    plain_stage: Stage, instance: dg.DagsterInstance
) -> None:
    plain_stage.write_sheet({"sh010": "A boat.", "sh020": "A gull."})
    run(plain_stage, instance, "intake")
    assert run(plain_stage, instance, "production").success

    plain_stage.write_sheet({"sh010": "A boat."})
    run(plain_stage, instance, "intake")

    assert instance.get_dynamic_partitions("shots") == ["sh010"]
    assert len(plain_stage.takes()) == 2

    plain_stage.write_sheet({"sh010": "A boat.", "sh020": "A gull."})
    run(plain_stage, instance, "intake")
    assert statuses(instance, "video") == {"sh010": "MATERIALIZED", "sh020": "MATERIALIZED"}
    assert run(plain_stage, instance, "production").success
    assert plain_stage.charges() == 2


def test_a_row_with_an_error_keeps_its_partition(
    plain_stage: Stage, instance: dg.DagsterInstance
) -> None:
    plain_stage.write_sheet({"sh010": "A boat.", "sh020": "A gull."})
    run(plain_stage, instance, "intake")

    plain_stage.write_sheet(
        [{"shot": "sh010", "prompt": "A boat."}, {"shot": "sh020", "prompt": ""}]
    )
    run(plain_stage, instance, "intake")

    assert instance.get_dynamic_partitions("shots") == ["sh010", "sh020"]


# -- what buys, once it is turned on ---------------------------------------------------------


def test_all_that_buys_by_itself_is_off_and_all_that_is_free_is_on() -> None:
    repository = build_definitions().get_repository_def()

    on = {s.name for s in repository.sensor_defs if s.default_status.value == "RUNNING"}
    off = {s.name for s in repository.sensor_defs if s.default_status.value == "STOPPED"}
    assert {"watch_sheet", "collect_paid_takes", "refresh_reports"} <= on
    assert off == {"produce_changed_shots"}
    assert {s.name: s.default_status.value for s in repository.schedule_defs} == {
        "nightly_production": "STOPPED"
    }


def test_changed_shots_are_ordered_at_the_second_look_once_and_nothing_else_is(
    plain_stage: Stage, instance: dg.DagsterInstance
) -> None:
    plain_stage.write_sheet({"sh010": "A boat.", "sh020": "A gull."})
    run(plain_stage, instance, "intake")
    run(plain_stage, instance, "production")
    sensor = build_produce_changed_shots()
    assert look(sensor, plain_stage, instance).skip_message == "There is nothing to buy."

    plain_stage.write_sheet({"sh010": "A boat.", "sh020": "A gull, crying.", "sh030": "Rain."})
    run(plain_stage, instance, "intake")
    first = look(sensor, plain_stage, instance)
    second = look(sensor, plain_stage, instance, first.cursor)

    assert not first.run_requests
    assert "If the next look finds the same" in (first.skip_message or "")
    (request,) = second.run_requests or []
    assert request.run_config["ops"][OP]["config"] == {
        "shots": ["sh020", "sh030"],
        "approved": plan_digest(instance),
    }
    assert "1 changed, 1 new; 2 takes for about" in json.loads(second.cursor or "")["did"]
    third = look(sensor, plain_stage, instance, second.cursor)
    assert not third.run_requests
    assert "Asked for already" in (third.skip_message or "")

    config = request.run_config["ops"][OP]["config"]
    assert run(plain_stage, instance, "production", config=config).success
    assert plain_stage.charges() == 4
    assert look(sensor, plain_stage, instance, third.cursor).skip_message == (
        "There is nothing to buy."
    )


def test_after_a_reset_of_its_cursor_it_asks_again_and_dagster_takes_it_for_no_repetition(
    plain_stage: Stage, instance: dg.DagsterInstance
) -> None:
    plain_stage.write_sheet({"sh010": "A boat."})
    run(plain_stage, instance, "intake")
    sensor = build_produce_changed_shots()

    def asked() -> str | None:
        seen = look(sensor, plain_stage, instance)
        (request,) = look(sensor, plain_stage, instance, seen.cursor).run_requests or []
        return request.run_key

    assert asked() != asked()  # Dagster leaves out a run whose key it has seen

    plain_stage.write_sheet({"sh010": "A gull."})
    (first,) = look(build_sheet_watch(), plain_stage, instance).run_requests or []
    (second,) = look(build_sheet_watch(), plain_stage, instance).run_requests or []
    assert first.run_key != second.run_key


def test_a_sheet_that_is_being_edited_is_waited_for(
    plain_stage: Stage, instance: dg.DagsterInstance
) -> None:
    sensor, cursor = build_produce_changed_shots(), None
    for prompt in ("A b", "A boat", "A boat."):
        plain_stage.write_sheet({"sh010": prompt})
        run(plain_stage, instance, "intake")
        tick = look(sensor, plain_stage, instance, cursor)
        cursor = tick.cursor
        assert not tick.run_requests
    assert look(sensor, plain_stage, instance, cursor).run_requests


def test_what_the_budget_does_not_let_pass_is_not_ordered_and_said(
    open_stage: OpenStage, instance: dg.DagsterInstance
) -> None:
    with open_stage() as stage:
        (stage.folder / "production.toml").write_text(SETTINGS + "[budget]\ntotal_usd = 0.001\n")
        stage.write_sheet({"sh010": "A boat."})
        run(stage, instance, "intake")

        tick = look(build_produce_changed_shots(), stage, instance)

        assert tick.skip_message == "The budget allows none of 1 take."


def test_the_nightly_run_names_its_shots_and_a_night_with_nothing_to_do_says_so(
    plain_stage: Stage, instance: dg.DagsterInstance
) -> None:
    plain_stage.write_sheet({"sh010": "A boat."})
    production = resource(plain_stage)

    def tonight() -> ScheduleExecutionData:
        # A context that is not left makes its instance the current one until Python tidies it up.
        with dg.build_schedule_context(
            instance=instance,
            scheduled_execution_time=datetime(2026, 1, 2, 2, tzinfo=UTC),
            resources={"production": production},
            repository_def=build_definitions(production=production).get_repository_def(),
        ) as context:
            return build_nightly_production().evaluate_tick(context)

    assert tonight().skip_message == "No sheet has been read yet."
    run(plain_stage, instance, "intake")
    (request,) = tonight().run_requests or []
    config = request.run_config["ops"][OP]["config"]
    assert config == {"shots": ["sh010"], "approved": plan_digest(instance)}
    assert "1 new; 1 take" in request.tags["seedance/why"]
    assert run(plain_stage, instance, "production", config=config).success
    assert tonight().skip_message == "There is nothing to buy."


def test_a_ledger_that_cannot_be_read_is_a_reason_and_no_error(
    plain_stage: Stage, instance: dg.DagsterInstance
) -> None:
    plain_stage.write_sheet({"sh010": "A boat."})
    run(plain_stage, instance, "intake")
    home = Path(plain_stage.environ["SEEDANCE_HOME"])
    for file in home.glob("ledger.db*"):
        file.unlink()
    shutil.copy(plain_stage.sheet, home / "ledger.db")

    tick = look(build_produce_changed_shots(), plain_stage, instance)

    assert "There is no plan" in (tick.skip_message or "")
