"""Bad input is refused at submit, by the model's schema and with the service's sentences."""

import json
from typing import Any

import pytest

from seedance_assets.core.model_schema import known_models
from seedance_assets.emulator.jobs.scenario import Habits, Scenario
from tests.emulator.conftest import Open
from tests.emulator.kit import (
    SEEDANCE,
    STILL,
    TINY,
    Caller,
    data_uri,
    draw_picture,
    picture_bytes,
)


def body(**changes: Any) -> dict[str, Any]:
    changed = {"words": "A boat.", "still": STILL} | changes
    return {name: value for name, value in changed.items() if value is not ...}


def post(caller: Caller, **changes: Any) -> Any:
    url = f"{caller.root}/v1/models/{TINY}"
    return caller.http.post(url, content=json.dumps(body(**changes)))


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"words": ...}, "words"),
        ({"words": ""}, "words"),
        ({"words": None}, "words"),
        ({"words": 7}, "words"),
        ({"words": ["a"]}, "words"),
        ({"words": "half \ud800 a pair"}, "words"),
        ({"still": ...}, "still"),
        ({"still": {}}, "still"),
        ({"seconds": "1"}, "seconds"),
        ({"seconds": 1.0}, "seconds"),
        ({"seconds": True}, "seconds"),
        ({"seconds": 3}, "seconds"),
        ({"seconds": 10**400}, "seconds"),
        ({"sound": 1}, "sound"),
        ({"sound": "true"}, "sound"),
        ({"shape": "4:3"}, "shape"),
        ({"shape": ""}, "shape"),
        ({"size": None}, "size"),
        ({"seed": 4}, "seed"),
        ({"\ud800": 4}, "\\ud800"),
    ],
    ids=lambda value: str(value)[:24].encode("ascii", "replace").decode(),
)
def test_an_invalid_input_is_refused_by_name(
    shared: Caller, changes: dict[str, Any], name: str
) -> None:
    answer = post(shared, **changes)

    assert answer.status_code == 422
    assert name in [problem["loc"][1] for problem in answer.json()["detail"]]
    assert name in answer.json()["error_message"]
    assert shared.charges()["charges"] == 0


def test_all_problems_are_reported_at_once(shared: Caller) -> None:
    detail = post(shared, words=1, seconds=9, seed=2).json()["detail"]

    assert {problem["loc"][1] for problem in detail} == {"words", "seconds", "seed"}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b'"text"',
        b"null",
        b'{"seconds": NaN}',
        b'{"seconds": -Infinity}',
        b"\xff\xfe\xfd",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"seconds": ' + b"9" * 5000 + b"}",
    ],
    ids=["empty", "half", "list", "text", "null", "nan", "inf", "junk", "deep", "deeper", "long"],
)
def test_a_body_other_than_a_json_object_is_refused(shared: Caller, content: bytes) -> None:
    answer = shared.post(content)

    assert answer.status_code == 400
    assert "error_code" not in answer.json()


def test_a_body_of_more_than_64_mib_is_refused(shared: Caller) -> None:
    answer = shared.post(b" " * (64 * 1024 * 1024 + 1))

    assert answer.status_code == 413


@pytest.mark.parametrize(
    ("width", "height", "sentence"),
    [
        (600, 400, "No wider than 600."),
        (400, 600, "No higher than 600."),
        (30, 40, "Not below 30."),
        (40, 30, "Not below 30."),
        (250, 100, "Not that wide."),
    ],
)
def test_a_picture_that_breaks_a_rule_is_refused_with_the_schemas_sentence(
    shared: Caller, width: int, height: int, sentence: str
) -> None:
    answer = shared.submit(still=data_uri(picture_bytes(draw_picture(width, height))))

    assert answer.status_code == 422
    assert answer.json()["error_message"] == sentence
    assert [p["loc"] for p in answer.json()["detail"]] == [["body", "still"]]


@pytest.mark.parametrize(("width", "height"), [(599, 400), (31, 31), (249, 100)])
def test_a_picture_just_inside_the_rules_is_accepted(
    shared: Caller, width: int, height: int
) -> None:
    assert shared.submit(still=data_uri(picture_bytes(draw_picture(width, height)))).is_success


def test_a_picture_that_is_too_heavy_is_refused(shared: Caller) -> None:
    heavy = picture_bytes(draw_picture()) + bytes(500_000)

    assert shared.submit(still=data_uri(heavy)).json()["error_message"] == "Not that heavy."


def test_the_services_model_refuses_with_the_services_sentences(start: Open) -> None:
    caller = start(models=None)
    small = data_uri(picture_bytes(draw_picture(300, 300)))

    answer = caller.http.post(
        f"{caller.root}/v1/models/{SEEDANCE}",
        json={"prompt": "A boat.", "first_frame_image_url": small},
    )

    field = known_models()[SEEDANCE].field("first_frame")
    assert field is not None
    assert answer.json()["error_message"] == field.validations[2].validation_error
    assert answer.json()["error_message"].endswith("must not be less than 300 pixels.")


def test_edges_may_be_inclusive(start: Open) -> None:
    caller = start(scenario=Scenario(habits=Habits(picture_edges="inclusive")))

    assert caller.submit(still=data_uri(picture_bytes(draw_picture(30, 30)))).is_success


def test_extra_keys_may_be_ignored(start: Open) -> None:
    caller = start(scenario=Scenario(habits=Habits(extra_keys="ignored")))

    assert caller.submit(seed=4).is_success


def test_a_missing_required_input_may_be_filled_by_its_default(start: Open) -> None:
    caller = start(scenario=Scenario(habits=Habits(missing_required="filled")))

    assert post(caller, words=...).is_success
    assert post(caller, still=...).status_code == 422  # it has no default
    assert caller.charges()["requests"][0]["prompt"] == "Sample."


@pytest.mark.parametrize(
    "changes",
    [{"seconds": 99}, {"still": "data:image/png;base64,AAAA"}, {"words": 5}],
    ids=["enum", "picture", "type"],
)
def test_bad_input_may_be_accepted_and_fail_later(start: Open, changes: dict[str, Any]) -> None:
    caller = start(scenario=Scenario(habits=Habits(bad_input="fails_later")))

    result = caller.finish(post(caller, **changes).json()["request_id"])

    assert result["status"] == "failed"
    assert result["error"]
    assert caller.charges()["charges"] == 0
