"""The line spends no more than it was told to, and says why it stops."""

import math
import sqlite3
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from seedance_assets.core.errors import Charge
from seedance_assets.core.money import (
    HigherPrice,
    PriceSettings,
    PriceTable,
    catalogue_price,
    price_source_with,
)
from seedance_assets.core.take import TakeState
from seedance_assets.emulator.jobs.scenario import FailJob, Habits, LateCost, LoseAnswer, Scenario
from seedance_assets.production.events import LineEvent, MoneyNotice, RequestReady, TakeQueued
from tests.conftest import OpenStage
from tests.ledger.conftest import request
from tests.stage import SETTINGS, Outcome, Stage, when

PRICE = 0.0487  # one silent take of 4 s at 864×496, 97 frames, by the usual table
THREE = {"sh010": "A boat drifts.", "sh020": "A gull lands.", "sh030": "Night falls."}


def decide(stage: Stage, settings: str) -> None:
    (stage.folder / "production.toml").write_text(SETTINGS + settings, encoding="utf-8")


def notices(outcome: Outcome) -> list[str]:
    return [e.sentence for e in outcome.events if isinstance(e, MoneyNotice)]


def test_the_price_is_what_these_tests_think(plain_stage: Stage) -> None:
    plain_stage.write_sheet({"sh010": "A boat drifts."})
    plain_stage.film()

    (take,) = plain_stage.takes()
    assert take.estimate_usd == PRICE
    assert take.cost_usd == pytest.approx(PRICE, abs=1e-4)


CAPS = {
    "in all": "total_usd",
    "a day": "per_day_usd",
    "a run": "per_run_usd",
}


@pytest.mark.parametrize("cap", CAPS.values(), ids=CAPS)
def test_a_cap_stops_the_shots_that_do_not_fit_and_the_others_go_on(
    plain_stage: Stage, cap: str
) -> None:
    decide(plain_stage, f"[budget]\n{cap} = 0.10\n")
    plain_stage.write_sheet(THREE)

    outcome = plain_stage.film()

    assert len(outcome.done) == plain_stage.charges() == 2
    (failed,) = outcome.failed.values()
    assert failed.kind == "budget_spent"
    assert cap in failed.reason
    assert cap in failed.advice
    assert "nothing was sent" in failed.advice
    assert len(plain_stage.takes()) == 2


def test_a_new_run_has_a_runs_money_of_its_own(plain_stage: Stage) -> None:
    decide(plain_stage, "[budget]\nper_run_usd = 0.10\n")
    plain_stage.write_sheet(THREE)

    plain_stage.film()

    assert plain_stage.film().done == sorted(THREE)
    assert plain_stage.charges() == 3


def test_the_sheets_own_cap_stops_its_own_shot(plain_stage: Stage) -> None:
    rows = [{"shot": shot, "prompt": prompt} for shot, prompt in THREE.items()]
    plain_stage.write_sheet([*rows[:2], rows[2] | {"max_cost_usd": "0.01"}])

    outcome = plain_stage.film()

    assert outcome.done == ["sh010", "sh020"]
    assert "max_cost_usd of the sheet" in outcome.failed["sh030"].reason


def test_a_shots_cap_counts_its_earlier_takes(plain_stage: Stage) -> None:
    decide(plain_stage, "[budget]\nper_shot_usd = 0.10\n")
    for prompt in ("A boat.", "A red boat."):
        plain_stage.write_sheet({"sh010": prompt, "sh020": "A gull."})
        assert plain_stage.film().done == ["sh010", "sh020"]

    plain_stage.write_sheet({"sh010": "A blue boat.", "sh020": "A gull."})
    outcome = plain_stage.film()

    assert outcome.done == ["sh020"]
    assert "per_shot_usd" in outcome.failed["sh010"].reason
    assert plain_stage.charges() == 3


def test_what_is_paid_for_is_found_though_the_budget_is_spent(plain_stage: Stage) -> None:
    plain_stage.write_sheet(THREE)
    plain_stage.film()
    decide(plain_stage, "[budget]\ntotal_usd = 0\n")

    assert plain_stage.film().done == sorted(THREE)


def test_one_run_can_be_given_a_limit_of_its_own(plain_stage: Stage) -> None:
    plain_stage.write_sheet(THREE)

    outcome = plain_stage.film(max_cost_usd=0.05)

    assert len(outcome.done) == plain_stage.charges() == 1
    assert all("--max-cost" in f.advice for f in outcome.failed.values())


