"""First frames are fetched and decoded, and hostile files do no harm."""

import asyncio
import base64
import threading
import zlib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest
from PIL import Image

from seedance_assets.emulator.drawing.fetching import fetch_picture
from seedance_assets.emulator.drawing.pictures import PictureRefused
from seedance_assets.emulator.jobs.scenario import Habits, Scenario
from tests.emulator.conftest import Open
from tests.emulator.kit import STILL, Caller, data_uri, draw_picture, picture_bytes

GOOD = picture_bytes(draw_picture())


class _PictureHandler(BaseHTTPRequestHandler):
    """Serves pictures; some paths misbehave."""

    files: ClassVar[dict[str, bytes]] = {
        "/good.png": GOOD,
        "/page.png": b"<html>Please log in.</html>",
        "/empty.png": b"",
    }

    paths: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.paths.append(self.path)
        if self.path.startswith("/to?"):
            self.send_response(302)
            self.send_header("Location", self.path.partition("?")[2])
            self.end_headers()
            return
        self.path = self.path.partition("?")[0]
        if self.path.startswith("/moved"):
            self.send_response(302)
            self.send_header("Location", "/good.png" if self.path == "/moved" else self.path)
            self.end_headers()
            return
        if self.path == "/endless.png":
            self._endless()
            return
        content = self.files.get(self.path)
        self.send_response(404 if content is None else 200)
        self.end_headers()
        self.wfile.write(content or b"")

    def _endless(self) -> None:
        self.send_response(200)
        self.end_headers()
        try:
            while True:
                self.wfile.write(bytes(1 << 20))
        except OSError:
            pass

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
        pass


@pytest.fixture(scope="module")
def picture_server() -> Iterator[str]:
    """The root of a server with pictures."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _PictureHandler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def refusal_of(caller: Caller, still: str) -> str:
    answer = caller.submit(still=still)
    assert answer.status_code == 422, answer.text
    return str(answer.json()["error_message"])


@pytest.mark.parametrize("path", ["/good.png", "/moved"])
def test_a_picture_is_fetched_over_http_redirects_included(
    shared: Caller, picture_server: str, path: str
) -> None:
    assert shared.submit(still=picture_server + path).is_success


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/missing.png", "HTTP 404"),
        ("/page.png", "could not be read"),
        ("/empty.png", "could not be read"),
        ("/moved/for/ever", "could not be fetched"),
    ],
    ids=["missing", "a page", "empty", "redirects for ever"],
)
def test_a_url_without_a_picture_is_refused(
    shared: Caller, picture_server: str, path: str, message: str
) -> None:
    assert message in refusal_of(shared, picture_server + path)


def test_an_endless_file_is_not_read_to_its_end(shared: Caller, picture_server: str) -> None:
    assert refusal_of(shared, f"{picture_server}/endless.png")


@pytest.mark.parametrize(
    "address",
    [
        "ftp://example.com/a.png",
        "file:///etc/passwd",
        "/etc/passwd",
        "http://127.0.0.1:1/a.png",
        "http://[not an address/",
        "http://a.invalid\x00/",
        "data:image/png;base64",
        "data:image/png;base64,not base64!",
        "data:image/png;base64,",
        "data:,hello",
    ],
    ids=lambda address: ascii(address[:30]),
)
def test_a_url_that_cannot_be_fetched_is_refused(shared: Caller, address: str) -> None:
    assert "image" in refusal_of(shared, address)


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_png_jpeg_and_webp_are_accepted(shared: Caller, form: str) -> None:
    assert shared.submit(still=data_uri(picture_bytes(draw_picture(), form))).is_success


@pytest.mark.parametrize("form", ["GIF", "BMP", "TIFF", "EPS", "PDF"])
def test_other_formats_are_refused(shared: Caller, form: str) -> None:
    assert "could not be read" in refusal_of(shared, data_uri(picture_bytes(draw_picture(), form)))


@pytest.mark.parametrize("kept", [20, 60, 400], ids=["header", "a little", "half"])
def test_a_picture_that_is_cut_off_is_refused(shared: Caller, kept: int) -> None:
    assert "could not be read" in refusal_of(shared, data_uri(GOOD[:kept]))


def png_that_claims(width: int, height: int) -> bytes:
    """A PNG of a few bytes that claims to be enormous."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return len(data).to_bytes(4) + body + zlib.crc32(body).to_bytes(4)

    header = width.to_bytes(4) + height.to_bytes(4) + bytes([8, 2, 0, 0, 0])
    data = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + data


