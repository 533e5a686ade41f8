"""Asking is free: it is repeated until a deadline, and only then given up."""

from dataclasses import replace

import pytest

from seedance_assets.adapters.providers.runcomfy import RunComfy, ServiceAddress
from seedance_assets.core.errors import (
    GenerationMissing,
    NotAuthorised,
    SeedanceError,
    ServiceFault,
    Throttled,
    UnknownModel,
    UsageError,
)
from seedance_assets.core.generation import CancelAnswer, GenerationState
from seedance_assets.core.timing import Timing
from tests.runcomfy.conftest import Clock, Door
from tests.runcomfy.contrary_server import (
    HANG_UP,
    RESET,
    SILENCE,
    ContraryServer,
    answer,
    cut,
    page,
)

STATUS = "/v1/requests/r1/status"
CANCEL = "/v1/requests/r1/cancel"
MODEL = "bytedance/seedance-v1.5-pro/image-to-video"
QUEUED = answer({"request_id": "r1", "status": "in_queue", "queue_position": 1})


@pytest.mark.parametrize(
    "reply",
    [
        answer({}, 500),
        page(b"<html>Bad Gateway</html>", 502),
        answer({}, 503),
        answer({}, 408),
        answer({}, 429),
        answer({}, 409),
        answer({}, 400),
        answer({}, 302, Location="/v1/elsewhere"),
        answer({"error_code": 10001}),
        answer({"request_id": "r2", "status": "succeeded"}),
        answer([]),
        page(b"not JSON"),
        page(b'"' + b"y" * (4 << 20) + b'"'),
        RESET,
        HANG_UP,
        cut(QUEUED, 4),
    ],
    ids=[
        *["500", "HTML 502", "503", "408", "429", "409", "400", "302", "unknown code"],
        *["another request", "list", "no JSON", "over 4 MiB", "reset", "hang up", "cut"],
    ],
)
def test_a_passing_fault_is_waited_out(server: ContraryServer, service: Door, reply: bytes) -> None:
    server.on(STATUS, reply, reply, reply, QUEUED)

    assert service(lambda s: s.status("r1")).state is GenerationState.IN_QUEUE

    assert server.count("GET", STATUS) == len(server.seen) == 4


def test_twenty_faults_in_a_row_are_no_reason_to_give_up_before_the_deadline(
    server: ContraryServer, address: ServiceAddress, timing: Timing
) -> None:
    server.on(STATUS, *[answer({}, 500)] * 20, QUEUED)
    patient = replace(timing, retry_deadline_s=600.0)

    assert Door(address, patient)(lambda s: s.status("r1")).queue_position == 1


def test_a_silent_service_is_asked_again(
    server: ContraryServer, address: ServiceAddress, timing: Timing
) -> None:
    server.on(STATUS, SILENCE, QUEUED)

    hurried = replace(timing, read_timeout_s=1.0)

    assert Door(address, hurried)(lambda s: s.status("r1")).queue_position == 1


def test_an_endless_answer_is_cut_off_and_asked_for_again(
    server: ContraryServer, address: ServiceAddress, timing: Timing
) -> None:
    server.on(STATUS, SILENCE, QUEUED)

    hurried = replace(timing, exchange_timeout_s=1.0)

    assert Door(address, hurried)(lambda s: s.status("r1")).queue_position == 1


def test_a_fault_that_lasts_is_raised_at_the_deadline_after_growing_pauses(
    server: ContraryServer, service: Door, clock: Clock
) -> None:
    server.on(STATUS, page(b"<html>Bad Gateway</html>", 502))

    with pytest.raises(ServiceFault, match=r"HTTP 502, no JSON: <html>Bad Gateway</html>"):
        service(lambda s: s.status("r1"))

    assert clock.now_s == pytest.approx(60.0)
    assert clock.slept_s == pytest.approx([0.5, 1, 2, 4, 8, 15, 15, 14.5])


