"""Three thresholds of a budget: warn, stop buying, cancel what is queued."""

from typing import Any

import pytest

from seedance_assets.core.budget import BudgetSettings, Span, Spending
from seedance_assets.core.errors import SettingsRefused
from seedance_assets.core.take import TakeState
from seedance_assets.emulator.jobs.scenario import Habits, LateCost, OddCancel, Pace, SlowAnswer
from seedance_assets.production.events import TakeOrdered, TakeQueued
from seedance_assets.wiring import read_production
from tests.conftest import OpenStage
from tests.production.test_money import PRICE, decide, notices
from tests.production.test_plan_money import plan
from tests.stage import SETTINGS, Outcome, Stage, when

# a take costs 0.4871 instead of 0.0487, and nobody has said so before
TEN_TIMES = {"usd_per_million_tokens_silent": 12.0, "habits": Habits(price="absent")}
FOUR = {f"sh0{n}0": f"Shot {n}." for n in range(1, 5)}
FIRST_RUNS = {"slots": 1, "service_s": 1.5}
HELD = [when(shot, Pace(queue_s=30.0)) for shot in ("Shot 3", "Shot 4")]
"""Two that are still queued when the charge of the first is known, however slow the machine."""


def states(stage: Stage) -> dict[str, TakeState]:
    return {take.shot: take.state for take in stage.takes()}


def film_in_order(stage: Stage, limits: str) -> Outcome:
    """Four shots, the first the most urgent."""
    decide(stage, f"[budget]\n{limits}\n")
    urgent = {shot: 9 - n for n, shot in enumerate(FOUR)}
    rows = [{"shot": s, "prompt": p, "priority": urgent[s]} for s, p in FOUR.items()]
    stage.write_sheet(rows)
    return stage.film()


def test_buying_stops_at_its_share_of_a_cap(plain_stage: Stage) -> None:
    outcome = film_in_order(plain_stage, "total_usd = 0.20\nstop_at = 0.5")

    assert plain_stage.charges() == 2
    (refused, _) = outcome.failed.values()
    assert "left up to 50%, where buying stops" in refused.reason
    assert plan(plain_stage).caps[0].left_usd == pytest.approx(0.1 - 2 * PRICE, abs=1e-4)


def test_charges_above_their_estimates_cancel_what_is_still_queued(open_stage: OpenStage) -> None:
    with open_stage(*HELD, **TEN_TIMES, **FIRST_RUNS) as stage:
        outcome = film_in_order(stage, "total_usd = 0.30\ncancel_at = 1.0")

        found = states(stage)
        assert sorted(found.values()) == ["cancelled", "cancelled", "measured", "measured"]
        assert stage.charges() == 2  # the first, and the one that had begun by then
        for failure in outcome.failed.values():
            assert failure.kind == "budget_spent"
            assert "was cancelled while it was queued" in failure.reason
            assert "`total_usd`" in failure.reason
            assert "this take was not charged" in failure.advice
        cancelled = [t for t in stage.takes() if t.state is TakeState.CANCELLED]
        last = stage.history(cancelled[0].name)[-1]
        assert last.cause == (
            "cancelled because charges have passed `total_usd` of the budget, confirmed"
        )
        assert any("what is queued is cancelled" in said for said in notices(outcome))


def test_without_the_threshold_nothing_is_cancelled(open_stage: OpenStage) -> None:
    with open_stage(**TEN_TIMES, slots=1, service_s=0.1) as stage:
        outcome = film_in_order(stage, "total_usd = 0.30")

        assert outcome.done == sorted(FOUR)
        assert stage.charges() == 4


def test_no_more_is_cancelled_than_brings_the_cap_below_its_threshold(
    open_stage: OpenStage,
) -> None:
    rules = (when("Shot 1", Pace(service_s=1.0)), when("Shot", Pace(queue_s=600.0)))
    with open_stage(*rules, **TEN_TIMES) as stage:
        patience = "[patience]\nsoft_timeout_s = 60.0\nhard_timeout_s = 90.0\n"
        decide(stage, f"[budget]\ntotal_usd = 0.70\ncancel_at = 1.0\n{patience}")
        rows = [
            {"shot": s, "prompt": p, "priority": 9 - n, "generate_audio": "true" if n else "false"}
            for n, (s, p) in enumerate(FOUR.items())
        ]
        stage.write_sheet(rows)

        # only the first is silent and costs more than its estimate; once it is charged, 0.4871 is
        # spent and 3 × 0.0974 is reserved: to cancel one is enough
        outcome, held = Outcome([]), True
        with stage.line_thread() as line_thread:
            for event in line_thread.events():
                outcome.events.append(event)
                if held and outcome.failed and isinstance(event, TakeQueued):
                    held = False  # one is cancelled, and another seen in the queue after that
                    stage.clock.let_time_pass(700.0)

        assert outcome.done == ["sh010", "sh020", "sh030"]
        assert states(stage)["sh040"] is TakeState.CANCELLED  # the least urgent
        assert "0.4871 USD is spent, 0.2922 USD reserved" in outcome.failed["sh040"].reason


def test_estimates_that_hold_never_cancel(open_stage: OpenStage) -> None:
    with open_stage(slots=1, service_s=0.1) as stage:
        outcome = film_in_order(stage, f"total_usd = {4 * PRICE + 0.001}\ncancel_at = 1.0")

        assert outcome.done == sorted(FOUR)


def test_what_runs_is_not_even_asked_to_be_cancelled(open_stage: OpenStage) -> None:
    with open_stage(**TEN_TIMES, slots=4, service_s=2.0) as stage:
        stage_rules = film_in_order(stage, "total_usd = 0.30\ncancel_at = 1.0")

        assert stage_rules.done == sorted(FOUR)
        assert all(take.cancel_refused_at is None for take in stage.takes())


