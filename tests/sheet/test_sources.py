"""Sources of sheets: links are followed within limits and never into private networks."""

import os
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from seedance_assets.adapters.shot_sheet import read_sheet
from seedance_assets.adapters.shot_sheet.document import export_link, folder_of
from seedance_assets.core.errors import InputMissing, SheetRefused
from seedance_assets.core.model_schema import ModelSchema
from seedance_assets.core.settings import SheetSettings
from seedance_assets.core.shot import ShotList, sheet_name
from tests.runcomfy.contrary_server import ContraryServer, page

SHEET = b"shot,prompt,first_frame\na,Bells,a.png\n"
NEARBY = SheetSettings(private_hosts=True)
DOC = "https://docs.google.com/spreadsheets/d/1AbC-x_9"


@pytest.fixture
def server() -> Iterator[ContraryServer]:
    server = ContraryServer()
    yield server
    server.close()


def read_link(server: ContraryServer, schema: ModelSchema, path: str) -> ShotList:
    return read_sheet(f"{server.root}{path}", schema, {}, NEARBY)


def test_a_link_is_read_and_its_key_is_not_shown(
    server: ContraryServer, schema: ModelSchema
) -> None:
    server.on("/shots.csv", page(SHEET))

    listed = read_link(server, schema, "/shots.csv?signature=SENTINEL")

    assert [shot.key for shot in listed.shots] == ["a"]
    assert listed.source.endswith("SENTINEL")
    assert "SENTINEL" not in listed.name + listed.read_as
    assert listed.place.parent == Path.cwd()


def test_a_path_made_of_a_link_is_a_link(server: ContraryServer, schema: ModelSchema) -> None:
    server.on("/shots.csv", page(SHEET))

    listed = read_sheet(Path(f"{server.root}/shots.csv"), schema, {}, NEARBY)

    assert listed.source == f"{server.root}/shots.csv"


def test_a_redirect_is_followed(server: ContraryServer, schema: ModelSchema) -> None:
    server.on("/a", page(b"", 307, Location="/b"))
    server.on("/b", page(SHEET))

    assert read_link(server, schema, "/a").rows == 1


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (page(b"<!doctype html><title>Sign in - Accounts</title>"), "login page"),
        (page(b"<html>Not a sheet</html>"), "web page"),
        (page(b"", 401), "needs a login"),
        (page(b"", 404), "was not found"),
        (page(b"", 500), "answers HTTP 500"),
        (page(b"x", Content_Length=str(65 * 1024 * 1024)), "larger than 64 MiB"),
        (page(b"", 302, Location="ftp://example.com/x"), "not a plain https link"),
        (page(b""), "is empty"),
    ],
    ids=["login page", "page", "401", "404", "500", "large", "ftp", "empty"],
)
def test_a_link_without_a_sheet_is_reported_clearly(
    server: ContraryServer, schema: ModelSchema, answer: bytes, says: str
) -> None:
    server.on("/shots.csv", answer)

    with pytest.raises(SheetRefused, match=says) as refused:
        read_link(server, schema, "/shots.csv?signature=SENTINEL")

    assert str(refused.value).startswith("sheet ")
    assert "SENTINEL" not in str(refused.value)
    assert "first frame" not in str(refused.value)
    assert refused.value.advice


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "169.254.169.254"])
def test_a_private_network_is_not_looked_into_unless_allowed(
    server: ContraryServer, schema: ModelSchema, host: str
) -> None:
    with pytest.raises(SheetRefused, match="private network"):
        read_sheet(f"https://{host}:{server.port}/shots.csv", schema, {})

    assert server.connections == 0


@pytest.mark.parametrize(
    ("link", "asked"),
    [
        (f"{DOC}/edit?usp=sharing", f"{DOC}/export?format=csv"),
        (f"{DOC}/edit?gid=42#gid=42", f"{DOC}/export?format=csv&gid=42"),
        (f"{DOC}/edit#gid=0", f"{DOC}/export?format=csv&gid=0"),
        (f"{DOC}", f"{DOC}/export?format=csv"),
        (f"{DOC}/edit#gid=0&x=1%0d", f"{DOC}/export?format=csv&gid=0"),
        (f"{DOC}/edit#gid=a/b", f"{DOC}/export?format=csv"),
        (f"{DOC}/export?format=xlsx", f"{DOC}/export?format=xlsx"),
        (
            "https://docs.google.com/spreadsheets/u/1/d/1AbC-x_9/edit",
            f"{DOC}/export?format=csv",
        ),
        (
            "https://docs.google.com/spreadsheets/d/e/2PACX/pub?output=csv",
            "https://docs.google.com/spreadsheets/d/e/2PACX/pub?output=csv",
        ),
        ("https://example.com/spreadsheets/d/1/edit", "https://example.com/spreadsheets/d/1/edit"),
    ],
)
def test_a_google_sheet_is_asked_for_as_csv(link: str, asked: str) -> None:
    assert export_link(link) == asked


def test_settings_and_pictures_of_a_sheet_from_elsewhere_are_where_we_are() -> None:
    assert folder_of("https://example.com/x.csv") == folder_of("-") == Path.cwd()
    assert folder_of("show/x.csv") == Path("show")


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    """A named pipe; `fill` it."""
    os.mkfifo(tmp_path / "pipe")
    return tmp_path / "pipe"


def fill(pipe: Path, content: bytes) -> None:
    """Write into it as another process would: it ends early if the reader has had enough."""

    def write() -> None:
        with suppress(BrokenPipeError), pipe.open("wb") as file:
            file.write(content)

    threading.Thread(target=write, daemon=True).start()


def test_a_pipe_is_read_once_like_standard_input(pipe: Path, schema: ModelSchema) -> None:
    fill(pipe, SHEET)

    first, again = read_sheet(pipe, schema, {}), read_sheet(str(pipe), schema, {})

    assert [shot.key for shot in first.shots] == ["a"]
    assert first == again
    assert (first.source, first.name) == ("-", "standard input")
    assert first.place.parent == folder_of(pipe) == Path.cwd()


def test_a_pipe_gives_no_more_than_a_file_may_hold(pipe: Path, schema: ModelSchema) -> None:
    fill(pipe, b"x" * (65 * 1024 * 1024))

    with pytest.raises(SheetRefused, match="larger than 64 MiB"):
        read_sheet(pipe, schema, {})


def test_a_sheet_name_that_is_not_utf_8_is_refused(tmp_path: Path, schema: ModelSchema) -> None:
    sheet = os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.csv")
    Path(sheet).write_text("shot,prompt\nsh010,A boat.\n")

    with pytest.raises(InputMissing, match=r"caf\\xe9\.csv is not UTF-8"):
        read_sheet(sheet, schema, {})


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/null"])
def test_a_device_is_not_a_sheet(schema: ModelSchema, device: str) -> None:
    with pytest.raises(InputMissing, match=f"sheet {device} is not a file") as missing:
        read_sheet(device, schema, {})

    assert "standard input" in missing.value.advice


def test_a_sheet_has_a_name_that_can_be_shown() -> None:
    assert sheet_name("-") == "standard input"
    assert sheet_name("https://user:pw@example.com/a/b.csv?key=1#x") == "example.com/a/b.csv"
    assert sheet_name("/show/shots.csv") == "shots.csv"
    shared = "https://docs.google.com/spreadsheets/d/1AbC-dEfGhIjKlMnOpQrStUvWxYz_0123456789/edit"
    assert sheet_name(shared) == "docs.google.com/spreadsheets/d/1AbC…/edit"
