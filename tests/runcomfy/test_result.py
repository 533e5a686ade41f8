import pytest

from seedance_assets.core.errors import (
    BalanceTooLow,
    GenerationMissing,
    NotAuthorised,
    OtherAccount,
    SeedanceError,
)
from seedance_assets.core.generation import GenerationState
from tests.runcomfy.conftest import Door
from tests.runcomfy.contrary_server import ContraryServer, answer, page

RESULT = "/v1/requests/r1/result"
V = "https://files.runcomfy.net/output/v.mp4"
W = "https://files.runcomfy.net/output/w.mp4"


@pytest.mark.parametrize(
    ("output", "url"),
    [
        ({"video": V}, V),
        ({"videos": [V]}, V),
        ({"video": V, "videos": [V], "image": "https://files.runcomfy.net/i.png"}, V),
        ({"video": V, "videos": [V, W]}, V),
        ({"video": "", "videos": [V]}, V),
        ({"video": None, "videos": [V, V]}, V),
        ({"video": [V]}, V),
        (V, V),
        (f"  {V}\n", V),
        ([V], V),
        ({"videos": [V, W]}, V),
        ([V, W], V),
        ({"video": {"url": V, "content_type": "video/mp4"}}, V),
        ({"videos": [{"url": V, "duration": "4.1"}]}, V),
        ({"result": {"video_url": V}}, V),
        ({"clip": V, "poster": "https://files.runcomfy.net/i.png"}, V),
        ({"videos": [[V]]}, V),
        ({"image": "https://files.runcomfy.net/i.png"}, None),
        ({"video": "file:///etc/passwd"}, None),
        ({"video": "https://files.runcomfy.net/\x1b[31m.mp4"}, None),
        ({"video": 7, "videos": "no"}, None),
        ({}, None),
        ([], None),
        ("", None),
        (None, None),
        (3, None),
    ],
)
def test_the_one_video_is_found_in_every_shape_of_output(
    server: ContraryServer, service: Door, output: object, url: str | None
) -> None:
    server.on(RESULT, answer({"request_id": "r1", "status": "succeeded", "output": output}))

    result = service(lambda s: s.result("r1"))

    assert result.state is GenerationState.SUCCEEDED
    assert result.video_url == url
    assert (result.error_text is None) == (url is not None)


def test_a_success_without_any_output_says_so(server: ContraryServer, service: Door) -> None:
    server.on(RESULT, answer({"status": "succeeded"}))

    assert service(lambda s: s.result("r1")).error_text == (
        "The result names no video: it has no output"
    )


@pytest.mark.parametrize("video", ["/out/v.mp4", "v.mp4?sig=1", "?sig=1"])
def test_a_relative_address_is_the_services_own(
    server: ContraryServer, service: Door, video: str
) -> None:
    server.on(RESULT, answer({"status": "succeeded", "output": {"video": video}}))

    assert str(service(lambda s: s.result("r1")).video_url).startswith(server.root)


@pytest.mark.parametrize("cost", ["1e308", "1e999", "NaN", "-0.1", '"0.26"', "1e7"])
def test_a_charge_that_cannot_be_is_told(server: ContraryServer, service: Door, cost: str) -> None:
    server.on(RESULT, page(f'{{"status": "failed", "cost": {cost}}}'.encode()))

    result = service(lambda s: s.result("r1"))

    assert result.cost_usd is None
    assert "impossible" in result.cost_problem


@pytest.mark.parametrize(
    ("error", "text"),
    [
        ({"error": "Model run failed"}, "Model run failed"),
        (
            {"error": [{"errorCode": 7, "error": "bad frame", "debugInfo": "x"}]},
            "bad frame (x, 7)",
        ),
        (
            {"error": {"type": "moderation", "message": "may contain real person"}},
            "may contain real person (moderation)",
        ),
        ({"failure_reason": "out of memory"}, "out of memory"),
        ({"error": None}, "The service gives no reason."),
        ({"error": {}}, "The service gives no reason."),
        ({}, "The service gives no reason."),
        ({"error": 42}, "42"),
    ],
    ids=["string", "array", "object", "reason", "null", "empty", "absent", "number"],
)
def test_a_failure_is_told_in_a_sentence(
    server: ContraryServer, service: Door, error: dict[str, object], text: str
) -> None:
    server.on(RESULT, answer({"request_id": "r1", "status": "failed", **error}))

    result = service(lambda s: s.result("r1"))

    assert result.state is GenerationState.FAILED
    assert result.error_text == text


@pytest.mark.parametrize(
    ("cost", "usd"),
    [
        ("0.26", 0.26),
        ("0", 0.0),
        ("null", None),
        ("-0.1", None),
        ("1e999", None),
        ("NaN", None),
        ("true", None),
        ('"0.26"', None),
        ("1" + "0" * 400, None),
    ],
)
def test_a_cost_is_a_sane_number_or_unknown(
    server: ContraryServer, service: Door, cost: str, usd: float | None
) -> None:
    server.on(RESULT, page(f'{{"status": "failed", "cost": {cost}}}'.encode()))

    assert service(lambda s: s.result("r1")).cost_usd == usd


def test_a_cost_may_come_later_than_the_video(server: ContraryServer, service: Door) -> None:
    done = {"status": "succeeded", "output": {"video": V}}
    server.on(RESULT, answer(done), answer({**done, "cost": 0.26}))

    assert service(lambda s: s.result("r1")).cost_usd is None
    assert service(lambda s: s.result("r1")).cost_usd == 0.26
    assert {seen.target for seen in server.seen} == {f"{RESULT}?include_cost=true"}


REFUSALS = [
    answer({}, 400),
    page(b"Bad Request", 400),
    answer({"detail": "not yet"}, 409),
    answer({"detail": "too early"}, 425),
    answer({"detail": "no"}, 422),
    answer({"error_code": 400999}, 400),
]


@pytest.mark.parametrize(
    "reply",
    [
        answer({"request_id": "r1", "status": "in_progress", "created_at": "x"}),
        answer({"error_code": 400005, "error_message": "not ready"}, 400),
        answer({"error_code": 400005}, 200),
        *REFUSALS,
    ],
    ids=["state", "400005", "200 400005", "bare", "no json", "409", "425", "422", "unknown code"],
)
def test_a_result_that_is_not_ready_is_never_a_failure(
    server: ContraryServer, service: Door, reply: bytes
) -> None:
    server.on(RESULT, reply)

    result = service(lambda s: s.result("r1"))

    assert result.state is GenerationState.IN_PROGRESS
    assert bool(result.refusal) is (reply in REFUSALS)
    assert server.count("GET") == 1


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (answer({"error_code": 400004}, 400), NotAuthorised),
        (answer({"message": "Forbidden"}, 403), NotAuthorised),
        (answer({}, 401), NotAuthorised),
        (answer({"error_code": 403001}, 403), OtherAccount),
        (answer({"error_code": 404001, "status": "succeeded"}, 200), GenerationMissing),
        (answer({"error_code": 400001}, 400), GenerationMissing),
        (page(b"<html>", 404), GenerationMissing),
        (answer({"error_code": 400002}, 400), BalanceTooLow),
    ],
    ids=["400004", "gateway", "401", "403001", "200 404001", "400001", "404", "400002"],
)
def test_a_clear_no_to_a_question_is_told_by_its_class(
    server: ContraryServer, service: Door, reply: bytes, error: type[SeedanceError]
) -> None:
    server.on(RESULT, reply)

    with pytest.raises(error) as raised:
        service(lambda s: s.result("r1"))

    assert "nothing was paid" not in raised.value.advice
    assert "r1" in str(raised.value)