def test_a_queued_take_that_cannot_be_cancelled_is_remembered_and_collected(
    open_stage: OpenStage,
) -> None:
    vain = OddCancel(answer="not_cancellable", takes_effect=False)
    rules = (when("Shot 4", vain, Pace(queue_s=15.0)), when("Shot", vain))
    with open_stage(*rules, **TEN_TIMES, slots=1, service_s=0.7) as stage:
        outcome = film_in_order(stage, "total_usd = 0.30\ncancel_at = 1.0")

        assert outcome.done == sorted(FOUR)
        refused = [t for t in stage.takes() if t.cancel_refused_at is not None]
        assert refused
        causes = [line.cause for line in stage.history(refused[0].name)]
        assert any("not cancellable (because charges have passed" in cause for cause in causes)


def test_a_charge_that_is_told_late_pulls_the_brake_too(open_stage: OpenStage) -> None:
    late = when("Shot 1", LateCost(after_s=0.0))
    with open_stage(late, *HELD, **TEN_TIMES, **FIRST_RUNS) as stage:
        film_in_order(stage, "total_usd = 0.30\ncancel_at = 1.0")

        assert list(states(stage).values()).count(TakeState.CANCELLED) == 2


def test_once_the_threshold_is_passed_a_run_buys_no_more(open_stage: OpenStage) -> None:
    """Though the take that was cancelled has made room for a cheaper one."""
    with open_stage(when("gull", Pace(queue_s=60.0)), **TEN_TIMES, service_s=0.5) as stage:
        two_at_once = SETTINGS.replace("in_flight = 16", "in_flight = 2")
        (stage.folder / "production.toml").write_text(
            f"{two_at_once}[budget]\ntotal_usd = 0.60\ncancel_at = 1.0\n", encoding="utf-8"
        )
        rows: list[dict[str, Any]] = [
            {"shot": "sh010", "prompt": "A boat.", "priority": 3},
            {"shot": "sh020", "prompt": "A gull.", "priority": 2, "duration": 12},
            {"shot": "sh030", "prompt": "Night."},
        ]
        stage.write_sheet(rows)

        outcome = stage.film()

        assert states(stage) == {"sh010": TakeState.MEASURED, "sh020": TakeState.CANCELLED}
        assert "charges above their estimates" in outcome.failed["sh030"].reason
        assert stage.charges() == 1


def test_a_take_that_was_on_its_way_to_the_queue_is_cancelled_too(open_stage: OpenStage) -> None:
    on_its_way = when("gull", SlowAnswer(delay_s=1.5), Pace(queue_s=60.0))
    with open_stage(on_its_way, **TEN_TIMES) as stage:
        decide(stage, "[budget]\ntotal_usd = 0.30\ncancel_at = 1.0\n")
        stage.write_sheet({"sh010": "A boat.", "sh020": "A gull."})

        stage.film()

        assert states(stage) == {"sh010": TakeState.MEASURED, "sh020": TakeState.CANCELLED}
        assert stage.charges() == 1


SPANS = {
    "another shot": ("per_shot_usd = 0.3", 0),
    "this run": ("per_run_usd = 0.3", 2),
    "this day": ("per_day_usd = 0.3", 2),
}


@pytest.mark.parametrize(("limits", "cancelled"), SPANS.values(), ids=SPANS)
def test_only_what_counts_under_the_cap_is_cancelled(
    open_stage: OpenStage, limits: str, cancelled: int
) -> None:
    held = HELD if cancelled else []
    with open_stage(*held, **TEN_TIMES, **FIRST_RUNS) as stage:
        film_in_order(stage, f"{limits}\ncancel_at = 1.0")

        assert list(states(stage).values()).count(TakeState.CANCELLED) == cancelled


def test_a_run_that_may_not_buy_cancels_nothing(open_stage: OpenStage) -> None:
    with open_stage(**TEN_TIMES, service_s=3600.0) as stage:
        decide(stage, "[budget]\ntotal_usd = 0.30\ncancel_at = 1.0\n")
        stage.write_sheet(FOUR)
        with stage.line_thread() as line_thread:
            ordered = (e for e in line_thread.events() if isinstance(e, TakeOrdered))
            for _ in FOUR:
                next(ordered)
            line_thread.stop(cancel_queued=False)
        stage.clock.let_time_pass()

        assert stage.film(buy=False).done == sorted(FOUR)


def test_the_thresholds_usual_values() -> None:
    usual = BudgetSettings()

    assert (usual.warn_at, usual.stop_at, usual.cancel_at) == (0.8, 1.0, None)


@pytest.mark.parametrize(("spent", "passed"), [(9.0, False), (9.01, True)])
def test_a_threshold_is_passed_only_beyond_it(spent: float, passed: bool) -> None:
    budget = BudgetSettings(total_usd=10, stop_at=0.9, cancel_at=0.9).for_purchase()

    (cap_usage,) = budget.cap_usages({Span.ALL: Spending(spent_usd=spent)})

    assert cap_usage.passed is passed


BAD = {
    "before buying stops": ("stop_at = 0.9\ncancel_at = 0.8", "cancel_at.*must not be below"),
    "no share": ("stop_at = 90", "budget.stop_at"),
    "nothing": ("cancel_at = 0", "budget.cancel_at"),
}


@pytest.mark.parametrize(("settings", "says"), BAD.values(), ids=BAD)
def test_a_bad_threshold_is_named_by_its_key(plain_stage: Stage, settings: str, says: str) -> None:
    decide(plain_stage, f"[budget]\n{settings}\n")
    plain_stage.write_sheet({"sh010": "A boat."})

    with pytest.raises(SettingsRefused, match=says):
        read_production(plain_stage.sheet)
