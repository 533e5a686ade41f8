"""Runs that order at the service take turns, and a run that was killed keeps nobody waiting."""

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg
import pytest

from seedance_assets.cli.dagster_runs import INSTANCE_SETTINGS, DagsterRuns
from seedance_assets.core.take import TakeState
from seedance_assets.definitions import build_definitions
from seedance_assets.defs.runs.pool import runs_ahead
from seedance_assets.defs.runs.run_locks import holding_lock, is_left_behind
from seedance_assets.defs.sensors.dead_runs import NAMING_S, OWNER_TAG, mark_dead_runs, owner_tags
from tests.command import Produce, stop, wait_for
from tests.conftest import OpenStage
from tests.dagster_face.runs import resource, statuses
from tests.dagster_face.test_collecting import a_dead_owner
from tests.stage import Stage


@contextmanager
def instance_of(stage: Stage) -> Iterator[dg.DagsterInstance]:
    """The instance that `produce` on this stage uses."""
    home = stage.environment.home.dagster
    home.mkdir(parents=True, exist_ok=True)
    (home / "dagster.yaml").write_text(INSTANCE_SETTINGS)
    with dg.DagsterInstance.from_config(str(home)) as opened:
        yield opened


def a_run(
    stage: Stage,
    instance: dg.DagsterInstance,
    tags: dict[str, str],
    status: dg.DagsterRunStatus = dg.DagsterRunStatus.STARTED,
) -> dg.DagsterRun:
    job = build_definitions(production=resource(stage)).resolve_job_def("production")
    return instance.create_run_for_job(job, status=status, tags=tags)


def last_word(instance: dg.DagsterInstance, run_id: str) -> str:
    return next(
        event.dagster_event.message or ""
        for event in reversed(instance.all_logs(run_id))
        if event.dagster_event is not None and event.dagster_event.is_failure
    )


# -- turns -------------------------------------------------------------------------------------


def test_a_run_waits_for_those_before_it_and_not_for_those_after_it(
    plain_stage: Stage, limited: dg.DagsterInstance
) -> None:
    first, second, third = (a_run(plain_stage, limited, owner_tags()) for _ in range(3))

    assert runs_ahead(limited, first.run_id) is None
    assert runs_ahead(limited, second.run_id) == [first.run_id]
    limited.report_run_canceled(first)
    assert runs_ahead(limited, second.run_id) is None
    assert runs_ahead(limited, third.run_id) == [second.run_id]
    assert runs_ahead(limited) == [second.run_id, third.run_id]


def test_the_limit_of_the_pool_is_what_a_person_sets(
    plain_stage: Stage, limited: dg.DagsterInstance
) -> None:
    _, second = (a_run(plain_stage, limited, owner_tags()) for _ in range(2))

    limited.event_log_storage.set_concurrency_slots("seedance", 2)
    assert runs_ahead(limited, second.run_id) is None
    limited.event_log_storage.set_concurrency_slots("seedance", 0)
    assert runs_ahead(limited, second.run_id) is not None


def test_without_a_limit_nobody_waits(plain_stage: Stage, instance: dg.DagsterInstance) -> None:
    _, second = (a_run(plain_stage, instance, owner_tags()) for _ in range(2))

    assert runs_ahead(instance, second.run_id) is None


def test_a_run_of_other_work_is_not_waited_for(
    plain_stage: Stage, limited: dg.DagsterInstance
) -> None:
    review = build_definitions(production=resource(plain_stage)).resolve_job_def("review")
    limited.create_run_for_job(review, status=dg.DagsterRunStatus.STARTED, tags=owner_tags())
    run = a_run(plain_stage, limited, owner_tags())

    assert runs_ahead(limited, run.run_id) is None


def test_produce_waits_in_sight_and_orders_nothing_until_its_turn(
    plain_stage: Stage, produce: Produce
) -> None:
    plain_stage.write_sheet({"sh010": "A boat."})
    with instance_of(plain_stage) as instance:
        holder = a_run(plain_stage, instance, owner_tags())
        process = produce(plain_stage)
        wait_for(lambda: len(_at_work(instance)) == 2)
        waiting = next(run for run in _at_work(instance) if run.run_id != holder.run_id)
        wait_for(lambda: "Waiting for room" in str(instance.all_logs(waiting.run_id)))
        assert plain_stage.orders() == []

        instance.report_run_canceled(holder)
        out, err = process.communicate(timeout=240)

        assert process.returncode == 0, err
        assert f"before this run: {holder.run_id[:8]}" in out
        assert plain_stage.charges() == 1


def test_ctrl_c_ends_the_waiting_and_nothing_was_ordered(
    plain_stage: Stage, produce: Produce
) -> None:
    plain_stage.write_sheet({"sh010": "A boat."})
    with instance_of(plain_stage) as instance:
        a_run(plain_stage, instance, owner_tags())
        process = produce(plain_stage)
        wait_for(lambda: "Waiting for room" in _log_of_the_latest(instance))

        stop(process, signal.SIGINT)

        assert process.returncode == 130
        assert plain_stage.orders() == []
        assert len(_at_work(instance)) == 1


def _at_work(instance: dg.DagsterInstance) -> list[dg.DagsterRun]:
    runs = instance.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED]))
    return [run for run in runs if run.job_name == "production"]


