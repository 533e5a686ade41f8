"""What is paid for is brought home, whatever has become of its row; nothing is bought."""

from pathlib import Path

from seedance_assets.adapters.ledger import open_ledger
from seedance_assets.core.take import TakeState
from seedance_assets.emulator.jobs.scenario import BreakDownload, FailJob, LoseAnswer, Pace
from seedance_assets.production.events import TakeOrdered
from tests.command import Command
from tests.conftest import OpenStage
from tests.stage import Stage, when


def order_and_let_go(stage: Stage, takes: int = 1) -> None:
    """Takes are ordered, and the run is let go of."""
    ordered = 0
    with stage.line_thread() as line_thread:
        for event in line_thread.events():
            ordered += isinstance(event, TakeOrdered)
            if ordered == takes:
                break
        line_thread.stop(cancel_queued=False)


def test_a_take_that_was_let_go_of_is_collected_and_nothing_is_bought(
    seedance: Command, open_stage: OpenStage
) -> None:
    with open_stage(service_s=3600.0) as stage:
        stage.write_sheet([{"shot": "sh010", "prompt": "A boat.", "takes": 2}])
        order_and_let_go(stage, takes=2)
        stage.clock.let_time_pass()
        charges = stage.charges()

        said = seedance("collect", "--json", **stage.environ)
        again = seedance("collect", "--json", **stage.environ)

        assert (said.code, said.json["purchased"]) == (0, 0), said.err
        assert sorted(said.json["collected"]) == ["sh010_t001", "sh010_t002"]
        assert again.json["takes"] == 0
        assert {t.state for t in stage.takes()} == {TakeState.MEASURED}
        assert stage.film().done == ["sh010"]
        assert stage.charges() == charges == 2


def test_a_take_of_a_row_that_was_edited_or_is_gone_is_collected_all_the_same(
    seedance: Command, open_stage: OpenStage
) -> None:
    with open_stage(service_s=3600.0) as stage:
        stage.write_sheet({"sh010": "A boat.", "sh020": "A gull."})
        order_and_let_go(stage, takes=2)
        stage.clock.let_time_pass()
        stage.write_sheet({"sh010": "A red boat."})
        (stage.folder / "frame.png").unlink()

        said = seedance("collect", **stage.environ)

        assert said.code == 0
        assert "2 of 2 takes downloaded; nothing was bought" in said.out
        for take in stage.takes():
            path = Path(take.video_path or "")
            assert path.with_suffix(".json").is_file()
        assert stage.charges() == 2


def test_what_does_not_come_home_is_named_with_its_reason(
    seedance: Command, open_stage: OpenStage
) -> None:
    foreign = BreakDownload(how="redirect", location="https://evil.example/x.mp4")
    slow = Pace(queue_s=3600.0)
    rules = (when("boat", foreign, slow), when("gull", FailJob(), slow), when("night", slow))
    with open_stage(*rules) as stage:
        stage.write_sheet({"sh010": "A boat.", "sh020": "A gull.", "sh030": "Night."})
        order_and_let_go(stage, takes=3)
        stage.clock.let_time_pass()

        said = seedance("collect", "--json", **stage.environ)

        kinds = {failure["shot"]: failure["kind"] for failure in said.json["failures"]}
        assert said.code == 1
        assert kinds == {"sh010": "host_refused", "sh020": "generation_failed"}
        assert said.json["collected"] == ["sh030_t001"]


def test_takes_in_doubt_are_named_and_left_to_a_person(
    seedance: Command, open_stage: OpenStage
) -> None:
    with open_stage(when("boat", LoseAnswer())) as stage:
        stage.write_sheet({"sh010": "A boat."})
        stage.film()

        said = seedance("collect", **stage.environ)

        assert said.code == 0
        assert "ledger adopt sh010_t001" in said.out
        assert [t.state for t in stage.takes()] == [TakeState.UNKNOWN]


def test_an_empty_ledger_has_nothing_to_collect(seedance: Command, tmp_path: Path) -> None:
    ledger_url = f"sqlite:///{tmp_path / 'ledger.db'}"
    open_ledger(ledger_url).close()

    said = seedance("collect", SEEDANCE_LEDGER_URL=ledger_url)

    assert said.code == 0
    assert "Nothing is waiting" in said.out
