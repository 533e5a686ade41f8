"""The paid call: sent once, and never more certain of itself than it may be."""

import asyncio
import gzip
import json
import socket
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from seedance_assets.adapters.providers.runcomfy import RunComfy, ServiceAddress
from seedance_assets.core.errors import (
    AnswerLost,
    BalanceTooLow,
    NeverSent,
    NotAuthorised,
    RequestRefused,
    SeedanceError,
    Throttled,
    UnknownModel,
)
from seedance_assets.core.timing import Timing
from tests.runcomfy.conftest import TOKEN, Clock, Door
from tests.runcomfy.contrary_server import (
    HANG_UP,
    NOWHERE,
    RESET,
    SILENCE,
    ContraryServer,
    answer,
    cut,
    page,
)

MODEL = "bytedance/seedance-v1.5-pro/image-to-video"
PATH = f"/v1/models/{MODEL}"
BODY = {"prompt": "画面 “hello”", "duration": 5, "generate_audio": True}
LONG = b'{"request_id": "r1", "x": "' + b"y" * (4 << 20) + b'"}'
ACCEPTED = {"request_id": "8b1f9c7e-0001_x"}


def order(service: RunComfy) -> "asyncio.Future[str]":
    return asyncio.ensure_future(service.submit(MODEL, BODY))


@pytest.mark.parametrize(
    "reply",
    [
        answer({**ACCEPTED, "status_url": "https://elsewhere.example/s", "result_url": "x"}),
        answer({**ACCEPTED, "status": "in_queue"}, 202),
        answer({**ACCEPTED, "error_code": None}, 201),
        page(json.dumps(ACCEPTED).encode(), 200, Content_Type="text/plain"),
        page(gzip.compress(json.dumps(ACCEPTED).encode()), 200, Content_Encoding="gzip"),
        page(gzip.compress(json.dumps(ACCEPTED).encode()), 200, Content_Encoding="x-gzip"),
        answer({**ACCEPTED, "error_code": 0, "error_message": ""}),
        answer({**ACCEPTED, "error_code": ""}),
        answer({"request_id": f" {ACCEPTED['request_id']}\n"}),
        answer({"code": 0, "message": "SUCCEED", "data": {**ACCEPTED, "task_status": "submitted"}}),
        page(
            b"%x\r\n%s\r\n" % (len(json.dumps(ACCEPTED)), json.dumps(ACCEPTED).encode()) + HANG_UP,
            Transfer_Encoding="chunked",
        ),
        page(json.dumps(ACCEPTED).encode(), Content_Length="4000") + HANG_UP,
    ],
    ids=[
        *["documented", "202 without URLs", "null code", "odd type", "gzip unasked", "x-gzip"],
        *["code 0", "empty code", "blanks", "nested", "no last chunk", "longer announced"],
    ],
)
def test_an_accepted_order_gives_its_request_id(
    server: ContraryServer, service: Door, reply: bytes
) -> None:
    server.on(PATH, reply)

    assert service(order) == ACCEPTED["request_id"]

    [seen] = server.seen
    assert (seen.method, seen.target) == ("POST", PATH)
    assert json.loads(seen.body) == BODY
    assert seen.headers["content-type"] == "application/json"
    assert seen.headers["authorization"] == f"Bearer {TOKEN}"


