import pytest

from seedance_assets.core.generation import GenerationState
from tests.runcomfy.conftest import Door
from tests.runcomfy.contrary_server import ContraryServer, answer

UNKNOWN = ["reviewing", "", "on hold", None, 3, True, ["completed"], {"state": "completed"}]
STATUS = "/v1/requests/r1/status"
RESULT = "/v1/requests/r1/result"


@pytest.mark.parametrize("spelling", [str.lower, str.upper, str.title], ids=["low", "UP", "Title"])
@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("in_queue", GenerationState.IN_QUEUE),
        ("pending", GenerationState.IN_QUEUE),
        ("waiting", GenerationState.IN_QUEUE),
        ("in_progress", GenerationState.IN_PROGRESS),
        ("starting", GenerationState.IN_PROGRESS),
        ("processing", GenerationState.IN_PROGRESS),
        ("completed", GenerationState.COMPLETED),
        ("succeeded", GenerationState.COMPLETED),
        ("failed", GenerationState.FAILED),
        ("cancelled", GenerationState.CANCELLED),
        ("canceled", GenerationState.CANCELLED),
        ("success", GenerationState.COMPLETED),
        ("done", GenerationState.COMPLETED),
        ("finished", GenerationState.COMPLETED),
        ("expired", GenerationState.COMPLETED),
        ("error", GenerationState.COMPLETED),
    ],
)
def test_a_status_is_known_in_any_case(
    server: ContraryServer, service: Door, word: str, state: GenerationState, spelling: object
) -> None:
    server.on(STATUS, answer({"status": spelling(word)}))  # type: ignore[operator]

    status = service(lambda s: s.status("r1"))

    assert status.state is state
    assert status.word.lower() == word


@pytest.mark.parametrize("word", UNKNOWN)
def test_an_unknown_status_is_no_failure(
    server: ContraryServer, service: Door, word: object
) -> None:
    server.on(STATUS, answer({"status": word}))

    status = service(lambda s: s.status("r1"))

    assert status.state is GenerationState.UNKNOWN
    assert not status.state.over


@pytest.mark.parametrize(
    ("document", "position"),
    [
        ({"status": "in_queue", "queue_position": 3}, 3),
        ({"status": "in_queue", "queue_position": 0}, 0),
        ({"status": "in_queue"}, None),
        ({"status": "in_queue", "queue_position": None}, None),
        ({"status": "in_queue", "queue_position": -1}, None),
        ({"status": "in_queue", "queue_position": "3"}, None),
        ({"status": "in_queue", "queue_position": True}, None),
        ({"status": "in_progress", "queue_position": 3}, None),
    ],
)
def test_a_queue_position_is_a_number_while_queued_and_else_unknown(
    server: ContraryServer, service: Door, document: dict[str, object], position: int | None
) -> None:
    server.on(STATUS, answer(document))

    assert service(lambda s: s.status("r1")).queue_position == position


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("succeeded", GenerationState.SUCCEEDED),
        ("SUCCEEDED", GenerationState.SUCCEEDED),
        ("completed", GenerationState.SUCCEEDED),
        ("failed", GenerationState.FAILED),
        ("Failed", GenerationState.FAILED),
        ("in_queue", GenerationState.IN_QUEUE),
        ("in_progress", GenerationState.IN_PROGRESS),
        ("cancelled", GenerationState.CANCELLED),
        ("CANCELED", GenerationState.CANCELLED),
        ("done", GenerationState.SUCCEEDED),
        ("Timed Out", GenerationState.FAILED),
        ("expired", GenerationState.FAILED),
    ],
)
def test_the_words_of_a_result_decide(
    server: ContraryServer, service: Door, word: str, state: GenerationState
) -> None:
    server.on(RESULT, answer({"status": word}))

    assert service(lambda s: s.result("r1")).state is state


@pytest.mark.parametrize("word", UNKNOWN)
def test_an_unknown_result_is_neither_success_nor_failure(
    server: ContraryServer, service: Door, word: object
) -> None:
    output = {"video": "https://files.runcomfy.net/v.mp4"}
    server.on(RESULT, answer({"status": word, "output": output}))

    result = service(lambda s: s.result("r1"))

    assert result.state is GenerationState.UNKNOWN
    assert result.video_url is None
    assert result.likely is not None, "the video speaks for success"
    assert result.likely.video_url == output["video"]


def test_an_error_beside_an_unknown_word_speaks_for_a_failure(
    server: ContraryServer, service: Door
) -> None:
    server.on(RESULT, answer({"status": "halted", "error": "out of memory"}))

    likely = service(lambda s: s.result("r1")).likely

    assert likely is not None
    assert (likely.state, likely.error_text) == (GenerationState.FAILED, "out of memory")


def test_the_state_may_stand_under_another_name(server: ContraryServer, service: Door) -> None:
    server.on(STATUS, answer({"state": "completed"}))

    assert service(lambda s: s.status("r1")).state is GenerationState.COMPLETED
