"""A signal ends a run in good order, wherever in the process it lands."""

import os
import signal
import threading
import uuid
from collections.abc import Generator, Iterator
from contextlib import suppress
from typing import Any

import dagster as dg
import pytest
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.exc import OperationalError

from seedance_assets.definitions import build_definitions
from seedance_assets.defs.runs.planned_events import PlannedEvents
from seedance_assets.defs.runs.signals import Signals, uninterrupted
from seedance_assets.emulator.jobs.scenario import Pace
from seedance_assets.production.events import LineEvent, TakeQueued, TakeRunning
from seedance_assets.production.line_thread import detach_all
from tests.command import wait_for
from tests.conftest import OpenStage
from tests.dagster_face.runs import resource, run, run_waits_for_the_line
from tests.stage import when


def test_a_bare_signal_lets_go_and_the_next_run_collects_for_free(
    open_stage: OpenStage, instance: dg.DagsterInstance
) -> None:
    with open_stage(when("boat", Pace(service_s=3600.0))) as stage:
        stage.write_sheet({"sh010": "A boat."})
        run(stage, instance, "intake")

        def interrupt(event: LineEvent) -> None:
            if isinstance(event, TakeRunning) and not fired.is_set():
                fired.set()
                os.kill(os.getpid(), signal.SIGINT)

        fired = threading.Event()
        watched = build_definitions(watch=interrupt, production=resource(stage))
        result = run(stage, instance, "production", config={}, definitions=watched)
        detach_all()  # it may have come amid Dagster's own writing

        assert not result.success
        assert [t.state for t in stage.takes()] == ["submitted"]
        stage.clock.let_time_pass()
        assert run(stage, instance, "production", config={}).success
        assert stage.charges() == 1


def test_a_signal_that_lands_while_dagster_writes_an_event_is_understood_all_the_same(
    open_stage: OpenStage, instance: dg.DagsterInstance
) -> None:
    rules = (when("boat", Pace(service_s=0.0)), when("gull", Pace(queue_s=3600.0)))
    with open_stage(*rules) as stage:
        stage.write_sheet({"sh010": "A boat.", "sh020": "A gull."})
        run(stage, instance, "intake")
        built = build_definitions(interrupt_cancels=lambda: True, production=resource(stage))
        run_id = str(uuid.uuid4())

        def interrupt(event: dg.EventLogEntry) -> None:
            written = event.dagster_event
            if written is None or not written.is_step_materialization or fired.is_set():
                return
            if str(written.asset_key and written.asset_key.to_user_string()) == "generation":
                wait_for(lambda: len(stage.requests()) >= 2)
                fired.set()
                os.kill(os.getpid(), signal.SIGINT)

        fired = threading.Event()
        instance.add_event_listener(run_id, interrupt)
        built.resolve_job_def("production").execute_in_process(
            instance=instance, run_id=run_id, raise_on_error=False
        )
        detach_all()  # as Python does when it ends

        assert fired.is_set()
        assert {t.shot: t.state for t in stage.takes()}["sh020"] == "cancelled"


def test_a_run_whose_wish_cannot_be_read_when_it_is_broken_off_lets_go(
    open_stage: OpenStage, instance: dg.DagsterInstance
) -> None:
    with open_stage(when("gull", Pace(queue_s=3600.0))) as stage:
        stage.write_sheet({"sh020": "A gull."})
        run(stage, instance, "intake")

        def interrupt(event: LineEvent) -> None:
            if isinstance(event, TakeQueued) and not fired.is_set():
                fired.set()
                wait_for(run_waits_for_the_line)
                os.kill(os.getpid(), signal.SIGINT)

        def cannot_say() -> bool:
            raise OSError("the storage is gone")

        fired = threading.Event()
        watched = build_definitions(
            watch=interrupt, interrupt_cancels=cannot_say, production=resource(stage)
        )
        result = run(stage, instance, "production", config={}, definitions=watched)

        assert not result.success
        wait_for(lambda: "production-line" not in {t.name for t in threading.enumerate()})
        assert [order["status"] for order in stage.orders()] == ["in_queue"]


