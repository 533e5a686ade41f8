"""Budgets reach a run through its configuration, and the plan shows them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dagster as dg

from seedance_assets.definitions import build_definitions
from seedance_assets.defs.assets.stages import OP
from seedance_assets.emulator.jobs.scenario import Habits, Scenario
from tests.conftest import OpenStage
from tests.dagster_face.runs import resource, run, statuses, told
from tests.production.test_money import FROM_CATALOGUE, THREE, decide
from tests.stage import Stage


def test_a_runs_own_limit_fails_just_the_shots_that_do_not_fit(
    plain_stage: Stage, instance: dg.DagsterInstance
) -> None:
    plain_stage.write_sheet(THREE)
    run(plain_stage, instance, "intake")

    result = run(plain_stage, instance, "production", config={"max_cost_usd": 0.10})

    assert not result.success
    assert sorted(statuses(instance, "generation").values()) == [
        "FAILED",
        "MATERIALIZED",
        "MATERIALIZED",
    ]
    assert plain_stage.charges() == 2
    said = [r.user_message for r in instance.all_logs(result.run_id)]
    assert any("the budget is running low" in message for message in said)


def test_a_run_buys_at_an_unknown_price_only_if_its_configuration_says_so(
    open_stage: OpenStage, instance: dg.DagsterInstance
) -> None:
    with open_stage(scenario=Scenario(habits=Habits(price="absent"))) as stage:
        decide(stage, FROM_CATALOGUE)
        stage.write_sheet({"sh010": "A boat."})
        run(stage, instance, "intake")
        assert metadata(instance, "production_plan")["estimate_usd"] == "unknown"

        assert not run(stage, instance, "production", config={}).success
        assert stage.charges() == 0
        assert run(stage, instance, "production", config={"accept_unknown_cost": True}).success
        assert metadata(instance, "shot_request")["estimate_usd"] == "unknown"


def test_the_plan_asset_shows_what_the_budget_allows(
    plain_stage: Stage, instance: dg.DagsterInstance
) -> None:
    decide(plain_stage, "[budget]\ntotal_usd = 0.10\n")
    plain_stage.write_sheet(THREE)

    run(plain_stage, instance, "intake")

    shown = metadata(instance, "production_plan")
    assert (shown["takes_to_buy"], shown["takes_stopped"]) == (2, 1)
    assert (shown["spent_usd"], shown["reserved_usd"]) == (0.0, 0.0)
    (cap,) = (record.data for record in shown["budget"])
    assert (cap["name"], cap["limit_usd"], cap["left_usd"]) == ("total_usd", 0.1, 0.1)


def test_the_plan_asset_says_the_same_as_the_command(
    plain_stage: Stage, instance: dg.DagsterInstance
) -> None:
    plain_stage.write_sheet({"sh010": "A boat.", "sh020": "A boat.", "sh030": "A gull."})
    run(plain_stage, instance, "intake")
    before = metadata(instance, "production_plan")
    run(plain_stage, instance, "production", config={})
    plain_stage.write_sheet({"sh030": "A red gull."})
    run(plain_stage, instance, "intake")
    after = metadata(instance, "production_plan")

    assert (before["takes_to_buy"], before["takes_shared"]) == (2, 1)
    assert before["expected_s"] == before["expected_from"] == "no history yet"
    states = {record.data["shot"]: record.data for record in after["plan"]}
    assert states["sh030"]["state"] == "changed"
    assert states["sh030"]["changes"] == "prompt: A gull. → A red gull."
    (bought_for,) = states.keys() - {"sh030"}  # of two that share, whichever ordered first
    assert states[bought_for]["state"] == "retired"
    assert isinstance(after["expected_s"], float)  # rounded: takes here last hundredths of a second
    assert after["expected_from"] == "by the median of 2 earlier takes"
    assert after["shots"] == "1 changed, 1 retired"


def metadata(instance: dg.DagsterInstance, asset: str) -> Mapping[str, Any]:
    event = instance.get_latest_materialization_event(dg.AssetKey(asset))
    assert event is not None
    assert event.asset_materialization is not None
    values = {k: v.value for k, v in event.asset_materialization.metadata.items()}
    for name in ("budget", "plan"):
        table = event.asset_materialization.metadata.get(name)
        if isinstance(table, dg.TableMetadataValue):
            values[name] = table.records
    return values


def test_nothing_is_bought_once_the_settings_with_the_budget_have_gone(
    plain_stage: Stage, instance: dg.DagsterInstance
) -> None:
    decide(plain_stage, "[budget]\ntotal_usd = 0.01\n")
    plain_stage.write_sheet({"sh010": "A boat."})
    run(plain_stage, instance, "intake")
    (plain_stage.folder / "production.toml").unlink()  # as if its share were not mounted

    result = run(plain_stage, instance, "production", config={})

    assert "production.toml, which was there when shots.csv was read, is gone" in told(result)
    assert plain_stage.charges() == 0
    assert run(plain_stage, instance, "production", config={"buy": False}).all_events
    assert run(plain_stage, instance, "review").success  # what is free goes on


def test_dagsters_own_retries_start_no_run_of_ours_again(
    plain_stage: Stage, tmp_path: Path
) -> None:
    home = tmp_path / "retrying"
    home.mkdir()
    (home / "dagster.yaml").write_text(
        "telemetry: {enabled: false}\nrun_retries: {enabled: true, max_retries: 3}\n"
    )
    plain_stage.write_sheet(THREE)
    with dg.DagsterInstance.from_config(str(home)) as instance:
        run(plain_stage, instance, "intake")
        job = build_definitions(
            production=resource(plain_stage)
        ).resolve_implicit_global_asset_job_def()

        result = job.execute_in_process(
            instance=instance,
            partition_key="sh010",
            asset_selection=[dg.AssetKey("generation")],
            run_config={"ops": {OP: {"config": {"max_cost_usd": 0.01}}}},
            raise_on_error=False,
        )

        assert not result.success
        ended = instance.get_run_by_id(result.run_id)
        assert ended is not None
        assert ended.tags["dagster/will_retry"] == "false"
