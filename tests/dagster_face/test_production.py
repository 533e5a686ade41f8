"""Each shot is a partition that succeeds or fails by itself, whoever starts the run."""

from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from seedance_assets.core.take import TakeState
from seedance_assets.definitions import build_definitions
from seedance_assets.defs.assets.partitions import register_shots
from seedance_assets.emulator.jobs.scenario import (
    BreakDownload,
    FailJob,
    LoseAnswer,
    Pace,
    RefuseSubmit,
)
from seedance_assets.production.events import LineEvent, TakeQueued, TakeRunning
from tests.conftest import OpenStage
from tests.dagster_face.runs import STATIONS, resource, run, statuses, told
from tests.runcomfy.contrary_server import ContraryServer, page
from tests.stage import SETTINGS, Stage, when

_GENERATION = dg.AssetKey("generation")


def forty(bad: Sequence[int]) -> dict[str, str]:
    return {f"sh{n:03}": f"Shot {n}: {'fog' if n in bad else 'sun'}." for n in range(40)}


@pytest.mark.parametrize("way", ["range", "names"])
def test_of_forty_shots_with_four_failures_thirty_six_are_there_and_four_are_red(
    open_stage: OpenStage, instance: dg.DagsterInstance, way: str
) -> None:
    bad = (3, 14, 15, 39)
    with open_stage(when("fog", FailJob(message="too much fog"))) as stage:
        stage.write_sheet(forty(bad))
        assert run(stage, instance, "intake").success
        if way == "range":
            tags = {
                "dagster/asset_partition_range_start": "sh000",
                "dagster/asset_partition_range_end": "sh039",
            }
            result = run(stage, instance, "production", tags=tags)
        else:
            result = run(stage, instance, "production", config={"shots": []})

        red = {f"sh{n:03}" for n in bad}
        assert not result.success
        assert "pay for another try with `retry_failed: true` in the Launchpad" in told(result)
        assert set(statuses(instance, "shot_request").values()) == {"MATERIALIZED"}
        for asset in ("generation", "video", "measurements"):
            found = statuses(instance, asset)
            assert {k for k, v in found.items() if v == "FAILED"} == red
            assert sum(v == "MATERIALIZED" for v in found.values()) == 36


def test_a_run_over_scattered_shots_leaves_the_others_as_they_were(
    open_stage: OpenStage, instance: dg.DagsterInstance
) -> None:
    with open_stage(when("fog", FailJob())) as stage:
        stage.write_sheet(forty((5,)))
        run(stage, instance, "intake")

        run(stage, instance, "production", config={"shots": ["sh001", "sh005", "sh030"]})

        assert statuses(instance, "video") == {
            "sh001": "MATERIALIZED",
            "sh005": "FAILED",
            "sh030": "MATERIALIZED",
        }


def test_one_partition_is_the_same_code(plain_stage: Stage, instance: dg.DagsterInstance) -> None:
    plain_stage.write_sheet({"sh010": "A boat.", "sh020": "A gull."})
    run(plain_stage, instance, "intake")

    assert run(plain_stage, instance, "production", tags={"dagster/partition": "sh020"}).success
    assert statuses(instance, "measurements") == {"sh020": "MATERIALIZED"}
    assert plain_stage.charges() == 1


def test_materialising_again_buys_nothing(plain_stage: Stage, instance: dg.DagsterInstance) -> None:
    plain_stage.write_sheet({"sh010": "A boat."})
    run(plain_stage, instance, "intake")
    for _ in range(2):
        assert run(plain_stage, instance, "production", tags={"dagster/partition": "sh010"}).success

    record = instance.get_latest_materialization_event(dg.AssetKey("generation"))
    assert record is not None
    assert record.asset_materialization is not None
    assert record.asset_materialization.metadata["bought_in_this_run"].value == 0
    assert plain_stage.charges() == 1


