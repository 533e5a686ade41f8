"""Sources of first frames: files and data URIs, and the errors for missing ones."""

import asyncio
import base64
import os
import unicodedata
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedance_assets.adapters.first_frame import FrameStore
from seedance_assets.adapters.first_frame.sources import (
    LocalFile,
    Reach,
    byte_limit,
    find_source,
    read_local,
    shown,
)
from seedance_assets.core.errors import FrameRefused
from seedance_assets.core.model_schema import ModelSchema
from tests.examples import at_least
from tests.first_frame.conftest import Fetch
from tests.first_frame.drawings import drawing, saved


def test_a_path_is_relative_to_the_sheets_folder_or_absolute(folder: Path, fetch: Fetch) -> None:
    (folder / "frames").mkdir()
    path = folder / "frames" / "a b.png"
    path.write_bytes(saved(drawing()))

    found = {fetch(source).sha256 for source in ("frames/a b.png", " ./frames/a b.png ", str(path))}

    assert len(found) == 1


def _elsewhere(folder: Path) -> Path:
    """A picture and a secret in a folder beside the sheet's."""
    other = folder.parent / "elsewhere"
    other.mkdir()
    (other / "passport.png").write_bytes(saved(drawing()))
    (other / "passport_v2.png").write_bytes(saved(drawing()))
    return other


@pytest.mark.parametrize(
    "source",
    [
        "{other}/passport.png",
        "../elsewhere/passport.png",
        "frames/../../elsewhere/passport.png",
        "..\\elsewhere\\passport.png",
        "./../elsewhere/passport.png",
        "{folder}/../elsewhere/passport.png",
        "\\\\server\\share\\passport.png",
        "//server/share/passport.png",
        "/dev/fd/0",
        "{other}/passport.pn",
        "../elsewhere/pasport.png",
        "{other}/nothing/a.png",
        "file:{other}/passport.png",
        "file://{other}/passport.png",
    ],
)
def test_a_path_outside_the_sheets_folder_is_refused_and_reveals_nothing(
    folder: Path, fetch: Fetch, source: str
) -> None:
    other = _elsewhere(folder)

    with pytest.raises(
        FrameRefused, match=r"outside the sheet's folder|`file:` links are not"
    ) as refused:
        fetch(source.format(other=other, folder=folder))

    told = f"{refused.value} {refused.value.advice}".replace(shown(source), "")
    assert "passport_v2" not in told
    assert "Did you mean" not in told
    assert "not there" not in told


def test_a_path_outside_the_sheets_folder_is_accepted_if_allowed(
    folder: Path, root: Path, schema: ModelSchema
) -> None:
    other = _elsewhere(folder)
    store = FrameStore(root, reach=Reach(outside=True))

    for source in (f"{other}/passport.png", "../elsewhere/passport.png"):
        frame = asyncio.run(store.fetch(source, beside=folder, schema=schema))
        assert frame.size.width == 640


def test_a_missing_file_behind_a_symbolic_link_is_not_looked_for(
    folder: Path, fetch: Fetch
) -> None:
    (folder / "frames").symlink_to(_elsewhere(folder))

    for name in ("passport.png", "pasport.png", "nothing.png"):
        with pytest.raises(FrameRefused, match="symbolic link out of") as refused:
            fetch(f"frames/{name}")
        assert "elsewhere" not in f"{refused.value} {refused.value.advice}"


def test_a_sheet_in_a_symlinked_folder_finds_its_pictures(
    folder: Path, root: Path, schema: ModelSchema
) -> None:
    (folder / "a.png").write_bytes(saved(drawing()))
    linked = folder.parent / "linked"
    linked.symlink_to(folder)

    for source in ("a.png", f"{linked}/a.png", f"{folder}/a.png"):
        found = FrameStore(root).fetch(source, beside=linked, schema=schema)
        assert asyncio.run(found).size.width == 640


_PARTS = st.sampled_from(["..", ".", "frames", "a.png", "", "~", "C:", "out", "\\", "/", "é"])


@at_least(400)
@given(st.lists(_PARTS | st.text(max_size=5), max_size=6), st.sampled_from(["/", "\\", ""]))
def test_no_path_leaves_the_sheets_folder(parts: list[str], between: str) -> None:
    with TemporaryDirectory() as base:
        folder = Path(base) / "show"
        (folder / "frames").mkdir(parents=True)
        for place in (Path(base), folder, folder / "frames"):
            (place / "a.png").write_bytes(b"picture")
        (folder / "out").symlink_to(base)

        try:
            found = find_source(between.join(parts), folder)
        except FrameRefused:
            return

        assert not isinstance(found, LocalFile) or found.path.resolve().is_relative_to(folder)


def test_only_pictures_are_offered_in_place_of_a_missing_one(folder: Path, fetch: Fetch) -> None:
    for name in ("id_rsa", "id_rsa.png.pem", "id_rsb.png"):
        (folder / name).touch()

    with pytest.raises(FrameRefused) as refused:
        fetch("id_rsa.png")

    assert "Did you mean 'id_rsb.png'?" in refused.value.advice


def test_a_path_from_windows_is_understood(folder: Path, fetch: Fetch) -> None:
    (folder / "frames").mkdir()
    (folder / "frames" / "a.png").write_bytes(saved(drawing()))

    assert fetch("frames\\a.png").source == "frames\\a.png"


