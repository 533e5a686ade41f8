"""Ctrl-C cancels what is queued and says what goes on; a bare SIGTERM cancels nothing."""

import json
import os
import signal
import sys
from contextlib import suppress
from typing import Any

import pytest

from seedance_assets.core.take import TakeState
from seedance_assets.emulator.jobs.scenario import OddCancel, Pace, SlowAnswer
from tests.command import Produce, stop, wait_for
from tests.conftest import OpenStage
from tests.stage import Stage, when


def is_at_work(stage: Stage, *, running: int, queued: int) -> bool:
    states = [order["status"] for order in stage.orders()]
    return states.count("in_progress") == running and states.count("in_queue") == queued


def test_ctrl_c_cancels_what_is_queued_and_says_what_goes_on(
    open_stage: OpenStage, produce: Produce
) -> None:
    with open_stage(service_s=600.0, slots=1) as stage:
        stage.write_sheet({"sh010": "A boat.", "sh020": "A gull.", "sh030": "Night."})
        process = produce(stage)
        wait_for(lambda: is_at_work(stage, running=1, queued=2))

        out, took_s = stop(process, signal.SIGINT)

        assert process.returncode == 130
        assert took_s < 10
        running = next(t for t in stage.takes() if t.state is TakeState.SUBMITTED)
        last = out[out.index("Stopped by SIGINT") :]
        assert f"{running.name}: go on at the service and may be charged" in last
        assert "cancelled at the service" in last
        states = sorted(t.state for t in stage.takes())
        assert states == ["cancelled", "cancelled", "submitted"]
        assert stage.charges() == 1


def test_ctrl_c_tells_a_script_as_json(open_stage: OpenStage, produce: Produce) -> None:
    with open_stage(service_s=600.0, slots=1) as stage:
        stage.write_sheet({"sh010": "A boat."})
        process = produce(stage, "--json")
        wait_for(lambda: is_at_work(stage, running=1, queued=0))

        out, _ = stop(process, signal.SIGINT)

        said: dict[str, Any] = json.loads(out.splitlines()[-1])
        assert said["stopped_by"] == "SIGINT"
        assert said["going_on"] == ["sh010_t001"]
        assert said["cancelled"] == []


def test_a_service_that_is_slow_to_cancel_does_not_hold_ctrl_c(
    open_stage: OpenStage, produce: Produce
) -> None:
    slow = (SlowAnswer(on=("cancel",), delay_s=120.0), Pace(queue_s=600.0))
    with open_stage(when("gull", *slow)) as stage:
        stage.write_sheet({"sh020": "A gull."})
        process = produce(stage)
        wait_for(lambda: is_at_work(stage, running=0, queued=1))

        out, took_s = stop(process, signal.SIGINT)

        assert process.returncode == 130
        assert took_s < 10
        assert "sh020_t001: go on at the service and may be charged" in out


def test_a_cancel_that_the_service_does_not_confirm_is_not_believed(
    open_stage: OpenStage, produce: Produce
) -> None:
    vain = (OddCancel(takes_effect=False), Pace(queue_s=600.0))
    with open_stage(when("gull", *vain)) as stage:
        stage.write_sheet({"sh020": "A gull."})
        process = produce(stage)
        wait_for(lambda: is_at_work(stage, running=0, queued=1))

        out, _ = stop(process, signal.SIGINT)

        assert "sh020_t001: go on at the service and may be charged" in out
        assert [t.state for t in stage.takes()] == [TakeState.SUBMITTED]


def test_a_bare_sigterm_lets_go_and_cancels_nothing(
    open_stage: OpenStage, produce: Produce
) -> None:
    with open_stage(service_s=600.0, slots=1) as stage:
        stage.write_sheet({"sh010": "A boat.", "sh020": "A gull."})
        process = produce(stage)
        wait_for(lambda: is_at_work(stage, running=1, queued=1))

        out, took_s = stop(process, signal.SIGTERM)

        assert process.returncode == 143
        assert took_s < 10
        assert "Stopped by SIGTERM" in out
        assert is_at_work(stage, running=1, queued=1)
        assert {t.state for t in stage.takes()} == {TakeState.SUBMITTED}


IN_A_TERMINAL = """
import signal
from seedance_assets.cli import main

signal.signal(signal.SIGHUP, signal.SIG_DFL)  # the tests themselves may run under nohup
main()
"""


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="a signal of POSIX")
def test_a_closed_terminal_ends_it_as_sigterm_does(open_stage: OpenStage, produce: Produce) -> None:
    """The answer to an order that is on its way is still written down."""
    with open_stage(when("gull", SlowAnswer(delay_s=1.5), Pace(queue_s=600.0))) as stage:
        stage.write_sheet({"sh020": "A gull."})
        process = produce(stage, python=("-c", IN_A_TERMINAL))
        wait_for(lambda: is_at_work(stage, running=0, queued=1))

        out, _ = stop(process, signal.SIGHUP)

        assert process.returncode == 143
        assert "Stopped by SIGTERM" in out
        assert [t.state for t in stage.takes()] == [TakeState.SUBMITTED]
        assert is_at_work(stage, running=0, queued=1)