def test_without_generation_in_the_selection_nothing_is_bought(
    plain_stage: Stage, instance: dg.DagsterInstance
) -> None:
    plain_stage.write_sheet({"sh010": "A boat."})
    run(plain_stage, instance, "intake")
    tags = {"dagster/partition": "sh010"}

    assert not run(
        plain_stage, instance, "production", tags=tags, selection=["video", "measurements"]
    ).success
    assert plain_stage.charges() == 0
    assert statuses(instance, "video") == {"sh010": "FAILED"}


def test_a_request_alone_is_free(plain_stage: Stage, instance: dg.DagsterInstance) -> None:
    plain_stage.write_sheet({"sh010": "A boat."})
    run(plain_stage, instance, "intake")

    assert run(
        plain_stage,
        instance,
        "production",
        tags={"dagster/partition": "sh010"},
        selection=["shot_request"],
    ).success
    assert plain_stage.charges() == 0


def test_a_passing_failure_is_tried_again_by_the_step_and_touches_only_its_own_shot(
    open_stage: OpenStage, instance: dg.DagsterInstance
) -> None:
    with open_stage(when("boat", BreakDownload(how="not_a_video", times=1))) as stage:
        stage.write_sheet({"sh010": "A boat.", "sh020": "A gull."})
        run(stage, instance, "intake")

        config = {"retry_wait_s": 0}
        assert run(stage, instance, "production", config=config).success
        assert stage.charges() == 2
        per_shot = [
            record.event_log_entry.asset_materialization.partition
            for record in instance.fetch_materializations(dg.AssetKey("video"), limit=10).records
            if record.event_log_entry.asset_materialization
        ]
        assert sorted(str(key) for key in per_shot) == ["sh010", "sh020"]


def test_a_link_whose_host_was_in_trouble_is_asked_again_by_the_step(
    open_stage: OpenStage, instance: dg.DagsterInstance
) -> None:
    with open_stage() as stage, closing(ContraryServer()) as host:
        settings = SETTINGS + "[first_frames]\nprivate_hosts = true\n"
        (stage.folder / "production.toml").write_text(settings)
        picture = (stage.folder / "frame.png").read_bytes()
        host.on("/a.png", page(b"", 503), page(picture))
        linked = {"shot": "sh010", "prompt": "A boat.", "first_frame": f"{host.root}/a.png"}
        stage.write_sheet([linked])
        run(stage, instance, "intake", selection=["shot_list"])  # the plan would ask, too

        assert run(stage, instance, "production", config={"retry_wait_s": 0}).success
        assert stage.charges() == 1


def test_only_shots_that_failed_for_a_passing_reason_are_tried_again(
    open_stage: OpenStage, instance: dg.DagsterInstance
) -> None:
    refusals = (
        when("busy", RefuseSubmit(answer="too_many")),
        when("bad", RefuseSubmit(answer="unprocessable")),
        when("real", RefuseSubmit(answer="moderated")),
        when("lost", LoseAnswer()),
    )
    with open_stage(*refusals) as stage, closing(ContraryServer()) as host:
        settings = SETTINGS + "[first_frames]\nprivate_hosts = true\n"
        (stage.folder / "production.toml").write_text(settings)
        picture = (stage.folder / "frame.png").read_bytes()
        host.on("/a.png", page(b"", 503), page(picture))
        rows = [{"shot": word, "prompt": word} for word in ("busy", "bad", "real", "lost")]
        linked = {"shot": "linked", "prompt": "A boat.", "first_frame": f"{host.root}/a.png"}
        stage.write_sheet([*rows, linked])
        run(stage, instance, "intake", selection=["shot_list"])

        result = run(stage, instance, "production", config={"retry_wait_s": 0})

        states = sorted((take.shot, take.state) for take in stage.takes())
        assert states == [
            ("bad", TakeState.WITHDRAWN),
            ("busy", TakeState.WITHDRAWN),
            ("linked", TakeState.MEASURED),
            ("lost", TakeState.UNKNOWN),
            ("real", TakeState.WITHDRAWN),
        ]
        assert stage.charges() == 2
        assert "4 shots failed" in told(result)
        assert "no answer (RemoteProtocolError" in told(result), "the first reason stays"


