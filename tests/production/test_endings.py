"""How a take's time with us ends: parked, cancelled, or not to be cancelled; never lost."""

import threading

import pytest

from seedance_assets.core.take import TakeState
from seedance_assets.emulator.jobs.scenario import OddCancel, Pace, Stuck
from seedance_assets.production.events import TakeQueued, TakeRunning
from tests.conftest import OpenStage
from tests.stage import SETTINGS, Outcome, Stage, when


def be_patient(stage: Stage, soft_s: float, hard_s: float) -> None:
    patience = f"[patience]\nsoft_timeout_s = {soft_s}\nhard_timeout_s = {hard_s}\n"
    (stage.folder / "production.toml").write_text(SETTINGS + patience, encoding="utf-8")


def causes(stage: Stage, name: str) -> list[str]:
    return [line.cause for line in stage.history(name)]


def test_a_take_is_called_slow_after_the_soft_limit_and_made_all_the_same(
    open_stage: OpenStage,
) -> None:
    with open_stage(when("boat", Pace(service_s=3600.0))) as stage:
        be_patient(stage, soft_s=3.0, hard_s=600)
        stage.write_sheet({"sh010": "A boat."})
        slow: list[bool] = []
        outcome = Outcome([])

        with stage.line_thread() as line_thread:
            for event in line_thread.events():
                outcome.events.append(event)
                if isinstance(event, TakeRunning):
                    slow.append(event.slow)
                    if event.slow:
                        stage.clock.let_time_pass()

        assert outcome.done == ["sh010"]
        assert slow[0] is False
        assert slow[-1] is True


def test_patience_is_each_takes_own(open_stage: OpenStage) -> None:
    with open_stage(when("boat", Stuck(where="in_progress"))) as stage:
        be_patient(stage, soft_s=0.2, hard_s=4.0)
        stage.write_sheet(
            [{"shot": "sh010", "prompt": "A boat."}, {"shot": "sh020", "prompt": "Night."}]
        )

        outcome = stage.film()

        assert outcome.done == ["sh020"]
        assert outcome.failed["sh010"].kind == "still_running"


def test_a_parked_take_says_since_when_and_the_next_run_picks_it_up_for_free(
    open_stage: OpenStage,
) -> None:
    with open_stage(when("boat", Pace(service_s=3600.0))) as stage:
        be_patient(stage, soft_s=0.1, hard_s=0.3)
        stage.write_sheet({"sh010": "A boat."})
        stage.film()
        (parked,) = stage.takes()
        assert parked.parked_at is not None
        assert "parked since" in parked.remark
        assert "parked: still in_progress" in causes(stage, "sh010_t001")[-1]

        be_patient(stage, soft_s=10, hard_s=60)
        stage.clock.let_time_pass()
        assert stage.film().done == ["sh010"]

        (home,) = stage.takes()
        assert (home.parked_at, home.remark) == (None, "")
        assert "picked up again" in causes(stage, "sh010_t001")
        assert stage.charges() == 1


def stop_when_queued(stage: Stage) -> None:
    with stage.line_thread() as line_thread:
        next(e for e in line_thread.events() if isinstance(e, TakeQueued))
        line_thread.stop(cancel_queued=True)


def test_what_the_service_will_not_cancel_is_remembered_and_collected_for_free(
    open_stage: OpenStage,
) -> None:
    vain = (OddCancel(answer="not_cancellable", takes_effect=False), Pace(queue_s=3600.0))
    with open_stage(when("boat", *vain)) as stage:
        stage.write_sheet({"sh010": "A boat."})

        stop_when_queued(stage)

        (take,) = stage.takes()
        last = stage.history("sh010_t001")[-1]
        assert take.state is TakeState.SUBMITTED
        assert take.cancel_refused_at is not None
        assert "not cancellable, as the service said at" in take.remark
        assert last.cause == "not cancellable (by a person): it goes on and may be charged"
        assert (last.from_state, last.to_state) == (TakeState.SUBMITTED, TakeState.SUBMITTED)
        stage.clock.let_time_pass()
        assert stage.film(buy=False).done == ["sh010"]
        assert stage.charges() == 1


def test_a_cancel_that_is_not_confirmed_leaves_a_line_and_no_more(open_stage: OpenStage) -> None:
    vain = (OddCancel(takes_effect=False), Pace(queue_s=60.0))
    with open_stage(when("boat", *vain)) as stage:
        stage.write_sheet({"sh010": "A boat."})

        stop_when_queued(stage)

        (take,) = stage.takes()
        assert (take.state, take.cancel_refused_at) == (TakeState.SUBMITTED, None)
        assert "not confirmed: the service says in_queue" in causes(stage, "sh010_t001")[-1]


def test_a_cancelled_take_says_who_cancelled_it_and_is_bought_anew_when_asked_for(
    open_stage: OpenStage,
) -> None:
    with open_stage(when("boat", Pace(queue_s=60.0), times=1)) as stage:
        stage.write_sheet({"sh010": "A boat."})

        stop_when_queued(stage)

        assert causes(stage, "sh010_t001")[-1] == "cancelled by a person, confirmed"
        assert stage.film().done == ["sh010"]
        assert [t.state for t in stage.takes()] == [TakeState.CANCELLED, TakeState.MEASURED]
        assert stage.charges() == 1


@pytest.mark.parametrize("cancel", [True, False], ids=["cancel", "let go"])
def test_a_line_that_is_stopped_before_it_knows_anything_ends(
    plain_stage: Stage, cancel: bool
) -> None:
    plain_stage.write_sheet({"sh010": "A boat."})
    with plain_stage.line_thread() as line_thread:
        threading.Timer(0.0, line_thread.stop, kwargs={"cancel_queued": cancel}).start()
        list(line_thread.events())

    assert plain_stage.film().done == ["sh010"]
    assert plain_stage.charges() == 1
