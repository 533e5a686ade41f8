"""Dagster's own daemon tells people of a run, that of another process included."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from tests.command import environment_of, run_seedance
from tests.conftest import OpenStage
from tests.end_to_end.dagster_ui import wait_until
from tests.notices.receivers import running_webhook
from tests.stage import SETTINGS, Stage


@contextmanager
def running_daemon(stage: Stage, **environ: str) -> Iterator[None]:
    """`dagster-daemon run` over the definitions, as a server runs it."""
    with (stage.folder / "daemon.log").open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "dagster._daemon", "run", "-m", "seedance_assets.definitions"],
            env=environment_of(stage.folder, **stage.environ, **environ),
            cwd=stage.folder,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    try:
        yield
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def test_the_daemon_tells_slack_once_of_what_produce_made(open_stage: OpenStage) -> None:
    with open_stage() as stage, running_webhook() as hook:
        settings = f'{SETTINGS}\n[notices]\nway = "slack"\n'
        (stage.folder / "production.toml").write_text(settings)
        stage.write_sheet({"sh010": "A boat."})
        home = stage.folder / "dagster"
        home.mkdir()
        (home / "dagster.yaml").write_text("telemetry:\n  enabled: false\n")
        secrets = {"SEEDANCE_SLACK_WEBHOOK": hook.url, "DAGSTER_HOME": str(home)}
        instance = dg.DagsterInstance.from_config(str(home))

        def looks() -> list[str]:
            states = instance.all_instigator_state()
            data = [s.instigator_data for s in states if s.name == "tell_people"]
            return [str(cursor) for d in data if (cursor := getattr(d, "cursor", None))]

        with instance, running_daemon(stage, **secrets):
            wait_until(lambda: bool(looks()), 90)
            said = run_seedance(
                stage.folder, "produce", stage.sheet, cwd=stage.folder, **stage.environ, **secrets
            )
            assert said.code == 0, said.err
            wait_until(lambda: bool(hook.posts), 90)
            wait_until(lambda: "told by Slack" in "".join(looks()), 30)
        log = (stage.folder / "daemon.log").read_text(errors="replace")

    (text,) = [json.loads(body)["text"] for _, body in hook.posts]
    assert text.startswith("*A test: 1 of 1 shots done*")
    assert "SENTINEL" not in log