class _Dropping:
    """What the handler of a signal raises in a finalizer, Python drops."""

    def __del__(self) -> None:
        signal.raise_signal(signal.SIGINT)


@pytest.fixture
def usr1_interrupts_in_a_finalizer() -> Iterator[None]:
    before = signal.signal(signal.SIGUSR1, lambda *_: _Dropping() and None)
    yield
    signal.signal(signal.SIGUSR1, before)


@pytest.mark.usefixtures("usr1_interrupts_in_a_finalizer")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_interruption_that_python_drops_is_heard_all_the_same(
    open_stage: OpenStage, instance: dg.DagsterInstance
) -> None:
    with open_stage(when("boat", Pace(service_s=3600.0))) as stage:
        stage.write_sheet({"sh010": "A boat."})
        run(stage, instance, "intake")

        def interrupt(event: LineEvent) -> None:
            if isinstance(event, TakeRunning) and not fired.is_set():
                fired.set()
                wait_for(run_waits_for_the_line)
                os.kill(os.getpid(), signal.SIGUSR1)

        fired = threading.Event()
        watched = build_definitions(watch=interrupt, production=resource(stage))
        result = run(stage, instance, "production", config={}, definitions=watched)

        assert not result.success
        assert [t.state for t in stage.takes()] == ["submitted"]


def test_a_signal_amid_a_write_of_ours_leaves_no_lock_behind(
    open_stage: OpenStage, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell = PlannedEvents.tell
    execute: Any = DefaultDialect.do_execute
    run_id, armed = str(uuid.uuid4()), threading.Event()

    def tell_armed(announcement: PlannedEvents, shot: str) -> None:
        instance.report_run_canceling(terminated())  # as Terminate does, before its signal
        armed.set()
        tell(announcement, shot)
        armed.clear()

    def interrupt(
        dialect: DefaultDialect, cursor: Any, statement: str, *more: Any, **named: Any
    ) -> None:
        """SQLAlchemy throws a connection away that is interrupted here, its write lock and all."""
        execute(dialect, cursor, statement, *more, **named)
        if armed.is_set() and "asset_keys" in statement and statement.startswith("PRAGMA"):
            armed.clear()
            os.kill(os.getpid(), signal.SIGINT)

    def terminated() -> dg.DagsterRun:
        found = instance.get_run_by_id(run_id)
        assert found is not None
        return found

    monkeypatch.setattr(PlannedEvents, "tell", tell_armed)
    monkeypatch.setattr(DefaultDialect, "do_execute", interrupt)
    with open_stage(when("gull", Pace(queue_s=3600.0))) as stage:
        stage.write_sheet({"sh020": "A gull."})
        run(stage, instance, "intake")
        built = build_definitions(production=resource(stage))
        with suppress(OperationalError):  # at last, Dagster gives up waiting for the lock
            built.resolve_job_def("production").execute_in_process(
                instance=instance, run_id=run_id, raise_on_error=False
            )

        assert terminated().status is dg.DagsterRunStatus.CANCELED
        assert {t.state for t in stage.takes()} <= {"cancelled", "withdrawn"}


def test_who_tells_a_run_three_times_to_end_need_not_wait_for_it() -> None:
    got_on: list[int] = []

    def stuck() -> Generator[None, None, None]:
        for number in range(5):
            signal.raise_signal(signal.SIGINT)
            got_on.append(number)
        yield

    with pytest.raises(dg.DagsterExecutionInterruptedError):
        next(Signals().between(stuck()))

    assert got_on == [0, 1]


def test_an_interruption_of_a_short_write_comes_right_after_it() -> None:
    written: list[str] = []

    with pytest.raises(KeyboardInterrupt), uninterrupted():
        signal.raise_signal(signal.SIGINT)
        written.append("all of it")

    assert written == ["all of it"]
