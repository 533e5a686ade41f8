"""An order whose end the ledger cannot take down is told to a person as it is."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

from seedance_assets.core.errors import Charge
from seedance_assets.core.take import TakeState
from seedance_assets.emulator.jobs.scenario import LoseAnswer, Pace, SlowAnswer
from tests.conftest import OpenStage
from tests.stage import Stage, when

FULL = "INSERT INTO ballast VALUES (zeroblob(20000000))"
BROKEN = "INSERT INTO nowhere VALUES (1)"
REFUSED = "SELECT RAISE(FAIL, 'no')"


def _keep_small(connection: sqlite3.Connection, _record: object) -> None:
    connection.execute("PRAGMA max_page_count = 1000").close()  # 4 MB: then its disk is full


@contextmanager
def ledger_that_fails(stage: Stage, statement: str, *states: TakeState) -> Iterator[None]:
    """A ledger in which `statement` comes before each take that is to enter one of `states`."""
    stage.takes()  # so that there is one
    entered = ", ".join(f"'{state}'" for state in states)
    with closing(sqlite3.connect(Path(stage.environ["SEEDANCE_HOME"]) / "ledger.db")) as ledger:
        ledger.executescript(
            "CREATE TABLE ballast (bytes BLOB);"
            f"CREATE TRIGGER trouble BEFORE UPDATE ON takes WHEN NEW.state IN ({entered}) "
            f"BEGIN {statement}; END;"
        )
    event.listen(Engine, "connect", _keep_small)
    try:
        yield
    finally:
        event.remove(Engine, "connect", _keep_small)


@contextmanager
def foreign_error() -> Iterator[None]:
    """An error that is none of the ledger's, amid the writing of a request id."""

    def fail(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("UPDATE takes") and "request_id" in statement:
            raise OSError

    event.listen(Engine, "before_cursor_execute", fail)
    try:
        yield
    finally:
        event.remove(Engine, "before_cursor_execute", fail)


def says_the_id_and_that_it_is_paid(stage: Stage) -> str:
    failure = stage.film().failed["sh010"]

    (request_id,) = stage.requests()
    assert failure.kind == "answer_lost"
    assert failure.charge is Charge.CHARGED
    assert f"sh010_t001 was ordered as {request_id}" in failure.reason
    assert f"ledger adopt sh010_t001 {request_id}" in failure.advice
    return failure.reason


@pytest.mark.parametrize(
    ("trouble", "why"),
    [(FULL, "the disk is full"), (BROKEN, "no such table"), (REFUSED, "cannot be")],
    ids=["full disk", "broken database", "refused"],
)
def test_an_order_that_the_ledger_cannot_take_down_is_told_with_its_id(
    plain_stage: Stage, trouble: str, why: str
) -> None:
    plain_stage.write_sheet({"sh010": "A boat drifts."})

    with ledger_that_fails(plain_stage, trouble, TakeState.SUBMITTED):
        assert why in says_the_id_and_that_it_is_paid(plain_stage)


def test_an_error_that_nobody_foresaw_does_not_lose_the_id_either(plain_stage: Stage) -> None:
    plain_stage.write_sheet({"sh010": "A boat drifts."})

    with foreign_error():
        says_the_id_and_that_it_is_paid(plain_stage)


def test_an_id_that_cannot_be_written_down_is_logged_if_the_shot_has_left(
    open_stage: OpenStage, caplog: pytest.LogCaptureFixture
) -> None:
    with open_stage(when("boat", SlowAnswer(delay_s=5.0), Pace(queue_s=60.0))) as stage:
        stage.write_sheet({"sh010": "A boat drifts."})

        with (
            ledger_that_fails(stage, FULL, TakeState.SUBMITTED),
            stage.line_thread() as line_thread,
        ):
            list(line_thread.events(lambda: {"sh010"} if stage.requests() else ()))

        (request_id,) = stage.requests()
        assert f"ledger adopt sh010_t001 {request_id}" in caplog.text


@pytest.mark.parametrize("trouble", [FULL, BROKEN], ids=["full disk", "broken database"])
def test_a_lost_answer_is_told_as_such_even_if_the_ledger_cannot_take_it_down(
    open_stage: OpenStage, trouble: str
) -> None:
    with open_stage(when("boat", LoseAnswer())) as stage:
        stage.write_sheet({"sh010": "A boat drifts."})

        with ledger_that_fails(stage, trouble, TakeState.UNKNOWN):
            failure = stage.film().failed["sh010"]

        assert (failure.kind, failure.charge) == ("answer_lost", Charge.UNKNOWN)
        assert "seedance ledger adopt sh010_t001" in failure.advice
        assert [t.state for t in stage.takes()] == [TakeState.INTENT]


@pytest.mark.parametrize("trouble", [FULL, BROKEN], ids=["full disk", "broken database"])
def test_the_next_run_finds_the_id_that_the_ledger_could_not_take_down(
    plain_stage: Stage, trouble: str
) -> None:
    plain_stage.write_sheet({"sh010": "A boat drifts."})
    with ledger_that_fails(plain_stage, trouble, TakeState.SUBMITTED):
        says_the_id_and_that_it_is_paid(plain_stage)
    with closing(sqlite3.connect(plain_stage.home / "ledger.db")) as ledger:
        ledger.execute("DROP TRIGGER trouble")

    assert plain_stage.film().done == ["sh010"]

    assert plain_stage.charges() == 1
    causes = [line.cause for line in plain_stage.history("sh010_t001")]
    assert "its request id stood in the journal of orders" in causes