@pytest.mark.parametrize("side", [9_600, 13_000, 60_000, 2_000_000], ids=str)
def test_a_decompression_bomb_is_refused_unopened(shared: Caller, side: int) -> None:
    assert "No wider than 600." in refusal_of(shared, data_uri(png_that_claims(side, side)))


def test_a_picture_is_measured_upright(shared: Caller) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    lying = picture_bytes(draw_picture(249, 100), "JPEG", exif=exif)
    wide = picture_bytes(draw_picture(100, 251), "JPEG", exif=exif)

    assert shared.submit(still=data_uri(lying)).is_success
    assert refusal_of(shared, data_uri(wide)) == "Not that wide."


def test_data_uris_may_be_switched_off(start: Open) -> None:
    caller = start(scenario=Scenario(habits=Habits(data_uris=False)))

    assert "URL" in refusal_of(caller, STILL)


def test_fetching_may_be_refused(start: Open, picture_server: str) -> None:
    caller = start(scenario=Scenario(habits=Habits(picture_fetch="refused")))

    assert "HTTP 403" in refusal_of(caller, f"{picture_server}/good.png")


def test_the_service_may_reach_only_public_hosts(start: Open, picture_server: str) -> None:
    caller = start(scenario=Scenario(habits=Habits(picture_hosts="public")))

    for address in (
        picture_server,
        picture_server.replace("127.0.0.1", "localhost"),
        "http://169.254.169.254",
    ):
        assert "could not be fetched" in refusal_of(caller, f"{address}/good.png")
    assert caller.submit(still=STILL).is_success


def only_127_0_0_1(address: str) -> bool:
    """Treats 127.0.0.1 as the public internet, for a test that stays on this machine."""
    return address == "127.0.0.1"


@pytest.fixture(scope="module")
def open_picture_server() -> Iterator[int]:
    """The port of a picture server that listens on every address of this machine."""
    with ThreadingHTTPServer(("0.0.0.0", 0), _PictureHandler) as server:  # noqa: S104  # that is the point
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("inside", ["127.0.0.2", "[::ffff:127.0.0.1]", "169.254.169.254"])
def test_a_public_url_may_not_redirect_to_a_private_address(
    open_picture_server: int, inside: str
) -> None:
    to = f"/to?http://{inside}:{open_picture_server}/good.png"
    _PictureHandler.paths.clear()

    with pytest.raises(PictureRefused, match="could not be fetched"):
        asyncio.run(
            fetch_picture(f"http://127.0.0.1:{open_picture_server}{to}", Habits(), only_127_0_0_1)
        )

    assert _PictureHandler.paths == [to]


def test_a_public_url_may_redirect_to_a_public_address(picture_server: str) -> None:
    link = f"{picture_server}/to?{picture_server}/good.png"

    assert asyncio.run(fetch_picture(link, Habits(), only_127_0_0_1)) == GOOD


def test_a_private_url_may_redirect_anywhere(picture_server: str) -> None:
    link = f"{picture_server}/to?{picture_server.replace('127.0.0.1', 'localhost')}/good.png"

    assert asyncio.run(fetch_picture(link, Habits())) == GOOD


def test_neither_a_signature_nor_a_data_uri_is_stored_with_the_order(
    start: Open, picture_server: str, tmp_path: Path
) -> None:
    caller = start(state_dir=tmp_path / "state")

    assert caller.submit(still=f"{picture_server}/good.png?sig=SECRET").is_success
    assert caller.submit(still=STILL).is_success

    kept = b"".join(path.read_bytes() for path in (tmp_path / "state").glob("emulator.db*"))
    assert b"/good.png" in kept
    assert b"SECRET" not in kept
    assert STILL[40:].encode() not in kept


def test_the_payload_of_a_data_uri_may_be_percent_encoded(shared: Caller) -> None:
    encoded = "data:image/png," + "".join(f"%{byte:02x}" for byte in GOOD)

    assert shared.submit(still=encoded).is_success
    assert base64.b64decode(STILL.split(",")[1]) == GOOD
