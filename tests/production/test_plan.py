"""The plan says of each shot what a run would find, what it would buy, and how long that takes."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from seedance_assets.core.assessment import ShotStatus
from seedance_assets.core.take import Take, TakeState
from seedance_assets.emulator.jobs.scenario import FailJob, LoseAnswer, OddCancel, Pace, Stuck
from seedance_assets.production.events import TakeOrdered, TakeQueued
from seedance_assets.production.planning.forecast import NO_HISTORY
from seedance_assets.production.planning.forecast import Pace as History
from seedance_assets.production.planning.plan import Plan, PlanLine
from tests.conftest import OpenStage
from tests.ledger.conftest import MODEL
from tests.production.test_endings import be_patient, stop_when_queued
from tests.production.test_money import PRICE, THREE, decide
from tests.production.test_plan_money import plan
from tests.stage import Stage, when


def line(made: Plan, shot: str) -> PlanLine:
    return next(found for found in made.lines if found.shot == shot)


def test_a_sheet_in_every_state_is_told_state_by_state(open_stage: OpenStage) -> None:
    rules = (
        when("gull", FailJob(message="no gulls today")),
        when("whale", LoseAnswer()),
        when("fog", Stuck(where="in_progress")),
    )
    with open_stage(*rules) as stage:
        be_patient(stage, soft_s=0.1, hard_s=3.0)
        first = {"same": "Sun.", "edited": "Rain.", "gone": "Snow.", "more": "Hail."}
        stage.write_sheet(first | {"failed": "A gull.", "lost": "A whale.", "parked": "Dense fog."})
        stage.film()
        (stage.folder / "bad.png").write_bytes(b"no picture")
        kept = [{"shot": s, "prompt": p} for s, p in first.items() if s != "gone"]
        kept[1]["prompt"] = "Drizzle."
        rows: list[dict[str, Any]] = [
            *kept[:2],
            kept[2] | {"takes": 3},
            {"shot": "failed", "prompt": "A gull."},
            {"shot": "lost", "prompt": "A whale."},
            {"shot": "parked", "prompt": "Dense fog."},
            {"shot": "fresh", "prompt": "Frost."},
            {"shot": "framed", "prompt": "Wind.", "first_frame": "bad.png"},
            {"shot": "row", "prompt": ""},
        ]
        stage.write_sheet(rows)

        made = plan(stage)

        assert {found.shot: found.state.value for found in made.lines} == {
            "same": "up to date",
            "edited": "changed",
            "more": "more takes",
            "failed": "failed",
            "lost": "unknown",
            "parked": "parked",
            "fresh": "new",
            "framed": "blocked",
            "row": "blocked",
            "gone": "retired",
        }
        (change,) = line(made, "edited").changes
        assert (change.field, change.old, change.new) == ("prompt", "Rain.", "Drizzle.")
        assert "no gulls today" in line(made, "failed").reason
        assert "ledger adopt lost_t001" in line(made, "lost").advice
        assert "parked since" in line(made, "parked").reason
        assert "bad.png" in line(made, "framed").reason
        assert made.takes_to_buy == 4  # one edited, two more, one fresh
        assert stage.charges() == len(first) + 2  # what the plan has left as it was


def test_a_first_frame_that_was_exchanged_is_a_change(plain_stage: Stage) -> None:
    plain_stage.write_sheet({"sh010": "A boat."})
    plain_stage.film()
    frame = plain_stage.folder / "frame.png"
    frame.write_bytes(frame.read_bytes() + b"\0")

    (change,) = plan(plain_stage).lines[0].changes

    assert change.old != change.new
    assert change.old.startswith("sha256:")


def test_a_request_that_two_shots_share_is_counted_once(plain_stage: Stage) -> None:
    rows: list[dict[str, Any]] = [
        {"shot": "sh010", "prompt": "A boat."},
        {"shot": "sh020", "prompt": "A boat.", "takes": 2, "priority": 5},
        {"shot": "sh030", "prompt": "A gull."},
    ]
    plain_stage.write_sheet(rows)

    made = plan(plain_stage)
    plain_stage.film()

    assert made.takes_to_buy == plain_stage.charges() == 3
    assert made.estimate_usd == pytest.approx(3 * PRICE)
    shared = line(made, "sh010")
    assert (shared.takes_to_buy, shared.takes_shared) == (0, 1)
    assert "asks for the same as sh020" in shared.reason


def test_a_shared_request_that_one_shot_may_not_pay_for_is_paid_for_by_the_other(
    plain_stage: Stage,
) -> None:
    rows: list[dict[str, Any]] = [
        {"shot": "sh010", "prompt": "A boat.", "max_cost_usd": "0.01", "priority": 5},
        {"shot": "sh020", "prompt": "A boat."},
    ]
    plain_stage.write_sheet(rows)

    made = plan(plain_stage)

    assert line(made, "sh010").takes_stopped == 1
    assert line(made, "sh020").takes_to_buy == 1


def test_a_take_that_was_cancelled_is_new_and_not_changed(open_stage: OpenStage) -> None:
    with open_stage(when("boat", Pace(queue_s=60.0))) as stage:
        stage.write_sheet({"sh010": "A boat."})
        stop_when_queued(stage)

        (found,) = plan(stage).lines

        assert (found.state, found.takes_to_buy) == (ShotStatus.NEW, 1)
        assert "sh010_t001 was cancelled at the service" in found.reason


def test_what_cannot_be_cancelled_is_in_flight_and_says_so(open_stage: OpenStage) -> None:
    vain = OddCancel(answer="not_cancellable", takes_effect=False)
    with open_stage(when("boat", vain, Pace(queue_s=60.0))) as stage:
        stage.write_sheet({"sh010": "A boat."})
        stop_when_queued(stage)

        (found,) = plan(stage).lines
        stage.write_sheet({"sh010": "A boat, at night."})
        (edited,) = plan(stage).lines
        stage.write_sheet({"sh020": "A gull."})

        assert (found.state, found.takes_to_buy) == (ShotStatus.IN_FLIGHT, 0)
        assert "sh010_t001 (not cancellable" in found.reason
        assert edited.state is ShotStatus.CHANGED
        assert "paid for as the row was before, not downloaded: sh010_t001" in edited.reason
        assert "seedance collect" in edited.advice
        retired = line(plan(stage), "sh010")
        assert retired.state is ShotStatus.RETIRED
        assert "seedance collect" in retired.advice


# -- who gets the last money -----------------------------------------------------------------------


@pytest.mark.parametrize("_round", range(3))
def test_the_most_urgent_shots_get_the_last_money_exactly(plain_stage: Stage, _round: int) -> None:
    decide(plain_stage, "[budget]\nper_run_usd = 0.20\n")  # for four takes
    urgent = {"sh007": 9, "sh003": 8, "sh011": 7, "sh000": 6}
    rows = [
        {"shot": f"sh{n:03}", "prompt": f"Shot {n}.", "priority": urgent.get(f"sh{n:03}", 0)}
        for n in range(12)
    ]
    plain_stage.write_sheet(rows)

    planned = {found.shot for found in plan(plain_stage).lines if found.takes_to_buy}
    outcome = plain_stage.film()

    assert set(outcome.done) == planned == set(urgent)
    assert {f.kind for f in outcome.failed.values()} == {"budget_spent"}
    assert plain_stage.charges() == 4


def test_among_equals_the_sheets_order_decides(plain_stage: Stage) -> None:
    decide(plain_stage, "[budget]\ntotal_usd = 0.10\n")
    plain_stage.write_sheet(THREE)

    assert plain_stage.film().done == ["sh010", "sh020"]


# -- how long --------------------------------------------------------------------------------------


def test_without_a_history_no_time_is_made_up(plain_stage: Stage) -> None:
    plain_stage.write_sheet(THREE)

    made = plan(plain_stage)

    assert (made.expected_s, made.expected_from) == (None, NO_HISTORY)


def test_the_time_comes_from_the_ledgers_history(open_stage: OpenStage) -> None:
    with open_stage(service_s=1.0) as stage:
        stage.write_sheet({"sh010": "A boat."})
        stage.film()
        assert (plan(stage).expected_s, plan(stage).expected_from) == (0.0, "nothing to wait for")

        stage.write_sheet({"sh010": "A boat.", "sh020": "A gull."})
        made = plan(stage)

        (usual,) = (take.service_time_s for take in stage.takes())
        assert made.expected_s == pytest.approx(usual)
        assert made.expected_from == "by the median of 1 earlier takes"


def test_what_is_in_flight_is_waited_for_too(open_stage: OpenStage) -> None:
    with open_stage(when("slow", Pace(service_s=60.0)), service_s=1.0) as stage:
        stage.write_sheet({"sh010": "A boat.", "sh020": "A slow gull."})
        with stage.line_thread() as line_thread:
            for event in line_thread.events():
                if isinstance(event, TakeOrdered | TakeQueued) and len(stage.requests()) == 2:
                    break
            line_thread.stop(cancel_queued=False)
        stage.film(shots=["sh010"])

        made = plan(stage)

        (usual,) = (t.service_time_s for t in stage.takes() if t.service_time_s is not None)
        assert made.takes_to_buy == 0
        assert made.expected_s is not None
        assert 0 <= made.expected_s <= usual


NOW = datetime(2026, 1, 2, 10, 0, tzinfo=UTC)


def past(seconds: float, **inputs: object) -> Take:
    """A take that took so long."""
    request = {"resolution": "480p", "duration": 5, "prompt": "x"} | inputs
    unset = dict.fromkeys(Take.__dataclass_fields__)
    facts = {"model_id": MODEL, "request": request, "state": TakeState.MEASURED}
    times = {"submitted_at": NOW - timedelta(seconds=seconds), "succeeded_at": NOW}
    return Take(**(unset | facts | times))  # type: ignore[arg-type]


def order(**inputs: object) -> tuple[str, dict[str, object]]:
    return MODEL, {"resolution": "480p", "duration": 5} | inputs


LANES = {
    "one after the other": ([order()] * 3, 1, 30.0),
    "side by side": ([order()] * 3, 3, 10.0),
    "more lanes than takes": ([order()] * 3, 16, 10.0),
    "in two rounds": ([order()] * 3, 2, 20.0),
    "the longest go first": ([order()] * 2 + [order(duration=12)], 2, 40.0),
}


@pytest.mark.parametrize(("orders", "lanes", "expected"), LANES.values(), ids=LANES)
def test_concurrency_is_taken_into_account(
    orders: list[tuple[str, dict[str, Any]]], lanes: int, expected: float
) -> None:
    history = History.of([past(9), past(10), past(500), past(40, duration=12)])
    history_of_three = History.of([past(9), past(10), past(11), past(40, duration=12)])

    told = history_of_three.forecast(orders, [], lanes=lanes, now=NOW)

    assert told.expected_s == expected
    # the median does not follow one take that lay for long
    assert history.forecast(orders, [], lanes=lanes, now=NOW).expected_s == expected


def test_a_kind_without_a_history_borrows_the_models_and_says_so() -> None:
    told = History.of([past(10)]).forecast([order(resolution="720p")], [], lanes=1, now=NOW)

    assert told.expected_s == 10
    assert "some of another resolution or duration" in told.basis


def test_a_model_without_a_history_has_no_time() -> None:
    told = History.of([past(10)]).forecast([("other/model", {})], [], lanes=1, now=NOW)

    assert (told.expected_s, told.basis) == (None, NO_HISTORY)


def test_a_plan_of_a_retake_says_what_it_buys(plain_stage: Stage) -> None:
    plain_stage.write_sheet({"sh010": "A boat."})
    plain_stage.film()

    assert plan(plain_stage, retake="softer light").takes_to_buy == 1
    assert plan(plain_stage, takes=3).takes_to_buy == 2
    assert plan(plain_stage).takes_to_buy == 0
