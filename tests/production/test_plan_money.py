"""The plan says what the budget would let a run do, and the run does just that."""

from typing import Any

import pytest

from seedance_assets.core.assessment import ShotStatus
from seedance_assets.core.errors import SettingsRefused
from seedance_assets.core.run_options import RunOptions
from seedance_assets.emulator.jobs.scenario import FailJob, Habits, Scenario
from seedance_assets.production.planning.plan import Plan
from seedance_assets.wiring import open_production, plan_production, read_production
from tests.conftest import OpenStage
from tests.production.test_money import FROM_CATALOGUE, PRICE, THREE, decide
from tests.stage import Stage, when


def plan(stage: Stage, **options: Any) -> Plan:
    shot_list, settings = read_production(stage.sheet)
    environment = stage.environment
    with open_production(environment, settings) as production:
        return plan_production(environment, production, shot_list, options=RunOptions(**options))


def stopped(made: Plan) -> dict[str, int]:
    return {line.shot: line.takes_stopped for line in made.lines if line.takes_stopped}


def test_the_plan_stops_what_the_run_stops(plain_stage: Stage) -> None:
    decide(plain_stage, "[budget]\ntotal_usd = 0.10\n")
    plain_stage.write_sheet(THREE)

    made = plan(plain_stage)
    outcome = plain_stage.film()

    assert (made.takes_to_buy, made.takes_stopped) == (2, 1)
    assert made.estimate_usd == pytest.approx(2 * PRICE)
    assert len(outcome.done) == made.takes_to_buy
    (line,) = (line for line in made.lines if line.takes_stopped)
    assert "total_usd" in line.reason
    assert "production.toml" in line.advice


def test_the_most_urgent_shot_is_granted_the_last_money(plain_stage: Stage) -> None:
    decide(plain_stage, "[budget]\nper_run_usd = 0.05\n")
    rows = [{"shot": shot, "prompt": prompt} for shot, prompt in THREE.items()]
    plain_stage.write_sheet([*rows[:2], rows[2] | {"priority": "5"}])

    assert stopped(plan(plain_stage)) == {"sh010": 1, "sh020": 1}


def test_of_a_shots_takes_those_that_fit_are_planned(plain_stage: Stage) -> None:
    row = {"shot": "sh010", "prompt": "A boat.", "takes": 3, "max_cost_usd": "0.10"}
    plain_stage.write_sheet([row])

    (line,) = plan(plain_stage).lines

    assert (line.takes_to_buy, line.takes_stopped) == (2, 1)
    assert "max_cost_usd of the sheet" in line.reason


def test_the_plan_says_what_is_spent_reserved_and_left_under_each_cap(plain_stage: Stage) -> None:
    decide(plain_stage, "[budget]\nper_run_usd = 1.0\nper_day_usd = 0.06\ntotal_usd = 5.0\n")
    plain_stage.write_sheet({"sh010": "A boat."})
    plain_stage.film()

    made = plan(plain_stage)

    assert made.spent_usd == pytest.approx(PRICE, abs=1e-4)
    assert made.reserved_usd == 0
    caps = {cap.name: cap for cap in made.caps}
    assert list(caps) == ["per_run_usd", "per_day_usd", "total_usd"]
    assert caps["per_run_usd"].left_usd == 1.0
    assert caps["per_day_usd"].left_usd == pytest.approx(0.06 - PRICE, abs=1e-4)
    assert caps["per_day_usd"].low
    assert not caps["total_usd"].low


def test_the_limit_of_one_run_is_planned_with(plain_stage: Stage) -> None:
    plain_stage.write_sheet(THREE)

    made = plan(plain_stage, max_cost_usd=0.06)

    assert (made.takes_to_buy, made.takes_stopped) == (1, 2)
    assert [cap.name for cap in made.caps] == ["the run's own limit"]


def test_another_try_of_what_failed_is_planned_as_the_purchase_that_it_is(
    open_stage: OpenStage,
) -> None:
    with open_stage(when("boat", FailJob())) as stage:
        stage.write_sheet({"sh010": "A boat."})
        stage.film()

        assert plan(stage).takes_to_buy == 0
        again = plan(stage, retry_failed=True)
        assert again.takes_to_buy == 1
        assert again.lines[0].state is ShotStatus.FAILED
        assert again.estimate_usd == pytest.approx(PRICE)


def test_an_unknown_price_stops_everything_unless_it_is_accepted(open_stage: OpenStage) -> None:
    with open_stage(scenario=Scenario(habits=Habits(price="absent"))) as stage:
        decide(stage, FROM_CATALOGUE)
        stage.write_sheet(THREE)

        made = plan(stage)
        assert not made.price_known
        assert (made.takes_to_buy, made.takes_stopped) == (0, 3)
        assert "gives no price" in made.lines[0].reason

        assert plan(stage, accept_unknown_cost=True).takes_to_buy == 3


def test_the_plan_asks_the_catalogue_where_the_settings_name_it(plain_stage: Stage) -> None:
    decide(plain_stage, FROM_CATALOGUE)
    plain_stage.write_sheet({"sh010": "A boat."})

    made = plan(plain_stage)

    assert "catalogue" in made.price
    assert made.estimate_usd == pytest.approx(0.0482, abs=1e-3)
    assert plain_stage.charges() == 0


BAD = {
    "negative": ("[budget]\ntotal_usd = -1\n", "budget.total_usd"),
    "not a number": ("[budget]\nper_day_usd = nan\n", "budget.per_day_usd"),
    "no share": ("[budget]\nwarn_at = 80\n", "budget.warn_at"),
    "misspelt": ("[budget]\nper_day = 5\n", "did you mean 'per_day_usd'"),
    "no source": ('[price]\nsource = "guess"\n', "price.source"),
}


@pytest.mark.parametrize(("settings", "says"), BAD.values(), ids=BAD)
def test_a_bad_budget_is_named_by_its_key(plain_stage: Stage, settings: str, says: str) -> None:
    decide(plain_stage, settings)
    plain_stage.write_sheet({"sh010": "A boat."})

    with pytest.raises(SettingsRefused, match=says):
        read_production(plain_stage.sheet)
