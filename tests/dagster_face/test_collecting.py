"""What is paid for is downloaded by itself; nothing is bought, and nothing is repeated in vain."""

import json
import os
import subprocess
import sys

import dagster as dg
from dagster._core.definitions.sensor_definition import SensorExecutionData
from PIL import Image

from seedance_assets.adapters.ledger import this_owner
from seedance_assets.core.take import TakeState
from seedance_assets.definitions import build_definitions
from seedance_assets.defs.assets.stages import OP
from seedance_assets.defs.runs.run_counts import counts_of
from seedance_assets.defs.sensors.dead_runs import OWNER_TAG
from seedance_assets.emulator.jobs.scenario import BreakDownload, Pace
from seedance_assets.production.events import TakeRunning
from tests.cli.test_collect import order_and_let_go
from tests.conftest import OpenStage
from tests.dagster_face.runs import resource, run, statuses, told
from tests.stage import Stage, when


def look(
    stage: Stage, instance: dg.DagsterInstance, cursor: str | None = None
) -> SensorExecutionData:
    definitions = build_definitions(production=resource(stage))
    context = dg.build_sensor_context(
        instance=instance,
        cursor=cursor,
        definitions=definitions,
        resources={"production": resource(stage)},
    )
    return definitions.resolve_sensor_def("collect_paid_takes").evaluate_tick(context)


def run_as_asked(
    stage: Stage, instance: dg.DagsterInstance, asked: dg.RunRequest
) -> dg.ExecuteInProcessResult:
    return run(stage, instance, "production", config=asked.run_config["ops"][OP]["config"])


def test_it_collects_for_free_what_was_let_go_of(
    open_stage: OpenStage, instance: dg.DagsterInstance
) -> None:
    with open_stage(service_s=3600.0) as stage:
        stage.write_sheet({"sh010": "A boat.", "sh020": "A gull."})
        run(stage, instance, "intake")
        order_and_let_go(stage, takes=2)
        stage.clock.let_time_pass()

        (asked,) = look(stage, instance).run_requests or []
        config = asked.run_config["ops"][OP]["config"]
        assert config == {"shots": ["sh010", "sh020"], "buy": False}
        assert run(stage, instance, "production", config=config).success

        assert {t.state for t in stage.takes()} == {TakeState.MEASURED}
        assert set(statuses(instance, "measurements").values()) == {"MATERIALIZED"}
        assert stage.charges() == 2
        assert "nothing to download" in (look(stage, instance).skip_message or "")


def test_it_collects_a_retake_that_the_row_knows_nothing_of(
    open_stage: OpenStage, instance: dg.DagsterInstance
) -> None:
    rules = (when("boat", Pace(service_s=0.0), times=1), when("boat", Pace(service_s=3600.0)))
    with open_stage(*rules) as stage:
        stage.write_sheet({"sh010": "A boat."})
        run(stage, instance, "intake")
        stage.film()
        with stage.line_thread(retake="softer light") as line_thread:
            next(e for e in line_thread.events() if isinstance(e, TakeRunning))
            line_thread.stop(cancel_queued=False)
        stage.clock.let_time_pass()

        (asked,) = look(stage, instance).run_requests or []
        config = asked.run_config["ops"][OP]["config"]
        assert run(stage, instance, "production", config=config).success

        assert [t.state for t in stage.takes()] == [TakeState.MEASURED] * 2
        assert stage.charges() == 2


def test_a_run_that_may_not_buy_buys_nothing(
    plain_stage: Stage, instance: dg.DagsterInstance
) -> None:
    plain_stage.write_sheet({"sh010": "A boat."})
    run(plain_stage, instance, "intake")

    assert not run(plain_stage, instance, "production", config={"buy": False}).success
    assert plain_stage.charges() == 0


def test_of_a_shot_that_was_half_ordered_the_paid_take_comes_home_and_the_run_is_green(
    open_stage: OpenStage, instance: dg.DagsterInstance
) -> None:
    with open_stage(when("boat", Pace(service_s=3600.0), times=1)) as stage:
        stage.write_sheet([{"shot": "sh010", "prompt": "A boat.", "takes": 1}])
        order_and_let_go(stage)
        stage.clock.let_time_pass()
        stage.write_sheet([{"shot": "sh010", "prompt": "A boat.", "takes": 2}])
        run(stage, instance, "intake")

        (asked,) = look(stage, instance).run_requests or []
        result = run(stage, instance, "production", config=asked.run_config["ops"][OP]["config"])

        assert result.success
        assert [t.state for t in stage.takes()] == [TakeState.MEASURED]
        assert "sh010" not in statuses(instance, "video")  # not failed, and not claimed as whole
        said = [r.user_message for r in instance.all_logs(result.run_id)]
        assert any("1 of its 2 takes was never ordered" in message for message in said)
        assert run(stage, instance, "production", config={}).success
        assert stage.charges() == 2