def test_runs_at_the_same_moment_never_overspend_together(plain_stage: Stage) -> None:
    decide(plain_stage, "[budget]\ntotal_usd = 0.15\n")
    plain_stage.write_sheet({f"sh{n:03}": f"Shot {n}." for n in range(8)})

    with ThreadPoolExecutor(3) as hands:
        list(hands.map(lambda _: plain_stage.film(), range(3)))

    assert plain_stage.charges() == 3


def test_a_charge_above_its_estimate_stops_the_next_order(open_stage: OpenStage) -> None:
    dearer = {"usd_per_million_tokens_silent": 12.0, "habits": Habits(price="absent")}
    with open_stage(**dearer) as stage:
        decide(stage, "[budget]\ntotal_usd = 0.30\n")
        stage.write_sheet({"sh010": "A boat."})
        stage.film()

        stage.write_sheet({"sh010": "A boat.", "sh020": "A gull."})
        outcome = stage.film()

        assert outcome.done == ["sh010"]
        assert "0.4871 USD is spent" in outcome.failed["sh020"].reason


def test_a_charge_that_is_never_told_stays_reserved(open_stage: OpenStage) -> None:
    with open_stage(when("boat", LateCost(after_s=math.inf))) as stage:
        decide(stage, "[budget]\ntotal_usd = 0.06\n")
        stage.write_sheet({"sh010": "A boat."})
        assert stage.film().done == ["sh010"]

        stage.write_sheet({"sh010": "A boat.", "sh020": "A gull."})
        assert "0.0487 USD reserved" in stage.film().failed["sh020"].reason


def test_a_lost_answer_keeps_its_money_reserved(open_stage: OpenStage) -> None:
    with open_stage(when("boat", LoseAnswer())) as stage:
        decide(stage, "[budget]\ntotal_usd = 0.06\n")
        stage.write_sheet({"sh010": "A boat."})
        stage.film()

        stage.write_sheet({"sh010": "A boat.", "sh020": "A gull."})
        assert stage.film().failed["sh020"].kind == "budget_spent"


def test_another_try_that_the_budget_stops_leaves_the_failed_take_as_it_was(
    open_stage: OpenStage,
) -> None:
    with open_stage(when("boat", FailJob(), times=1)) as stage:
        stage.write_sheet({"sh010": "A boat."})
        stage.film()
        outcome = stage.film(retry_failed=True, max_cost_usd=0.01)

        assert outcome.failed["sh010"].kind == "budget_spent"
        assert [t.state for t in stage.takes()] == [TakeState.FAILED]
        assert stage.film(retry_failed=True).done == ["sh010"]


def test_a_cap_that_is_nearly_reached_is_said_once(plain_stage: Stage) -> None:
    decide(plain_stage, "[budget]\ntotal_usd = 0.15\nwarn_at = 0.6\n")
    plain_stage.write_sheet(THREE)

    outcome = plain_stage.film()

    assert outcome.done == sorted(THREE)
    (said,) = notices(outcome)
    assert "the budget is running low: `total_usd`" in said


# -- the account ---------------------------------------------------------------------------------


@pytest.mark.parametrize("balance", [0.10, 0.0, -4.83], ids=["low", "empty", "negative"])
def test_a_run_that_the_account_cannot_bear_is_refused_before_its_first_order(
    open_stage: OpenStage, balance: float
) -> None:
    with open_stage(balance_usd=balance) as stage:
        stage.write_sheet(THREE)

        outcome = stage.film()

        assert {f.kind for f in outcome.failed.values()} == {"balance_too_low"}
        assert sorted(outcome.failed) == sorted(THREE)
        reason = outcome.failed["sh010"].reason
        assert "3 takes for about 0.1461 USD" in reason
        assert f"the account holds {balance:.2f} USD" in reason
        assert (stage.charges(), stage.takes()) == (0, [])


def test_no_order_goes_out_before_the_whole_run_is_known(open_stage: OpenStage) -> None:
    with open_stage(balance_usd=40 * PRICE - 0.001) as stage:
        stage.write_sheet({f"sh{n:03}": f"Shot {n}." for n in range(40)})

        outcome = stage.film()

        assert len(outcome.failed) == 40
        assert "40 takes" in outcome.failed["sh000"].reason
        assert stage.charges() == 0


def test_only_what_is_still_to_buy_must_be_on_the_account(open_stage: OpenStage) -> None:
    with open_stage(balance_usd=0.11) as stage:
        stage.write_sheet({"sh010": "A boat."})
        stage.film()
        stage.write_sheet({"sh010": "A boat.", "sh020": "A gull."})

        assert stage.film().done == ["sh010", "sh020"]
        assert stage.film().done == ["sh010", "sh020"]  # nothing to buy, nothing needed