@pytest.mark.parametrize(
    "reply",
    [
        RESET,
        HANG_UP,
        SILENCE,
        cut(answer(ACCEPTED), 5),
        b"HTTP/1.1 200 OK\r\nContent-Le" + HANG_UP,
        b"this is not HTTP\r\n\r\n" + HANG_UP,
        page(b"1f\r\n" + json.dumps(ACCEPTED).encode()[:-9] + HANG_UP, Transfer_Encoding="chunked"),
        answer({}, 500),
        page(b"<html>Bad Gateway</html>", 502, Content_Type="text/html"),
        answer({"error": "busy"}, 503, Retry_After="1"),
        answer({}, 504),
        answer({}, 408),
        answer({}, 409),
        answer({}, 499),
        answer(ACCEPTED, 302, Location="/v1/elsewhere"),
        answer(ACCEPTED, 307, Location="/v1/elsewhere"),
        answer(ACCEPTED, 308, Location="/v1/elsewhere"),
        page(b"", 200),
        page(b"", 204),
        page(b"OK", 200),
        page(b'{"request_id": "8b1f', 200),
        answer([ACCEPTED]),
        answer({"request_id": None}),
        answer({"request_id": 12345}),
        answer({"request_id": ""}),
        answer({"request_id": "../../v1/models"}),
        answer({"request_id": "r1\n2"}),
        answer({"request_id": "r" * 129}),
        answer({"id": "r1", "status": "in_queue"}),
        answer({**ACCEPTED, "error_code": 10001}),
        answer({**ACCEPTED, "error_code": "odd"}),
        answer({"error_code": 400005}, 400),
        answer({"error_code": 500001}, 400),
        *[answer(ACCEPTED, 302, Location=nowhere) for nowhere in NOWHERE],
        page(b"[" * 100_000, 200),
        page(LONG, 200),
        page(gzip.compress(LONG), 200, Content_Encoding="gzip"),
        page(gzip.compress(gzip.compress(LONG)), 200, Content_Encoding="gzip, gzip"),
        page(b"no gzip", 200, Content_Encoding="gzip"),
    ],
    ids=[
        *["reset", "hang up", "silence", "cut body", "cut head", "not HTTP", "cut chunk"],
        *["500", "HTML 502", "503", "504", "408", "409", "499", "302", "307", "308"],
        *["empty", "204", "text", "cut JSON", "list"],
        *["null id", "number id", "empty id", "path id", "newline id", "long id", "other key"],
        *["id and unknown code", "id and odd code", "400005", "400 with server code"],
        *NOWHERE,
        *["deep", "over 4 MiB", "gzip bomb", "double bomb", "no gzip"],
    ],
)
def test_in_doubt_the_answer_is_lost_and_the_order_was_received_exactly_once(
    server: ContraryServer, address: ServiceAddress, timing: Timing, clock: Clock, reply: bytes
) -> None:
    server.on(PATH, reply)
    server.on("/v1/elsewhere", answer(ACCEPTED))
    hurried = replace(timing, submit_read_timeout_s=0.2 if reply == SILENCE else 10.0)

    with pytest.raises(AnswerLost) as lost:
        Door(address, hurried)(order)

    assert server.asked.wait(60)
    assert not lost.value.retryable
    assert server.count("POST") == len(server.seen) == server.connections == 1
    assert clock.slept_s == []


@pytest.mark.parametrize(
    "reply",
    [
        answer({**ACCEPTED, "message": "callback failed"}, 500),
        answer({"id": ACCEPTED["request_id"], "status": "in_queue"}),
        cut(answer({**ACCEPTED, "status": "in_queue"}), 5),
        answer({**ACCEPTED, "error_code": 10001}),
    ],
    ids=["500", "other key", "cut JSON", "unknown code"],
)
def test_an_id_in_an_answer_that_cannot_be_trusted_is_told(
    server: ContraryServer, service: Door, reply: bytes
) -> None:
    server.on(PATH, reply)

    with pytest.raises(AnswerLost, match=f"names the id {ACCEPTED['request_id']}"):
        service(order)


def test_an_order_whose_last_part_never_went_out_was_never_sent(
    server: ContraryServer, address: ServiceAddress, timing: Timing
) -> None:
    server.reads_nothing = True
    large = {**BODY, "image": "x" * 32_000_000}
    hurried = Door(address, replace(timing, submit_timeout_s=1.5))

    with pytest.raises(NeverSent, match=r"only \d+ of its \d+ bytes went out"):
        hurried(lambda s: s.submit(MODEL, large))


def test_whoever_asks_hears_when_the_whole_order_has_gone_out(
    server: ContraryServer, service: Door
) -> None:
    server.on(PATH, answer(ACCEPTED))
    sent: list[str] = []

    service(lambda s: s.submit(MODEL, BODY, lambda: sent.append("once")))

    assert sent == ["once"]


def test_a_connection_that_breaks_while_the_order_is_sent_leaves_it_in_doubt(
    server: ContraryServer, service: Door
) -> None:
    server.resets_before_reading = 1
    server.on(PATH, answer(ACCEPTED))

    with pytest.raises(AnswerLost):
        service(order)

    assert server.connections == 1
    assert server.seen == []