def test_a_throttled_question_waits_as_long_as_it_is_told(
    server: ContraryServer, service: Door, clock: Clock
) -> None:
    server.on(STATUS, answer({}, 429, Retry_After="7"), answer({}, 503, Retry_After="9"), QUEUED)

    service(lambda s: s.status("r1"))

    assert clock.slept_s == [7.0, 9.0]


def test_a_far_pause_is_kept_for_two_minutes_at_the_most(
    server: ContraryServer, service: Door, clock: Clock
) -> None:
    server.on(STATUS, answer({}, 429, Retry_After="3600"), QUEUED)

    assert service(lambda s: s.status("r1")).state is GenerationState.IN_QUEUE
    assert clock.slept_s == [120.0]


@pytest.mark.parametrize(
    "reply",
    [
        answer({}, 401),
        answer({}, 402),
        page(b"<html>Just a moment</html>", 403),
        answer({"message": "Forbidden"}, 403),
        page(b"", 410),
    ],
    ids=["401", "402", "page 403", "403", "410"],
)
def test_one_refused_question_is_no_answer_about_a_paid_take(
    server: ContraryServer, service: Door, reply: bytes
) -> None:
    server.on(STATUS, reply, reply, QUEUED)

    assert service(lambda s: s.status("r1")).state is GenerationState.IN_QUEUE


def test_a_throttled_question_may_be_tried_again_for_free(
    server: ContraryServer, service: Door
) -> None:
    server.on(STATUS, answer({}, 429))

    with pytest.raises(Throttled) as throttled:
        service(lambda s: s.status("r1"))

    assert throttled.value.retryable
    assert "nothing was paid" not in throttled.value.advice


def test_a_new_generation_may_be_unknown_for_a_few_seconds(
    server: ContraryServer, service: Door
) -> None:
    missing = answer({"error_code": 404001}, 404)
    server.on(STATUS, missing, page(b"", 404), missing, QUEUED)

    assert service(lambda s: s.status("r1")).queue_position == 1


def test_a_generation_that_stays_unknown_is_missing_after_the_grace(
    server: ContraryServer, service: Door, clock: Clock
) -> None:
    server.on(STATUS, answer({"error_code": 404001, "error_message": "expired"}, 404))

    with pytest.raises(GenerationMissing, match="expired"):
        service(lambda s: s.status("r1"))

    assert clock.now_s == pytest.approx(60.0)


def test_alternating_faults_cannot_keep_us_for_ever(
    server: ContraryServer, service: Door, clock: Clock
) -> None:
    server.on(STATUS, *[answer({}, 500), answer({}, 429)] * 50)

    with pytest.raises(SeedanceError):
        service(lambda s: s.status("r1"))

    assert clock.now_s < 75


@pytest.mark.parametrize(
    "request_id", ["", "../r1", "r1/status", "r1?x", "r1\n", "ü", "r" * 129, "a b"]
)
def test_an_id_that_would_lead_elsewhere_is_never_asked_about(
    server: ContraryServer, service: Door, request_id: str
) -> None:
    async def every_question(service: RunComfy) -> None:
        for question in (service.status, service.result, service.cancel):
            with pytest.raises(UsageError):
                await question(request_id)

    service(every_question)

    assert server.connections == 0


def test_addresses_in_an_answer_are_not_used(
    server: ContraryServer, elsewhere: ContraryServer, service: Door
) -> None:
    urls = {f"{name}_url": f"{elsewhere.root}/{name}" for name in ("status", "result", "cancel")}
    server.on(f"/v1/models/{MODEL}", answer({"request_id": "r1", **urls}))
    server.on(STATUS, answer({"status": "in_queue", **urls}))
    server.on(CANCEL, answer({"outcome": "cancelled"}, 202))

    service(lambda s: s.submit(MODEL, {}))
    service(lambda s: s.status("r1"))
    service(lambda s: s.cancel("r1"))

    assert elsewhere.connections == 0