def _log_of_the_latest(instance: dg.DagsterInstance) -> str:
    return str(instance.all_logs(_at_work(instance)[0].run_id))


# -- the dead ----------------------------------------------------------------------------------


def test_a_produce_that_was_killed_keeps_nobody_waiting_and_says_so_in_dagster(
    open_stage: OpenStage, produce: Produce
) -> None:
    with open_stage(service_s=3600.0) as stage:
        stage.write_sheet({"sh010": "A boat."})
        process = produce(stage)
        wait_for(lambda: [take.state for take in stage.takes()] == [TakeState.SUBMITTED])
        process.kill()
        process.communicate()
        stage.clock.let_time_pass()
        with instance_of(stage) as instance:
            (killed,) = _at_work(instance)

            again = produce(stage)
            out, err = again.communicate(timeout=240)

            assert again.returncode == 0, err
            assert "Waiting" not in out
            buried = instance.get_run_by_id(killed.run_id)
            assert buried is not None
            assert buried.status is dg.DagsterRunStatus.FAILURE
            assert "is gone: it was killed" in last_word(instance, killed.run_id)
            assert statuses(instance, "measurements") == {"sh010": "MATERIALIZED"}
            assert stage.charges() == 1


def test_a_run_on_which_terminate_was_pressed_is_canceled_when_its_process_is_gone(
    plain_stage: Stage, limited: dg.DagsterInstance
) -> None:
    run = a_run(plain_stage, limited, {OWNER_TAG: a_dead_owner()})
    limited.report_run_canceling(run)

    assert mark_dead_runs(limited) == [run.run_id]
    buried = limited.get_run_by_id(run.run_id)
    assert buried is not None
    assert buried.status is dg.DagsterRunStatus.CANCELED


def test_a_run_of_another_host_or_of_a_living_process_is_left_alone(
    plain_stage: Stage, limited: dg.DagsterInstance
) -> None:
    a_run(plain_stage, limited, owner_tags())
    a_run(plain_stage, limited, {OWNER_TAG: "another-host/1/boot.1"})
    a_run(plain_stage, limited, {OWNER_TAG: a_dead_owner()}, dg.DagsterRunStatus.NOT_STARTED)

    assert mark_dead_runs(limited) == []


HOLDING = """
import sys, dagster as dg
from seedance_assets.defs.runs.run_locks import holding_lock

with dg.DagsterInstance.from_config(sys.argv[1]) as instance, holding_lock(instance, sys.argv[2]):
    print("held", flush=True)
    sys.stdin.read()
"""
OTHERS = {
    "another host": "another-host/1/boot.1",
    "another start of the machine, or container": f"{socket.gethostname()}/1/another-boot.1",
}


@pytest.mark.parametrize("owner", OTHERS.values(), ids=OTHERS)
def test_a_run_of_elsewhere_is_dead_once_nobody_holds_its_lock(
    plain_stage: Stage, limited: dg.DagsterInstance, owner: str
) -> None:
    """A machine that restarted, a container that was replaced, a laptop with another name."""
    run = a_run(plain_stage, limited, {OWNER_TAG: owner})
    command = [sys.executable, "-c", HOLDING, limited.root_directory, run.run_id]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        assert mark_dead_runs(limited) == []
        assert runs_ahead(limited) == [run.run_id]

        holder.kill()

    assert mark_dead_runs(limited) == [run.run_id]
    assert "is gone" in last_word(limited, run.run_id)


def test_a_run_that_ended_well_leaves_no_lock(
    plain_stage: Stage, limited: dg.DagsterInstance
) -> None:
    run = a_run(plain_stage, limited, {OWNER_TAG: OTHERS["another host"]})
    with holding_lock(limited, run.run_id):
        assert not is_left_behind(limited, run.run_id)

    assert not is_left_behind(limited, run.run_id)


def test_a_run_that_was_killed_before_it_named_its_process_is_known_by_its_silence(
    plain_stage: Stage, limited: dg.DagsterInstance
) -> None:
    run = a_run(plain_stage, limited, {})

    assert mark_dead_runs(limited) == []
    assert mark_dead_runs(limited, time.time() + NAMING_S + 1) == [run.run_id]
    assert "did not name itself within 10 minutes" in last_word(limited, run.run_id)


def test_the_slot_of_a_dead_run_is_free_again_in_a_pool_of_op_granularity(
    plain_stage: Stage, limited: dg.DagsterInstance
) -> None:
    run = a_run(plain_stage, limited, {OWNER_TAG: a_dead_owner()})
    storage = limited.event_log_storage
    storage.set_concurrency_slots("seedance", 1)
    assert storage.claim_concurrency_slot("seedance", run.run_id, "production_line").is_claimed

    mark_dead_runs(limited)

    assert storage.claim_concurrency_slot("seedance", "another", "production_line").is_claimed


def test_produce_asks_before_it_waits(plain_stage: Stage) -> None:
    with instance_of(plain_stage) as instance, DagsterRuns(plain_stage.environment) as runs:
        assert runs.waiting() is None
        holder = a_run(plain_stage, instance, owner_tags())
        assert holder.run_id[:8] in (runs.waiting() or "")
