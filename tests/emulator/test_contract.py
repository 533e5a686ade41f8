"""The emulator follows the service's contract: paths, bodies, texts, statuses."""

import re
from dataclasses import replace
from datetime import datetime

import httpx
import pytest

from seedance_assets.emulator import EmulatorSettings
from tests.emulator.conftest import Open
from tests.emulator.kit import SEEDANCE, TINY, Caller


def test_a_submit_answers_with_an_id_and_three_addresses_on_the_host_it_was_called_by(
    caller: Caller,
) -> None:
    body = caller.submit().json()

    base = f"{caller.root}/v1/requests/{body['request_id']}"
    assert re.fullmatch(r"[a-zA-Z0-9_-]{1,128}", body["request_id"])
    assert body == {
        "request_id": body["request_id"],
        "status_url": f"{base}/status",
        "result_url": f"{base}/result",
        "cancel_url": f"{base}/cancel",
    }


def test_addresses_follow_a_valid_host_header(caller: Caller) -> None:
    request_id = caller.order()

    def status_url(host: str) -> str:
        url = f"{caller.root}/v1/requests/{request_id}/status"
        return str(caller.http.get(url, headers={"Host": host}).json()["status_url"])

    assert status_url("localhost:99").startswith("http://localhost:99/v1/")
    assert status_url("localhost/../x").startswith(f"{caller.root}/v1/")


def test_a_job_goes_from_the_queue_through_progress_to_completed(caller: Caller) -> None:
    request_id = caller.order()
    queued = caller.status(request_id)
    caller.clock.advance(2.5)
    working = caller.status(request_id)
    result = caller.finish(request_id)

    assert (queued["status"], queued["queue_position"]) == ("in_queue", 1)
    assert queued["status_url"].endswith(f"/v1/requests/{request_id}/status")
    assert queued["result_url"].endswith(f"/v1/requests/{request_id}/result")
    assert working["status"] == "in_progress"
    assert "queue_position" not in working
    assert caller.status(request_id)["status"] == "completed"
    assert (result["status"], result["request_id"]) == ("succeeded", request_id)
    assert list(result["output"]) == ["video"]


def test_a_result_before_the_end_is_200_with_the_state_and_no_output(caller: Caller) -> None:
    request_id = caller.order()

    result = caller.result(request_id)

    assert result["status"] == "in_queue"
    assert "output" not in result
    assert "finished_at" not in result


