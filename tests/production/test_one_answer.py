"""The plan, the review page, the commands and the notice say the same of a shot."""

import json
import os
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from seedance_assets.core.notice import RunOutcome
from seedance_assets.core.review import ReviewShot
from seedance_assets.core.take import TakeState
from seedance_assets.emulator.jobs.scenario import BreakDownload, LoseAnswer, RefuseSubmit
from seedance_assets.production.planning.plan import PlanLine
from seedance_assets.production.run_notice import Production, RunEnd, run_notice
from seedance_assets.wiring import open_production, read_production
from tests.command import Command
from tests.conftest import OpenStage
from tests.production.test_money import decide
from tests.production.test_plan_money import plan
from tests.production.test_what_was_paid_for_is_shown import review_of
from tests.stage import Stage, when

BOAT = {"sh010": "A boat drifts."}
ADOPT = "seedance ledger adopt sh010_t001 REQUEST_ID"


def leave_intent(stage: Stage, owner: str | None) -> None:
    """Make the ledger's takes orders of `owner` that have no answer."""
    stage.forget_journal()
    with closing(sqlite3.connect(Path(stage.environ["SEEDANCE_HOME"]) / "ledger.db")) as ledger:
        ledger.execute(
            "UPDATE takes SET state = 'intent', request_id = NULL, cost_usd = NULL, "
            "owned_until = '2999-01-02 10:11:00.000000', owner = ?",
            [owner],
        )
        ledger.commit()


def crash(stage: Stage) -> None:
    """As if the process had been killed between its order and the answer."""
    leave_intent(stage, None)


def both(stage: Stage, shot: str = "sh010") -> tuple[PlanLine, ReviewShot]:
    """What the plan and the review page say of a shot."""
    planned = next(line for line in plan(stage).lines if line.shot == shot)
    return planned, next(found for found in review_of(stage).shots if found.key == shot)


def notice_of(stage: Stage) -> str:
    """The message about the run that made all takes."""
    _, settings = read_production(stage.sheet)
    end = RunEnd("r1", RunOutcome.FAILURE, asked=1)
    with open_production(stage.environment, settings) as production:
        notice = run_notice(
            Production("A test", "EMULATED", "report"),
            end,
            production.ledger.takes(),
            9,
            is_abandoned=production.ledger.order_is_abandoned,
        )
    return notice.text


def test_a_crashed_order_is_unknown_wherever_it_is_shown(
    seedance: Command, plain_stage: Stage
) -> None:
    plain_stage.write_sheet(BOAT)
    plain_stage.film()
    crash(plain_stage)

    planned, reviewed = both(plain_stage)
    collected = seedance("collect", "--json", **plain_stage.environ)
    (listed,) = json.loads(seedance("ledger", "list", "--json", **plain_stage.environ).out)
    shown = seedance("ledger", "show", "sh010_t001", **plain_stage.environ).out

    assert (planned.state.value, planned.takes_to_buy) == ("unknown", 0)
    assert (reviewed.status, reviewed.takes[0].state) == ("failed", TakeState.UNKNOWN)
    assert (reviewed.reason, reviewed.advice) == (planned.reason, planned.advice)
    assert ADOPT in planned.advice
    assert collected.json["in_doubt"] == ["sh010_t001"]
    assert " ".join(planned.reason.split()) in " ".join(collected.err.split())
    assert listed["state"] == "unknown"
    assert ADOPT in " ".join(shown.split())
    assert "sh010_t001 lost the answer to an order" in notice_of(plain_stage)
    assert plain_stage.film().failed["sh010"].reason == planned.reason
    assert plain_stage.charges() == 1


