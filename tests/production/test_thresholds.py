"""Two thresholds of a budget: warn, stop buying."""

import pytest

from seedance_assets.core.budget import BudgetSettings
from seedance_assets.core.errors import SettingsRefused
from seedance_assets.emulator.jobs.scenario import Habits
from seedance_assets.wiring import read_production
from tests.conftest import OpenStage
from tests.production.test_money import PRICE, decide
from tests.production.test_plan_money import plan
from tests.stage import Outcome, Stage

# a take costs 0.4871 instead of 0.0487, and nobody has said so before
TEN_TIMES = {"usd_per_million_tokens_silent": 12.0, "habits": Habits(price="absent")}
FOUR = {f"sh0{n}0": f"Shot {n}." for n in range(1, 5)}


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


def test_charges_above_their_estimates_cancel_nothing(open_stage: OpenStage) -> None:
    with open_stage(**TEN_TIMES, slots=1, service_s=0.1) as stage:
        outcome = film_in_order(stage, "total_usd = 0.30")

        assert outcome.done == sorted(FOUR)
        assert stage.charges() == 4


def test_the_thresholds_usual_values() -> None:
    usual = BudgetSettings()

    assert (usual.warn_at, usual.stop_at) == (0.8, 1.0)


def test_the_cancel_at_of_earlier_versions_is_ignored_with_a_warning(
    plain_stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    decide(plain_stage, "[budget]\ntotal_usd = 9.0\ncancel_at = 1.0\n")
    plain_stage.write_sheet({"sh010": "A boat."})

    _, settings = read_production(plain_stage.sheet)

    assert settings.budget.total_usd == 9.0
    assert caplog.text.count("budget.cancel_at has no effect any more; delete the line") == 1
    stored = BudgetSettings.model_validate({"total_usd": 9.0, "cancel_at": None})
    assert stored == BudgetSettings(total_usd=9.0)


BAD = {
    "no share": ("stop_at = 90", "budget.stop_at"),
    "nothing": ("warn_at = 0", "budget.warn_at"),
}


@pytest.mark.parametrize(("settings", "says"), BAD.values(), ids=BAD)
def test_a_bad_threshold_is_named_by_its_key(plain_stage: Stage, settings: str, says: str) -> None:
    decide(plain_stage, f"[budget]\n{settings}\n")
    plain_stage.write_sheet({"sh010": "A boat."})

    with pytest.raises(SettingsRefused, match=says):
        read_production(plain_stage.sheet)
