"""A video comes home whole or not at all, from allowed hosts, without the token."""

import errno
import gzip
import hashlib
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from seedance_assets.adapters.providers.runcomfy import ServiceAddress
from seedance_assets.core.errors import (
    DownloadBroken,
    HostRefused,
    SeedanceError,
    StorageError,
    StorageFull,
    VideoGone,
)
from seedance_assets.core.generation import Download
from seedance_assets.core.timing import Timing
from tests.runcomfy.conftest import Clock, Door
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

VIDEO = b"\0\0\0\x20ftypisom" + bytes(range(256)) * 1000
MP4 = page(VIDEO, Content_Type="video/mp4")
CHUNKS = b"%x\r\n%b\r\n%x\r\n%b\r\n0\r\n\r\n" % (4, VIDEO[:4], len(VIDEO) - 4, VIDEO[4:])
CAP = 10_000_000

Fetch = Callable[..., Download]


@pytest.fixture
def part(tmp_path: Path) -> Path:
    return tmp_path / "sh010_t001.mp4.part"


@pytest.fixture
def fetch(server: ContraryServer, service: Door, part: Path) -> Fetch:
    def fetch(url: str = f"{server.root}/v.mp4", max_bytes: int = CAP) -> Download:
        return service(lambda s: s.download(url, part, max_bytes=max_bytes))

    return fetch


@pytest.mark.parametrize(
    "reply",
    [
        MP4,
        page(VIDEO, Content_Type="application/octet-stream"),
        page(VIDEO, Content_Type="binary/octet-stream"),
        page(VIDEO),
        page(CHUNKS, Transfer_Encoding="chunked"),
        b"HTTP/1.1 200 OK\r\n\r\n" + VIDEO + HANG_UP,
    ],
    ids=["video", "octet", "binary", "no type", "chunked", "no length"],
)
def test_a_whole_video_is_stored_with_its_hash(
    server: ContraryServer, fetch: Fetch, part: Path, reply: bytes
) -> None:
    server.on("/v.mp4", reply)

    download = fetch()

    assert download == Download(hashlib.sha256(VIDEO).hexdigest(), len(VIDEO))
    assert part.read_bytes() == VIDEO


def test_a_download_bears_no_token(server: ContraryServer, fetch: Fetch) -> None:
    server.on("/v.mp4", MP4)

    fetch()

    [seen] = server.seen
    assert "authorization" not in seen.headers
    assert "tok-" not in str(seen)


@pytest.mark.parametrize(
    "fault",
    [
        RESET,
        HANG_UP,
        cut(MP4, 1000),
        cut(MP4, len(VIDEO)),
        page(b"ff\r\n" + VIDEO[:100] + HANG_UP, Transfer_Encoding="chunked"),
        page(VIDEO, Content_Length=str(len(VIDEO) + 7)) + HANG_UP,
        page(VIDEO, Content_Length="seven") + HANG_UP,
        page(CHUNKS, Transfer_Encoding="chunked", Content_Length=str(len(VIDEO) + 7)),
        answer({}, 500),
        answer({}, 503),
        answer({}, 429),
        answer({}, 408),
    ],
    ids=[
        *["reset", "hang up", "cut", "cut at once", "cut chunk", "length too long", "no number"],
        "chunks of another length",
        *["500", "503", "429", "408"],
    ],
)
def test_a_passing_fault_is_waited_out_and_leaves_no_trace_in_the_file(
    server: ContraryServer, fetch: Fetch, part: Path, fault: bytes
) -> None:
    server.on("/v.mp4", fault, fault, MP4)

    assert fetch().sha256 == hashlib.sha256(VIDEO).hexdigest()

    assert part.read_bytes() == VIDEO
    assert server.count("GET") == 3


def test_a_video_that_stays_cut_short_is_given_up_at_the_deadline(
    server: ContraryServer, fetch: Fetch, part: Path, clock: Clock
) -> None:
    server.on("/v.mp4", cut(MP4, 1000))

    with pytest.raises(DownloadBroken) as broken:
        fetch()

    assert broken.value.retryable
    assert clock.now_s == pytest.approx(10.0)
    assert not part.exists()


def test_a_storage_that_asks_for_a_pause_gets_it(
    server: ContraryServer, fetch: Fetch, clock: Clock
) -> None:
    server.on("/v.mp4", answer({}, 503, Retry_After="11"), MP4)

    fetch()

    assert clock.slept_s == [11.0]


