"""An edited row shows as changed as soon as its sheet is read, before anybody pays."""

import dagster as dg
from dagster._core.definitions.data_version import CachingStaleStatusResolver, StaleStatus
from dagster._core.loader import LoadingContextForTest

from seedance_assets.definitions import build_definitions
from tests.dagster_face.runs import resource, run
from tests.stage import Stage


def stale_shots(stage: Stage, instance: dg.DagsterInstance, asset: str = "generation") -> set[str]:
    """The shots of which Dagster says that an asset is stale, as its UI asks for it."""
    graph = build_definitions(production=resource(stage)).resolve_asset_graph()
    resolver = CachingStaleStatusResolver(instance, graph, LoadingContextForTest(instance))
    return {
        shot
        for shot in instance.get_dynamic_partitions("shots")
        if resolver.get_status(dg.AssetKey(asset), shot) is StaleStatus.STALE
    }


def materialized(result: dg.ExecuteInProcessResult) -> set[str]:
    events = (e for e in result.all_events if e.is_step_materialization)
    return {e.asset_key.to_user_string() for e in events if e.asset_key}


def test_an_edited_row_makes_its_generation_stale_and_no_other(
    plain_stage: Stage, instance: dg.DagsterInstance
) -> None:
    rows = {"sh010": "A boat drifts.", "sh020": "A gull rests.", "sh030": "Night falls."}
    plain_stage.write_sheet(rows)
    run(plain_stage, instance, "intake")
    run(plain_stage, instance, "production")
    run(plain_stage, instance, "intake")
    assert stale_shots(plain_stage, instance) == set()

    plain_stage.write_sheet(rows | {"sh020": "A gull sleeps.", "sh040": "A new one."})
    result = run(plain_stage, instance, "intake")

    assert result.success
    assert stale_shots(plain_stage, instance) == {"sh020"}
    assert plain_stage.charges() == 3
    shown = instance.fetch_materializations(
        dg.AssetRecordsFilter(dg.AssetKey("shot_request"), asset_partitions=["sh020"]), limit=1
    ).records[0]
    assert shown.asset_materialization is not None
    assert shown.asset_materialization.metadata["prompt"].value == "A gull sleeps."

    assert "shot_request" not in materialized(run(plain_stage, instance, "intake"))
    run(plain_stage, instance, "production")
    assert stale_shots(plain_stage, instance) == set()
    assert plain_stage.charges() == 5


def test_a_row_that_breaks_and_one_that_was_never_made_are_not_materialized(
    plain_stage: Stage, instance: dg.DagsterInstance
) -> None:
    plain_stage.write_sheet({"sh010": "A boat drifts.", "sh020": "A gull rests."})
    run(plain_stage, instance, "intake")
    run(plain_stage, instance, "production", config={"shots": ["sh010"]})

    plain_stage.write_sheet({"sh010": "", "sh020": "A gull sleeps."})
    result = run(plain_stage, instance, "intake")

    assert materialized(result) == {"shot_list", "production_plan"}
