"""A ledger that is gone, or older than what was bought, buys nothing again."""

import hashlib
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from seedance_assets.adapters.ledger.backup import KEPT, backups
from seedance_assets.core.take import TakeState
from seedance_assets.emulator.jobs.scenario import LoseAnswer, Pace
from seedance_assets.production.events import FileKept
from seedance_assets.production.ordering.take_records import find_unrecorded, rebuild
from seedance_assets.production.planning.plan import Plan
from seedance_assets.wiring import open_production, plan_production, read_production
from tests.command import Command, wait_for
from tests.conftest import OpenStage
from tests.stage import Stage, when

TWO = {"sh010": "A boat drifts.", "sh020": "A gull rests."}


def lose_ledger(stage: Stage, content: bytes | None = None) -> None:
    """Delete the ledger and what belongs to it; or leave a file with that content."""
    for file in stage.home.glob("ledger.db*"):
        file.unlink()
    if content is not None:
        (stage.home / "ledger.db").write_bytes(content)


def clips(stage: Stage) -> dict[str, str]:
    """Every video and its content's hash."""
    found = sorted(stage.home.joinpath("media").rglob("*.mp4"))
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in found}


def plan(stage: Stage) -> Plan:
    shot_list, settings = read_production(stage.sheet)
    with open_production(stage.environment, settings) as production:
        return plan_production(stage.environment, production, shot_list)


def rebuilt(stage: Stage) -> list[str]:
    """`ledger rebuild`: the names of the takes that it wrote back."""
    _, settings = read_production(stage.sheet)
    with open_production(stage.environment, settings) as production:
        written, _ = rebuild(
            production.scope, production.ledger, production.library, production.journal
        )
    return sorted(take.name for take in written)


@pytest.mark.parametrize("journal", [True, False], ids=["journal", "made before the journal"])
@pytest.mark.parametrize("content", [None, b""], ids=["deleted", "emptied"])
def test_a_lost_ledger_stops_buying_until_it_is_rebuilt(
    plain_stage: Stage, content: bytes | None, journal: bool
) -> None:
    plain_stage.write_sheet(TWO)
    plain_stage.film()
    before = clips(plain_stage)
    lose_ledger(plain_stage, content)
    if not journal:
        plain_stage.forget_journal()

    planned, outcome = plan(plain_stage), plain_stage.film()

    assert (planned.takes_to_buy, planned.takes_stopped) == (0, 2)
    assert {f.kind for f in outcome.failed.values()} == {"ledger_behind"}
    assert "sh010_t001" in outcome.failed["sh010"].reason
    assert rebuilt(plain_stage) == ["sh010_t001", "sh020_t001"]
    assert plain_stage.film().done == ["sh010", "sh020"]
    assert clips(plain_stage) == before
    assert plain_stage.charges() == 2


def test_a_ledger_from_an_older_backup_stops_buying_until_it_is_rebuilt(
    plain_stage: Stage, tmp_path: Path
) -> None:
    plain_stage.write_sheet(TWO)
    plain_stage.film(shots=["sh010"])
    with closing(sqlite3.connect(plain_stage.home / "ledger.db")) as ledger:
        ledger.execute("VACUUM INTO ?", (str(tmp_path / "older.db"),))
    plain_stage.film()
    lose_ledger(plain_stage, (tmp_path / "older.db").read_bytes())

    outcome = plain_stage.film()

    assert outcome.done == ["sh010"]
    assert outcome.failed["sh020"].kind == "ledger_behind"
    assert rebuilt(plain_stage) == ["sh020_t001"]
    assert plain_stage.film().done == ["sh010", "sh020"]
    assert plain_stage.charges() == 2


def test_orders_that_are_still_at_the_service_are_known_without_a_ledger(
    open_stage: OpenStage,
) -> None:
    """No clip is stored yet: the journal alone has their ids."""
    with open_stage(when("boat", Pace(queue_s=1000.0)), when("gull", LoseAnswer())) as stage:
        stage.write_sheet(TWO)
        with stage.line_thread() as line_thread:
            next(line_thread.events(), None)
            wait_for(lambda: len(stage.requests()) == 2)
        lose_ledger(stage)

        assert {f.kind for f in stage.film().failed.values()} == {"ledger_behind"}
        assert rebuilt(stage) == ["sh010_t001", "sh020_t001"]
        states = {take.shot: take.state for take in stage.takes()}
        assert states == {"sh010": TakeState.SUBMITTED, "sh020": TakeState.UNKNOWN}

        stage.clock.let_time_pass()
        assert stage.film().done == ["sh010"]
        assert stage.charges() == 2