def test_a_lost_answer_fails_its_partition_with_the_two_ways_out(
    open_stage: OpenStage, instance: dg.DagsterInstance
) -> None:
    with open_stage(when("boat", LoseAnswer())) as stage:
        stage.write_sheet({"sh010": "A boat.", "sh020": "A gull."})
        run(stage, instance, "intake")

        result = run(stage, instance, "production", config={})

        assert "ledger write-off sh010_t001" in told(result)
        assert statuses(instance, "generation") == {"sh010": "FAILED", "sh020": "MATERIALIZED"}


def test_what_a_person_wants_to_see_is_on_the_materialisations(
    plain_stage: Stage, instance: dg.DagsterInstance
) -> None:
    plain_stage.write_sheet({"sh010": "A boat."})
    run(plain_stage, instance, "intake")
    run(plain_stage, instance, "production", config={})
    run(plain_stage, instance, "review")

    def metadata(asset: str) -> Mapping[str, Any]:
        event = instance.get_latest_materialization_event(dg.AssetKey(asset))
        assert event is not None
        assert event.asset_materialization is not None
        return {k: v.value for k, v in event.asset_materialization.metadata.items()}

    for asset, shown in (("shot_list", "shot_table"), ("production_plan", "plan")):
        found = metadata(asset)
        columns = found["dagster/column_schema"].columns
        assert {c.name for c in columns} == found[shown].records[0].data.keys()
        assert found["dagster/row_count"] == 1
    plan_columns = metadata("production_plan")["dagster/column_schema"].columns
    assert [c.name for c in plan_columns if not c.description] == []
    assert metadata("shot_list")["shots"] == 1
    assert metadata("shot_request")["prompt"] == "A boat."
    assert metadata("generation")["world"] == "EMULATED"
    assert metadata("generation")["request_id"]
    for asset in ("generation", "video"):
        assert metadata(asset)["prompt"] == "A boat."
        assert metadata(asset)["take"] == "sh010_t001"
        assert metadata(asset)["first frame"].startswith("![first frame](data:image/jpeg;base64,")
        assert metadata(asset)["cost_usd"] > 0
        assert metadata(asset)["service_time_s"] > 0
        request_id = metadata(asset)["request_id"]
        address = f"{plain_stage.root}/v1/requests/{request_id}/status"
        assert metadata(asset)["request at the service"] == address
    assert metadata("video")["poster strip"].startswith("![sh010_t001")
    # The clip is a grey ramp: it lacks the blue of its first frame, and only its light changes.
    assert metadata("video")["verdict"] == "fail: opening, picture"
    assert metadata("measurements")["verdict"] == "fail: opening, picture"
    assert "levels of chroma" in str(metadata("measurements")["findings"])
    names = metadata("measurements").keys()
    assert not [name for name in names if "first_frame" in name], "its figures have one unit"
    assert metadata("video")["file"].startswith("file://")
    assert metadata("measurements")["poster strip"].startswith("![sh010_t001")
    assert metadata("measurements")["size"] == "864×496"
    assert metadata("qc_report")["page"].endswith("review/index.html")
    assert metadata("qc_report")["contact sheet"].startswith("![1 of 1 shots](data:image/jpeg;")