def test_what_is_paid_for_is_collected_though_the_account_is_empty(open_stage: OpenStage) -> None:
    with open_stage(balance_usd=0.05) as stage:
        stage.write_sheet({"sh010": "A boat."})
        stage.film()
        stage.write_sheet({"sh010": "A boat.", "sh020": "A gull."})

        outcome = stage.film()

        assert outcome.done == ["sh010"]
        assert outcome.failed["sh020"].kind == "balance_too_low"


def test_the_account_must_bear_only_as_much_as_the_caps_let_the_run_spend(
    open_stage: OpenStage,
) -> None:
    with open_stage(balance_usd=0.12) as stage:
        stage.write_sheet(THREE)

        outcome = stage.film(max_cost_usd=0.11)

        assert len(outcome.done) == 2
        assert [f.kind for f in outcome.failed.values()] == ["budget_spent"]


def test_a_shot_that_leaves_early_keeps_nobody_waiting(plain_stage: Stage) -> None:
    rows = [{"shot": shot, "prompt": prompt} for shot, prompt in THREE.items()]
    plain_stage.write_sheet([rows[0] | {"first_frame": "gone.png"}, *rows[1:]])

    assert plain_stage.film().done == ["sh020", "sh030"]


def test_a_balance_that_is_not_told_is_only_a_warning(plain_stage: Stage) -> None:
    plain_stage.environ["RUNCOMFY_BALANCE_URL"] = f"{plain_stage.root}/no/such/wallet"
    plain_stage.write_sheet(THREE)

    outcome = plain_stage.film()

    assert outcome.done == sorted(THREE)
    assert any("balance is unknown" in said for said in notices(outcome))


# -- the price -----------------------------------------------------------------------------------

FROM_CATALOGUE = '[price]\nsource = "catalogue"\n'


@pytest.mark.parametrize("habit", ["present", "other_unit"])
def test_the_catalogues_price_is_used_where_it_is_asked_for(
    open_stage: OpenStage, habit: str
) -> None:
    habits = Habits(price=habit)  # type: ignore[arg-type]
    with open_stage(scenario=Scenario(habits=habits)) as stage:
        decide(stage, FROM_CATALOGUE)
        stage.write_sheet({"sh010": "A boat."})

        outcome = stage.film()

        (ready,) = (e for e in outcome.events if isinstance(e, RequestReady))
        (take,) = stage.takes()
        # 480p and silent, the least that the model costs: by the second × 4, or one video of 5 s
        expected = {"present": 0.0482, "other_unit": 0.0607}[habit]
        assert ready.estimate_usd == take.estimate_usd == pytest.approx(expected, abs=1e-3)


def test_nothing_is_bought_at_an_unknown_price(open_stage: OpenStage) -> None:
    with open_stage(scenario=Scenario(habits=Habits(price="absent"))) as stage:
        decide(stage, FROM_CATALOGUE)
        stage.write_sheet({"sh010": "A boat.", "sh020": "A gull."})

        outcome = stage.film()

        assert {f.kind for f in outcome.failed.values()} == {"price_unknown"}
        assert "gives no price" in outcome.failed["sh010"].reason
        assert "--accept-unknown-cost" in outcome.failed["sh010"].advice
        assert (stage.charges(), stage.takes()) == (0, [])


def test_an_unknown_price_can_be_accepted_and_settles_as_soon_as_it_is_told(
    open_stage: OpenStage,
) -> None:
    with open_stage(scenario=Scenario(habits=Habits(price="absent"))) as stage:
        decide(stage, FROM_CATALOGUE + "[budget]\ntotal_usd = 0.04\n")
        stage.write_sheet({"sh010": "A boat."})
        assert stage.film(accept_unknown_cost=True).done == ["sh010"]
        (take,) = stage.takes()
        assert take.estimate_usd is None
        assert take.cost_usd == pytest.approx(PRICE, abs=1e-4)

        stage.write_sheet({"sh010": "A boat.", "sh020": "A gull."})
        outcome = stage.film(accept_unknown_cost=True)
        assert "a take of unknown cost would pass" in outcome.failed["sh020"].reason


def test_an_unknown_price_on_an_empty_account_is_refused_though_accepted(
    open_stage: OpenStage,
) -> None:
    habits = Scenario(habits=Habits(price="absent"))
    with open_stage(scenario=habits, balance_usd=0.0) as stage:
        decide(stage, FROM_CATALOGUE)
        stage.write_sheet({"sh010": "A boat."})

        outcome = stage.film(accept_unknown_cost=True)

        assert outcome.failed["sh010"].kind == "balance_too_low"