@pytest.mark.skipif(sys.platform != "linux", reason="others are seen to live on Linux")
def test_an_order_of_a_living_process_is_nobodys_to_write_off(
    seedance: Command, plain_stage: Stage
) -> None:
    plain_stage.write_sheet(BOAT)
    plain_stage.film()
    owner = plain_stage.takes()[0].owner
    leave_intent(plain_stage, owner)

    planned, reviewed = both(plain_stage)
    collected = seedance("collect", "--json", **plain_stage.environ)

    assert (planned.state.value, reviewed.status) == ("in flight", "pending")
    assert (reviewed.reason, reviewed.advice) == (planned.reason, planned.advice)
    assert planned.reason == "take sh010_t001 is being ordered"
    assert f"Process {os.getpid()} on " in planned.advice
    assert (collected.json["in_doubt"], collected.json["being_ordered"]) == ([], ["sh010_t001"])
    assert "write-off" not in collected.err + planned.advice
    assert "write-off" not in notice_of(plain_stage)


EDITS: dict[str, Callable[[Stage], object]] = {
    "edited": lambda stage: stage.write_sheet({"sh010": "A red boat."}),
    "broken": lambda stage: stage.write_sheet([{"shot": "sh010", "prompt": "A", "duration": 99}]),
    "retired": lambda stage: stage.write_sheet({"sh020": "A gull."}),
    "without its first frame": lambda stage: (stage.folder / "frame.png").unlink(),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_a_lost_order_is_told_whatever_has_become_of_its_row(
    open_stage: OpenStage, edit: Callable[[Stage], object]
) -> None:
    with open_stage(when("boat", LoseAnswer())) as stage:
        stage.write_sheet(BOAT)
        stage.film()
        edit(stage)

        reviewed = next(found for found in review_of(stage).shots if found.key == "sh010")

        assert ADOPT in (reviewed.advice or "")
        for line in plan(stage).lines:
            assert line.shot != "sh010" or ADOPT in line.advice


def test_a_refused_order_has_one_reason_and_is_bought_by_the_next_run(
    open_stage: OpenStage,
) -> None:
    with open_stage(when("boat", RefuseSubmit(answer="unprocessable"))) as stage:
        stage.write_sheet(BOAT)
        stage.film()

        planned, reviewed = both(stage)

        assert (planned.state.value, planned.takes_to_buy) == ("new", 1)
        assert reviewed.status == "failed"
        assert (reviewed.reason, reviewed.advice) == (planned.reason, planned.advice)
        assert planned.reason.startswith("sh010_t001 was not ordered: ")


def test_what_was_wrong_with_an_edited_row_is_not_held_against_the_new_one(
    open_stage: OpenStage,
) -> None:
    with open_stage(when("boat", RefuseSubmit(answer="unprocessable"))) as stage:
        stage.write_sheet(BOAT)
        stage.film()
        stage.write_sheet({"sh010": "A gull."})

        planned, reviewed = both(stage)

        assert (planned.state.value, reviewed.status) == ("changed", "pending")


def test_a_failed_download_is_told_by_the_plan_as_well(open_stage: OpenStage) -> None:
    foreign = BreakDownload(how="redirect", location="https://evil.example/x.mp4")
    with open_stage(when("boat", foreign)) as stage:
        stage.write_sheet(BOAT)
        stage.film()

        planned, reviewed = both(stage)

        assert (planned.state.value, planned.takes_to_buy) == ("in flight", 0)
        assert reviewed.status == "failed"
        assert (reviewed.reason, reviewed.advice) == (planned.reason, planned.advice)
        assert "evil.example" in planned.reason


def test_a_lost_order_is_told_though_the_budget_stops_the_next(open_stage: OpenStage) -> None:
    with open_stage(when("boat", LoseAnswer())) as stage:
        stage.write_sheet(BOAT)
        stage.film()
        stage.write_sheet({"sh010": "A gull."})
        decide(stage, "[budget]\ntotal_usd = 0.01\n")

        (line,) = plan(stage).lines

        assert line.takes_stopped == 1
        assert ADOPT in line.advice
        assert "production.toml" in line.advice