@pytest.mark.parametrize("on_disk", ["NFC", "NFD"])
@pytest.mark.parametrize("in_sheet", ["NFC", "NFD"])
def test_a_name_is_found_however_its_accents_are_written(
    folder: Path, fetch: Fetch, on_disk: Literal["NFC", "NFD"], in_sheet: Literal["NFC", "NFD"]
) -> None:
    path = folder / unicodedata.normalize(on_disk, "Été") / unicodedata.normalize(on_disk, "Ö.png")
    path.parent.mkdir()
    path.write_bytes(saved(drawing()))

    assert fetch(unicodedata.normalize(in_sheet, "Été/Ö.png")).size.width == 640
    with pytest.raises(FrameRefused, match="is not there"):
        fetch("Ete/O.png")


def test_a_missing_file_is_reported_with_similar_names(folder: Path, fetch: Fetch) -> None:
    for name in ("SH010.PNG", "sh010_v2.png", "unlike.txt"):
        (folder / name).touch()

    with pytest.raises(FrameRefused, match=r"'sh010\.png' is not there") as refused:
        fetch("sh010.png")

    assert "Did you mean 'SH010.PNG' or 'sh010_v2.png'?" in refused.value.advice


def test_a_missing_folder_is_reported(fetch: Fetch) -> None:
    with pytest.raises(FrameRefused) as refused:
        fetch("renders/sh010.png")

    assert "renders does not exist" in refused.value.advice


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("", "is a folder"),
        (".", "is a folder"),
        ("a\0b.png", "cannot be read|does not exist"),
        ("x" * 300 + ".png", "cannot be read"),
        ("file:///etc/passwd", "`file:` links are not supported"),
        ("FILE:a.png", "`file:` links are not supported"),
        ("s3://bucket/a.png", "`s3:` links are not supported"),
        ("http://192.0.2.1/a.png", "leads to http, not https"),
        ("https://", "is not a plain https link|cannot be fetched"),
        ("https://[::1/a.png", "cannot be fetched"),
        ("data:text/plain;base64,aGVsbG8=", "is not a base64 picture"),
        ("data:image/png,rawbytes", "is not a base64 picture"),
        ("data:image/png;base64,@@@@", "is not valid base64"),
        ("data:image/png;base64,", "is empty"),
        ("data:image/png;base64,aGVsbG8=", "is not a picture"),
    ],
)
def test_an_invalid_source_is_refused(fetch: Fetch, source: str, says: str) -> None:
    with pytest.raises(FrameRefused, match=says) as refused:
        fetch(source)

    assert refused.value.advice


def test_only_regular_files_are_opened(folder: Path, fetch: Fetch) -> None:
    os.mkfifo(folder / "pipe.png")  # opening it would wait for ever

    with pytest.raises(FrameRefused, match="not a regular file"):
        fetch("pipe.png")


def test_a_device_is_not_opened(folder: Path) -> None:
    with pytest.raises(FrameRefused, match="not a regular file"):
        find_source("/dev/zero", folder, Reach(outside=True))


def test_a_pipe_that_took_a_files_place_is_not_waited_for(
    folder: Path, schema: ModelSchema
) -> None:
    (folder / "a.png").write_bytes(saved(drawing()))
    found = find_source("a.png", folder)
    assert isinstance(found, LocalFile)
    (folder / "a.png").unlink()
    os.mkfifo(folder / "a.png")

    with pytest.raises(FrameRefused, match="not a regular file"):
        read_local(found, byte_limit(schema), "'a.png'")


def test_a_symbolic_link_within_the_sheets_folder_is_followed(folder: Path, fetch: Fetch) -> None:
    (folder / "v2.png").write_bytes(saved(drawing()))
    (folder / "latest.png").symlink_to("v2.png")

    assert fetch("latest.png").sha256 == fetch("v2.png").sha256


@pytest.mark.parametrize("of", ["file", "folder"])
def test_a_symbolic_link_out_of_the_sheets_folder_is_not_followed_unless_allowed(
    folder: Path, root: Path, fetch: Fetch, schema: ModelSchema, of: str
) -> None:
    elsewhere = folder.parent / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "a.png").write_bytes(saved(drawing()))
    source = "a.png" if of == "file" else "frames/a.png"
    link, target = ("a.png", elsewhere / "a.png") if of == "file" else ("frames", elsewhere)
    (folder / link).symlink_to(target)

    with pytest.raises(FrameRefused, match="a symbolic link out of the sheet's folder") as refused:
        fetch(source)

    assert "first_frames.follow_symlinks" in refused.value.advice
    for reach in (Reach(follow_symlinks=True), Reach(outside=True)):
        allowing = FrameStore(root, reach=reach)
        assert asyncio.run(allowing.fetch(source, beside=folder, schema=schema)).size_bytes


@pytest.mark.parametrize(("target", "says"), [("gone.png", "broken"), ("a.png", "broken")])
def test_a_broken_or_circular_symbolic_link_is_reported(
    folder: Path, fetch: Fetch, target: str, says: str
) -> None:
    (folder / "a.png").symlink_to(target)

    with pytest.raises(FrameRefused, match=says):
        fetch("a.png")


def test_a_data_uri_is_read(fetch: Fetch) -> None:
    content = saved(drawing(), "JPEG")
    encoded = base64.encodebytes(content).decode()  # with line breaks, as some tools write it

    frame = fetch(f"data:image/png;charset=utf-8;base64,{encoded}")

    assert frame.path.read_bytes() == content
    assert frame.media_type == "image/jpeg"


def test_a_long_data_uri_is_not_repeated_in_a_message(fetch: Fetch) -> None:
    with pytest.raises(FrameRefused) as refused:
        fetch("data:image/png;base64," + "A" * 100_000)

    assert len(str(refused.value)) < 300


def test_a_data_uri_of_more_than_30_mb_is_refused(fetch: Fetch) -> None:
    with pytest.raises(FrameRefused, match="File size must be less than 30 MB"):
        fetch("data:image/png;base64," + "A" * 41_000_000)
