"""Downloads break in realistic ways, and work again as the scenario says."""

import time
from typing import Any

import httpx
import pytest

from seedance_assets.emulator.jobs.scenario import BreakDownload, PassingFault
from tests.emulator.conftest import Open
from tests.emulator.kit import Caller


def url_of(caller: Caller) -> str:
    return str(caller.finish(caller.order())["output"]["video"])


@pytest.mark.parametrize("how", ["cut_length", "cut_chunked"])
def test_a_download_may_be_cut_short(start_with: Open, how: Any) -> None:
    caller = start_with(BreakDownload(how=how))
    url = url_of(caller)

    received = b""
    with (
        httpx.stream("GET", url, timeout=60) as answer,
        pytest.raises(httpx.RemoteProtocolError),
    ):
        for block in answer.iter_raw():
            received += block

    assert ("content-length" in answer.headers) == (how == "cut_length")
    assert received[4:8] == b"ftyp"


@pytest.mark.parametrize(
    ("fault", "status", "kind", "content"),
    [
        (BreakDownload(how="empty"), 200, "video/mp4", b""),
        (BreakDownload(how="wrong_type"), 200, "text/html; charset=utf-8", None),
        (BreakDownload(how="not_a_video"), 200, "video/mp4", b"<html>Sorry.</html>"),
        (BreakDownload(how="forbidden"), 403, "text/html; charset=utf-8", b"Access denied."),
        (BreakDownload(how="gone"), 404, "text/html; charset=utf-8", b"Not found."),
        (BreakDownload(how="server_error"), 500, None, b"Internal Server Error"),
    ],
    ids=lambda value: value.how if isinstance(value, BreakDownload) else "",
)
def test_a_download_may_be_another_kind_of_file(
    start_with: Open, fault: BreakDownload, status: int, kind: str | None, content: bytes | None
) -> None:
    answer = httpx.get(url_of(start_with(fault)), timeout=60)

    assert (answer.status_code, answer.headers.get("content-type")) == (status, kind)
    assert content is None or answer.content == content


def test_a_download_may_redirect_to_another_host(start_with: Open) -> None:
    fault = BreakDownload(how="redirect", location="http://elsewhere.invalid/x.mp4")

    answer = httpx.get(url_of(start_with(fault)), timeout=60)

    assert answer.is_redirect
    assert answer.headers["location"] == "http://elsewhere.invalid/x.mp4"


@pytest.mark.parametrize(("how", "status"), [("gone", 404), ("forbidden", 403)])
def test_a_url_may_expire_and_the_result_gives_a_new_one(
    start_with: Open, how: Any, status: int
) -> None:
    caller = start_with(BreakDownload(how=how, after_s=100.0))
    request_id = caller.order()
    old = caller.finish(request_id)["output"]["video"]
    at_once = httpx.get(old, timeout=60).status_code
    caller.clock.advance(100)

    fresh = caller.result(request_id)["output"]["video"]

    assert at_once == 200
    assert httpx.get(old, timeout=60).status_code == status
    assert httpx.get(fresh, timeout=60).status_code == 200


def test_a_broken_download_works_after_the_given_number_of_times(start_with: Open) -> None:
    url = url_of(start_with(BreakDownload(how="server_error", times=2)))

    assert [httpx.get(url, timeout=60).status_code for _ in range(3)] == [500, 500, 200]


def test_a_trickle_is_slow_but_complete(start_with: Open) -> None:
    fault = BreakDownload(how="trickle", bytes_per_s=60_000)
    url = url_of(start_with(fault))

    begin = time.monotonic()
    content = httpx.get(url, timeout=60).content

    assert time.monotonic() - begin > len(content) / 60_000 * 0.5
    assert content[4:8] == b"ftyp"


def test_downloads_may_have_transient_faults(start_with: Open) -> None:
    url = url_of(start_with(PassingFault(on=("output",), times=1, answer="unavailable")))

    assert [httpx.get(url, timeout=60).status_code for _ in range(2)] == [503, 200]