@pytest.mark.parametrize(
    ("reply", "hint"),
    [
        (answer({"status": "completed", "outcome": "cancelled"}, 202), CancelAnswer.CANCELLED),
        (answer({"outcome": "CANCELED"}), CancelAnswer.CANCELLED),
        (answer({"status": "cancelled"}), CancelAnswer.CANCELLED),
        (answer({"outcome": "not_cancellable"}, 202), CancelAnswer.NOT_CANCELLABLE),
        (answer({"outcome": "not_cancellable"}, 409), CancelAnswer.NOT_CANCELLABLE),
        (answer({"outcome": "not_cancellable"}, 400), CancelAnswer.NOT_CANCELLABLE),
        (answer({"status": "not_cancellable"}), CancelAnswer.NOT_CANCELLABLE),
        (
            answer({"status": "cancelled", "outcome": "cancellation_requested"}),
            CancelAnswer.REQUESTED,
        ),
        (answer({}), CancelAnswer.UNCLEAR),
        (answer({"outcome": "unclear"}), CancelAnswer.UNCLEAR),
        (answer({"outcome": "no-op", "status": "completed"}), CancelAnswer.UNCLEAR),
        (answer({"outcome": None, "status": 7}), CancelAnswer.UNCLEAR),
        (answer({"detail": "over"}, 409), CancelAnswer.UNCLEAR),
    ],
)
def test_a_cancel_is_answered_with_a_hint(
    server: ContraryServer, service: Door, reply: bytes, hint: CancelAnswer
) -> None:
    server.on(CANCEL, reply)

    assert service(lambda s: s.cancel("r1")) is hint


def test_a_cancel_may_be_sent_again_as_it_is_free(server: ContraryServer, service: Door) -> None:
    server.on(CANCEL, RESET, answer({}, 502), answer({"outcome": "cancelled"}, 202))

    assert service(lambda s: s.cancel("r1")) is CancelAnswer.CANCELLED

    assert server.count("POST", CANCEL) == 3


def test_the_catalogue_tells_a_price(server: ContraryServer, service: Door) -> None:
    priced = {"base_price_usd": 0.08, "price_unit": "second"}
    server.on(f"/v1/models/{MODEL}", answer({"model_id": MODEL, **priced, "inputs": []}))

    entry = service(lambda s: s.catalogue_entry(MODEL))

    assert (entry.base_price_usd, entry.price_unit) == (0.08, "second")


@pytest.mark.parametrize("price", [None, "dear", -1, True, [], {"usd": 1}])
def test_a_price_that_is_none_is_unknown(
    server: ContraryServer, service: Door, price: object
) -> None:
    server.on(f"/v1/models/{MODEL}", answer({"base_price_usd": price, "price_unit": 7}))

    entry = service(lambda s: s.catalogue_entry(MODEL))

    assert (entry.model_id, entry.base_price_usd, entry.price_unit) == (MODEL, None, None)


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (answer({"error_code": 404001}, 404), UnknownModel),
        (answer({"error_code": 400001}, 200), UnknownModel),
        (answer({}, 401), NotAuthorised),
    ],
)
def test_the_catalogue_says_no_at_once(
    server: ContraryServer, service: Door, reply: bytes, error: type[SeedanceError]
) -> None:
    server.on(f"/v1/models/{MODEL}", reply)

    with pytest.raises(error):
        service(lambda s: s.catalogue_entry(MODEL))

    assert len(server.seen) == 1


@pytest.mark.parametrize(
    ("document", "usd"),
    [
        ({"balance_usd": 4.83, "balance_microdollars": 4830000, "currency": "USD"}, 4.83),
        ({"balance_usd": 0}, 0.0),
        ({"balance_usd": -1.5}, -1.5),
        ({"balance_microdollars": 4830000}, 4.83),
    ],
)
def test_a_balance_may_be_anything_down_to_debt(
    server: ContraryServer, service: Door, document: dict[str, object], usd: float
) -> None:
    server.on("/prod/v2/balance", answer(document))

    assert service(lambda s: s.balance_usd()) == usd


def test_an_answer_without_a_balance_is_no_balance_of_zero(
    server: ContraryServer, service: Door
) -> None:
    server.on("/prod/v2/balance", answer({"currency": "USD"}))

    with pytest.raises(ServiceFault):
        service(lambda s: s.balance_usd())
