"""Whoever comes to a take again, by whatever path, finds it: the meter counts one charge.

The other paths have their tests where they belong: `produce` run twice in tests/cli, a step's own
retry and a second materialisation in test_production.py, a backfill and its relaunch in
tests/end_to_end, runs at one moment in tests/production/test_line.py, racing processes in
tests/chaos and tests/ledger.
"""

from pathlib import Path

import dagster as dg
import pytest
from dagster._core.definitions.reconstruct import ReconstructableJob, ReconstructableRepository
from dagster._core.storage.tags import (
    ASSET_PARTITION_RANGE_END_TAG,
    ASSET_PARTITION_RANGE_START_TAG,
    PARENT_RUN_ID_TAG,
    ROOT_RUN_ID_TAG,
)

from seedance_assets.defs.assets.stages import OP
from seedance_assets.emulator.jobs.scenario import BreakDownload, Pace
from tests.cli.test_collect import order_and_let_go
from tests.conftest import OpenStage
from tests.dagster_face.runs import run, statuses, told
from tests.stage import Stage, stage, when

ELSEWHERE = BreakDownload(how="redirect", location="https://evil.example/x.mp4", times=2)


@pytest.fixture
def production(monkeypatch: pytest.MonkeyPatch) -> ReconstructableJob:
    """The job as a run launcher loads it: from the module, with the environment's settings."""
    module = ReconstructableRepository.for_module("seedance_assets.definitions", "defs")
    return module.get_reconstructable_job("production")


def settle_in(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in stage.environ.items():
        monkeypatch.setenv(name, value)


def test_re_execution_from_failure_fetches_what_was_paid_for(
    open_stage: OpenStage,
    instance: dg.DagsterInstance,
    production: ReconstructableJob,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with open_stage(when("boat", ELSEWHERE)) as opened:
        settle_in(opened, monkeypatch)
        opened.write_sheet({"sh010": "A boat.", "sh020": "A gull."})
        run(opened, instance, "intake")
        config = {"ops": {OP: {"config": {"shots": ["sh010", "sh020"], "retries": 0}}}}
        first = dg.execute_job(production, instance, run_config=config)
        assert statuses(instance, "video") == {"sh010": "FAILED", "sh020": "MATERIALIZED"}

        options = dg.ReexecutionOptions.from_failure(first.run_id, instance)
        again = dg.execute_job(production, instance, run_config=config, reexecution_options=options)

        assert not first.success
        assert again.success
        assert set(statuses(instance, "video").values()) == {"MATERIALIZED"}
        assert opened.charges() == 2


def test_a_retake_is_paid_for_once_however_often_its_run_is_re_executed(
    plain_stage: Stage,
    instance: dg.DagsterInstance,
    production: ReconstructableJob,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settle_in(plain_stage, monkeypatch)
    plain_stage.write_sheet({"sh010": "A boat."})
    run(plain_stage, instance, "intake")
    plain_stage.film()

    def execute(max_cost_usd: float, parent: str | None) -> str:
        config = {"retake": "softer light", "max_cost_usd": max_cost_usd, "retries": 0}
        again = dg.ReexecutionOptions(parent_run_id=parent) if parent else None
        return dg.execute_job(
            production,
            instance,
            run_config={"ops": {OP: {"config": config}}},
            reexecution_options=again,
        ).run_id

    last = execute(0.0, None)
    assert plain_stage.charges() == 1
    for _ in range(3):
        last = execute(1.0, last)

    assert plain_stage.charges() == 2


def test_a_range_that_is_re_executed_holds_the_shots_that_were_chosen_though_one_has_moved(
    plain_stage: Stage, instance: dg.DagsterInstance
) -> None:
    rows = {f"sh0{n}0": f"Boat number {n}." for n in range(1, 5)}
    plain_stage.write_sheet(rows)
    run(plain_stage, instance, "intake")
    chosen = {ASSET_PARTITION_RANGE_START_TAG: "sh010", ASSET_PARTITION_RANGE_END_TAG: "sh020"}
    first = run(plain_stage, instance, "production", tags=chosen)
    for sheet in ({shot: rows[shot] for shot in rows if shot != "sh020"}, rows):
        plain_stage.write_sheet(sheet)
        run(plain_stage, instance, "intake")
    assert instance.get_dynamic_partitions("shots")[-1] == "sh020"  # it has come back, as the last

    of_first = {PARENT_RUN_ID_TAG: first.run_id, ROOT_RUN_ID_TAG: first.run_id}
    again = run(plain_stage, instance, "production", tags=chosen | of_first)

    assert again.success
    assert {take.shot for take in plain_stage.takes()} == {"sh010", "sh020"}
    assert plain_stage.charges() == 2


def test_a_range_without_shots_is_a_failure_and_no_success(
    plain_stage: Stage, instance: dg.DagsterInstance
) -> None:
    plain_stage.write_sheet({"sh010": "A boat.", "sh020": "A gull."})
    run(plain_stage, instance, "intake")
    backwards = {ASSET_PARTITION_RANGE_START_TAG: "sh020", ASSET_PARTITION_RANGE_END_TAG: "sh010"}

    result = run(plain_stage, instance, "production", tags=backwards)

    assert not result.success
    assert "Select the shots again" in told(result)


def test_a_run_that_was_let_go_of_is_re_executed_whole_for_free(
    open_stage: OpenStage,
    instance: dg.DagsterInstance,
    production: ReconstructableJob,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with open_stage(when("boat", Pace(service_s=1.0))) as opened:
        settle_in(opened, monkeypatch)
        opened.write_sheet({"sh010": "A boat."})
        run(opened, instance, "intake")
        order_and_let_go(opened)

        for _ in range(2):
            assert dg.execute_job(production, instance).success

        assert opened.charges() == 1


def test_another_host_on_the_same_ledger_shares_every_purchase(tmp_path: Path, clip: Path) -> None:
    """It has a home and shelves of its own: what is not there is fetched, not bought."""
    with stage(tmp_path / "one", clip) as one:
        one.write_sheet({"sh010": "A boat.", "sh020": "A gull."})
        one.film(shots=["sh010"])
        home = Path(one.environ["SEEDANCE_HOME"])
        one.environ |= {
            "SEEDANCE_LEDGER_URL": f"sqlite:///{home / 'ledger.db'}",
            "SEEDANCE_HOME": str(tmp_path / "another"),
        }
        for kept in (home / "media").rglob("*.mp4"):
            kept.unlink()  # another host does not see that disk

        assert one.film().done == ["sh010", "sh020"]

        assert one.charges() == 2
        assert len(one.takes()) == 2
