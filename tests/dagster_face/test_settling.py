"""A take in doubt is settled from the UI, by the code of the command; nothing is bought."""

from typing import Any

import dagster as dg
import pytest

from seedance_assets.core.take import TakeState
from seedance_assets.definitions import build_definitions
from seedance_assets.defs.jobs.resolve_unknown_take import JOB, OP
from seedance_assets.defs.show import Show
from seedance_assets.emulator.jobs.scenario import LoseAnswer
from tests.conftest import OpenStage
from tests.dagster_face.runs import resource, run, statuses, told
from tests.stage import Stage, when


def resolve(
    stage: Stage, instance: dg.DagsterInstance, shot: str, **decision: Any
) -> dg.ExecuteInProcessResult:
    job = build_definitions(production=resource(stage)).resolve_job_def(JOB)
    config = {"shot": shot, "decision": decision}
    return job.execute_in_process(
        instance=instance, run_config={"ops": {OP: {"config": config}}}, raise_on_error=False
    )


def lose(stage: Stage, instance: dg.DagsterInstance) -> dg.ExecuteInProcessResult:
    stage.write_sheet({"sh010": "A boat.", "sh020": "A gull."})
    run(stage, instance, "intake")
    return run(stage, instance, "production", config={})


def test_a_red_partition_of_an_unknown_take_names_the_job(
    open_stage: OpenStage, instance: dg.DagsterInstance
) -> None:
    with open_stage(when("boat", LoseAnswer())) as stage:
        for result in (lose(stage, instance), run(stage, instance, "production", config={})):
            assert "job `resolve_unknown_take`" in told(result)
            assert "ledger adopt sh010_t001" in told(result)
        assert statuses(instance, "generation")["sh010"] == "FAILED"


def test_adopting_from_the_ui_asks_the_service_and_then_collects_for_free(
    open_stage: OpenStage, instance: dg.DagsterInstance
) -> None:
    with open_stage(when("boat", LoseAnswer())) as stage:
        lose(stage, instance)
        lost = next(o["request_id"] for o in stage.orders() if "boat" in o["prompt"])

        vain = resolve(stage, instance, "sh010", adopt={"request_id": "no-such-id"})
        assert not vain.success
        assert stage.takes(shot="sh010")[0].state is TakeState.UNKNOWN

        assert resolve(stage, instance, "sh010", adopt={"request_id": lost}).success
        records = instance.fetch_observations(dg.AssetKey("generation"), limit=1).records
        seen = records[0].asset_observation
        assert seen is not None
        assert seen.partition == "sh010"
        assert lost in str(seen.metadata["what was done"].value)
        assert "for free" in str(seen.metadata["what to do next"].value)
        assert run(stage, instance, "production", tags={"dagster/partition": "sh010"}).success
        assert statuses(instance, "generation")["sh010"] == "MATERIALIZED"
        assert stage.charges() == 2


def test_the_id_of_another_take_is_not_adopted(
    open_stage: OpenStage, instance: dg.DagsterInstance
) -> None:
    with open_stage(when("boat", LoseAnswer())) as stage:
        lose(stage, instance)
        other = stage.takes(shot="sh020")[0].request_id

        result = resolve(stage, instance, "sh010", adopt={"request_id": other})

        assert "another take is" in told(result)
        assert stage.takes(shot="sh010")[0].state is TakeState.UNKNOWN


def test_a_take_that_is_written_off_keeps_the_reason_and_its_shot_is_bought_anew(
    open_stage: OpenStage, instance: dg.DagsterInstance
) -> None:
    with open_stage(when("boat", LoseAnswer(taken=False), times=1)) as stage:
        lose(stage, instance)

        result = resolve(stage, instance, "sh010", write_off={"reason": "not on the page"})

        assert result.success
        assert run(stage, instance, "production", config={}).success
        assert [t.state for t in stage.takes(shot="sh010")] == [
            TakeState.WRITTEN_OFF,
            TakeState.MEASURED,
        ]
        assert stage.charges() == 2
        history = stage.history("sh010_t001")
        assert history[-1].cause == "written off by a person: not on the page"
        assert history[-1].run_id == result.run_id


def test_a_take_that_is_not_in_doubt_is_left_alone(
    plain_stage: Stage, instance: dg.DagsterInstance
) -> None:
    plain_stage.write_sheet({"sh010": "A boat."})
    plain_stage.film()

    for shot, says in {
        "sh010_t001": "is measured, not unknown",
        "sh010": "no shot of that name with an unknown take",
        "sh999": "the ledger has no take sh999",
    }.items():
        result = resolve(plain_stage, instance, shot, write_off={"reason": "none"})
        assert says in told(result)
    assert [t.state for t in plain_stage.takes()] == [TakeState.MEASURED]


@pytest.mark.parametrize(
    "decision",
    [
        {},
        {"adopt": {}},
        {"write_off": {}},
        {"adopt": {"request_id": "a"}, "write_off": {"reason": "b"}},
    ],
    ids=["nothing", "no id", "no reason", "both"],
)
def test_the_launchpad_takes_one_whole_decision(
    plain_stage: Stage, instance: dg.DagsterInstance, decision: dict[str, Any]
) -> None:
    with pytest.raises(dg.DagsterInvalidConfigError):
        resolve(plain_stage, instance, "sh010", **decision)


def test_each_show_has_a_job_of_its_own() -> None:
    merged = dg.Definitions.merge(build_definitions(), build_definitions(show=Show("harbour")))

    assert (
        merged.resolve_job_def("harbour_resolve_unknown_take").name
        == "harbour_resolve_unknown_take"
    )
