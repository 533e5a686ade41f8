"""The token goes to the service in one header, and nowhere else."""

import logging
import traceback
from pathlib import Path

import pytest

from seedance_assets.adapters.providers.runcomfy import RunComfy
from seedance_assets.core.errors import SeedanceError
from tests.runcomfy.conftest import TOKEN, Door
from tests.runcomfy.contrary_server import HANG_UP, ContraryServer, answer, page

MODEL = "bytedance/seedance-v1.5-pro/image-to-video"


async def every_call(service: RunComfy, url: str, part: Path) -> list[SeedanceError]:
    """The errors of every call there is."""
    calls = (
        lambda: service.submit(MODEL, {}),
        lambda: service.status("r1"),
        lambda: service.result("r1"),
        lambda: service.cancel("r1"),
        lambda: service.catalogue_entry(MODEL),
        service.balance_usd,
        lambda: service.download(url, part, max_bytes=1000),
    )
    errors = []
    for call in calls:
        try:
            await call()
        except SeedanceError as exc:
            errors.append(exc)
    return errors


@pytest.mark.parametrize(
    "reply",
    [
        answer({"error_message": f"token {TOKEN} is wrong", "error_code": 400004}, 401),
        answer({"detail": [{"token": TOKEN}]}, 500),
        answer({"odd": {TOKEN: TOKEN}}, 418),
        page(b"x" * 190 + TOKEN.encode(), 502),
        page(b"", 302, Location=f"http://127.0.0.1:1/?token={TOKEN}"),
        f"HTTP/1.1 500 {TOKEN}\r\nContent-Length: 2\r\n\r\n{{}}".encode(),
        HANG_UP,
    ],
    ids=["said", "nested", "key", "html", "redirect", "reason", "hang up"],
)
def test_neither_errors_nor_logs_hold_the_token(
    server: ContraryServer,
    service: Door,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    reply: bytes,
) -> None:
    caplog.set_level(logging.DEBUG)
    paths = [f"/v1/requests/r1/{name}" for name in ("status", "result", "cancel")]
    for path in (*paths, f"/v1/models/{MODEL}", "/prod/v2/balance", "/v.mp4"):
        server.on(path, reply)

    errors = service(lambda s: every_call(s, f"{server.root}/v.mp4", tmp_path / "v.part"))

    assert len(errors) >= 5
    for error in errors:
        shown = "".join(traceback.format_exception(error)) + error.advice + repr(error.facts)
        assert TOKEN not in shown
    ours = [record for record in caplog.records if record.name.startswith("seedance_assets")]
    assert TOKEN not in "".join(record.getMessage() for record in ours)


def test_a_talk_that_goes_well_logs_no_token_at_any_level(
    server: ContraryServer, service: Door, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.on("/v1/requests/r1/status", answer({"status": "in_queue"}))

    service(lambda s: s.status("r1"))

    assert TOKEN in str(server.seen)
    assert caplog.records
    assert TOKEN not in "".join(record.getMessage() for record in caplog.records)


def test_a_redirected_question_does_not_take_the_token_along(
    server: ContraryServer, elsewhere: ContraryServer, service: Door
) -> None:
    for status in (301, 302, 303, 307, 308):
        server.on(
            "/v1/requests/r1/status",
            page(b"", status, Location=f"{elsewhere.root}/v1/requests/r1/status"),
            answer({"status": "in_queue"}),
        )
        service(lambda s: s.status("r1"))

    assert elsewhere.connections == 0


def test_a_failed_result_that_repeats_the_token_is_kept_without_it(
    server: ContraryServer, service: Door
) -> None:
    error = {"message": f"bad header Bearer {TOKEN}"}
    server.on("/v1/requests/r1/result", answer({"status": "failed", "error": error}))

    result = service(lambda s: s.result("r1"))

    assert result.error_text == "bad header Bearer [token]"
    assert TOKEN not in str(result)
