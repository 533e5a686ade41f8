"""A bug in this program stays with its shot, says so at once, and is kept with its traceback."""

import sqlite3
from contextlib import closing
from pathlib import Path

from seedance_assets.core.run_options import RunOptions
from seedance_assets.core.take import TakeState
from seedance_assets.emulator.jobs.scenario import Pace
from seedance_assets.production.events import LineEvent, ShotFailed, TakePassed
from seedance_assets.production.line_thread import LineThread
from seedance_assets.wiring import open_address, open_production, read_production
from tests.command import Command
from tests.conftest import OpenStage
from tests.stage import Stage, when

THREE = {"sh010": "A boat drifts.", "sh020": "A gull lands.", "sh030": "Night falls."}


def film_with(stage: Stage, watch: "_Watch") -> list[LineEvent]:
    shot_list, settings = read_production(stage.sheet)
    environment = stage.environment
    with open_production(environment, settings) as production, open_address(environment) as address:
        line_thread = LineThread(
            production, address, RunOptions(), shot_list, shot_list.shots, watch
        )
        return list(line_thread.events())


class _Watch:
    """Somebody who listens to the line and breaks at one shot, as only a defect would."""

    def __call__(self, event: LineEvent) -> None:
        if isinstance(event, TakePassed) and event.shot == "sh020":
            message = f"unforeseen, with {'tok-SENTINEL-123'}"
            raise ZeroDivisionError(message)


def test_a_defect_stays_with_its_shot_and_is_told_before_the_others_are_done(
    open_stage: OpenStage,
) -> None:
    with open_stage(when("night", Pace(service_s=4.0))) as stage:
        stage.write_sheet(THREE)

        events = film_with(stage, _Watch())

        failures = [e for e in events if isinstance(e, ShotFailed)]
        assert [(e.shot, e.kind) for e in failures] == [("sh020", "defect")]
        assert "ZeroDivisionError: unforeseen" in failures[0].reason
        assert "bug in this program" in failures[0].advice
        assert "Traceback" in failures[0].traceback
        assert "tok-SENTINEL-123" not in failures[0].reason + failures[0].traceback
        assert events.index(failures[0]) < len(events) - 1, "it does not wait for the slowest shot"
        states = {take.shot: take.state for take in stage.takes()}
        assert states["sh010"] is states["sh030"] is TakeState.MEASURED
        assert states["sh020"] is TakeState.SUCCEEDED, "its books are kept: it is paid for"
        assert stage.film().done == ["sh010", "sh020", "sh030"]
        assert stage.charges() == 3


def _harm(stage: Stage, shot: str) -> None:
    """A record that no line of ours can have written, and that none foresees."""
    home = Path(stage.environ["SEEDANCE_HOME"])
    with closing(sqlite3.connect(home / "ledger.db")) as ledger, ledger:
        ledger.execute("UPDATE takes SET video_path = 'a' || char(0) WHERE shot = ?", (shot,))


def test_the_command_says_one_line_of_a_defect_and_keeps_its_traceback_in_a_log(
    seedance: Command, open_stage: OpenStage
) -> None:
    with open_stage() as stage:
        stage.write_sheet(THREE)
        stage.film()
        _harm(stage, "sh020")

        said = seedance("produce", stage.sheet, "--yes", **stage.environ)
        loud = seedance("--debug", "produce", stage.sheet, "--yes", **stage.environ)

        assert said.code == 1
        assert "2 of 3 shots done" in said.out
        assert "a bug in this program: ValueError" in said.out
        assert "Traceback" not in said.out + said.err
        log = Path(stage.environ["SEEDANCE_HOME"]) / "logs" / "defects.log"
        assert str(log) in said.out
        assert "shot sh020" in log.read_text(encoding="utf-8")
        assert "Traceback" in log.read_text(encoding="utf-8")
        assert "Traceback" in loud.err
        assert stage.charges() == 3