def test_dates_have_microseconds_and_an_offset_and_the_end_follows_the_beginning(
    caller: Caller,
) -> None:
    result = caller.finish(caller.order())

    created, finished = result["created_at"], result["finished_at"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00", created)
    assert (datetime.fromisoformat(finished) - datetime.fromisoformat(created)).seconds >= 12


def test_the_cost_is_given_on_request_and_only_after_the_end(caller: Caller) -> None:
    request_id = caller.order(sound=True, seconds=2, shape="16:9")
    early = caller.result(request_id, include_cost="true")
    plain = caller.finish(request_id)
    priced = caller.result(request_id, include_cost="true")

    assert "cost" not in early
    assert "cost" not in plain
    assert priced["cost"] == pytest.approx(128 * 72 * 49 / 1024 * 2.4e-6, abs=1e-6)


def test_an_output_is_fetched_without_a_token_whole_or_in_parts(caller: Caller) -> None:
    url = caller.finish(caller.order())["output"]["video"]

    whole = httpx.get(url, timeout=60)
    part = httpx.get(url, headers={"Range": "bytes=4-7"}, timeout=60)
    head = httpx.head(url, timeout=60)

    assert re.fullmatch(
        r"/[^/]+%3D/[^/]+/output/[\w-]{21}_output\.mp4", httpx.URL(url).raw_path.decode()
    )
    assert whole.headers["content-type"] == "video/mp4"
    assert int(whole.headers["content-length"]) == len(whole.content)
    assert (part.status_code, part.content) == (206, b"ftyp")
    assert head.headers["content-length"] == whole.headers["content-length"]


def test_an_unknown_output_is_404(caller: Caller) -> None:
    assert httpx.get(f"{caller.root}/a/b/output/unknown_output.mp4", timeout=60).status_code == 404


def test_only_a_queued_job_can_be_cancelled(caller: Caller) -> None:
    running, queued = caller.order(), caller.order()
    caller.clock.advance(3)

    first, second = caller.cancel(queued), caller.cancel(running)

    assert (first.status_code, second.status_code) == (202, 202)
    assert first.json() == {"request_id": queued, "status": "completed", "outcome": "cancelled"}
    assert second.json()["outcome"] == "not_cancellable"
    assert caller.status(queued)["status"] == "cancelled"
    assert caller.result(queued)["status"] == "cancelled"
    assert caller.finish(running)["status"] == "succeeded"
    assert caller.cancel(running).json()["outcome"] == "not_cancellable"
    assert caller.cancel(queued).json()["outcome"] == "not_cancellable"


def test_charges_are_booked_at_acceptance_and_voided_by_a_cancel_in_the_queue(
    caller: Caller,
) -> None:
    kept, cancelled = caller.order(words="kept"), caller.order(words="cancelled")
    before = caller.charges()
    caller.cancel(cancelled)
    after = caller.charges()

    usd = round(128 * 72 * 25 / 1024 * 1.2e-6, 6)
    assert (before["charges"], before["usd"]) == (2, pytest.approx(2 * usd))
    assert (after["charges"], after["usd"]) == (1, usd)
    assert after["requests"][0] == {
        "request_id": kept,
        "model_id": TINY,
        "prompt": "kept",
        "status": "in_queue",
        "usd": usd,
        "charged": True,
    }
    assert (after["requests"][1]["status"], after["requests"][1]["charged"]) == ("cancelled", False)


def test_the_balance_falls_by_the_charges(start: Open) -> None:
    caller = start(balance_usd=5.0)
    caller.order()

    body = caller.get("/prod/v2/balance").json()

    micro = 5_000_000 - round(caller.charges()["usd"] * 1e6)
    assert body == {"balance_usd": micro / 1e6, "balance_microdollars": micro, "currency": "USD"}


@pytest.mark.parametrize("balance_usd", [0.0, -3.0, 1e-5], ids=["empty", "negative", "too low"])
def test_an_insufficient_balance_gets_400002_and_no_charge(start: Open, balance_usd: float) -> None:
    caller = start(balance_usd=balance_usd)

    answer = caller.submit()

    assert (answer.status_code, answer.json()["error_code"]) == (400, 400002)
    assert caller.charges()["charges"] == 0
    assert caller.get("/prod/v2/balance").json()["balance_usd"] == balance_usd


def test_the_catalogue_shows_the_model_its_price_and_its_inputs(start: Open) -> None:
    caller = start(models=None)

    page = caller.get("/v1/models", search="SEEDANCE", include_schema="true", limit=1).json()
    entry = caller.get(f"/v1/models/{SEEDANCE}").json()

    assert (page["total"], page["limit"], page["offset"]) == (1, 1, 0)
    assert page["models"] == [entry]
    assert entry["model_id"] == SEEDANCE
    assert entry["price_unit"] == "second"
    assert entry["base_price_usd"] == pytest.approx(0.01205, abs=1e-4)
    assert entry["required_inputs"] == ["prompt", "first_frame_image_url"]
    assert entry["input_schema"]["properties"]["duration"]["enum"] == list(range(4, 13))
    assert "input_schema" not in caller.get("/v1/models").json()["models"][0]
    assert caller.get("/v1/models/categories").json() == {"categories": ["image-to-video"]}


@pytest.mark.parametrize(
    ("query", "total", "shown"),
    [
        ({}, 1, 1),
        ({"search": "nothing of the kind"}, 0, 0),
        ({"category": "picture-to-clip", "kind": "model"}, 1, 1),
        ({"category": "other"}, 0, 0),
        ({"kind": "workflow"}, 0, 0),
        ({"offset": 5}, 1, 0),
    ],
    ids=["all", "search", "both fit", "category", "kind", "offset"],
)
def test_the_catalogue_can_be_searched(
    caller: Caller, query: dict[str, str], total: int, shown: int
) -> None:
    page = caller.get("/v1/models", **query).json()

    assert (page["total"], len(page["models"])) == (total, shown)


@pytest.mark.parametrize("limit", ["0", "501", "-1", "many", "²", "9" * 30])
def test_a_limit_outside_1_to_500_is_refused(caller: Caller, limit: str) -> None:
    assert caller.get("/v1/models", limit=limit).status_code == 422


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/v1/requests/00000000-0000-0000-0000-000000000000/status", 404, 404001),
        ("/v1/requests/00000000-0000-0000-0000-000000000000/result", 404, 404001),
        ("/v1/requests/no%20id/status", 400, 400001),
        ("/v1/models/no/such/model", 404, 404001),
    ],
    ids=["status", "result", "malformed", "model"],
)
def test_a_missing_resource_answers_with_the_first_digits_of_its_code(
    caller: Caller, path: str, status: int, code: int
) -> None:
    answer = caller.get(path)

    assert (answer.status_code, answer.json()["error_code"]) == (status, code)
    assert answer.json()["error_message"]