def test_figures_have_the_same_few_names_however_many_takes_there_are(
    plain_stage: Stage, instance: dg.DagsterInstance
) -> None:
    row = {"prompt": "A boat.", "generate_audio": "true"}
    plain_stage.write_sheet(
        [row | {"shot": "sh010", "takes": 3}, row | {"shot": "sh020", "prompt": "A gull."}]
    )
    for job in ("intake", "production", "review"):
        run(plain_stage, instance, job)

    def figures(asset: str, shot: str | None) -> set[str]:
        shots = [shot] if shot else None
        (record,) = instance.fetch_materializations(
            dg.AssetRecordsFilter(dg.AssetKey(asset), asset_partitions=shots), limit=1
        ).records
        assert record.asset_materialization is not None
        numbers = (dg.FloatMetadataValue, dg.IntMetadataValue)
        entries = record.asset_materialization.metadata.items()
        return {name for name, value in entries if isinstance(value, numbers)}

    for asset in STATIONS:
        # known only if the run saw the take go from the queue to work
        sometimes = {"waited_s", "generated_s"}
        assert figures(asset, "sh010") - sometimes == figures(asset, "sh020") - sometimes
        assert len(figures(asset, "sh010")) <= 15
    assert figures("measurements", "sh010") > {"duration_s", "size_bytes", "motion [levels]"}
    for asset in ("shot_list", "production_plan", "qc_report"):
        assert len(figures(asset, None)) <= 15


def test_a_run_that_went_well_logs_no_false_alarm_and_has_few_tags(
    plain_stage: Stage, instance: dg.DagsterInstance
) -> None:
    plain_stage.write_sheet({"sh010": "A boat."})
    run(plain_stage, instance, "intake")

    made = run(plain_stage, instance, "production", config={})

    logged = [entry.user_message for entry in instance.all_logs(made.run_id)]
    assert not [line for line in logged if "expected outputs" in line]
    assert any("ordered:" in line for line in logged)
    (found,) = instance.get_runs(dg.RunsFilter([made.run_id]))
    assert found.tags["seedance/shots"] == "1 asked, 1 done, 0 failed"
    assert len([tag for tag in found.tags if not tag.startswith(".dagster")]) <= 5, found.tags


def test_a_shot_says_how_long_it_waited_and_how_long_it_was_generated(
    open_stage: OpenStage, instance: dg.DagsterInstance
) -> None:
    with open_stage(when("boat", Pace(queue_s=3600.0, service_s=3600.0))) as stage:
        stage.write_sheet({"sh010": "A boat."})
        run(stage, instance, "intake")
        seen: set[type[LineEvent]] = set()

        def let_it_go_on(event: LineEvent) -> None:
            if isinstance(event, TakeQueued | TakeRunning) and type(event) not in seen:
                seen.add(type(event))
                stage.clock.let_time_pass(3700.0)

        watched = build_definitions(watch=let_it_go_on, production=resource(stage))
        result = run(stage, instance, "production", config={}, definitions=watched)

        events = result.get_asset_materialization_events()
        (facts,) = [e.materialization.metadata for e in events if e.asset_key == _GENERATION]
        waited_s, generated_s = (facts[name].value for name in ("waited_s", "generated_s"))
        assert isinstance(waited_s, float)
        assert isinstance(generated_s, float)
        assert waited_s > 0
        assert generated_s > 0
        assert waited_s + generated_s == pytest.approx(facts["service_time_s"].value, abs=0.02)


