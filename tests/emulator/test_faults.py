"""Each fault does what its name says, and only to the orders that its rule matches."""

import math
from typing import Any

import httpx
import pytest

from seedance_assets.emulator.jobs.scenario import (
    FailJob,
    LateCost,
    LoseAnswer,
    OddCancel,
    OddNotReady,
    OddOutput,
    OddSubmitAnswer,
    Pace,
    PassingFault,
    RefuseSubmit,
    Rule,
    Scenario,
    SlowAnswer,
    Spelling,
    Stuck,
)
from tests.emulator.conftest import Open
from tests.emulator.kit import Caller, until


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        ("no_balance", 400, 400002),
        ("payment_required", 402, None),
        ("bad_token", 400, 400004),
        ("unauthorised", 401, None),
        ("permission_denied", 403, 403001),
        ("wrong_id", 400, 400001),
        ("not_found", 404, 404001),
        ("bad_request", 400, None),
        ("unprocessable", 422, None),
        ("moderated", 422, None),
        ("too_many", 429, None),
        ("error_in_200", 200, 400002),
        ("server_error", 500, None),
        ("unavailable", 503, None),
    ],
)
def test_a_refused_submit_has_its_body_and_status_and_costs_nothing(
    start_with: Open, error: Any, status: int, code: int | None
) -> None:
    caller = start_with(RefuseSubmit(answer=error, message="No."))

    answer = caller.submit()

    assert answer.status_code == status
    assert answer.json().get("error_code") == code
    assert answer.json()["error_message"] == "No."
    assert ("detail" in answer.json()) == (error == "unprocessable")
    assert caller.charges() == {"charges": 0, "usd": 0, "requests": []}


def test_a_gateway_answers_403_in_its_own_shape_and_502_in_html(start: Open) -> None:
    rules = (
        Rule(prompt="forbidden", faults=(RefuseSubmit(answer="forbidden"),)),
        Rule(prompt="gateway", faults=(RefuseSubmit(answer="bad_gateway"),)),
    )
    caller = start(scenario=Scenario(rules=rules))

    forbidden, gateway = caller.submit(words="forbidden"), caller.submit(words="gateway")

    assert (forbidden.status_code, forbidden.json()) == (403, {"message": "Forbidden"})
    assert gateway.status_code == 502
    assert gateway.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize("seconds", [None, 7])
def test_throttling_comes_with_or_without_retry_after(
    start_with: Open, seconds: int | None
) -> None:
    answer = start_with(RefuseSubmit(answer="too_many", retry_after_s=seconds)).submit()

    assert answer.headers.get("Retry-After") == (None if seconds is None else str(seconds))


def test_a_lost_answer_is_a_dropped_connection_and_exactly_one_charge(start_with: Open) -> None:
    caller = start_with(LoseAnswer())

    with pytest.raises(httpx.RemoteProtocolError):
        caller.submit()

    charges = caller.charges()
    assert charges["charges"] == 1
    assert caller.finish(charges["requests"][0]["request_id"])["status"] == "succeeded"


def test_an_order_can_be_lost_before_it_is_accepted(start_with: Open) -> None:
    caller = start_with(LoseAnswer(taken=False))

    with pytest.raises(httpx.RemoteProtocolError):
        caller.submit()

    assert caller.charges()["requests"] == []


def test_a_submit_may_answer_202_with_a_status_and_no_addresses(start_with: Open) -> None:
    answer = start_with(OddSubmitAnswer(shape="accepted_202")).submit()

    assert answer.status_code == 202
    assert sorted(answer.json()) == ["request_id", "status"]


def test_a_submit_may_answer_without_an_id_and_still_be_charged(start_with: Open) -> None:
    caller = start_with(OddSubmitAnswer(shape="no_request_id"))

    assert caller.submit().json() == {"status": "in_queue"}
    assert caller.charges()["charges"] == 1


@pytest.mark.parametrize(
    ("shape", "error"),
    [
        ("string", "Out of film."),
        ("object", {"type": "ModelError", "message": "Out of film."}),
        ("array", [{"errorCode": 7, "error": "Out of film.", "debugInfo": ""}]),
        ("absent", None),
    ],
)
def test_a_failed_job_is_completed_on_status_and_failed_on_result(
    start_with: Open, shape: Any, error: object
) -> None:
    caller = start_with(FailJob(error=shape, message="Out of film.", code=7))
    request_id = caller.order()

    result = caller.finish(request_id)

    assert caller.status(request_id)["status"] == "completed"
    assert result["status"] == "failed"
    assert result.get("error") == error
    assert ("error" in result) == (error is not None)
    assert "output" not in result