ON_A_TERMINAL = """
import os, signal, sys
from seedance_assets.cli import main

os.setsid()
terminal = os.open(sys.argv.pop(1), os.O_RDWR)  # the controlling terminal of the new session
for stream in (0, 1, 2):
    os.dup2(terminal, stream)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
main()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="terminals of POSIX")
def test_a_terminal_that_is_really_closed_changes_no_exit_code(
    open_stage: OpenStage, produce: Produce
) -> None:
    with open_stage(service_s=600.0, slots=1) as stage:
        stage.write_sheet({"sh010": "A boat.", "sh020": "A gull."})
        ours, theirs = os.openpty()
        process = produce(stage, python=("-c", ON_A_TERMINAL, os.ttyname(theirs)))
        os.close(theirs)
        os.set_blocking(ours, False)

        def is_shown_and_at_work() -> bool:
            with suppress(BlockingIOError, OSError):  # nothing new; not opened yet
                os.read(ours, 65536)  # a terminal shows what it gets, or its writer would wait
            return is_at_work(stage, running=1, queued=1)

        wait_for(is_shown_and_at_work)
        os.close(ours)

        assert process.wait(30) == 143
        assert is_at_work(stage, running=1, queued=1)
        assert {t.state for t in stage.takes()} == {TakeState.SUBMITTED}


def test_an_order_that_was_on_its_way_at_ctrl_c_is_cancelled_too(
    open_stage: OpenStage, produce: Produce
) -> None:
    late = (SlowAnswer(delay_s=1.5), Pace(queue_s=600.0))
    with open_stage(when("gull", *late)) as stage:
        stage.write_sheet({"sh020": "A gull."})
        process = produce(stage, "--json")
        wait_for(lambda: is_at_work(stage, running=0, queued=1))

        out, _ = stop(process, signal.SIGINT)

        assert [t.state for t in stage.takes()] == [TakeState.CANCELLED], out
        assert stage.charges() == 0
        said: dict[str, Any] = json.loads(out.splitlines()[-1])
        assert said["cancelled"] == ["sh020_t001"]
        assert said["purchased"] == 1


def test_an_order_that_was_on_its_way_and_goes_on_counts_as_purchased(
    open_stage: OpenStage, produce: Produce
) -> None:
    late = (SlowAnswer(delay_s=1.5), OddCancel(takes_effect=False), Pace(queue_s=600.0))
    with open_stage(when("gull", *late)) as stage:
        stage.write_sheet({"sh020": "A gull."})
        process = produce(stage, "--json")
        wait_for(lambda: is_at_work(stage, running=0, queued=1))

        out, _ = stop(process, signal.SIGINT)

        said: dict[str, Any] = json.loads(out.splitlines()[-1])
        assert said["going_on"] == ["sh020_t001"]
        assert said["purchased"] == 1


DROPPING = """
import signal
from seedance_assets.cli import main

class Dropped:
    def __del__(self):
        signal.raise_signal(signal.SIGINT)  # what its handler raises here, Python drops

signal.signal(signal.SIGUSR1, lambda *_: Dropped() and None)
main()
"""


def test_ctrl_c_that_lands_in_a_finalizer_is_heard_all_the_same(
    open_stage: OpenStage, produce: Produce
) -> None:
    with open_stage(when("gull", Pace(queue_s=600.0))) as stage:
        stage.write_sheet({"sh020": "A gull."})
        process = produce(stage, python=("-c", DROPPING))
        wait_for(lambda: is_at_work(stage, running=0, queued=1))

        out, took_s = stop(process, signal.SIGUSR1)

        assert process.returncode == 130
        assert took_s < 10
        assert "Stopped by SIGINT" in out
        assert [t.state for t in stage.takes()] == [TakeState.CANCELLED]


BETWEEN_JOBS = """
import signal
import dagster as dg
from seedance_assets.cli import main

class Dropped:
    def __del__(self):
        signal.raise_signal(signal.SIGINT)

def resolve_job_def(self, name, resolve=dg.Definitions.resolve_job_def):
    if name == "production":
        Dropped()
    return resolve(self, name)

dg.Definitions.resolve_job_def = resolve_job_def
main()
"""


def test_ctrl_c_that_is_dropped_between_two_jobs_keeps_the_next_from_buying(
    plain_stage: Stage, produce: Produce
) -> None:
    plain_stage.write_sheet({"sh020": "A gull."})

    process = produce(plain_stage, python=("-c", BETWEEN_JOBS))
    out, err = process.communicate(timeout=240)

    assert process.returncode == 130, err
    assert "Stopped by SIGINT" in out
    assert plain_stage.orders() == []


IN_THE_INTAKE = """
import os, signal
from seedance_assets.cli import main
from seedance_assets.defs.resources import ProductionResource

def with_frame_problems(self, *given, look=ProductionResource.with_frame_problems):
    os.kill(os.getpid(), signal.SIGTERM)
    return look(self, *given)

ProductionResource.with_frame_problems = with_frame_problems
main()
"""


def test_sigterm_in_the_intake_is_no_ctrl_c(plain_stage: Stage, produce: Produce) -> None:
    plain_stage.write_sheet({"sh020": "A gull."})

    process = produce(plain_stage, python=("-c", IN_THE_INTAKE))
    out, err = process.communicate(timeout=240)

    assert process.returncode == 143, err
    assert "Stopped by SIGTERM" in out
    assert plain_stage.orders() == []