def test_a_silent_storage_is_asked_again(
    server: ContraryServer, address: ServiceAddress, timing: Timing, part: Path
) -> None:
    server.on("/v.mp4", SILENCE, MP4)
    hurried = Door(address, replace(timing, download_read_timeout_s=1.0))

    hurried(lambda s: s.download(f"{server.root}/v.mp4", part, max_bytes=CAP))

    assert part.read_bytes() == VIDEO


def test_a_video_that_never_ends_is_given_up_at_the_limit(
    server: ContraryServer, address: ServiceAddress, timing: Timing, part: Path
) -> None:
    server.on("/v.mp4", SILENCE)
    hurried = Door(address, replace(timing, download_timeout_s=1.0))

    with pytest.raises(DownloadBroken, match="was not downloaded"):
        hurried(lambda s: s.download(f"{server.root}/v.mp4", part, max_bytes=CAP))

    assert not part.exists()


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (page(b""), DownloadBroken),
        (page(b"", 204), DownloadBroken),
        (
            page(VIDEO, 206, Content_Range=f"bytes 5-{len(VIDEO) + 4}/{len(VIDEO) + 5}"),
            DownloadBroken,
        ),
        (page(VIDEO[:6]), DownloadBroken),
        (page(b"<html>" + VIDEO, Content_Type="application/octet-stream"), DownloadBroken),
        (page(b"<html>please wait", Content_Type="text/html"), DownloadBroken),
        (answer({"message": "soon"}), DownloadBroken),
        (page(VIDEO, Content_Encoding="gzip"), DownloadBroken),
        (answer({}, 400), DownloadBroken),
        (page(b"", 302), DownloadBroken),
        (page(b"", 401), VideoGone),
        (page(b"<Error>AccessDenied</Error>", 403), VideoGone),
        (page(b"", 404), VideoGone),
        (page(b"", 410), VideoGone),
    ],
    ids=[
        *["empty", "204", "206", "six bytes", "not ftyp", "HTML", "JSON", "no gzip"],
        *["400", "no location", "401", "403", "404", "410"],
    ],
)
def test_what_is_no_video_is_refused_and_removed(
    server: ContraryServer,
    fetch: Fetch,
    part: Path,
    clock: Clock,
    reply: bytes,
    error: type[SeedanceError],
) -> None:
    server.on("/v.mp4", reply)

    with pytest.raises(error) as refused:
        fetch()

    assert type(refused.value) is error
    assert refused.value.advice
    assert not part.exists()
    assert clock.now_s <= 10.0


@pytest.mark.parametrize(
    "reply",
    [
        page(VIDEO, Content_Type="text/plain"),
        page(VIDEO, Content_Type="Application/JSON"),
        page(gzip.compress(VIDEO), Content_Encoding="gzip"),
        page(gzip.compress(VIDEO), Content_Encoding="X-Gzip"),
        page(zlib.compress(VIDEO), Content_Encoding="deflate"),
        page(VIDEO, 206, Content_Range=f"bytes 0-{len(VIDEO) - 1}/{len(VIDEO)}"),
    ],
    ids=["text", "JSON", "gzip", "x-gzip", "deflate", "206 of all"],
)
def test_a_video_is_taken_however_it_is_wrapped(
    server: ContraryServer, fetch: Fetch, part: Path, reply: bytes
) -> None:
    server.on("/v.mp4", reply)

    assert fetch().sha256 == hashlib.sha256(VIDEO).hexdigest()
    assert part.read_bytes() == VIDEO


@pytest.mark.parametrize("status", [400, 409, 425, 500])
def test_an_address_that_is_not_ready_is_asked_again(
    server: ContraryServer, fetch: Fetch, status: int
) -> None:
    server.on("/v.mp4", answer({"code": "video_not_ready"}, status), page(b"", status), MP4)

    assert fetch().size_bytes == len(VIDEO)


def test_a_packed_video_that_unpacks_without_end_is_refused(
    server: ContraryServer, fetch: Fetch, part: Path
) -> None:
    bomb = gzip.compress(VIDEO[:8] + b"\0" * (64 << 20))
    server.on("/v.mp4", page(bomb, Content_Encoding="gzip"))

    with pytest.raises(DownloadBroken, match="longer than"):
        fetch()

    assert not part.exists()


