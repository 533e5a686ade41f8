"""One take more of a request, because a person wants it: bought once, with the reason."""

from datetime import UTC, datetime

import pytest

from seedance_assets.adapters.ledger import open_ledger
from seedance_assets.core.stage import Stage as Stations
from seedance_assets.emulator.jobs.scenario import FailJob, Rule
from seedance_assets.production import events
from tests.conftest import OpenStage
from tests.stage import Outcome, Stage, when

NO_SOUND = "OutputAudioSensitiveContentDetected"
ONE = {"sh010": "A boat drifts."}


def report(stage: Stage) -> None:
    """A person reads what became of the retake of `sh010`."""
    ledger = open_ledger(stage.environment.ledger_url)
    ledger.report_retakes(stage.environment.scope.key, "softer light", ["sh010"])
    ledger.close()


def test_a_retake_is_one_take_more_than_there_is_with_its_reason_in_the_history(
    plain_stage: Stage,
) -> None:
    plain_stage.write_sheet(ONE)
    plain_stage.film()

    outcome = plain_stage.film(retake="the gull is missing", run_id="second")

    assert outcome.done == ["sh010"]
    assert plain_stage.charges() == 2
    first, second = plain_stage.takes()
    assert (first.ordinal, second.ordinal) == (1, 2)
    assert first.fingerprint == second.fingerprint
    causes = [line.cause for line in plain_stage.history(second.name)]
    assert causes[0] == "ordered: a retake: the gull is missing"


def test_another_try_of_the_same_run_finds_the_retake_and_another_run_buys_another(
    plain_stage: Stage,
) -> None:
    plain_stage.write_sheet(ONE)
    plain_stage.film()
    plain_stage.film(retake="softer light", run_id="second")

    plain_stage.film(retake="softer light", run_id="second")
    plain_stage.film(retake="softer light", run_id="third", same_runs=frozenset({"second"}))
    assert plain_stage.charges() == 2

    plain_stage.film(retake="softer still", run_id="fourth")
    assert plain_stage.charges() == 3


def test_a_retake_of_what_was_never_made_is_its_first_take(plain_stage: Stage) -> None:
    plain_stage.write_sheet(ONE)

    plain_stage.film(retake="by mistake", run_id="first")
    plain_stage.film(retake="by mistake", run_id="first")

    assert plain_stage.charges() == 1


def takes_reported(outcome: Outcome, stage: Stations = Stations.MEASUREMENTS) -> list[str]:
    """The takes of the last report of a stage."""
    done = [e for e in outcome.events if isinstance(e, events.StageDone) and e.stage is stage]
    return [clip.take.name for clip in done[-1].clips]


def test_a_run_after_a_retake_keeps_it_and_buys_nothing(plain_stage: Stage) -> None:
    plain_stage.write_sheet(ONE)
    plain_stage.film()
    plain_stage.film(retake="the gull is missing")
    plain_stage.film(retake="the gull is there twice")

    again = plain_stage.film()

    for stage in (Stations.GENERATION, Stations.VIDEO, Stations.MEASUREMENTS):
        assert takes_reported(again, stage) == ["sh010_t001", "sh010_t002", "sh010_t003"]
    assert plain_stage.charges() == 3


def test_a_row_that_asks_for_fewer_takes_keeps_those_that_there_are(plain_stage: Stage) -> None:
    plain_stage.write_sheet([{"shot": "sh010", "prompt": "A boat.", "takes": 3}])
    plain_stage.film()
    plain_stage.write_sheet([{"shot": "sh010", "prompt": "A boat.", "takes": 1}])

    assert len(takes_reported(plain_stage.film())) == 3
    assert len(takes_reported(plain_stage.film(takes=2))) == 3
    assert plain_stage.charges() == 3


