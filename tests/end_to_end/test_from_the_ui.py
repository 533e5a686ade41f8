"""Actions on a take in Dagster's UI never pay for it again."""

from seedance_assets.core.take import TakeState
from seedance_assets.defs.jobs.resolve_unknown_take import JOB, OP
from tests.end_to_end.dagster_ui import PATIENCE_S, DagsterUi, read, wait_until

ENDED = {"SUCCESS", "FAILURE", "CANCELED"}


def test_a_take_in_doubt_is_adopted_in_the_launchpad(ui: DagsterUi) -> None:
    ui.stage.write_sheet({"whale_1": "A whale."})
    ui.stage.film()
    (lost,) = (o["request_id"] for o in ui.stage.orders() if "whale" in o["prompt"])
    charges = ui.stage.charges()
    read(ui)

    decision = {"shot": "whale_1", "decision": {"adopt": {"request_id": lost}}}
    run_id = ui.launch_job(JOB, {OP: {"config": decision}})
    wait_until(lambda: ui.status(run_id) in ENDED, PATIENCE_S)

    assert ui.status(run_id) == "SUCCESS"
    seen = ui.observed("generation", "whale_1")
    assert lost in seen["what was done"]
    assert "for free" in seen["what to do next"]
    assert ui.stage.film(buy=False).done == ["whale_1"]
    assert ui.stage.charges() == charges


def test_a_backfill_and_the_relaunch_of_what_failed_pay_once(ui: DagsterUi) -> None:
    charges = ui.stage.charges()
    ui.stage.write_sheet({"fog_1": "Thick fog.", "sun_1": "Bright sun."})
    read(ui)

    first = ui.backfill(["fog_1", "sun_1"])
    wait_until(lambda: ui.backfill_status(first) == "COMPLETED_FAILED", PATIENCE_S)
    assert {t.shot: t.state for t in ui.stage.takes() if t.shot in {"fog_1", "sun_1"}} == {
        "fog_1": TakeState.SUCCEEDED,
        "sun_1": TakeState.MEASURED,
    }

    again = ui.relaunch_failed(first)
    wait_until(lambda: ui.backfill_status(again).startswith("COMPLETED"), PATIENCE_S)

    assert ui.backfill_status(again) == "COMPLETED_SUCCESS"
    assert [t.state for t in ui.stage.takes(shot="fog_1")] == [TakeState.MEASURED]
    assert ui.stage.charges() == charges + 2
