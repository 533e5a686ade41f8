"""The state on disk survives restarts, and several emulators can share it."""

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from seedance_assets.emulator import EmulatorSettings, running_emulator
from seedance_assets.emulator.jobs.job import Job
from seedance_assets.emulator.jobs.render_locks import job_to_draw
from seedance_assets.emulator.jobs.scenario import FailJob, Rule, Scenario
from seedance_assets.emulator.jobs.store import Store
from tests.emulator.conftest import Open
from tests.emulator.kit import STILL, TINY, Clock, until

HOLDS = """
import pathlib, sys
from seedance_assets.emulator.jobs.render_locks import job_to_draw
from seedance_assets.emulator.jobs.store import Store
folder = pathlib.Path(sys.argv[1])
with job_to_draw(Store(folder), folder) as job:
    print(job.request_id, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def store(settings: EmulatorSettings) -> Iterator[Store]:
    with closing(Store(settings.state_dir)) as opened:
        yield opened


def test_request_ids_and_unfinished_jobs_survive_a_restart(
    settings: EmulatorSettings, start: Open
) -> None:
    body = {"words": "A boat.", "still": STILL}
    headers = {"Authorization": "Bearer t"}
    with running_emulator(settings) as first:
        url = f"{first.base_url}/models/{TINY}"
        request_id = httpx.post(url, json=body, headers=headers, timeout=60).json()["request_id"]

    caller = start()

    assert caller.status(request_id)["status"] == "in_queue"
    assert caller.finish(request_id)["status"] == "succeeded"
    assert caller.charges()["charges"] == 1


def test_a_job_keeps_its_faults_after_a_restart_with_another_scenario(
    settings: EmulatorSettings, start: Open
) -> None:
    failing = Scenario(rules=(Rule(faults=(FailJob(message="Out of film."),)),))
    with running_emulator(replace(settings, scenario=failing)) as first:
        answer = httpx.post(
            f"{first.base_url}/models/{TINY}",
            json={"words": "A boat.", "still": STILL},
            headers={"Authorization": "Bearer t"},
            timeout=60,
        )

    assert start().finish(answer.json()["request_id"])["error"] == "Out of film."


def test_two_emulators_over_one_folder_share_jobs_and_charges(
    start: Open,
) -> None:
    one, other = start(), start()
    first, second = one.order(words="first"), other.order(words="second")

    assert [one.status(i)["queue_position"] for i in (first, second)] == [1, 2]
    assert other.finish(first)["status"] == "succeeded"
    assert one.finish(second)["status"] == "succeeded"
    assert one.charges() == other.charges()
    assert one.charges()["charges"] == 2


def test_two_emulators_share_the_slots_and_draw_each_clip_once(start: Open) -> None:
    one, other = start(slots=2), start(slots=2)
    ids = [(one, other)[n % 2].order(words=str(n)) for n in range(6)]
    one.clock.advance(3)

    states = [other.status(i)["status"] for i in ids]
    until(lambda: len(list((one.state_dir / "outputs").glob("*.mp4"))) == len(ids))

    assert states == ["in_progress"] * 2 + ["in_queue"] * 4
    assert not list((one.state_dir / "outputs").glob("*.part"))


def waiting_job(store: Store) -> None:
    """Add one accepted job without a clip."""
    job = Job(
        request_id="r1",
        model_id=TINY,
        inputs_json="{}",
        faults_json="[]",
        picture="",
        plan_json="",
        output="o.mp4",
        usd=0.0,
        accepted_at=0.0,
        ready_at=0.0,
        service_s=0.0,
    )
    assert store.add(job, fails_free=True, wallet_usd=1.0)


def test_a_job_is_drawn_by_one_worker_at_a_time(store: Store, tmp_path: Path) -> None:
    waiting_job(store)

    with job_to_draw(store, tmp_path) as mine:
        assert mine is not None
        with job_to_draw(store, tmp_path) as theirs:
            assert theirs is None
    with job_to_draw(store, tmp_path) as again:  # the first worker was stopped: another draws it
        assert again == mine
        store.note_drawn(mine, 1.0, None)

    with job_to_draw(store, tmp_path) as left:
        assert left is None
    assert not list(tmp_path.glob("*.lock"))


def test_the_job_of_a_killed_process_is_free(store: Store, settings: EmulatorSettings) -> None:
    waiting_job(store)
    folder = settings.state_dir
    with subprocess.Popen(
        [sys.executable, "-c", HOLDS, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "r1\n"
        with job_to_draw(store, folder) as nobody:
            assert nobody is None
        holder.kill()

    with job_to_draw(store, folder) as job:
        assert job is not None


def test_many_submits_at_once_are_all_accepted_and_charged(start: Open, tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(b"any bytes")
    one, other = start(clip=clip), start(clip=clip)

    with ThreadPoolExecutor(8) as pool:
        ids = list(pool.map(lambda n: (one, other)[n % 2].order(words=str(n)), range(40)))

    assert len(set(ids)) == 40
    assert one.charges()["charges"] == 40


def test_emulators_that_start_together_create_one_state(
    settings: EmulatorSettings, clock: Clock
) -> None:
    problems: list[BaseException] = []

    def open_store() -> None:
        try:
            Store(settings.state_dir).close()
        except sqlite3.Error as exc:
            problems.append(exc)

    threads = [threading.Thread(target=open_store) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert problems == []


def test_a_state_of_another_format_is_refused_unchanged(settings: EmulatorSettings) -> None:
    Store(settings.state_dir).close()
    db = sqlite3.connect(settings.state_dir / "emulator.db")
    db.execute("PRAGMA user_version = 99")
    db.close()

    with pytest.raises(ValueError, match="format 99"), running_emulator(settings):
        pass