def test_a_video_that_cannot_be_measured_is_reported_all_the_same(
    open_stage: OpenStage, instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    hollow = tmp_path / "hollow.mp4"
    hollow.write_bytes(b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + bytes(4096))
    with open_stage(clip=hollow) as stage:
        stage.write_sheet({"sh010": "A boat."})
        run(stage, instance, "intake")

        assert not run(stage, instance, "production", config={}).success

        assert statuses(instance, "video") == {"sh010": "MATERIALIZED"}
        assert statuses(instance, "measurements") == {"sh010": "FAILED"}


def test_no_event_or_log_holds_the_token(plain_stage: Stage, instance: dg.DagsterInstance) -> None:
    plain_stage.write_sheet({"sh010": "A boat."})
    run(plain_stage, instance, "intake")
    result = run(plain_stage, instance, "production", config={})

    records = instance.all_logs(result.run_id)
    assert records
    assert not [r for r in records if "tok-SENTINEL-123" in str(r)]


def test_ten_thousand_partitions_are_registered_in_chunks(instance: dg.DagsterInstance) -> None:
    keys = [f"sh{n:05}" for n in range(10_000)]

    assert register_shots(instance, keys) == keys
    assert register_shots(instance, [*keys, "one_more"]) == ["one_more"]


def test_a_dry_run_says_what_would_be_bought_and_does_nothing(
    plain_stage: Stage, instance: dg.DagsterInstance
) -> None:
    plain_stage.write_sheet({"sh010": "A boat.", "sh020": "A gull."})
    run(plain_stage, instance, "intake")

    dry = run(plain_stage, instance, "production", config={"dry_run": True, "takes": 2})

    assert dry.success
    assert plain_stage.charges() == 0
    assert statuses(instance, "generation") == {}
    (said,) = [e for e in dry.all_events if e.event_type_value == "ASSET_OBSERVATION"]
    observation = said.asset_observation_data.asset_observation
    assert observation.metadata["takes_to_buy"].value == 4
    assert "4 takes would be bought" in (observation.description or "")


def test_a_dry_run_names_shots_that_are_not_there_and_buys_nothing_if_the_run_may_not(
    plain_stage: Stage, instance: dg.DagsterInstance
) -> None:
    plain_stage.write_sheet({"sh010": "A boat."})
    run(plain_stage, instance, "intake")

    def simulated(**config: object) -> str:
        dry = run(plain_stage, instance, "production", config={"dry_run": True, **config})
        (said,) = [e for e in dry.all_events if e.event_type_value == "ASSET_OBSERVATION"]
        return said.asset_observation_data.asset_observation.description or ""

    slip = simulated(shots=["sh010", "sh01O"])
    assert "1 take would be bought" in slip
    assert "These would fail, as shots.csv has no such shots: sh01O." in slip
    assert "Nothing would be bought" in simulated(buy=False)


def test_a_slip_of_the_pen_fails_and_becomes_no_partition(
    plain_stage: Stage, instance: dg.DagsterInstance
) -> None:
    plain_stage.write_sheet({"sh010": "A boat."})
    run(plain_stage, instance, "intake")

    made = run(plain_stage, instance, "production", config={"shots": ["sh010", "sh01O"]})

    assert "shot sh01O is not in shots.csv" in told(made)
    assert instance.get_dynamic_partitions("shots") == ["sh010"]
    assert statuses(instance, "video") == {"sh010": "MATERIALIZED"}


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"takes": 0}, "`takes` is 0, and a shot has 1 to 99"),
        ({"takes": 100}, "`takes` is 100, and a shot has 1 to 99"),
        ({"max_cost_usd": -1.0}, "`max_cost_usd` is -1.0, and a cap is 0 or more"),
        ({"max_cost_usd": float("nan")}, "`max_cost_usd` is nan, and a cap is 0 or more"),
        ({"retries": 11}, "`retries` is 11, and there are 0 to 10"),
        ({"retry_wait_s": -1}, "`retry_wait_s` is -1, and a pause takes 0 seconds or more"),
    ],
)
def test_a_number_that_makes_no_sense_is_told_in_a_sentence_and_buys_nothing(
    plain_stage: Stage, instance: dg.DagsterInstance, config: dict[str, float], said: str
) -> None:
    plain_stage.write_sheet({"sh010": "A boat."})
    run(plain_stage, instance, "intake")

    refused = run(plain_stage, instance, "production", config=config)

    assert told(refused) == f"{said}. Correct the run's configuration and launch it again."
    assert plain_stage.charges() == 0


def test_a_retake_from_the_launchpad_is_one_more_charge(
    plain_stage: Stage, instance: dg.DagsterInstance
) -> None:
    plain_stage.write_sheet({"sh010": "A boat."})
    run(plain_stage, instance, "intake")
    run(plain_stage, instance, "production")

    again = run(plain_stage, instance, "production", config={"retake": "the gull is missing"})

    assert again.success
    assert plain_stage.charges() == 2
