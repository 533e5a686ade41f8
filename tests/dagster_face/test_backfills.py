"""How many shots share a run of a backfill, and what a backfill under way must not lose."""

import os
import signal
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import dagster as dg
import pytest
from dagster._core.definitions.assets.graph.asset_graph_subset import AssetGraphSubset
from dagster._core.execution.asset_backfill import AssetBackfillData
from dagster._core.execution.backfill import BulkActionStatus, PartitionBackfill
from dagster._core.remote_origin import (
    RegisteredCodeLocationOrigin,
    RemoteJobOrigin,
    RemoteRepositoryOrigin,
)
from dagster._core.storage.tags import BACKFILL_ID_TAG, PARTITION_NAME_TAG

from seedance_assets.core.stage import Stage
from seedance_assets.definitions import build_definitions
from seedance_assets.defs.assets.stages import OP
from seedance_assets.defs.sensors.backfills import reasons, shots_per_process, shots_per_run
from seedance_assets.defs.show import THE_SHOW
from seedance_assets.emulator.jobs.scenario import Pace
from seedance_assets.production.events import LineEvent, ShotFailed, TakeQueued, TakeRunning
from seedance_assets.production.line_thread import detach_all
from tests.command import wait_for
from tests.conftest import OpenStage
from tests.dagster_face.runs import resource, run, run_waits_for_the_line, statuses
from tests.stage import SETTINGS, when
from tests.stage import Stage as Set

NO_OPS: Mapping[str, Any] = {}


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
    [("", (100, 1000)), ("250", (250, 250)), ("0", (100, 1000)), ("many", (100, 1000))],
)
def test_a_run_of_a_backfill_is_bounded_in_size(
    monkeypatch: pytest.MonkeyPatch, given: str, meant: tuple[int, int]
) -> None:
    monkeypatch.setenv("SEEDANCE_SHOTS_PER_RUN", given)

    assert (shots_per_run(), shots_per_process()) == meant


def test_a_waiting_run_that_is_cancelled_alone_takes_its_own_shots_back(
    open_stage: OpenStage, limited: dg.DagsterInstance
) -> None:
    with open_stage(when("night", Pace(queue_s=3600.0))) as stage:
        soon = f"{SETTINGS}[patience]\nsoft_timeout_s = 30.0\nhard_timeout_s = 30.0\n"
        (stage.folder / "production.toml").write_text(soon)
        stage.write_sheet({"sh010": "A boat.", "sh020": "By night.", "sh030": "A gull."})
        run(stage, limited, "intake")
        other = queue_run(stage, limited, "sh020")
        last = queue_run(stage, limited, "sh030")

        def cancel(event: LineEvent) -> None:
            if isinstance(event, TakeQueued) and event.shot == "sh020":
                limited.report_run_canceled(other)

        watched = build_definitions(watch=cancel, production=resource(stage))
        tags = {BACKFILL_ID_TAG: "abcdefgh", PARTITION_NAME_TAG: "sh010"}
        result = run(stage, limited, "production", tags=tags, definitions=watched)

        assert result.success
        assert {t.shot: t.state.value for t in stage.takes()} == {
            "sh010": "measured",
            "sh020": "cancelled",
            "sh030": "measured",
        }
        assert statuses(limited, "measurements") == {
            "sh010": "MATERIALIZED",
            "sh030": "MATERIALIZED",
        }
        ended = [limited.get_run_by_id(r.run_id) for r in (other, last)]
        assert [r.status.value for r in ended if r] == ["CANCELED", "SUCCESS"]


def test_a_retake_that_one_run_of_a_backfill_bought_is_not_bought_by_the_next(
    open_stage: OpenStage, limited: dg.DagsterInstance
) -> None:
    rules = (when("gull", Pace(service_s=0.0), times=1), when("gull", Pace(service_s=3600.0)))
    with open_stage(*rules) as stage:
        stage.write_sheet({"sh010": "A boat.", "sh020": "A gull."})
        run(stage, limited, "intake")
        stage.film()
        retake = {"retake": "softer light"}
        other = queue_run(stage, limited, "sh020", {OP: {"config": retake}})

        def break_off(event: LineEvent) -> None:
            if isinstance(event, TakeRunning) and event.shot == "sh020" and not fired:
                fired.append(event)
                wait_for(run_waits_for_the_line)
                os.kill(os.getpid(), signal.SIGINT)

        fired: list[LineEvent] = []
        watched = build_definitions(watch=break_off, production=resource(stage))
        tags = {BACKFILL_ID_TAG: "abcdefgh", PARTITION_NAME_TAG: "sh010"}
        run(stage, limited, "production", config=retake, tags=tags, definitions=watched)
        detach_all()
        assert stage.charges() == 4
        assert len(fired) == 1
        stage.clock.let_time_pass()

        limited.report_run_canceled(other)  # in its place one that begins now
        tags[PARTITION_NAME_TAG] = "sh020"
        assert run(stage, limited, "production", config=retake, tags=tags).success

        assert stage.charges() == 4
        assert {t.state.value for t in stage.takes() if t.shot == "sh020"} == {"measured"}


def queue_run(
    stage: Set, instance: dg.DagsterInstance, shot: str, ops: Mapping[str, Any] = NO_OPS
) -> dg.DagsterRun:
    """A run of the same backfill that waits for its turn."""
    job = build_definitions(production=resource(stage)).resolve_job_def("production")
    place = RemoteRepositoryOrigin(RegisteredCodeLocationOrigin("here"), "__repository__")
    return instance.create_run_for_job(
        job,
        status=dg.DagsterRunStatus.QUEUED,
        run_config={"ops": dict(ops)},
        tags={BACKFILL_ID_TAG: "abcdefgh", PARTITION_NAME_TAG: shot},
        asset_selection=set(),
        remote_job_origin=RemoteJobOrigin(place, "production"),
    )


def test_a_run_tells_of_a_hundred_failed_shots_at_most() -> None:
    failures = [
        ShotFailed(f"sh{n:03}", Stage.GENERATION, "JobFailed", f"fog {n}.", "Wait.", False)
        for n in range(120)
    ]

    lines = reasons(failures).splitlines()

    assert lines[0] == "120 shots failed:"
    assert lines[1] == "- sh000: fog 0. Wait."
    assert lines[-1] == "- and 20 more: see the run's log"
    assert len(lines) == 102

    alike = [replace(failure, reason="too much fog.") for failure in failures[:3]]
    assert reasons(alike).splitlines() == [
        "3 shots failed:",
        "- sh000, sh001, sh002: too much fog. Wait.",
    ]
