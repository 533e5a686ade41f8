"""How many shots share a run of a backfill, and what a backfill under way must not lose."""

import time

import dagster as dg
import pytest
from dagster._core.definitions.assets.graph.asset_graph_subset import AssetGraphSubset
from dagster._core.execution.asset_backfill import AssetBackfillData
from dagster._core.execution.backfill import BulkActionStatus, PartitionBackfill

from seedance_assets.defs.backfills import reasons, shots_per_process, shots_per_run
from seedance_assets.defs.show import THE_SHOW
from seedance_assets.production.events import ShotFailed, Stage
from tests.dagster_face.test_production import run
from tests.stage import Stage as Set


def begin_backfill(instance: dg.DagsterInstance, shots: list[str]) -> PartitionBackfill:
    """As the web server writes it down when somebody presses Launch."""
    subset = THE_SHOW.partitions.subset_with_partition_keys(shots)
    target = AssetGraphSubset({dg.AssetKey("video"): subset}, set())  # type: ignore[call-arg]
    now = time.time()
    backfill = PartitionBackfill(
        backfill_id="abcdefgh",
        status=BulkActionStatus.REQUESTED,
        from_failure=False,
        tags={},
        backfill_timestamp=now,
        asset_selection=[dg.AssetKey("video")],
        asset_backfill_data=AssetBackfillData.empty(target, now, instance),
    )
    instance.add_backfill(backfill)
    return backfill


def test_a_shot_that_leaves_the_sheet_stays_a_partition_until_its_backfill_is_over(
    plain_stage: Set, instance: dg.DagsterInstance
) -> None:
    plain_stage.write_sheet({"sh010": "A boat.", "sh020": "A gull.", "sh030": "Night."})
    run(plain_stage, instance, "intake")
    backfill = begin_backfill(instance, ["sh020"])
    plain_stage.write_sheet({"sh010": "A boat."})

    run(plain_stage, instance, "intake")
    meanwhile = instance.get_dynamic_partitions("shots")
    instance.update_backfill(backfill._replace(status=BulkActionStatus.COMPLETED_SUCCESS))
    run(plain_stage, instance, "intake")

    assert meanwhile == ["sh010", "sh020"]
    assert instance.get_dynamic_partitions("shots") == ["sh010"]


@pytest.mark.parametrize(
    ("given", "meant"),
    [("", (200, 1000)), ("250", (250, 250)), ("0", (200, 1000)), ("many", (200, 1000))],
)
def test_a_run_of_a_backfill_is_bounded_in_size(
    monkeypatch: pytest.MonkeyPatch, given: str, meant: tuple[int, int]
) -> None:
    monkeypatch.setenv("SEEDANCE_SHOTS_PER_RUN", given)

    assert (shots_per_run(), shots_per_process()) == meant


def test_a_run_tells_of_a_hundred_failed_shots_at_most() -> None:
    failures = [
        ShotFailed(f"sh{n:03}", Stage.GENERATION, "JobFailed", "too much fog.", "Wait.", False)
        for n in range(120)
    ]

    lines = reasons(failures).splitlines()

    assert lines[0] == "120 shots failed:"
    assert lines[1] == "- sh000: too much fog. Wait."
    assert lines[-1] == "- and 20 more: see the run's log"
    assert len(lines) == 102