def test_an_answer_that_never_ends_is_lost_at_the_limit(
    server: ContraryServer, address: ServiceAddress, timing: Timing
) -> None:
    server.on(PATH, SILENCE)

    with pytest.raises(AnswerLost, match="TimeoutError"):
        Door(address, replace(timing, submit_timeout_s=3.0))(order)

    assert server.asked.wait(60)
    assert server.count("POST") == 1


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (answer({}, 401), NotAuthorised),
        (answer({"message": "Forbidden"}, 403), NotAuthorised),
        (page(b"<html>WAF</html>", 403), RequestRefused),
        (page(b"\n<!DOCTYPE html>", 401), RequestRefused),
        (page(b"", 403), NotAuthorised),
        (answer({"error_code": 400004, "error_message": "expired"}, 400), NotAuthorised),
        (answer({"error_code": 403001}, 403), NotAuthorised),
        (answer({}, 402), BalanceTooLow),
        (answer({"error_code": 400002, "error_message": "no balance"}, 400), BalanceTooLow),
        (answer({"error_code": 400002, "error_message": "no balance"}, 200), BalanceTooLow),
        (answer({"error_code": 404001}, 404), UnknownModel),
        (answer({"error_code": 400001}, 400), UnknownModel),
        (page(b"", 404), UnknownModel),
        (answer({"detail": [{"loc": ["duration"], "msg": "4 to 12"}]}, 422), RequestRefused),
        (answer({"error": "ratio"}, 400), RequestRefused),
        (page(b"<html>", 413), RequestRefused),
        (answer({}, 429), Throttled),
    ],
    ids=[
        *[
            "401",
            "gateway 403",
            "HTML 403",
            "HTML 401",
            "empty 403",
            "400004",
            "403001",
            "402",
            "400002",
            "200 400002",
        ],
        *["404001", "400001", "404", "422", "400", "413", "429"],
    ],
)
def test_a_clear_refusal_is_told_by_its_class_and_not_sent_again(
    server: ContraryServer, service: Door, reply: bytes, error: type[SeedanceError]
) -> None:
    server.on(PATH, reply)

    with pytest.raises(error) as refused:
        service(order)

    assert type(refused.value) is error
    assert server.count("POST") == 1


def test_a_refusal_bears_the_services_own_words(server: ContraryServer, service: Door) -> None:
    server.on(PATH, answer({"error_code": 400002, "error_message": "Top up, please"}, 400))

    with pytest.raises(BalanceTooLow, match=r"HTTP 400, Top up, please \(400002\)"):
        service(order)


@pytest.mark.parametrize(
    ("headers", "retry_after_s"),
    [
        ({}, None),
        ({"Retry_After": "17"}, 17.0),
        ({"Retry_After": "soon"}, None),
        ({"Retry_After": "-5"}, None),
        ({"Retry_After": "9" * 400}, 999_999_999.0),
        (
            {
                "Date": "Mon, 05 Jan 2026 10:00:00 GMT",
                "Retry_After": "Mon, 05 Jan 2026 10:00:30 GMT",
            },
            30.0,
        ),
        ({"Retry_After": "Mon, 05 Jan 1998 10:00:30 GMT"}, 0.0),
        ({"Date": "Mon, 05 Jan 2026 10:00:00 GMT", "Retry_After": "Mon, 05 Jan 2026"}, None),
    ],
)
def test_a_throttled_order_says_when_to_come_back_and_is_left_to_the_caller(
    server: ContraryServer,
    service: Door,
    clock: Clock,
    headers: dict[str, str],
    retry_after_s: float | None,
) -> None:
    server.on(PATH, answer({}, 429, **headers))

    with pytest.raises(Throttled) as throttled:
        service(order)

    assert throttled.value.retry_after_s == retry_after_s
    assert clock.slept_s == []


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port that is ours and where nobody listens."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


def test_a_refused_connection_proves_that_nothing_was_sent(
    closed_port: int, timing: Timing
) -> None:
    nobody = ServiceAddress(f"http://127.0.0.1:{closed_port}/v1", TOKEN)

    with pytest.raises(NeverSent):
        Door(nobody, timing)(order)


def test_a_failed_tls_handshake_proves_that_nothing_was_sent(
    server: ContraryServer, timing: Timing
) -> None:
    server.resets_before_reading = 1
    secure = ServiceAddress(f"https://127.0.0.1:{server.port}/v1", TOKEN)

    with pytest.raises(NeverSent):
        Door(secure, timing)(order)

    assert server.seen == []


