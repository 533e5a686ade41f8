"""The checks of a shot: each has a lamp on the shot's own partition, and shows its findings."""

import dagster as dg
from dagster._core.definitions.partitions.context import partition_loading_context
from dagster._core.definitions.partitions.subset import PartitionsSubset
from PIL import Image

from seedance_assets.defs.show import THE_SHOW
from tests.dagster_face.runs import checks, run, statuses
from tests.probe.scenes import scene
from tests.stage import Stage


def lamps(instance: dg.DagsterInstance, asset: str, check: str) -> dict[str, str]:
    """What the page of a check shows: its partitions by their colour."""
    key = dg.AssetCheckKey(dg.AssetKey(asset), check)
    with partition_loading_context(dynamic_partitions_store=instance):
        state = instance.event_log_storage.get_asset_check_state([(key, THE_SHOW.partitions)])[key]
        found = {
            status.value: " ".join(sorted(subset.value.get_partition_keys()))
            for status, subset in state.subsets.items()
            if isinstance(subset.value, PartitionsSubset)
        }
    return {status: keys for status, keys in found.items() if keys}


def test_checks_hang_on_their_own_partition(
    plain_stage: Stage, instance: dg.DagsterInstance
) -> None:
    rows = [{"shot": "sh010", "prompt": "A boat."}]
    wrong = {"shot": "sh020", "prompt": "A gull.", "duration": 6}  # the stage's clip has 4 s
    plain_stage.write_sheet([*rows, wrong])
    run(plain_stage, instance, "intake")

    result = run(plain_stage, instance, "production", config={})

    found = checks(result)
    assert found["sh010", "delivery"].passed
    assert not found["sh020", "delivery"].passed
    assert "length" in (found["sh020", "delivery"].description or "")
    assert result.success
    assert lamps(instance, "measurements", "delivery") == {"SUCCEEDED": "sh010", "FAILED": "sh020"}
    assert lamps(instance, "shot_request", "request_valid") == {"SUCCEEDED": "sh010 sh020"}


def test_a_lamp_is_red_even_if_the_shot_does_not_count_as_measured_any_more(
    plain_stage: Stage, instance: dg.DagsterInstance
) -> None:
    plain_stage.write_sheet({"sh010": "A boat."})
    run(plain_stage, instance, "intake")
    run(plain_stage, instance, "production", config={})
    assert lamps(instance, "measurements", "delivery") == {"SUCCEEDED": "sh010"}
    toml = plain_stage.folder / "production.toml"
    toml.write_text(toml.read_text("utf-8") + '[quality]\nblocking = ["delivery"]\n', "utf-8")
    plain_stage.write_sheet([{"shot": "sh010", "prompt": "A boat.", "duration": 6}])
    run(plain_stage, instance, "intake")

    run(plain_stage, instance, "production", config={})

    assert lamps(instance, "measurements", "delivery") == {"FAILED": "sh010"}


def test_a_red_check_shows_its_findings_and_the_frame_at_fault(
    plain_stage: Stage, instance: dg.DagsterInstance
) -> None:
    Image.fromarray(scene(0, 320, 184)).resize((640, 367)).save(plain_stage.folder / "frame.png")
    plain_stage.write_sheet({"sh010": "A boat."})
    run(plain_stage, instance, "intake")

    result = run(plain_stage, instance, "production", config={})

    opening = checks(result)["sh010", "opening"]  # the stage's clip is a grey ramp
    assert (opening.passed, opening.severity) == (False, dg.AssetCheckSeverity.ERROR)
    assert str(opening.metadata["frame at fault"].value).startswith("![sh010_t001: opening](data:")
    event = instance.get_latest_materialization_event(dg.AssetKey("measurements"))
    assert event is not None
    assert event.asset_materialization is not None
    plotted = event.asset_materialization.metadata
    assert {"black [s]", "cut [cuts]", "first_frame [SSIM]"} <= plotted.keys()
    assert isinstance(plotted["first_frame [SSIM]"], dg.FloatMetadataValue)


def test_a_failure_in_a_blocking_family_keeps_just_its_own_shot_from_counting_as_measured(
    plain_stage: Stage, instance: dg.DagsterInstance
) -> None:
    toml = plain_stage.folder / "production.toml"
    toml.write_text(toml.read_text("utf-8") + '[quality]\nblocking = ["delivery"]\n', "utf-8")
    wrong = {"shot": "sh020", "prompt": "A gull.", "duration": 6}
    plain_stage.write_sheet([{"shot": "sh010", "prompt": "A boat."}, wrong])
    run(plain_stage, instance, "intake")

    result = run(plain_stage, instance, "production", config={})

    assert not result.success
    assert statuses(instance, "measurements") == {"sh010": "MATERIALIZED", "sh020": "FAILED"}
    assert statuses(instance, "video") == {"sh010": "MATERIALIZED", "sh020": "MATERIALIZED"}
    assert not checks(result)["sh020", "delivery"].passed
