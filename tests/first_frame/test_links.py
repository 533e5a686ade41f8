"""First frames from links, on real servers: fetched within limits, never from private networks."""

import asyncio
import contextlib
import hashlib
import http.server
import itertools
import logging
import shutil
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedance_assets.adapters.first_frame import FrameStore
from seedance_assets.adapters.first_frame.download import Downloader
from seedance_assets.adapters.first_frame.sources import ByteLimit
from seedance_assets.core.errors import FrameOutOfReach, FrameRefused
from seedance_assets.core.model_schema import ModelSchema
from tests.examples import at_least
from tests.first_frame.conftest import Fetch
from tests.first_frame.drawings import drawing, saved, turned_by_exif
from tests.runcomfy.contrary_server import HANG_UP, RESET, SILENCE, ContraryServer, cut, page

PICTURE = saved(drawing())


def _redirect(to: str) -> bytes:
    return page(b"", 302, Location=to)


def test_a_link_is_fetched_without_our_keys(server: ContraryServer, fetch_nearby: Fetch) -> None:
    server.on("/a.png", page(PICTURE))

    frame = fetch_nearby(f"{server.root}/a.png?width=640")

    assert frame.path.read_bytes() == PICTURE
    assert frame.source == f"{server.root}/a.png?width=640"
    (seen,) = server.seen
    headers = {name.lower(): value for name, value in seen.headers.items()}
    assert seen.target == "/a.png?width=640"
    assert headers["host"] == server.root.removeprefix("http://")
    assert not {"authorization", "cookie"} & set(headers)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "2130706433",
        "0x7f.1",
        "0.0.0.0",  # noqa: S104  # asked for, not bound
        "10.1.2.3",
        "192.168.0.1",
        "169.254.169.254",
        "[fd00::1]",
    ],
)
def test_an_address_of_a_private_network_is_never_connected_to(
    server: ContraryServer, fetch: Fetch, host: str
) -> None:
    server.on("/a.png", page(PICTURE))

    with pytest.raises(FrameRefused, match="inside a private network"):
        fetch(f"https://{host}:{server.port}/a.png")

    assert server.connections == 0


def test_five_redirects_are_followed_and_not_a_sixth(
    server: ContraryServer, fetch_nearby: Fetch
) -> None:
    for hop in range(6):
        server.on(f"/{hop}", _redirect(f"/{hop + 1}"))
    server.on("/6", page(PICTURE))

    assert fetch_nearby(f"{server.root}/1").size_bytes == len(PICTURE)
    with pytest.raises(FrameRefused, match="more than 5 times"):
        fetch_nearby(f"{server.root}/0")


