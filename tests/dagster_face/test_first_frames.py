"""What Dagster shows of first frames: their problems beside the sheet's, and what is filmed."""

import dagster as dg

from tests.dagster_face.runs import run
from tests.first_frame.drawings import drawing, saved
from tests.stage import Stage


def _metadata(result: dg.ExecuteInProcessResult, asset: str) -> dict[str, dg.MetadataValue]:
    (event,) = result.asset_materializations_for_node(asset)
    return dict(event.metadata)


def test_the_shot_list_tells_what_is_wrong_with_first_frames_and_what_is_cropped(
    plain_stage: Stage, instance: dg.DagsterInstance
) -> None:
    (plain_stage.folder / "small.png").write_bytes(saved(drawing(100, 100)))
    plain_stage.write_sheet(
        [
            {"shot": "A", "prompt": "A boat.", "ratio": "1:1"},
            {"shot": "B", "prompt": "A boat.", "first_frame": "small.png"},
        ]
    )

    result = run(plain_stage, instance, "intake")

    assert result.success
    metadata = _metadata(result, "shot_list")
    assert (metadata["errors"].value, metadata["warnings"].value) == (1, 1)
    table = metadata["problems"]
    assert isinstance(table, dg.TableMetadataValue)
    told = {str(r.data["shot"]): str(r.data["reason"]) for r in table.records}
    assert "43% of it is lost" in told["A"]
    assert "must not be less than 300 pixels" in told["B"]
    (check,) = result.get_asset_check_evaluations()
    assert not check.passed


def test_a_request_shows_what_will_be_filmed_of_its_first_frame(
    plain_stage: Stage, instance: dg.DagsterInstance
) -> None:
    plain_stage.write_sheet([{"shot": "A", "prompt": "A boat.", "ratio": "1:1"}])
    run(plain_stage, instance, "intake")

    result = run(plain_stage, instance, "production", selection=["shot_request"])

    (event,) = [e for e in result.get_asset_materialization_events() if e.partition == "A"]
    metadata = event.materialization.metadata
    assert metadata["first_frame_lost_percent"].value == 42.7
    shown = metadata["what is filmed"].value
    assert isinstance(shown, str)
    assert shown.startswith("![what is filmed; 43% is lost](data:image/jpeg;base64,")
    assert plain_stage.charges() == 0