@pytest.fixture
def proxied(server: ContraryServer, monkeypatch: pytest.MonkeyPatch) -> ContraryServer:
    """The server as the proxy that the environment names."""
    for name in ("no_proxy", "NO_PROXY", "all_proxy", "ALL_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTP_PROXY", server.root)
    monkeypatch.setenv("HTTPS_PROXY", server.root)
    return server


def test_a_proxy_that_refuses_the_way_proves_that_nothing_was_sent(
    proxied: ContraryServer, timing: Timing
) -> None:
    proxied.on("model-api.runcomfy.net:443", page(b"", 407))
    real = ServiceAddress("https://model-api.runcomfy.net/v1", TOKEN)

    with pytest.raises(NeverSent):
        Door(real, timing)(order)

    [seen] = proxied.seen
    assert seen.method == "CONNECT"
    assert "tok-" not in str(seen)


def test_no_proxy_comes_between_us_and_an_emulator_on_this_machine(
    proxied: ContraryServer, elsewhere: ContraryServer, timing: Timing
) -> None:
    elsewhere.on(PATH, answer(ACCEPTED))

    Door(ServiceAddress(f"{elsewhere.root}/v1", TOKEN), timing)(order)

    assert proxied.connections == 0


def test_an_order_waits_for_a_free_connection_of_ours(
    server: ContraryServer, address: ServiceAddress, timing: Timing
) -> None:
    server.on(PATH, SILENCE, answer(ACCEPTED))
    hurried = replace(timing, connect_timeout_s=0.2)

    async def two_orders(service: RunComfy) -> None:
        first = order(service)
        assert await asyncio.to_thread(server.asked.wait, 10)
        second = order(service)
        await asyncio.sleep(1.0)
        assert not second.done()
        first.cancel()
        assert await second == ACCEPTED["request_id"]

    Door(address, hurried, max_connections=1)(two_orders)

    assert server.count("POST") == 2


def test_an_order_that_found_no_free_connection_in_time_was_never_sent(
    server: ContraryServer, address: ServiceAddress, timing: Timing
) -> None:
    server.on(PATH, SILENCE)
    hurried = replace(timing, submit_timeout_s=3.0)

    async def two_orders(service: RunComfy) -> None:
        first = order(service)
        assert await asyncio.to_thread(server.asked.wait, 10)
        with pytest.raises(NeverSent, match="only 0 of its"):
            await order(service)
        with pytest.raises(AnswerLost):
            await first

    Door(address, hurried, max_connections=1)(two_orders)

    assert server.count("POST") == 1


def test_an_answer_that_came_while_the_process_slept_is_read(
    server: ContraryServer, address: ServiceAddress, timing: Timing
) -> None:
    """All clocks have run out when we wake, and the answer lies in the socket."""
    server.on(PATH, answer(ACCEPTED))
    hurried = replace(timing, submit_timeout_s=0.5, submit_read_timeout_s=0.2)

    async def asleep(service: RunComfy) -> str:
        return await service.submit(MODEL, BODY, lambda: time.sleep(1.0))

    assert Door(address, hurried)(asleep) == ACCEPTED["request_id"]


def test_every_order_has_a_fresh_connection(server: ContraryServer, service: Door) -> None:
    server.on(PATH, answer(ACCEPTED))

    async def two_orders(service: RunComfy) -> None:
        await service.submit(MODEL, BODY)
        await service.submit(MODEL, BODY)

    service(two_orders)

    assert server.connections == server.count("POST") == 2


@pytest.mark.parametrize(
    "model_id",
    [
        *["", "seedance", "a/../b", "a/./b", "../a", "a//b", "/a/b", "a/b/", "a/b?x=1", "a/b#c"],
        *["a/b%2e", "a/b\n", "a b/c", "a/b\\c", "a/" + "b" * 300],
    ],
)
def test_a_model_id_that_would_lead_elsewhere_is_refused_before_anything_is_sent(
    server: ContraryServer, service: Door, model_id: str
) -> None:
    with pytest.raises(UnknownModel):
        service(lambda s: s.submit(model_id, BODY))

    assert server.connections == 0


@pytest.mark.parametrize("value", [float("nan"), object()], ids=["NaN", "object"])
def test_an_input_that_is_no_json_is_refused_before_anything_is_sent(
    server: ContraryServer, service: Door, value: object
) -> None:
    with pytest.raises(RequestRefused):
        service(lambda s: s.submit(MODEL, {"prompt": value}))

    assert server.connections == 0
