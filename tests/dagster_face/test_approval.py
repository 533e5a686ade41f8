"""A run that was started on the ground of a plan says which one, and buys nothing else."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import dagster as dg
import pytest
from PIL import Image

from seedance_assets.definitions import build_definitions
from seedance_assets.defs.assets.stages import OP
from seedance_assets.defs.sensors.buying import (
    build_nightly_production,
    build_produce_changed_shots,
)
from tests.dagster_face.runs import plan_digest, resource, run, told
from tests.dagster_face.test_automation import look
from tests.stage import SETTINGS, Stage

ROWS = {"sh010": "A boat.", "sh020": "A gull."}


def by_sensor(stage: Stage, instance: dg.DagsterInstance) -> dict[str, Any]:
    sensor = build_produce_changed_shots()
    first = look(sensor, stage, instance)
    (request,) = look(sensor, stage, instance, first.cursor).run_requests or []
    return dict(request.run_config["ops"][OP]["config"])


def by_schedule(stage: Stage, instance: dg.DagsterInstance) -> dict[str, Any]:
    production = resource(stage)
    with dg.build_schedule_context(
        instance=instance,
        scheduled_execution_time=datetime(2026, 1, 2, 2, tzinfo=UTC),
        resources={"production": production},
        repository_def=build_definitions(production=production).get_repository_def(),
    ) as context:
        (request,) = build_nightly_production().evaluate_tick(context).run_requests or []
    return dict(request.run_config["ops"][OP]["config"])


def by_hand(_stage: Stage, instance: dg.DagsterInstance) -> dict[str, Any]:
    return {"approved": plan_digest(instance)}


def by_dry_run(stage: Stage, instance: dg.DagsterInstance) -> dict[str, Any]:
    options = {"shots": ["sh020"], "takes": 2}
    run(stage, instance, "production", config=options | {"dry_run": True})
    (event,) = instance.fetch_observations(dg.AssetKey("generation"), limit=1).records
    assert event.asset_observation is not None
    return options | {"approved": event.asset_observation.metadata["plan_digest"].value}


WAYS = pytest.mark.parametrize("way", [by_sensor, by_schedule, by_hand, by_dry_run])


@WAYS
def test_a_sheet_that_was_edited_and_read_again_is_not_bought_by_the_plan_before(
    plain_stage: Stage,
    instance: dg.DagsterInstance,
    way: Callable[[Stage, dg.DagsterInstance], dict[str, Any]],
) -> None:
    plain_stage.write_sheet(ROWS)
    run(plain_stage, instance, "intake")
    config = way(plain_stage, instance)
    plain_stage.write_sheet(ROWS | {"sh020": "A gull, crying."})
    run(plain_stage, instance, "intake")

    refused = run(plain_stage, instance, "production", config=config)

    assert not refused.success
    assert f"since plan {config['approved']} was approved, this has changed: sh020: prompt" in (
        told(refused)
    )
    assert "Look at the plan again" in told(refused)
    assert plain_stage.orders() == []


@WAYS
def test_the_plan_that_was_approved_is_bought_once(
    plain_stage: Stage,
    instance: dg.DagsterInstance,
    way: Callable[[Stage, dg.DagsterInstance], dict[str, Any]],
) -> None:
    plain_stage.write_sheet(ROWS)
    run(plain_stage, instance, "intake")
    config = way(plain_stage, instance)

    assert run(plain_stage, instance, "production", config=config).success
    assert run(plain_stage, instance, "production", config=config).success

    assert plain_stage.charges() == 2


def test_an_edit_that_was_not_read_a_first_frame_and_a_price_count_too(
    plain_stage: Stage, instance: dg.DagsterInstance
) -> None:
    plain_stage.write_sheet(ROWS)
    run(plain_stage, instance, "intake")
    config = by_hand(plain_stage, instance)
    plain_stage.write_sheet(ROWS | {"sh010": "A ship."})
    Image.new("RGB", (640, 367), (200, 30, 30)).save(plain_stage.folder / "frame.png")
    rates = "[price]\nusd_per_million_tokens_silent = 9.0\n"
    (plain_stage.folder / "production.toml").write_text(SETTINGS + rates, encoding="utf-8")

    refused = told(run(plain_stage, instance, "production", config=config))

    assert (
        "[price] usd_per_million_tokens_silent; sh010: first_frame, prompt; sh020: first_frame"
        in refused
    )
    assert plain_stage.orders() == []


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ({"takes": 3}, "sh010: takes; sh020: takes"),
        ({"retry_failed": True}, "`retry_failed`"),
        ({"retake": "the gull is missing"}, "`retake`"),
        ({"approved": "0123456789abcdef"}, "is not known here"),
        ({"approved": "../shot_list"}, "is not known here"),
    ],
    ids=str,
)
def test_more_than_the_plan_was_made_with_is_refused(
    plain_stage: Stage, instance: dg.DagsterInstance, more: dict[str, Any], named: str
) -> None:
    plain_stage.write_sheet(ROWS)
    run(plain_stage, instance, "intake")
    config = by_hand(plain_stage, instance) | more

    assert named in told(run(plain_stage, instance, "production", config=config))
    assert plain_stage.orders() == []


def test_less_than_the_plan_is_not(plain_stage: Stage, instance: dg.DagsterInstance) -> None:
    plain_stage.write_sheet(ROWS)
    run(plain_stage, instance, "intake")
    config = by_hand(plain_stage, instance) | {"shots": ["sh010"], "max_cost_usd": 1.0}
    plain_stage.write_sheet(ROWS | {"sh020": "A gull, crying."})
    run(plain_stage, instance, "intake")

    assert run(plain_stage, instance, "production", config=config).success
    assert plain_stage.charges() == 1


def test_a_shot_that_the_plan_could_not_price_is_left_out_and_the_others_are_made(
    plain_stage: Stage, instance: dg.DagsterInstance
) -> None:
    rows = [{"shot": shot, "prompt": prompt} for shot, prompt in ROWS.items()]
    plain_stage.write_sheet([rows[0], rows[1] | {"first_frame": "gull.png"}])
    run(plain_stage, instance, "intake")
    config = by_hand(plain_stage, instance)
    Image.new("RGB", (640, 367), (200, 30, 30)).save(plain_stage.folder / "gull.png")

    made = run(plain_stage, instance, "production", config=config)

    assert "has no price for it" in told(made)
    assert [order["prompt"] for order in plain_stage.orders()] == ["A boat."]
