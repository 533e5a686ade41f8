"""The media library on a local folder and on a file system that is not local."""

import hashlib
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from upath import UPath

from seedance_assets.adapters.media_library import MediaLibrary
from seedance_assets.core.errors import StorageError

CLIP = b"\0\0\0\x18ftypmp42" + bytes(range(256)) * 5000
SHA256 = hashlib.sha256(CLIP).hexdigest()


@pytest.fixture(params=["local", "file", "memory"])
def root(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[UPath]:
    """The library's root: a plain path, a file URL, and memory as any foreign file system."""
    folder = tmp_path / "media"
    scheme = {"local": "", "file": "file://", "memory": "memory://"}[request.param]
    root = UPath(f"{scheme}{folder}")
    yield root
    if request.param == "memory" and root.exists():
        root.fs.rm(root.path, recursive=True)


@pytest.fixture
def staging(tmp_path: Path) -> Path:
    return tmp_path / "staging"


@pytest.fixture
def library(root: UPath, staging: Path) -> MediaLibrary:
    return MediaLibrary(root, staging)


def _kept(library: MediaLibrary, content: bytes = CLIP) -> str:
    part = library.part_for("sh010_t001")
    part.write_bytes(content)
    return library.keep(part, "sh010", "sh010_t001")


def test_a_verified_file_is_stored_and_leaves_staging_empty(
    library: MediaLibrary, root: UPath, staging: Path
) -> None:
    path = _kept(library)

    assert (root / "sh010" / "sh010_t001.mp4").read_bytes() == CLIP
    assert UPath(path).read_bytes() == CLIP
    assert [entry.name for entry in (root / "sh010").iterdir()] == ["sh010_t001.mp4"]
    assert list(staging.iterdir()) == []


def test_the_same_take_fetched_again_takes_the_place_of_the_first(library: MediaLibrary) -> None:
    first = _kept(library, b"damaged later")

    assert _kept(library) == first
    assert library.has(first, SHA256)


def test_the_library_has_what_is_there_with_the_right_content(
    library: MediaLibrary, root: UPath
) -> None:
    path = _kept(library)

    assert library.has(path, None)
    assert library.has(path, SHA256)
    assert not library.has(path, "0" * 64)
    assert not library.has(str(root / "sh010" / "sh010_t002.mp4"), None)
    assert not library.has(str(root / "sh999" / "sh999_t001.mp4"), None)
    assert not library.has(str(root / "sh010"), None)
    assert not library.has("", None)


def test_small_files_are_stored_beside_the_video(library: MediaLibrary, root: UPath) -> None:
    path = library.keep_bytes(b"strip", "sh010", "sh010_t001_strip.jpg")

    assert library.has(path, hashlib.sha256(b"strip").hexdigest())
    assert (root / "sh010" / "sh010_t001_strip.jpg").read_bytes() == b"strip"
    assert library.read_bytes("sh010", "sh010_t001_strip.jpg") == b"strip"
    assert library.read_bytes("sh010", "sh010_t001_poster.jpg") is None


def test_a_sidecar_is_json_that_people_can_read(library: MediaLibrary) -> None:
    path = library.write_sidecar("sh010", "sh010_t001", {"prompt": "Café", "cost_usd": None})

    assert path.endswith("/sh010/sh010_t001.json")
    text = UPath(path).read_text(encoding="utf-8")
    assert json.loads(text) == {"cost_usd": None, "prompt": "Café", "schema": 1}
    assert text == '{\n  "cost_usd": null,\n  "prompt": "Café",\n  "schema": 1\n}\n'


def test_a_local_copy_can_be_opened_and_is_removed(library: MediaLibrary, staging: Path) -> None:
    path = _kept(library)

    with library.local_copy(path) as copy:
        assert copy.read_bytes() == CLIP

    assert copy.exists() == (str(copy) == path)
    assert list(staging.iterdir()) == []
    assert library.has(path, SHA256)


def test_a_copy_of_what_is_not_there_is_a_storage_error(
    library: MediaLibrary, root: UPath, staging: Path
) -> None:
    absent = str(root / "sh010" / "sh010_t009.mp4")

    with pytest.raises(StorageError), library.local_copy(absent):
        pass

    assert not staging.exists() or list(staging.iterdir()) == []


def test_part_files_are_never_shared(library: MediaLibrary, staging: Path) -> None:
    parts = {library.part_for("sh010_t001") for _ in range(50)}

    assert len(parts) == 50
    assert all(part.parent == staging and part.suffix == ".part" for part in parts)
    assert staging.is_dir()


@pytest.mark.parametrize(
    "name", ["..", ".", "", "a/b", "a\\b", "../x", "a\0", "a\n", "é", ".hidden", "x" * 300]
)
def test_an_unsafe_file_name_is_refused_everywhere(
    library: MediaLibrary, root: UPath, tmp_path: Path, name: str
) -> None:
    part = tmp_path / "verified.part"
    part.write_bytes(CLIP)

    for attempt in (
        lambda: library.part_for(name),
        lambda: library.keep(part, name, "a_t001"),
        lambda: library.keep(part, "a", name),
        lambda: library.keep_bytes(b"", name, "a.jpg"),
        lambda: library.keep_bytes(b"", "a", name),
        lambda: library.write_sidecar(name, "a_t001", {}),
    ):
        with pytest.raises(StorageError, match="is not a safe file name"):
            attempt()

    assert part.read_bytes() == CLIP
    assert not root.exists()


def test_every_name_that_the_sheet_allows_can_be_stored(library: MediaLibrary) -> None:
    for shot in ("a..b", "0", "SH-1.b_", "s" * 80):
        part = library.part_for(f"{shot}_t001")
        part.write_bytes(CLIP)
        assert library.has(library.keep(part, shot, f"{shot}_t001"), SHA256)


def test_parts_that_a_crash_left_are_swept_after_a_day(root: UPath, staging: Path) -> None:
    staging.mkdir()
    old, young, other = (staging / name for name in ("old.part", "young.part", "old.mp4"))
    for path in (old, young, other):
        path.touch()
    for path, age_h in ((old, 25), (young, 23), (other, 99)):
        os.utime(path, (time.time() - age_h * 3600,) * 2)

    MediaLibrary(root, staging)

    assert sorted(path.name for path in staging.iterdir()) == ["old.mp4", "young.part"]


def test_a_root_that_cannot_be_written_is_a_storage_error_and_keeps_the_part(
    tmp_path: Path, staging: Path
) -> None:
    (tmp_path / "media").touch()  # a file where the folder should be
    library = MediaLibrary(UPath(tmp_path / "media"), staging)
    part = library.part_for("a_t001")
    part.write_bytes(CLIP)

    with pytest.raises(StorageError):
        library.keep(part, "a", "a_t001")

    assert part.read_bytes() == CLIP


def test_a_different_file_at_a_clips_path_is_renamed(library: MediaLibrary, root: UPath) -> None:
    _kept(library)
    (root / "sh010" / "sh010_t001.mp4").write_bytes(b"graded by an editor")

    _kept(library)
    (root / "sh010" / "sh010_t001.mp4").write_bytes(b"graded once more")
    _kept(library)

    assert (root / "sh010" / "sh010_t001.mp4").read_bytes() == CLIP
    assert (root / "sh010" / "sh010_t001_kept_1.mp4").read_bytes() == b"graded by an editor"
    assert (root / "sh010" / "sh010_t001_kept_2.mp4").read_bytes() == b"graded once more"


def test_the_library_names_the_takes_that_it_has_and_nothing_else(
    library: MediaLibrary, root: UPath
) -> None:
    _kept(library)
    library.write_sidecar("sh010", "sh010_t001", {})
    for other in ("sh010/sh010_t001_kept_1.mp4", "sh010/sh010_t002_strip.jpg", "sh010/notes.json"):
        (root / other).write_bytes(b"x")
    (root / "EMULATED" / "sh020").mkdir(parents=True)
    (root / "EMULATED" / "sh020" / "sh020_t001.mp4").write_bytes(b"of another world")

    assert set(library.records()) == {("sh010", "sh010_t001")}


def test_a_library_that_is_not_there_yet_holds_no_takes(library: MediaLibrary) -> None:
    assert list(library.records()) == []
