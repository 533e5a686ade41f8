"""A run that ends before its takes loses nothing, and cancels only what it is told to."""

import threading

import pytest

from seedance_assets.core.take import TakeState
from seedance_assets.emulator.scenario import (
    Pace,
    Stuck,
)
from seedance_assets.production.events import TakeQueued, TakeRunning
from tests.conftest import OpenStage
from tests.stage import SETTINGS, when


def test_a_run_that_let_go_is_carried_on_for_free(open_stage: OpenStage) -> None:
    with open_stage(when("boat", Pace(service_s=1.0))) as stage:
        stage.write_sheet({"sh010": "A boat drifts."})
        with stage.filming() as filming:
            next(e for e in filming.events() if isinstance(e, TakeRunning))
            filming.stop(cancel_queued=False)
        assert [t.state for t in stage.takes()] == [TakeState.SUBMITTED]

        assert stage.film().done == ["sh010"]
        assert stage.charges() == 1


def test_stopping_cancels_what_is_queued_if_a_person_asked_for_it(open_stage: OpenStage) -> None:
    with open_stage(slots=1, service_s=60.0) as stage:
        stage.write_sheet({"sh010": "A boat drifts.", "sh020": "A gull lands."})
        with stage.filming() as filming:
            seen: set[str] = set()
            for event in filming.events():
                if isinstance(event, TakeQueued):
                    seen.add("queued")
                if isinstance(event, TakeRunning):
                    seen.add("running")
                if seen == {"queued", "running"}:
                    break
            filming.stop(cancel_queued=True)

        assert sorted(t.state for t in stage.takes()) == [TakeState.CANCELLED, TakeState.SUBMITTED]
        assert stage.charges() == 1


def test_a_take_that_outlives_our_patience_is_parked_not_failed(open_stage: OpenStage) -> None:
    with open_stage(when("boat", Stuck(where="in_queue"))) as stage:
        (stage.folder / "production.toml").write_text(
            SETTINGS + "[patience]\nsoft_timeout_s = 0.2\nhard_timeout_s = 0.5\n", encoding="utf-8"
        )
        stage.write_sheet({"sh010": "A boat drifts."})

        outcome = stage.film()

        assert outcome.failed["sh010"].kind == "OutOfPatience"
        assert [t.state for t in stage.takes()] == [TakeState.SUBMITTED]
        assert stage.charges() == 1


@pytest.mark.parametrize("_round", range(3))
def test_stopping_at_any_moment_loses_nothing(open_stage: OpenStage, _round: int) -> None:
    with open_stage() as stage:
        stage.write_sheet({f"sh{n:03}": f"Shot {n}." for n in range(8)})
        with stage.filming() as filming:
            threading.Timer(0.1 * _round, filming.stop, kwargs={"cancel_queued": False}).start()
            list(filming.events())

        assert len(stage.film().done) == 8
        assert stage.charges() == 8