def test_a_submit_to_an_unknown_model_is_refused_with_400001(caller: Caller) -> None:
    answer = caller.submit("no/such/model")

    assert (answer.status_code, answer.json()["error_code"]) == (400, 400001)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", f"/v1/models/{TINY}"),
        ("GET", "/v1/models"),
        ("GET", "/v1/models/categories"),
        ("GET", "/v1/requests/x/status"),
        ("GET", "/v1/requests/x/result"),
        ("POST", "/v1/requests/x/cancel"),
        ("GET", "/prod/v2/balance"),
    ],
)
def test_every_call_of_the_api_needs_a_bearer_token(shared: Caller, method: str, path: str) -> None:
    answer = httpx.request(method, f"{shared.root}{path}", timeout=60)

    assert (answer.status_code, answer.json()["error_code"]) == (400, 400004)


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Basic abc", "Bearer a b", "Bearer a:b", "Bearer " + "x" * 8193],
    ids=["empty", "no token", "basic", "two words", "colon", "too long"],
)
def test_a_malformed_token_is_refused(shared: Caller, header: str) -> None:
    answer = shared.http.get(f"{shared.root}/v1/models", headers={"Authorization": header})

    assert (answer.status_code, answer.json()["error_code"]) == (400, 400004)


def test_only_the_configured_token_is_accepted(start: Open) -> None:
    caller = start(token="right")
    url = f"{caller.root}/v1/models"

    assert httpx.get(url, headers={"Authorization": "Bearer wrong"}, timeout=60).status_code == 400
    assert httpx.get(url, headers={"Authorization": "Bearer right"}, timeout=60).status_code == 200


def test_the_token_is_not_stored(start: Open, settings: EmulatorSettings) -> None:
    caller = start(token="hush-hush-1234")
    caller.http.headers["Authorization"] = "Bearer hush-hush-1234"
    caller.finish(caller.order())

    files = [file for file in settings.state_dir.rglob("*") if file.is_file()]
    assert files
    assert not [file for file in files if b"hush-hush" in file.read_bytes()]
    assert "hush-hush" not in repr(replace(settings, token="hush-hush-1234"))


def test_unknown_paths_and_methods_are_answered_in_json(caller: Caller) -> None:
    assert caller.get("/v2/nothing").json() == {"message": "Not Found"}
    assert caller.http.delete(f"{caller.root}/v1/models").status_code == 405