def test_a_failure_may_show_on_status(start_with: Open) -> None:
    caller = start_with(FailJob(shown_in="status", message="Out of film."))
    request_id = caller.order()
    caller.clock.advance(60)

    status = caller.status(request_id)

    assert (status["status"], status["error"]) == ("failed", "Out of film.")


@pytest.mark.parametrize("charged", [False, True])
def test_failed_jobs_are_charged_only_if_the_settings_say_so(
    start_with: Open, charged: bool
) -> None:
    caller = start_with(FailJob(), failed_jobs_charged=charged)
    request_id = caller.order()
    before = caller.charges()["charges"]
    caller.finish(request_id)

    cost = caller.result(request_id, include_cost="true")["cost"]

    assert before == 1
    assert caller.charges()["charges"] == int(charged)
    assert (cost > 0) == charged


def test_a_job_may_be_refused_by_moderation_only_with_sound(start: Open) -> None:
    rule = Rule(audio=True, faults=(FailJob(message="OutputAudioSensitiveContentDetected"),))
    caller = start(scenario=Scenario(rules=(rule,)))

    loud, silent = caller.order(sound=True), caller.order(sound=False)

    assert "Sensitive" in caller.finish(loud)["error"]
    assert caller.finish(silent)["status"] == "succeeded"


def test_states_may_have_other_spellings(start_with: Open) -> None:
    caller = start_with(
        Spelling(
            status_completed="succeeded",
            status_cancelled="canceled",
            result_succeeded="completed",
            upper_case=True,
        )
    )
    request_id, cancelled = caller.order(), caller.order()
    caller.cancel(cancelled)

    assert caller.status(cancelled)["status"] == "CANCELED"
    assert caller.status(request_id)["status"] == "IN_QUEUE"
    assert caller.finish(request_id)["status"] == "COMPLETED"
    assert caller.status(request_id)["status"] == "SUCCEEDED"


@pytest.mark.parametrize("shape", ["videos", "two_videos", "string", "list"])
def test_an_output_may_have_another_shape_and_its_address_still_works(
    start_with: Open, shape: Any
) -> None:
    caller = start_with(OddOutput(shape=shape))

    output = caller.finish(caller.order())["output"]

    found = output["videos"] if isinstance(output, dict) else output
    urls = [found] if isinstance(found, str) else found
    assert isinstance(found, str) == (shape == "string")
    assert len(urls) == (2 if shape == "two_videos" else 1)
    assert httpx.get(urls[0], timeout=60).content[4:8] == b"ftyp"


@pytest.mark.parametrize(("shape", "left"), [("missing", ...), ("empty", {}), ("null", None)])
def test_an_output_may_be_missing(start_with: Open, shape: Any, left: object) -> None:
    caller = start_with(OddOutput(shape=shape))

    result_body = caller.finish(caller.order())

    assert result_body["status"] == "succeeded"
    assert result_body.get("output", ...) == left


@pytest.mark.parametrize(("shape", "code"), [("not_ready", 400005), ("bad_request", None)])
def test_a_result_that_is_not_ready_may_be_a_400(
    start_with: Open, shape: Any, code: int | None
) -> None:
    caller = start_with(OddNotReady(shape=shape))
    request_id = caller.order()

    early = caller.get(f"/v1/requests/{request_id}/result")

    assert (early.status_code, early.json().get("error_code")) == (400, code)
    assert caller.finish(request_id)["status"] == "succeeded"


def answers_to(caller: Caller, path: str, count: int) -> list[int]:
    return [caller.get(path).status_code for _ in range(count)]


def test_errors_at_completion_are_transient_and_counted_per_call(start_with: Open) -> None:
    caller = start_with(PassingFault(times=2))
    request_id = caller.order()
    path = f"/v1/requests/{request_id}"

    assert answers_to(caller, f"{path}/status", 3) == [200, 200, 200]
    caller.clock.advance(60)
    until_drawn(caller)
    assert answers_to(caller, f"{path}/status", 3) == [500, 500, 200]
    assert answers_to(caller, f"{path}/result", 3) == [500, 500, 200]