def test_a_retake_of_one_shot_is_no_take_of_another_that_asks_for_the_same(
    plain_stage: Stage,
) -> None:
    plain_stage.write_sheet({"sh010": "A boat.", "sh020": "A boat."})
    plain_stage.film()
    plain_stage.film(shots=["sh020"], retake="the gull is missing")

    again = plain_stage.film()

    done = {e.shot: len(e.clips) for e in again.events if isinstance(e, events.ShotDone)}
    assert done == {"sh010": 1, "sh020": 2}
    assert plain_stage.charges() == 2


def test_a_silent_retake_that_stands_in_is_kept_too(open_stage: OpenStage) -> None:
    refused = Rule(audio=True, faults=(FailJob(message=NO_SOUND),))
    with open_stage(refused) as stage:
        row = {"shot": "sh010", "prompt": "A boat.", "generate_audio": "true"}
        stage.write_sheet([row | {"audio_fallback": "true"}])
        stage.film()
        stage.film(retake="softer light")
        assert [take.state.value for take in stage.takes()] == ["failed", "measured"] * 2

        assert takes_reported(stage.film()) == ["sh010_t002", "sh010_t004"]
        assert stage.charges() == 2


def test_a_retake_that_a_cap_refuses_leaves_the_shot_as_good_as_it_was(plain_stage: Stage) -> None:
    plain_stage.write_sheet(ONE)
    plain_stage.film()

    outcome = plain_stage.film(retake="softer light", max_cost_usd=0.0)

    assert takes_reported(outcome) == ["sh010_t001"]
    assert outcome.failed["sh010"].shot_is_good
    assert plain_stage.film().done == ["sh010"]
    assert plain_stage.charges() == 1


@pytest.mark.parametrize(("sheet", "asked", "charges"), [(1, 3, 3), (3, 1, 1), (2, None, 2)])
def test_a_run_may_name_the_number_of_takes(
    plain_stage: Stage, sheet: int, asked: int | None, charges: int
) -> None:
    plain_stage.write_sheet([{"shot": "sh010", "prompt": "A boat drifts.", "takes": sheet}])

    assert plain_stage.film(takes=asked).done == ["sh010"]

    assert plain_stage.charges() == charges


def test_the_same_words_find_a_retake_again_until_it_was_reported(plain_stage: Stage) -> None:
    """A run that was killed has reported nothing, so whoever gives its command again pays once."""
    plain_stage.write_sheet({"sh010": "A boat drifts.", "sh020": "A gull rests."})
    plain_stage.film()
    plain_stage.film(shots=["sh010"], retake="softer light", run_id="killed")
    assert plain_stage.charges() == 3

    plain_stage.film(retake="softer light", run_id="again")
    assert plain_stage.charges() == 4  # sh020's was never bought

    report(plain_stage)
    plain_stage.film(retake="softer light", run_id="later")
    assert plain_stage.charges() == 5  # another one of sh010; sh020's was not reported


def test_of_two_runs_that_ask_for_a_retake_at_once_the_second_finds_it(plain_stage: Stage) -> None:
    """The second was asked for before the first reported anything, though it runs afterwards."""
    plain_stage.write_sheet(ONE)
    plain_stage.film()
    asked_at = datetime.now(UTC)
    plain_stage.film(retake="softer light", run_id="first")
    report(plain_stage)

    plain_stage.film(retake="softer light", run_id="second", asked_at=asked_at)
    assert plain_stage.charges() == 2

    plain_stage.film(retake="softer light", run_id="third")
    assert plain_stage.charges() == 3


def test_a_retake_that_was_tried_again_is_still_found_by_its_words(open_stage: OpenStage) -> None:
    """Another try of its order is another take, of the same purchase."""
    with open_stage(when("boat", FailJob(), times=1)) as stage:
        stage.write_sheet(ONE)
        stage.film(retake="softer light", run_id="failed")
        stage.film(retake="softer light", retry_failed=True, run_id="again")
        assert len(stage.requests()) == 2

        stage.film(retake="softer light", run_id="third")
        assert len(stage.requests()) == 2
