"""What stops many shots for one reason is told in one sentence, with their names."""

from seedance_assets.production.failure_groups import grouped
from tests.stage import Stage


def test_a_budget_that_refuses_many_shots_is_told_once(plain_stage: Stage) -> None:
    prompts = {"sh010": "A boat.", "sh020": "A gull.", "sh030": "Night.", "sh040": "Fog."}
    plain_stage.write_sheet(prompts)
    outcome = plain_stage.film(max_cost_usd=0.01)
    assert len(outcome.failed) == 4

    (group,) = grouped(outcome.failed[shot] for shot in prompts)

    assert group.shots == tuple(prompts)
    assert group.sentence.startswith("sh010, sh020, sh030, sh040: stopped by the budget; ")
    assert "the run's own limit" in group.sentence
    assert "--max-cost" in group.advice


def test_different_reasons_stay_apart(plain_stage: Stage) -> None:
    rows = {"sh010": "A boat.", "sh020": "A gull."}
    plain_stage.write_sheet([{"shot": s, "prompt": p, "first_frame": s} for s, p in rows.items()])
    (plain_stage.folder / "sh020").write_bytes(b"no picture")
    outcome = plain_stage.film()

    groups = grouped(outcome.failed[shot] for shot in rows)

    assert [group.shots for group in groups] == [("sh010",), ("sh020",)]