@pytest.mark.parametrize(
    ("to", "says"),
    [
        ("file:///etc/passwd", "not a plain https link"),
        ("ftp://example.com/a.png", "not a plain https link"),
        ("http://user:secret@127.0.0.1/a.png", "not a plain https link"),
        ("http://8.8.8.8/a.png", "http, not https"),
        ("https://[broken/", "cannot be fetched"),
        ("//\x00", "cannot be fetched|not a plain"),
    ],
)
def test_a_forbidden_redirect_is_not_followed(
    server: ContraryServer, fetch_nearby: Fetch, to: str, says: str
) -> None:
    server.on("/a.png", _redirect(to))

    with pytest.raises(FrameRefused, match=says) as refused:
        fetch_nearby(f"{server.root}/a.png")

    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        (page(b"", 401), "needs a login"),
        (page(b"", 403), "needs a login"),
        (page(b"", 404), "was not found"),
        (page(b"", 204), "answers HTTP 204"),
        (page(PICTURE[:99], 206), "answers HTTP 206"),
        (page(b"<html>Sign in</html>", Content_Type="text/html"), "web page"),
        (page(b"", Content_Encoding="gzip"), "is sent compressed"),
        (page(b"", Content_Length="30000001"), "must be less than 30 MB"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_a_bad_answer_is_reported_plainly(
    server: ContraryServer, fetch_nearby: Fetch, reply: bytes, says: str
) -> None:
    server.on("/a.png", reply)

    with pytest.raises(FrameRefused, match=says) as refused:
        fetch_nearby(f"{server.root}/a.png")

    assert refused.value.advice
    assert not refused.value.retryable


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        (page(b"", 429), "answers HTTP 429"),
        (page(b"", 500), "answers HTTP 500"),
        (page(b"", 503), "answers HTTP 503"),
        (page(b"", Content_Length="9" * 400), "cannot be fetched"),
        (cut(page(PICTURE), 50), "cannot be fetched"),
        (page(b"\xfffffffff\r\n", Transfer_Encoding="chunked"), "cannot be fetched"),
        (RESET, "cannot be fetched"),
        (HANG_UP, "cannot be fetched"),
        (b"SSH-2.0-OpenSSH\r\n" + HANG_UP, "cannot be fetched"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_temporary_errors_differ_from_an_unsuitable_picture(
    server: ContraryServer, fetch_nearby: Fetch, reply: bytes, says: str
) -> None:
    server.on("/a.png", reply)

    with pytest.raises(FrameOutOfReach, match=says) as out_of_reach:
        fetch_nearby(f"{server.root}/a.png")

    assert out_of_reach.value.retryable
    assert "nothing was paid for" in out_of_reach.value.advice


def test_a_body_without_a_length_is_read_no_further_than_the_limit(
    server: ContraryServer, fetch_nearby: Fetch
) -> None:
    chunk = b"100000\r\n" + bytes(0x100000) + b"\r\n"
    server.on("/a.png", page(chunk * 40 + b"0\r\n\r\n", Transfer_Encoding="chunked"))

    with pytest.raises(FrameRefused, match="must be less than 30 MB"):
        fetch_nearby(f"{server.root}/a.png")


def test_a_silent_server_times_out(
    server: ContraryServer, folder: Path, root: Path, schema: ModelSchema
) -> None:
    server.on("/a.png", SILENCE)
    store = FrameStore(root, allow_private=True, timeout_s=0.3)

    with pytest.raises(FrameOutOfReach, match=r"did not arrive within 0\.3 s"):
        asyncio.run(store.fetch(f"{server.root}/a.png", beside=folder, schema=schema))


def test_no_message_repeats_the_secrets_of_a_link(
    server: ContraryServer, fetch_nearby: Fetch
) -> None:
    server.on("/a.png", page(b"", 403))
    address = server.root.removeprefix("http://")

    for link in (f"http://{address}/a.png?sig=SECRET#SECRET", f"http://me:SECRET@{address}/a.png"):
        with pytest.raises(FrameRefused) as refused:
            fetch_nearby(link)
        assert "SECRET" not in f"{refused.value} {refused.value.advice}"
        assert "a.png" in str(refused.value)


def test_a_hundred_shots_that_share_a_link_fetch_it_once(
    server: ContraryServer, folder: Path, root: Path, schema: ModelSchema
) -> None:
    server.on("/a.png", page(PICTURE))
    server.on("/gone.png", page(b"", 404))
    store = FrameStore(root, allow_private=True)

    async def all_at_once() -> list[object]:
        links = [f"{server.root}/a.png"] * 100 + [f"{server.root}/gone.png"] * 100
        fetches = (store.fetch(link, beside=folder, schema=schema) for link in links)
        return list(await asyncio.gather(*fetches, return_exceptions=True))

    found = asyncio.run(all_at_once())

    assert len(set(found[:100])) == 1
    assert all(isinstance(refused, FrameRefused) for refused in found[100:])
    assert (server.count("GET", "/a.png"), server.count("GET", "/gone.png")) == (1, 1)


_FETCHING = """
import asyncio, sys
from pathlib import Path
from seedance_assets.adapters.first_frame import FrameStore
from seedance_assets.core.model_schema import model_schema
schema = model_schema("bytedance/seedance-v1.5-pro/image-to-video")
root, url = Path(sys.argv[1]), sys.argv[2]
store = FrameStore(root, allow_private=True)
print("ready", flush=True)
sys.stdin.readline()
print(asyncio.run(store.fetch(url, beside=root, schema=schema)).sha256)
"""


def test_concurrent_processes_share_one_fetch(server: ContraryServer, root: Path) -> None:
    server.on("/a.png", page(PICTURE))  # no ETag: nobody could ask whether it changed
    link = f"{server.root}/a.png?sig=SECRET"

    python = (sys.executable, "-c", _FETCHING, root, link)
    asking = [
        subprocess.Popen(python, stdin=subprocess.PIPE, stdout=subprocess.PIPE) for _ in range(3)
    ]
    for process in asking:
        assert process.stdout
        assert process.stdout.readline() == b"ready\n"
    for process in asking:
        assert process.stdin
        process.stdin.write(b"go\n")
        process.stdin.flush()
    said = {process.communicate(timeout=60)[0] for process in asking}

    assert said == {f"{hashlib.sha256(PICTURE).hexdigest()}\n".encode()}
    assert server.count("GET", "/a.png") == 1
    kept = [path for path in root.rglob("*") if path.is_file()]
    assert not [path for path in kept if b"SECRET" in path.read_bytes() or "SECRET" in path.name]


def test_a_later_run_only_checks_whether_the_picture_has_changed(
    server: ContraryServer, folder: Path, root: Path, schema: ModelSchema
) -> None:
    link = f"{server.root}/a.png"
    server.on("/a.png", page(PICTURE, ETag='"one"'))
    first = asyncio.run(_later(root).fetch(link, beside=folder, schema=schema))

    server.on("/a.png", page(b"", 304))
    again = asyncio.run(_later(root).fetch(link, beside=folder, schema=schema))
    changed = saved(drawing(800, 600))
    server.on("/a.png", page(changed, ETag='"two"'))
    third = asyncio.run(_later(root).fetch(link, beside=folder, schema=schema))

    assert again == first
    assert third.sha256 == hashlib.sha256(changed).hexdigest()
    asked = [{n.lower(): v for n, v in seen.headers.items()} for seen in server.seen]
    # The last one only makes sure that the host does not send another picture each time.
    assert [h.get("if-none-match") for h in asked] == [None, '"one"', '"one"', '"two"']


def test_a_deleted_picture_is_fetched_again(
    server: ContraryServer, folder: Path, root: Path, schema: ModelSchema
) -> None:
    server.on("/a.png", page(PICTURE, ETag='"one"'))
    link = f"{server.root}/a.png"
    asyncio.run(_later(root).fetch(link, beside=folder, schema=schema)).path.unlink()

    frame = asyncio.run(_later(root).fetch(link, beside=folder, schema=schema))

    assert frame.path.read_bytes() == PICTURE
    assert server.count("GET", "/a.png") == 2


@pytest.mark.parametrize("port", [0, 65536, 70000, 2**31, 2**63, 2**64, 10**20, 10**4000])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_an_invalid_port_affects_only_its_link(fetch_nearby: Fetch, scheme: str, port: int) -> None:
    link = f"{scheme}://127.0.0.1:{port}/a.png"

    with pytest.raises(
        FrameRefused, match=r"invalid port|cannot be fetched|not a plain https link"
    ):
        fetch_nearby(link)


def test_a_redirect_to_an_invalid_port_affects_only_its_link(
    server: ContraryServer, fetch_nearby: Fetch
) -> None:
    for port in (0, 65536, 10**20):
        server.on("/a.png", _redirect(f"http://127.0.0.1:{port}/b.png"))

        with pytest.raises(FrameRefused, match=r"invalid port|cannot be fetched"):
            fetch_nearby(f"{server.root}/a.png")


_URLS = st.builds(
    "{}://{}{}{}{}".format,
    st.sampled_from(["http", "https", "HTTPS"]),
    st.sampled_from(["127.0.0.1", "[::1]", "localhost", "[fe80::1%eth0]", "0x7f.1", "xn--", "a..b"])
    | st.text(max_size=20),
    st.just("")
    | st.integers(min_value=0).map(":{}".format)
    | st.text(max_size=5).map(":{}".format),
    st.sampled_from(["", "/", "/a.png?"]) | st.text(max_size=20),
    st.just("") | st.text(max_size=10).map("#{}".format),
)


@at_least(300)
@given(_URLS)
def test_any_link_at_all_is_followed_or_refused(link: str) -> None:
    """On a machine without a name server that would know one of these names."""
    downloader = Downloader(allow_private=False, timeout_s=2.0)

    with contextlib.suppress(FrameRefused):
        asyncio.run(downloader.fetch(link, ByteLimit(1000, "too large"), "'a'"))


@pytest.mark.parametrize(
    "tag", ['"caf\xe9"', '"\xff\xfe"', "", " ", '"a\tb"', "x" * 2000, '"one"'], ids=ascii
)
def test_a_tag_that_cannot_be_sent_back_is_dropped(
    server: ContraryServer, folder: Path, root: Path, schema: ModelSchema, tag: str
) -> None:
    server.on("/a.png", page(PICTURE, ETag=tag))
    link = f"{server.root}/a.png"

    frames = [
        asyncio.run(_later(root).fetch(link, beside=folder, schema=schema)) for _run in range(3)
    ]

    assert len({frame.sha256 for frame in frames}) == 1
    asked = {h.lower(): v for h, v in server.seen[-1].headers.items()}
    assert asked.get("if-none-match") == (tag if tag == '"one"' else None)


def test_an_invalid_tag_of_an_earlier_version_is_dropped(
    server: ContraryServer, folder: Path, root: Path, schema: ModelSchema
) -> None:
    server.on("/a.png", page(PICTURE, ETag='"one"'))
    link = f"{server.root}/a.png"
    asyncio.run(_later(root).fetch(link, beside=folder, schema=schema))
    (record,) = root.glob("links/*.json")
    record.write_text(record.read_text().replace("one", "caf\xe9"), encoding="utf-8")

    frame = asyncio.run(_later(root).fetch(link, beside=folder, schema=schema))

    assert frame.path.read_bytes() == PICTURE


def _commented(picture: bytes, text: bytes) -> bytes:
    """The JPEG with a comment, as hosts add one that write each answer anew."""
    return picture[:2] + b"\xff\xfe" + (len(text) + 2).to_bytes(2) + text + picture[2:]


@pytest.mark.parametrize("exif", [b"", turned_by_exif(6).tobytes()], ids=["upright", "turned"])
def test_other_bytes_with_the_same_pixels_are_the_same_picture(
    server: ContraryServer, folder: Path, root: Path, schema: ModelSchema, exif: bytes
) -> None:
    picture = saved(drawing(), "JPEG", exif=exif)
    server.on("/a.jpg", *(page(_commented(picture, b"served %d" % n)) for n in range(9)))
    link = f"{server.root}/a.jpg"

    frames = [
        asyncio.run(_later(root).fetch(link, beside=folder, schema=schema)) for _run in range(3)
    ]

    assert len({frame.sha256 for frame in frames}) == 1
    assert server.count("GET", "/a.jpg") == 3


def test_a_read_only_store_uses_earlier_links_and_writes_nothing(
    server: ContraryServer, folder: Path, root: Path, schema: ModelSchema, tmp_path: Path
) -> None:
    picture = saved(drawing(), "JPEG")
    server.on("/a.jpg", *(page(_commented(picture, b"served %d" % n)) for n in range(9)))
    link = f"{server.root}/a.jpg"
    bought = asyncio.run(_later(root).fetch(link, beside=folder, schema=schema))
    there = sorted(root.rglob("*"))

    look = FrameStore(tmp_path / "look", earlier=root, allow_private=True)
    look._links._clock = lambda: float(next(_CLOCK))
    seen = asyncio.run(look.fetch(link, beside=folder, schema=schema))

    assert seen.sha256 == bought.sha256
    assert server.count("GET", "/a.jpg") == 2
    assert sorted(root.rglob("*")) == there


def test_a_link_with_a_different_picture_each_time_is_refused(
    server: ContraryServer, folder: Path, root: Path, schema: ModelSchema
) -> None:
    pictures = (saved(drawing(600 + 10 * n, 480)) for n in range(9))
    server.on("/a.png", *(page(picture, ETag=f'"{n}"') for n, picture in enumerate(pictures)))
    link = f"{server.root}/a.png"
    asyncio.run(_later(root).fetch(link, beside=folder, schema=schema))

    with pytest.raises(FrameRefused, match="sends another picture each time") as refused:
        asyncio.run(_later(root).fetch(link, beside=folder, schema=schema))

    assert "each time" in str(refused.value)
    assert refused.value.advice


def _later(root: Path) -> FrameStore:
    """A store of a run for which nothing that was fetched before is fresh."""
    store = FrameStore(root, allow_private=True)
    ours = itertools.count(1000, 1000)
    store._links._clock = lambda: next(_CLOCK) + next(ours)
    return store


_CLOCK = itertools.count(10**9, 10**6)


def test_a_damaged_record_is_ignored(
    server: ContraryServer, fetch_nearby: Fetch, root: Path
) -> None:
    server.on("/a.png", page(PICTURE))
    fetch_nearby(f"{server.root}/a.png")
    (record,) = root.glob("links/*.json")
    for damage in (b"", b"{}", b'{"schema": 1, "kept": "../../etc/passwd"}', b"\xff" * 99):
        record.write_bytes(damage)

        assert fetch_nearby(f"{server.root}/a.png").path.read_bytes() == PICTURE


def test_a_signature_is_not_in_the_log_of_the_library_that_fetches(
    server: ContraryServer, fetch_nearby: Fetch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.on("/a.png", page(PICTURE))

    fetch_nearby(f"{server.root}/a.png?sig=SECRET")

    assert "/a.png" in caplog.text
    assert "SECRET" not in caplog.text


def test_where_a_link_led_is_remembered(server: ContraryServer, fetch_nearby: Fetch) -> None:
    server.on("/a.png", page(PICTURE))

    assert not fetch_nearby(f"{server.root}/a.png").public
    assert not fetch_nearby(f"{server.root}/a.png").public  # from the record this time
    assert server.count("GET", "/a.png") == 1


@pytest.fixture
def https(tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """An https server for `localhost` with a certificate that this process trusts; its port."""
    if (openssl := shutil.which("openssl")) is None:
        pytest.skip("needs the openssl command to make a certificate")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        [
            *(openssl, "req", "-x509", "-nodes", "-days", "2", "-subj", "/CN=localhost"),
            *("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"),
            *("-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate),
        ],
        check=True,
        capture_output=True,
    )
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    handler = partial(_QuietHandler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


class _QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_args: object) -> None:
        pass


def test_a_certificate_is_checked_against_the_name_in_the_link(
    folder: Path, fetch_nearby: Fetch, https: int
) -> None:
    (folder / "a.png").write_bytes(PICTURE)

    assert fetch_nearby(f"https://localhost:{https}/a.png").path.read_bytes() == PICTURE
    with pytest.raises(FrameRefused, match="CERTIFICATE_VERIFY_FAILED") as refused:
        fetch_nearby(f"https://127.0.0.1:{https}/a.png")
    assert not refused.value.retryable