@pytest.mark.parametrize(
    "reply",
    [
        page(VIDEO[:100], Content_Length=str(1 << 50)) + HANG_UP,
        b"HTTP/1.1 200 OK\r\n\r\n" + VIDEO + HANG_UP,
    ],
    ids=["by its header", "by its bytes"],
)
def test_a_video_over_the_cap_is_refused_at_once(
    server: ContraryServer, fetch: Fetch, part: Path, clock: Clock, reply: bytes
) -> None:
    server.on("/v.mp4", reply)

    with pytest.raises(DownloadBroken, match=f"{len(VIDEO) - 1}"):
        fetch(max_bytes=len(VIDEO) - 1)

    assert not part.exists()
    assert clock.slept_s == []


def test_a_video_of_exactly_the_cap_comes_home(server: ContraryServer, fetch: Fetch) -> None:
    server.on("/v.mp4", MP4)

    assert fetch(max_bytes=len(VIDEO)).size_bytes == len(VIDEO)


def test_redirects_on_allowed_hosts_are_followed(server: ContraryServer, fetch: Fetch) -> None:
    for hop in range(5):
        server.on(f"/{hop}", page(b"", 302, Location=f"/{hop + 1}" if hop < 4 else "/v.mp4"))
    server.on("/v.mp4", MP4)

    assert fetch(f"{server.root}/0").size_bytes == len(VIDEO)


def test_a_sixth_redirect_is_one_too_many(server: ContraryServer, fetch: Fetch, part: Path) -> None:
    server.on("/v.mp4", page(b"", 302, Location="/v.mp4"))

    with pytest.raises(DownloadBroken, match="redirects"):
        fetch()

    assert server.count("GET") == 6
    assert not part.exists()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_a_foreign_host_is_refused_before_it_is_asked(
    server: ContraryServer, elsewhere: ContraryServer, fetch: Fetch, part: Path, status: int
) -> None:
    server.on("/v.mp4", page(b"", status, Location=f"{elsewhere.root}/v.mp4"))
    elsewhere.on("/v.mp4", MP4)

    with pytest.raises(HostRefused, match=str(elsewhere.port)):
        fetch()

    assert elsewhere.connections == 0
    assert not part.exists()


@pytest.mark.parametrize("location", NOWHERE)
def test_a_redirect_to_nowhere_is_refused_at_once(
    server: ContraryServer, fetch: Fetch, clock: Clock, location: str
) -> None:
    server.on("/v.mp4", page(b"", 302, Location=location))

    with pytest.raises((HostRefused, DownloadBroken)):
        fetch()

    assert clock.slept_s == []


def test_a_foreign_host_is_refused_before_it_is_asked(
    elsewhere: ContraryServer, fetch: Fetch
) -> None:
    with pytest.raises(HostRefused):
        fetch(f"{elsewhere.root}/v.mp4")

    assert elsewhere.connections == 0


def test_a_host_that_a_person_has_named_is_asked_without_the_token(
    server: ContraryServer,
    elsewhere: ContraryServer,
    address: ServiceAddress,
    timing: Timing,
    part: Path,
) -> None:
    server.on("/v.mp4", page(b"", 302, Location=f"{elsewhere.root}/v.mp4"))
    elsewhere.on("/v.mp4", MP4)
    named = replace(address, download_hosts=(f"127.0.0.1:{elsewhere.port}",))

    Door(named, timing)(lambda s: s.download(f"{server.root}/v.mp4", part, max_bytes=CAP))

    assert part.read_bytes() == VIDEO
    assert "tok-" not in str(elsewhere.seen)


@pytest.mark.parametrize("url", ["", "v.mp4", "x" * 70_000, *NOWHERE])
def test_what_is_no_address_is_refused(fetch: Fetch, url: str) -> None:
    with pytest.raises((HostRefused, DownloadBroken)):
        fetch(url)


def test_a_full_disk_is_told_as_such(server: ContraryServer, service: Door, tmp_path: Path) -> None:
    full = tmp_path / "full.part"
    full.symlink_to("/dev/full")
    server.on("/v.mp4", MP4)

    with pytest.raises(StorageFull) as refused:
        service(lambda s: s.download(f"{server.root}/v.mp4", full, max_bytes=CAP))

    assert isinstance(refused.value.__cause__, OSError)
    assert refused.value.__cause__.errno == errno.ENOSPC
    assert not full.is_symlink()
    assert Path("/dev/full").exists()
    assert server.count("GET") == 1


def test_a_folder_that_is_not_there_is_told_as_such(
    server: ContraryServer, service: Door, tmp_path: Path
) -> None:
    server.on("/v.mp4", MP4)
    nowhere = tmp_path / "missing" / "v.part"

    with pytest.raises(StorageError, match=str(nowhere)):
        service(lambda s: s.download(f"{server.root}/v.mp4", nowhere, max_bytes=CAP))
