"""The command says what the budget allows, asks above a sum, and keeps the limit of a run."""

import pytest

from seedance_assets.cli.produce import _ask
from seedance_assets.core.assessment import ShotStatus
from seedance_assets.core.errors import UsageError
from seedance_assets.core.scope import Scope
from seedance_assets.emulator.jobs.scenario import Habits, Scenario
from seedance_assets.production.planning.plan import Plan, PlanLine
from tests.command import Command
from tests.conftest import OpenStage
from tests.production.test_money import FROM_CATALOGUE, THREE, decide
from tests.stage import Stage

LIVE = Scope("runcomfy", "https://service.example/v1")
EMULATED = Scope("runcomfy", "http://127.0.0.1:8190/v1")


def test_produce_keeps_the_limit_of_one_run(seedance: Command, plain_stage: Stage) -> None:
    plain_stage.write_sheet(THREE)

    said = seedance(
        "produce", plain_stage.sheet, "--max-cost", "0.10", "--json", **plain_stage.environ
    )

    facts = said.json
    assert said.code == 1
    assert (facts["purchased"], facts["failed"]) == (2, 1)
    assert facts["failures"][0]["kind"] == "budget_spent"
    assert "--max-cost" in facts["failures"][0]["what_to_do"]
    assert any("running low" in notice for notice in facts["notices"])
    assert "1 take stopped by the budget" in said.err
    assert plain_stage.charges() == 2


def test_a_limit_that_is_no_sum_is_a_usage_error(seedance: Command, plain_stage: Stage) -> None:
    plain_stage.write_sheet(THREE)

    for word in ("nan", "inf", "-1", "much"):
        said = seedance("produce", plain_stage.sheet, "--max-cost", word, **plain_stage.environ)
        assert said.code == 64
        assert "--max-cost" in said.err


def test_the_plan_shows_what_the_budget_allows(seedance: Command, plain_stage: Stage) -> None:
    decide(plain_stage, "[budget]\ntotal_usd = 0.10\n")
    plain_stage.write_sheet(THREE)

    shown = seedance("plan", plain_stage.sheet, **plain_stage.environ)
    facts = seedance("plan", plain_stage.sheet, "--json", **plain_stage.environ).json

    assert "total_usd: 0.10 USD in all, of which 0.00 USD is spent" in shown.out
    assert "1 take stopped by the budget" in shown.out
    assert (facts["takes_to_buy"], facts["takes_stopped"]) == (2, 1)
    assert facts["caps"][0]["left_usd"] == 0.1


def test_an_unknown_price_is_bought_at_only_if_told_so(
    seedance: Command, open_stage: OpenStage
) -> None:
    with open_stage(scenario=Scenario(habits=Habits(price="absent"))) as stage:
        decide(stage, FROM_CATALOGUE)
        stage.write_sheet({"sh010": "A boat."})

        refused = seedance("produce", stage.sheet, "--json", **stage.environ)
        assert refused.json["failures"][0]["kind"] == "price_unknown"
        assert stage.charges() == 0

        told = seedance("produce", stage.sheet, "--accept-unknown-cost", "--json", **stage.environ)
        assert told.json["succeeded"] == 1
        assert "at an unknown price" in told.err


def test_an_account_that_is_too_low_is_said_clearly(
    seedance: Command, open_stage: OpenStage
) -> None:
    with open_stage(balance_usd=-4.83) as stage:
        stage.write_sheet({"sh010": "A boat."})

        said = seedance("produce", stage.sheet, "--json", **stage.environ)

        failure = said.json["failures"][0]
        assert failure["kind"] == "balance_too_low"
        assert "the account holds -4.83 USD" in failure["reason"]
        assert "Top up" in failure["what_to_do"]


def test_the_plan_tells_time_shares_and_counts_as_text_and_as_json(
    seedance: Command, plain_stage: Stage
) -> None:
    plain_stage.write_sheet({"sh010": "A boat.", "sh020": "A boat."})
    first = seedance("plan", plain_stage.sheet, **plain_stage.environ)
    plain_stage.film()
    plain_stage.write_sheet({"sh010": "A boat.", "sh030": "A gull."})
    facts = seedance("plan", plain_stage.sheet, "--json", **plain_stage.environ).json

    assert "1 take to buy" in first.out
    assert "time: no history yet" in first.out
    assert "asks for the same as sh010" in first.out
    assert facts["shots"] | {"new": 1, "up to date": 1} == facts["shots"]
    assert facts["takes_shared"] == 0
    assert facts["expected_s"] > 0
    assert facts["expected_from"] == "by the median of 1 earlier takes"


def plan_of(usd: float, *, takes: int = 1, known: bool = True) -> Plan:
    line = PlanLine(shot="sh010", state=ShotStatus.NEW, takes_to_buy=takes, estimate_usd=usd)
    return Plan(
        scope=LIVE.key,
        emulated=False,
        lines=(line,),
        expected_s=None,
        expected_from="no history yet",
        price="",
        price_known=known,
    )


ASKS = {
    "the default asks about any sum": (plan_of(0.01), LIVE, 0.0, False, True),
    "the default asks about a free take": (plan_of(0.0), LIVE, 0.0, False, True),
    "above the sum": (plan_of(5.01), LIVE, 5.0, False, True),
    "not above the sum": (plan_of(5.0), LIVE, 5.0, False, False),
    "an unknown price is never small": (plan_of(0.0, known=False), LIVE, 5.0, False, True),
    "--yes never asks": (plan_of(99.0), LIVE, 0.0, True, False),
    "emulated takes cost nothing": (plan_of(99.0), EMULATED, 0.0, False, False),
    "nothing to buy": (plan_of(0.0, takes=0), LIVE, 0.0, False, False),
}


@pytest.mark.parametrize(("plan", "scope", "above", "yes", "asks"), ASKS.values(), ids=ASKS)
def test_produce_asks_before_a_live_run_spends_more_than_the_sum(
    plan: Plan, scope: Scope, above: float, yes: bool, asks: bool
) -> None:
    if not asks:
        _ask(plan, scope, above, yes=yes)
        return
    with pytest.raises(UsageError, match="no terminal to ask on"):  # a test has no terminal
        _ask(plan, scope, above, yes=yes)


def test_a_retake_is_bought_anew_only_once_its_result_was_reported(
    seedance: Command, plain_stage: Stage
) -> None:
    """The line alone reports nothing, as if the command had been killed before its summary."""
    plain_stage.write_sheet({"sh010": "A boat."})
    plain_stage.film(retake="softer light", run_id="killed")
    again = ("produce", plain_stage.sheet, "--retake", "softer light")

    found = seedance(*again, **plain_stage.environ)
    assert "bought for the same --retake" in found.out
    assert plain_stage.charges() == 1

    assert seedance(*again, **plain_stage.environ).code == 0
    assert plain_stage.charges() == 2
