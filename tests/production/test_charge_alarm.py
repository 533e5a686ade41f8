"""A charge that nobody expected is told and stops orders; one that cannot be is refused."""

import json

from seedance_assets.core.notice import RunOutcome
from seedance_assets.emulator.jobs.scenario import OddCost
from seedance_assets.production.events import MoneyNotice
from seedance_assets.production.run_notice import Production, RunEnd, run_notice
from tests.command import Command
from tests.conftest import OpenStage
from tests.stage import SETTINGS, Outcome, when

ONE_AT_A_TIME = SETTINGS.replace("in_flight = 16", "in_flight = 1")
SHOTS = {"sh010": "spike", "sh020": "A gull.", "sh030": "A boat."}


def sentences(outcome: Outcome) -> str:
    return " ".join(e.sentence for e in outcome.events if isinstance(e, MoneyNotice))


def test_a_charge_of_many_times_its_estimate_is_told_and_stops_further_orders(
    open_stage: OpenStage,
) -> None:
    with open_stage(when("spike", OddCost(usd=40_500.0))) as stage:
        (stage.folder / "production.toml").write_text(ONE_AT_A_TIME)
        stage.write_sheet(SHOTS)

        outcome = stage.film()

        assert outcome.done == ["sh010"]
        assert "40500.00 USD" in sentences(outcome)
        assert {failure.kind for failure in outcome.failed.values()} == {"budget_spent"}
        assert "its estimate" in outcome.failed["sh020"].reason
        assert len(stage.orders()) == 1
        (take,) = stage.takes()
        assert take.cost_usd == 40_500.0
        notice = run_notice(
            Production("A test", "live", "report"),
            RunEnd("r1", RunOutcome.SUCCESS),
            [take],
            9,
            is_abandoned=lambda _: False,
        )
        assert "40500.00 USD" in notice.sentence


def test_charges_that_have_passed_a_cap_are_told(open_stage: OpenStage) -> None:
    with open_stage(when("spike", OddCost(usd=0.2))) as stage:
        (stage.folder / "production.toml").write_text(
            ONE_AT_A_TIME + "[budget]\ntotal_usd = 0.15\n"
        )
        stage.write_sheet(SHOTS)

        outcome = stage.film()

        assert "charges have passed `total_usd`" in sentences(outcome)
        assert len(stage.orders()) == 1


def test_a_charge_that_cannot_be_is_refused_and_told(
    open_stage: OpenStage, seedance: Command
) -> None:
    with open_stage(when("spike", OddCost(usd=1e308))) as stage:
        stage.write_sheet({"sh010": "spike"})

        facts = seedance(
            "produce", stage.sheet, "--yes", "--json", "--takes", "2", **stage.environ
        ).json

        assert facts["succeeded"] == 1
        assert any("impossible" in notice for notice in facts["notices"])
        assert [take.cost_usd for take in stage.takes()] == [None, None]
        assert facts["cost_usd"] < 1
        json.dumps(facts, allow_nan=False)
