"""A run's log has few lines, each of one form, with shot and request id."""

import re

import dagster as dg

from seedance_assets.emulator.jobs.scenario import FailJob, Pace
from tests.conftest import OpenStage
from tests.dagster_face.runs import run
from tests.stage import Stage, when

FORM = re.compile(r"(ordered|home|parked|failed|notice): (\w+=\S+ ?)+(\| .+)?", re.DOTALL)


def lines(stage: Stage, instance: dg.DagsterInstance) -> list[str]:
    """What a run of `production` writes into its log by itself."""
    result = run(stage, instance, "production", config={})
    entries = instance.all_logs(result.run_id)
    said = [entry.user_message for entry in entries if entry.dagster_event is None]
    return [line for line in said if "did not yield or return" not in line]  # Dagster's own remark


def test_a_take_has_a_line_when_it_is_ordered_and_one_when_it_is_home_and_then_none(
    plain_stage: Stage, instance: dg.DagsterInstance
) -> None:
    plain_stage.write_sheet({"sh010": "A boat."})
    run(plain_stage, instance, "intake")

    written = lines(plain_stage, instance)

    assert len(written) == 2, written
    ordered, home = written

    (request_id,) = plain_stage.requests()
    facts = f"shot=sh010 take=sh010_t001 request_id={request_id}"
    assert re.fullmatch(rf"ordered: {facts} estimate_usd=[\d.]+", ordered)
    assert re.fullmatch(rf"home: {facts}( cost_usd=[\d.]+)? service_s=[\d.]+", home)
    assert lines(plain_stage, instance) == []


def test_a_failed_and_a_parked_shot_say_why_once_with_their_request_ids(
    open_stage: OpenStage, instance: dg.DagsterInstance
) -> None:
    rules = (when("fog", FailJob(message="too much fog")), when("boat", Pace(service_s=60.0)))
    with open_stage(*rules) as stage:
        settings = stage.folder / "production.toml"
        settings.write_text(settings.read_text() + "[patience]\nhard_timeout_s = 2\n")
        stage.write_sheet({"sh010": "A boat.", "sh020": "fog"})
        run(stage, instance, "intake")
        written = lines(stage, instance)
        ids = {take.shot: take.request_id for take in stage.takes()}

    assert [line for line in written if not FORM.fullmatch(line)] == []
    parked = [line for line in written if line.startswith("parked: shot=sh010 ")]
    failed = [line for line in written if line.startswith("failed: shot=sh020 ")]
    assert len(parked) == 1
    assert len(failed) == 1
    assert f"kind=still_running request_id={ids['sh010']} | " in parked[0]
    assert f"kind=generation_failed request_id={ids['sh020']} | " in failed[0]
    assert "too much fog" in failed[0]


def test_no_line_holds_the_token(plain_stage: Stage, instance: dg.DagsterInstance) -> None:
    plain_stage.write_sheet({"sh010": "A boat."})
    run(plain_stage, instance, "intake")

    assert "SENTINEL" not in "".join(lines(plain_stage, instance))