def until_drawn(caller: Caller) -> None:
    until(lambda: caller.charges()["requests"][0]["status"] == "succeeded")


def test_a_new_id_may_be_unknown_to_the_first_calls(start_with: Open) -> None:
    caller = start_with(PassingFault(when="first", times=2, answer="not_found", on=("status",)))

    path = f"/v1/requests/{caller.order()}/status"

    assert answers_to(caller, path, 4) == [404, 404, 200, 200]


def test_a_get_may_be_dropped_and_a_first_cancel_may_fail(start_with: Open) -> None:
    caller = start_with(
        PassingFault(when="first", times=1, answer="drop", on=("status",)),
        PassingFault(when="first", times=1, answer="bad_gateway", on=("cancel",)),
    )
    request_id = caller.order()

    with pytest.raises(httpx.RemoteProtocolError):
        caller.status(request_id)
    assert caller.status(request_id)["status"] == "in_queue"
    assert [caller.cancel(request_id).status_code for _ in range(2)] == [502, 202]


def test_an_answer_may_be_slow(start_with: Open) -> None:
    caller = start_with(SlowAnswer(on=("status",), delay_s=30.0))
    request_id = caller.order()

    with pytest.raises(httpx.ReadTimeout):
        caller.http.get(f"{caller.root}/v1/requests/{request_id}/status", timeout=0.1)


@pytest.mark.parametrize(
    ("where", "seen"),
    [
        ("in_queue", [("in_queue", 0)] * 2),
        ("in_progress", [("in_queue", 1), ("in_progress", None)]),
        ("reviewing", [("in_queue", 1), ("reviewing", None)]),
    ],
)
def test_a_stuck_job_hangs_and_blocks_no_other_job(
    start: Open, where: Any, seen: list[tuple[str, int | None]]
) -> None:
    rule = Rule(prompt="stuck", faults=(Stuck(where=where),))
    caller = start(scenario=Scenario(rules=(rule,)), slots=1)
    stuck, other = caller.order(words="stuck"), caller.order()

    def look() -> tuple[str, int | None]:
        status = caller.status(stuck)
        return status["status"], status.get("queue_position")

    first = look()
    caller.clock.advance(1_000_000)
    assert [first, look()] == seen
    assert caller.finish(other)["status"] == "succeeded"
    assert caller.cancel(stuck).json()["outcome"] == (
        "cancelled" if where == "in_queue" else "not_cancellable"
    )


def test_a_job_may_have_its_own_pace(start_with: Open) -> None:
    caller = start_with(Pace(queue_s=100.0, service_s=1000.0))
    request_id = caller.order()

    states = []
    for _ in range(3):
        caller.clock.advance(99)
        states.append(caller.status(request_id)["status"])

    assert states == ["in_queue", "in_progress", "in_progress"]


@pytest.mark.parametrize(
    ("answer", "effect", "body", "then"),
    [
        ("cancellation_requested", True, ("cancelled", "cancellation_requested"), "cancelled"),
        ("cancellation_requested", False, ("cancelled", "cancellation_requested"), "in_queue"),
        ("not_cancellable", False, ("in_queue", "not_cancellable"), "in_queue"),
        ("words_in_status", True, ("cancelled", None), "cancelled"),
        ("words_in_status", False, ("not_cancellable", None), "in_queue"),
    ],
)
def test_a_cancel_may_have_another_answer(
    start_with: Open, answer: Any, effect: bool, body: tuple[str, str | None], then: str
) -> None:
    caller = start_with(OddCancel(answer=answer, takes_effect=effect))
    request_id = caller.order()

    said = caller.cancel(request_id)

    assert said.status_code == 202
    assert (said.json()["status"], said.json().get("outcome")) == body
    assert caller.status(request_id)["status"] == then


def test_the_cost_may_appear_late_or_never(start: Open) -> None:
    rules = (
        Rule(prompt="late", faults=(LateCost(after_s=500.0),)),
        Rule(prompt="never", faults=(LateCost(after_s=math.inf),)),
    )
    caller = start(scenario=Scenario(rules=rules))
    late, never = caller.order(words="late"), caller.order(words="never")
    caller.finish(late)
    caller.finish(never)

    def costs() -> list[bool]:
        return ["cost" in caller.result(i, include_cost="true") for i in (late, never)]

    assert costs() == [False, False]
    caller.clock.advance(500)
    assert costs() == [True, False]