def test_rates_that_somebody_wrote_down_stand_in_for_a_silent_catalogue(
    open_stage: OpenStage,
) -> None:
    with open_stage(scenario=Scenario(habits=Habits(price="absent"))) as stage:
        decide(stage, FROM_CATALOGUE + "usd_per_million_tokens_silent = 2.4\n")
        stage.write_sheet({"sh010": "A boat."})

        assert stage.film().done == ["sh010"]
        assert stage.takes()[0].estimate_usd == pytest.approx(2 * PRICE, abs=1e-4)


UNITS = {
    "second": (0.05, "second", 0.25),
    "upper case": (0.05, " Second ", 0.25),
    "output": (0.3, "output", 0.3),
    "video": (0.3, "video", 0.3),
    "free": (0.0, "video", 0.0),
    "image": (0.3, "image", None),
    "no unit": (0.3, None, None),
    "no price": (None, "second", None),
}


@pytest.mark.parametrize(("price", "unit", "estimate"), UNITS.values(), ids=UNITS)
def test_a_price_counts_only_in_a_unit_that_is_understood(
    price: float | None, unit: str | None, estimate: float | None
) -> None:
    assert catalogue_price(price, unit).estimate_usd(request(duration=5)) == estimate


def test_a_table_nobody_wrote_down_does_not_stand_in_for_the_catalogue() -> None:
    silent = catalogue_price(None, None)

    assert price_source_with(PriceSettings(source="catalogue"), silent) is silent
    written = PriceSettings(source="catalogue", usd_per_million_tokens_silent=1.0)
    assert price_source_with(written, silent) is written
    assert PriceSettings().estimate_usd(request()) == PriceTable().estimate_usd(request())


def test_a_late_cancel_that_is_charged_counts_against_the_budget(open_stage: OpenStage) -> None:
    """The service cancels a job by itself and bills it: the shot may not be bought past the cap."""
    with open_stage(queue_s=600.0) as stage:
        decide(stage, "[budget]\ntotal_usd = 0.06\n")
        stage.write_sheet({"sh010": "A boat."})
        with stage.line_thread() as line_thread:
            outcome = Outcome(list(_cancelled_by_the_service(stage, line_thread.events())))

        failure = outcome.failed["sh010"]
        assert (failure.kind, failure.charge) == ("generation_cancelled", Charge.CHARGED)
        (take,) = stage.takes()
        assert take.state is TakeState.CANCELLED
        assert take.cost_usd == pytest.approx(PRICE, abs=1e-4)
        assert stage.film().failed["sh010"].kind == "budget_spent"
        assert stage.charges() == 1


def _cancelled_by_the_service(stage: Stage, events: Iterable[LineEvent]) -> Iterator[LineEvent]:
    for event in events:
        if isinstance(event, TakeQueued):
            (state,) = (stage.folder / "emulator-state").glob("*.db")
            with closing(sqlite3.connect(state)) as jobs, jobs:
                jobs.execute(
                    "UPDATE jobs SET state = 'cancelled', charged = 1, finished_at = accepted_at"
                )
        yield event


def test_the_dearer_of_table_and_catalogue_is_reserved_and_told(open_stage: OpenStage) -> None:
    """By the clip the catalogue asks for more than the table: 5 s at the least."""
    with open_stage(scenario=Scenario(habits=Habits(price="other_unit"))) as stage:
        decide(stage, "[budget]\ntotal_usd = 0.11\n")
        stage.write_sheet({"sh010": "A boat.", "sh020": "A gull."})

        outcome = stage.film()

        assert [take.estimate_usd for take in stage.takes()] == [0.0608]
        assert len(outcome.done) == stage.charges() == 1
        assert sum("the dearer one is reserved" in said for said in notices(outcome)) == 1


def test_the_table_stays_where_it_is_the_dearer_one_or_the_catalogue_says_nothing() -> None:
    table, asked = PriceSettings(), request(duration=5)
    for found in (catalogue_price(0.0001, "second"), catalogue_price(None, None)):
        price_source = price_source_with(table, found)
        assert price_source.estimate_usd(asked) == table.estimate_usd(asked)
    dearer = price_source_with(table, catalogue_price(1.0, "second"))
    assert isinstance(dearer, HigherPrice)
    assert dearer.estimate_usd(asked) == 5.0
