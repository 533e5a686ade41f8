"""What a person may settle while the process that ordered a take still lives."""

import os
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest

from seedance_assets.core.take import TakeState
from seedance_assets.emulator.jobs.scenario import LoseAnswer
from tests.command import Command
from tests.conftest import OpenStage
from tests.stage import Stage, when

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="others are seen to live on Linux")


def _forget_the_answer(stage: Stage) -> str:
    """Leave only the intent of the one take, long ago, of this process; returns its request id."""
    (take,) = stage.takes()
    stage.forget_journal()
    with closing(sqlite3.connect(Path(stage.environ["SEEDANCE_HOME"]) / "ledger.db")) as ledger:
        ledger.execute(
            "UPDATE takes SET state = 'intent', request_id = NULL, "
            "owned_until = '2020-01-02 10:11:00.000000'"
        )
        ledger.commit()
    assert take.request_id is not None
    return take.request_id


def test_an_order_of_a_process_that_lives_cannot_be_written_off(
    seedance: Command, plain_stage: Stage
) -> None:
    plain_stage.write_sheet({"sh010": "A boat drifts."})
    plain_stage.film()
    _forget_the_answer(plain_stage)

    said = seedance("ledger", "write-off", "sh010_t001", **plain_stage.environ)

    assert said.code != 0
    assert "sh010_t001 is intent, not unknown" in said.err
    assert f"Process {os.getpid()} on " in said.err
    assert plain_stage.takes()[0].state is TakeState.INTENT


def test_an_order_whose_id_was_told_is_adopted_although_its_process_lives(
    seedance: Command, plain_stage: Stage
) -> None:
    plain_stage.write_sheet({"sh010": "A boat drifts."})
    plain_stage.film()
    told = _forget_the_answer(plain_stage)

    assert seedance("ledger", "adopt", "sh010_t001", told, **plain_stage.environ).code == 0

    assert plain_stage.film().done == ["sh010"]
    assert plain_stage.charges() == 1


def test_a_take_that_was_written_off_is_adopted_when_it_turns_up(
    seedance: Command, open_stage: OpenStage
) -> None:
    """It was bought anew meanwhile, so it is a further take of the same request."""
    with open_stage(when("boat", LoseAnswer(), times=1)) as stage:
        stage.write_sheet({"sh010": "A boat drifts."})
        stage.film()
        (lost,) = stage.requests()
        assert seedance("ledger", "write-off", "sh010", **stage.environ).code == 0
        assert stage.film().done == ["sh010"]

        said = seedance("ledger", "adopt", "sh010_t001", lost, **stage.environ)
        assert said.code == 0, said.err
        assert seedance("collect", **stage.environ).code == 0

        takes = {take.name: take for take in stage.takes()}
        assert {take.state for take in takes.values()} == {TakeState.MEASURED}
        assert (takes["sh010_t001"].request_id, takes["sh010_t001"].ordinal) == (lost, 2)
        assert takes["sh010_t002"].ordinal == 1
        assert stage.charges() == 2
