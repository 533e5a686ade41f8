"""One run brings home what is paid, whatever words the service uses and however it stumbles."""

from typing import Any

import pytest

from seedance_assets.core.errors import InputModerated
from seedance_assets.core.generation import GenerationResult, GenerationState, GenerationStatus
from seedance_assets.core.timing import Timing
from seedance_assets.emulator.jobs.scenario import BreakDownload, PassingFault, Spelling
from seedance_assets.production.ordering.result_checks import (
    LASTING_S,
    UNKNOWN_EVERY_S,
    ResultChecks,
)
from tests.conftest import OpenStage
from tests.stage import when

OVER = GenerationStatus(GenerationState.COMPLETED, word="completed")
HASTY: dict[str, Any] = {"first_wait_s": 0.01, "longest_wait_s": 0.05}


def unknown(word: str) -> GenerationStatus:
    return GenerationStatus(GenerationState.UNKNOWN, word=word)


def test_the_result_is_asked_when_the_take_is_over() -> None:
    looks = ResultChecks()
    queued = GenerationStatus(GenerationState.IN_QUEUE, word="in_queue")

    assert not looks.is_due(queued, 1.0, last=True)
    assert looks.is_due(OVER, 2.0, last=False)
    assert looks.is_due(OVER, 2.1, last=False)


def test_an_unknown_word_is_looked_into_at_once_then_seldom_and_before_we_give_up() -> None:
    looks = ResultChecks()

    assert looks.is_due(unknown("reviewing"), 1.0, last=False)
    assert not looks.is_due(unknown("reviewing"), 5.0, last=False)
    assert looks.is_due(unknown("ready"), 6.0, last=False)
    assert looks.is_due(unknown("ready"), 7.0 + UNKNOWN_EVERY_S, last=False)
    assert looks.is_due(unknown("ready"), 8.0 + UNKNOWN_EVERY_S, last=True)


def test_a_refusal_after_the_end_is_the_failure_once_it_has_lasted() -> None:
    looks = ResultChecks()
    refused = GenerationResult(
        GenerationState.IN_PROGRESS, refusal="HTTP 422, flagged", failure=InputModerated
    )
    looks.is_due(OVER, 1.0, last=False)

    assert looks.judge(refused, 1.0).state is GenerationState.IN_PROGRESS
    assert looks.judge(refused, LASTING_S).state is GenerationState.IN_PROGRESS
    judged = looks.judge(refused, 1.0 + LASTING_S)

    assert judged.state is GenerationState.FAILED
    assert (judged.failure, judged.error_text) == (InputModerated, "HTTP 422, flagged")


def test_a_refusal_before_the_end_is_never_a_failure() -> None:
    looks = ResultChecks()
    refused = GenerationResult(GenerationState.IN_PROGRESS, refusal="HTTP 400")
    looks.is_due(unknown("reviewing"), 1.0, last=False)

    for waited_s in (1.0, 100.0, 1000.0):
        assert looks.judge(refused, waited_s).state is GenerationState.IN_PROGRESS


def test_an_unknown_word_on_the_result_gives_way_to_the_video_beside_it() -> None:
    looks = ResultChecks()
    done = GenerationResult(GenerationState.SUCCEEDED, video_url="https://x/v.mp4")
    odd = GenerationResult(GenerationState.UNKNOWN, likely=done)
    looks.is_due(OVER, 1.0, last=False)

    assert looks.judge(odd, 1.0) is odd
    assert looks.judge(odd, 1.0 + LASTING_S) is done


@pytest.mark.parametrize("word", ["ready", "done", "SUCCESS"])
def test_a_take_comes_home_under_another_word(open_stage: OpenStage, word: str) -> None:
    with open_stage(when("boat", Spelling(status_completed=word))) as stage:
        stage.write_sheet({"sh010": "A boat."})

        assert stage.film().done == ["sh010"]


def test_trouble_at_the_service_is_waited_out_beyond_the_patience_of_one_question(
    open_stage: OpenStage,
) -> None:
    fault = PassingFault(on=("status", "result"), when="completed", times=12)
    with open_stage(when("boat", fault)) as stage:
        stage.write_sheet({"sh010": "A boat."})

        assert stage.film(timing=Timing(retry_deadline_s=0.0, **HASTY)).done == ["sh010"]
        assert stage.charges() == 1


def test_an_id_of_another_account_is_told_as_that(open_stage: OpenStage) -> None:
    fault = PassingFault(on=("status",), when="first", times=10_000, answer="permission_denied")
    with open_stage(when("boat", fault)) as stage:
        stage.write_sheet({"sh010": "A boat."})

        failure = stage.film(timing=Timing(missing_grace_s=0.2, **HASTY)).failed["sh010"]

        assert failure.kind == "other_account"
        assert "RUNCOMFY_TOKEN" in failure.advice
        assert "write-off" not in failure.advice


@pytest.mark.parametrize("how", ["gone", "forbidden", "server_error", "empty", "not_a_video"])
def test_an_address_that_is_not_ready_is_tried_again_in_the_same_run(
    open_stage: OpenStage, how: str
) -> None:
    fault = BreakDownload(how=how, times=4)  # type: ignore[arg-type]  # the words are its own
    with open_stage(when("boat", fault)) as stage:
        stage.write_sheet({"sh010": "A boat."})
        timing = Timing(download_retry_s=0.1, refused_video_s=20.0, download_outage_s=20.0, **HASTY)

        assert stage.film(timing=timing).done == ["sh010"]
        assert stage.charges() == 1