def test_an_answer_that_only_the_journal_has_yet_is_no_sign_of_an_older_ledger(
    plain_stage: Stage,
) -> None:
    """Another process looks between the two writes of the one that orders."""
    plain_stage.write_sheet({"sh010": "A boat."})
    plain_stage.film()
    _, settings = read_production(plain_stage.sheet)
    with open_production(plain_stage.environment, settings) as production:
        with closing(sqlite3.connect(plain_stage.home / "ledger.db")) as ledger, ledger:
            ledger.execute("UPDATE takes SET state = 'intent', request_id = NULL")

        found = find_unrecorded(
            production.scope, production.ledger, production.library, production.journal
        )

    assert found.records == ()


def test_a_clip_without_any_record_stops_its_own_shot_alone(plain_stage: Stage) -> None:
    plain_stage.write_sheet(TWO)
    plain_stage.film(shots=["sh010"])
    stray = plain_stage.home / "media" / "EMULATED"
    folder = next(stray.rglob("sh010_t001.mp4")).parent.parent / "sh020"
    folder.mkdir()
    (folder / "sh020_t001.mp4").write_bytes(b"somebody's clip")

    outcome = plain_stage.film()

    assert outcome.done == ["sh010"]
    assert "sh020_t001" in outcome.failed["sh020"].reason
    assert plain_stage.charges() == 1
    (folder / "sh020_t001.mp4").unlink()
    assert plain_stage.film().done == ["sh010", "sh020"]


def test_an_editors_file_over_a_clip_is_kept_and_told(plain_stage: Stage) -> None:
    plain_stage.write_sheet({"sh010": "A boat drifts."})
    plain_stage.film()
    path = Path(plain_stage.takes()[0].video_path or "")
    path.write_bytes(b"graded by an editor")

    outcome = plain_stage.film()

    aside = path.with_name("sh010_t001_kept_1.mp4")
    assert outcome.done == ["sh010"]
    assert aside.read_bytes() == b"graded by an editor"
    assert [str(aside) in e.sentence for e in outcome.events if isinstance(e, FileKept)] == [True]
    assert plain_stage.charges() == 1


def test_the_command_says_once_that_the_ledger_is_behind_and_rebuilds_it(
    seedance: Command, plain_stage: Stage
) -> None:
    plain_stage.write_sheet(TWO)
    assert seedance("produce", plain_stage.sheet, **plain_stage.environ).code == 0
    kept = backups(plain_stage.home / "backups")
    assert kept
    lose_ledger(plain_stage)

    said = seedance("produce", plain_stage.sheet, **plain_stage.environ)
    assert said.code == 74
    assert said.err.count("the ledger does not know 2 takes") == 1
    assert "seedance ledger rebuild" in said.err

    said = seedance("ledger", "rebuild", **plain_stage.environ)
    assert (said.code, "2 takes written back; nothing was bought." in said.out) == (0, True)
    lose_ledger(plain_stage)
    shutil.copy(kept[-1], plain_stage.home / "ledger.db")  # or the newest copy is put back
    assert (
        seedance("produce", plain_stage.sheet, "--json", **plain_stage.environ).json["purchased"]
        == 0
    )
    assert plain_stage.charges() == 2


def test_backups_are_few_and_one_is_made_only_of_something_new(plain_stage: Stage) -> None:
    plain_stage.write_sheet({"sh010": "A boat drifts."})
    plain_stage.film()
    folder = plain_stage.home / "backups"
    _, settings = read_production(plain_stage.sheet)
    with open_production(plain_stage.environment, settings) as production:
        first = production.ledger.back_up(folder)
        assert first is not None
        assert production.ledger.back_up(folder) is None
        (take,) = production.ledger.takes()
        for n in range(KEPT + 2):
            production.ledger.remark(take, f"remark {n}")
            production.ledger.back_up(folder)
    assert len(backups(folder)) == KEPT
    assert not first.exists()
    with closing(sqlite3.connect(backups(folder)[-1])) as copy:
        assert copy.execute("SELECT count(*) FROM takes").fetchone() == (1,)
