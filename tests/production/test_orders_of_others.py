"""An order that is in other hands, or was broken off, holds a shot up no longer than it must."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from seedance_assets.core.take import TakeState
from seedance_assets.emulator.jobs.scenario import SlowAnswer
from seedance_assets.production.events import RequestReady
from tests.command import wait_for
from tests.conftest import OpenStage
from tests.stage import Stage, when


def test_an_order_that_others_are_long_at_is_left_to_the_next_run(
    plain_stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain_stage.write_sheet({"sh010": "A boat drifts."})
    plain_stage.film()
    plain_stage.forget_journal()
    with closing(
        sqlite3.connect(Path(plain_stage.environ["SEEDANCE_HOME"]) / "ledger.db")
    ) as ledger:
        ledger.execute(
            "UPDATE takes SET state = 'intent', request_id = NULL, owner = 'elsewhere/17/mark', "
            "owned_until = '2999-01-02 10:11:00.000000'"
        )
        ledger.commit()
    monkeypatch.setattr("seedance_assets.production.ordering.buying._OTHERS_PATIENCE_S", 0.0)

    failure = plain_stage.film().failed["sh010"]

    assert failure.kind == "still_running"
    assert "still being ordered by another process" in failure.reason
    assert "Process 17 on elsewhere is sending it" in failure.advice
    assert "on others at 10:11 UTC" in failure.advice
    assert plain_stage.takes()[0].state is TakeState.INTENT
    assert plain_stage.charges() == 1


def test_an_order_that_is_broken_off_is_in_doubt_at_once(
    open_stage: OpenStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("seedance_assets.production.ordering.buying._ORDER_PATIENCE_S", 0.0)
    with open_stage(when("boat", SlowAnswer(delay_s=60.0))) as stage:
        stage.write_sheet({"sh010": "A boat drifts."})
        with stage.line_thread() as line_thread:
            for event in line_thread.events():
                if isinstance(event, RequestReady):
                    break
            wait_for(lambda: bool(stage.orders()))  # it has arrived, and its answer is slow
            line_thread.stop(cancel_queued=False)

        (take,) = stage.takes()
        assert take.state is TakeState.UNKNOWN
        assert stage.history(take.name)[-1].cause == "stopped while it was sent"