def test_it_waits_before_it_asks_in_vain_again(
    open_stage: OpenStage, instance: dg.DagsterInstance
) -> None:
    with open_stage(service_s=60.0) as stage:
        stage.write_sheet({"sh010": "A boat."})
        run(stage, instance, "intake")
        order_and_let_go(stage)
        first = look(stage, instance)
        second = look(stage, instance, first.cursor)
        memory = json.loads(first.cursor or "")

        later = look(stage, instance, json.dumps(memory | {"again_at": 0.0}))

        assert "downloaded nothing" in (second.skip_message or "")
        assert len(later.run_requests or []) == 1
        keys = [data.run_requests[0].run_key for data in (first, later) if data.run_requests]
        assert keys[0] != keys[1]
        assert json.loads(later.cursor or "")["tries"] == 2


def test_it_says_why_it_does_nothing_before_a_sheet_was_read(
    plain_stage: Stage, instance: dg.DagsterInstance
) -> None:
    assert "No sheet" in (look(plain_stage, instance).skip_message or "")


def test_what_the_sheet_asks_for_no_more_comes_home_too(
    open_stage: OpenStage, instance: dg.DagsterInstance
) -> None:
    with open_stage(service_s=3600.0) as stage:
        stage.write_sheet({"sh010": "A boat.", "sh020": "A gull.", "sh030": "Rain."})
        run(stage, instance, "intake")
        order_and_let_go(stage, takes=3)
        stage.clock.let_time_pass()
        stage.write_sheet({"sh010": "A red boat.", "sh030": "Rain."})  # edited, retired, as it was
        run(stage, instance, "intake")

        (asked,) = look(stage, instance).run_requests or []
        made = run_as_asked(stage, instance, asked)

        assert made.success
        assert [take.state for take in stage.takes()] == [TakeState.MEASURED] * 3
        assert stage.charges() == 3
        assert statuses(instance, "video") == {"sh030": "MATERIALIZED"}
        seen = [e.asset_observation_data for e in made.all_events if e.is_asset_observation]
        assert {data.asset_observation.partition for data in seen} == {"sh010", "sh020"}
        assert "nothing to download" in (look(stage, instance).skip_message or "")


def test_a_run_for_what_the_sheet_asks_for_no_more_makes_nothing_else(
    open_stage: OpenStage, instance: dg.DagsterInstance
) -> None:
    with open_stage(service_s=3600.0) as stage:
        stage.write_sheet({"sh010": "A boat."})
        run(stage, instance, "intake")
        order_and_let_go(stage)
        stage.clock.let_time_pass()
        stage.write_sheet({"sh020": "A gull."})
        run(stage, instance, "intake")

        (asked,) = look(stage, instance).run_requests or []
        made = run_as_asked(stage, instance, asked)

        assert made.success
        assert [take.state for take in stage.takes()] == [TakeState.MEASURED]
        assert counts_of(instance.get_runs(dg.RunsFilter([made.run_id]))[0])["done"] == 1
        assert stage.charges() == 1


def test_of_a_row_whose_picture_was_exchanged_the_take_comes_home_at_the_second_asking(
    open_stage: OpenStage, instance: dg.DagsterInstance
) -> None:
    with open_stage(service_s=3600.0) as stage:
        stage.write_sheet({"sh010": "A boat."})
        run(stage, instance, "intake")
        order_and_let_go(stage)
        stage.clock.let_time_pass()
        Image.new("RGB", (640, 367), "red").save(stage.folder / "frame.png")

        first = look(stage, instance)
        assert not run_as_asked(stage, instance, (first.run_requests or [])[0]).success
        memory = json.loads(first.cursor or "") | {"again_at": 0.0}
        second = look(stage, instance, json.dumps(memory))
        run_as_asked(stage, instance, (second.run_requests or [])[0])

        assert [take.state for take in stage.takes()] == [TakeState.MEASURED]
        assert stage.charges() == 1


def test_a_former_take_that_does_not_come_home_fails_the_run_and_says_why(
    open_stage: OpenStage, instance: dg.DagsterInstance
) -> None:
    with open_stage(when("boat", BreakDownload()), service_s=0.2) as stage:
        stage.write_sheet({"sh010": "A boat."})
        run(stage, instance, "intake")
        order_and_let_go(stage)
        stage.write_sheet({"sh020": "A gull."})
        run(stage, instance, "intake")

        made = run(stage, instance, "production", config={"former_takes": True, "retries": 0})

        assert told(made).startswith("1 shot failed:\n- sh010: ")
        assert stage.charges() == 1


def test_it_waits_for_a_run_that_lives_and_not_for_one_whose_process_was_killed(
    open_stage: OpenStage, instance: dg.DagsterInstance
) -> None:
    with open_stage(service_s=60.0) as stage:
        stage.write_sheet({"sh010": "A boat."})
        run(stage, instance, "intake")
        order_and_let_go(stage)
        job = build_definitions(production=resource(stage)).resolve_job_def("production")
        started = instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED)

        instance.add_run_tags(started.run_id, {OWNER_TAG: this_owner()})
        assert started.run_id in (look(stage, instance).skip_message or "")

        instance.add_run_tags(started.run_id, {OWNER_TAG: a_dead_owner()})
        assert look(stage, instance).run_requests


def a_dead_owner() -> str:
    script = "from seedance_assets.adapters.ledger import this_owner; print(this_owner())"
    done = subprocess.run(
        [sys.executable, "-c", script], env=os.environ, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()
