"""Sensors and the schedule as Dagster's own daemon drives them, in processes of their own."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
import pytest

from seedance_assets.cli.dagster_runs import open_instance
from tests.command import end_session, environment_of, run_seedance
from tests.conftest import OpenStage
from tests.end_to_end.dagster_ui import PATIENCE_S, wait_until
from tests.notices.receivers import running_webhook
from tests.stage import SETTINGS, Stage

_LOCATION = """
from seedance_assets.definitions import build_definitions

defs = build_definitions(nightly="* * * * *", look_every_s=5, free_look_every_s=5)
"""
_WORKSPACE = "load_from:\n  - python_file: {relative_path: location.py, location_name: show}\n"


@contextmanager
def daemon(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.DagsterInstance]:
    """Dagster's daemon over a stage, until the end of the context."""
    home = stage.folder / "dagster"
    home.mkdir(exist_ok=True)
    monkeypatch.setenv("DAGSTER_HOME", str(home))
    (home / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    (stage.folder / "location.py").write_text(_LOCATION)
    (stage.folder / "workspace.yaml").write_text(_WORKSPACE)
    open_instance(home).dispose()  # as `seedance ui` does, before processes race for it
    environ = {**stage.environ, "SEEDANCE_SHEET": str(stage.sheet), "DAGSTER_HOME": str(home)}
    with (stage.folder / "daemon.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "dagster._daemon", "run"],
            cwd=stage.folder,
            env=environment_of(stage.folder, **environ),
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        with dg.DagsterInstance.from_config(str(home)) as instance:
            yield instance
    finally:
        end_session(process)


def wait_for_runs(instance: dg.DagsterInstance, job: str, count: int, log: Path) -> list[str]:
    """Wait until `count` runs of a job are done; returns their `seedance/why`."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        runs = instance.get_runs(
            dg.RunsFilter(job_name=job, statuses=[dg.DagsterRunStatus.SUCCESS])
        )
        if len(runs) >= count:
            return [run.tags.get("seedance/why", "") for run in runs]
        assert time.monotonic() < deadline, log.read_text(errors="replace")[-3000:]
        time.sleep(0.2)  # between two looks at another process


def switch_on(stage: Stage, kind: str, name: str) -> None:
    """As the switch in the UI does."""
    command = ["dagster", kind, "start", name, "-w", "workspace.yaml"]
    subprocess.run(
        [sys.executable, "-W", "ignore", "-m", *command],
        cwd=stage.folder,
        env=environment_of(
            stage.folder, **stage.environ, DAGSTER_HOME=str(stage.folder / "dagster")
        ),
        check=True,
        capture_output=True,
    )


def test_a_saved_sheet_is_read_by_itself_and_bought_once_somebody_turned_that_on(
    open_stage: OpenStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_stage() as stage:
        log = stage.folder / "daemon.log"
        stage.write_sheet({"sh010": "A boat.", "sh020": "A gull."})
        with daemon(stage, monkeypatch) as instance:
            assert wait_for_runs(instance, "intake", 1, log) == [
                "the sheet was seen for the first time"
            ]
            assert set(instance.get_dynamic_partitions("shots")) == {"sh010", "sh020"}
            assert stage.charges() == 0

            switch_on(stage, "sensor", "produce_changed_shots")
            (why,) = wait_for_runs(instance, "production", 1, log)
            assert "2 new; 2 takes" in why
            assert stage.charges() == 2
            wait_for_runs(instance, "__ASSET_JOB", 1, log)  # the report, once the burst is done

            stage.write_sheet({"sh010": "A boat.", "sh020": "A gull.", "sh030": "Rain."})
            wait_for_runs(instance, "intake", 2, log)
            wait_for_runs(instance, "production", 2, log)
            assert stage.charges() == 3


def test_the_nightly_run_is_started_by_the_daemon(
    open_stage: OpenStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_stage() as stage:
        stage.write_sheet({"sh010": "A boat."})
        with daemon(stage, monkeypatch) as instance:
            wait_for_runs(instance, "intake", 1, stage.folder / "daemon.log")

            switch_on(stage, "schedule", "nightly_production")

            wait_for_runs(instance, "production", 1, stage.folder / "daemon.log")
            assert stage.charges() == 1


def test_people_are_told_once_even_of_a_run_of_another_process(
    open_stage: OpenStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_stage() as stage, running_webhook() as hook:
        (stage.folder / "production.toml").write_text(f'{SETTINGS}[notices]\nway = "slack"\n')
        stage.environ["SEEDANCE_SLACK_WEBHOOK"] = hook.url
        stage.write_sheet({"sh010": "A boat."})
        with daemon(stage, monkeypatch) as instance:
            wait_until(lambda: len(looks(instance, "notify_run_results")) > 0, PATIENCE_S)
            home = {"DAGSTER_HOME": str(stage.folder / "dagster")}
            said = run_seedance(
                stage.folder, "produce", stage.sheet, cwd=stage.folder, **stage.environ, **home
            )
            assert said.code == 0, said.err
            wait_until(
                lambda: "told by Slack" in "".join(looks(instance, "notify_run_results")),
                PATIENCE_S,
            )
            told = len(looks(instance, "notify_run_results"))
            wait_until(lambda: len(looks(instance, "notify_run_results")) > told, PATIENCE_S)
        log = (stage.folder / "daemon.log").read_text(errors="replace")

    (text,) = [json.loads(body)["text"] for _, body in hook.posts]
    assert text.startswith("*A test: 1 of 1 shot done*")
    assert "SENTINEL" not in log


def looks(instance: dg.DagsterInstance, sensor: str) -> list[str]:
    """What a sensor has said in each of its looks that have ended."""
    states = [state for state in instance.all_instigator_state() if state.name == sensor]
    ticks = [
        tick for s in states for tick in instance.get_ticks(s.instigator_origin_id, s.selector_id)
    ]
    return [str(tick.skip_reason) for tick in ticks if tick.is_completed]
