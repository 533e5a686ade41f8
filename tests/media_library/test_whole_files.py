"""Files are whole or absent, whatever happens during writing."""

import errno
import os
import threading
import time
from pathlib import Path

import pytest

from seedance_assets.adapters.whole_files import (
    PART_LIFE_S,
    move_whole,
    storage_errors,
    write_whole,
)
from seedance_assets.core.errors import StorageError, StorageFull


def test_a_file_is_written_with_the_folders_on_its_way(tmp_path: Path) -> None:
    target = tmp_path / "a" / "b" / "c.json"

    write_whole(target, b"first")
    write_whole(target, b"second")

    assert target.read_bytes() == b"second"
    assert list(target.parent.iterdir()) == [target]


def test_a_failed_write_leaves_the_old_file_and_no_part(tmp_path: Path) -> None:
    target = tmp_path / "kept"
    (target / "inside").mkdir(parents=True)  # a folder cannot be replaced by a file

    with pytest.raises(StorageError, match="cannot write"):
        write_whole(target, b"new")

    assert list(tmp_path.iterdir()) == [target]


def test_what_a_killed_writer_left_is_swept_when_it_is_old(tmp_path: Path) -> None:
    old, fresh = tmp_path / f".{'a' * 32}.part", tmp_path / f".{'b' * 32}.part"
    for part in (old, fresh):
        part.write_bytes(b"half")
    os.utime(old, (0, time.time() - PART_LIFE_S - 1))

    write_whole(tmp_path / "target", b"new")

    assert not old.exists()
    assert fresh.exists()


def test_a_reader_never_sees_half_a_file(tmp_path: Path) -> None:
    target = tmp_path / "shared"
    contents = [bytes([n]) * 300_000 for n in range(20)]
    write_whole(target, contents[0])
    writers = [threading.Thread(target=write_whole, args=(target, c)) for c in contents]
    seen = set()

    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        seen.add(target.read_bytes())

    assert seen <= set(contents)
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs the device that is always full")
def test_a_full_disk_differs_from_other_errors() -> None:
    with (
        pytest.raises(StorageFull, match="cannot write x: No space left"),
        storage_errors("cannot write x"),
        Path("/dev/full").open("wb", buffering=0) as full,
    ):
        full.write(b"x")


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (errno.ENOSPC, StorageFull),
        (errno.EDQUOT, StorageFull),
        (errno.EACCES, StorageError),
        (errno.EIO, StorageError),
    ],
)
def test_only_want_of_room_is_a_full_store(number: int, kind: type[StorageError]) -> None:
    with pytest.raises(StorageError) as failed, storage_errors("cannot write x"):
        raise OSError(number, "trouble")

    assert type(failed.value) is kind
    assert failed.value.advice


def test_a_move_puts_the_whole_file_in_place_of_the_old_one(tmp_path: Path) -> None:
    part, target = tmp_path / "new.part", tmp_path / "media" / "clip.mp4"
    write_whole(target, b"old")
    part.write_bytes(b"new")

    move_whole(part, target)

    assert target.read_bytes() == b"new"
    assert not part.exists()


_SHARED_MEMORY = Path("/dev/shm")  # noqa: S108  # another file system, on most Linux machines


@pytest.mark.skipif(not _SHARED_MEMORY.is_dir(), reason="needs a second file system")
def test_a_move_to_another_file_system_is_a_whole_copy(tmp_path: Path) -> None:
    part = _SHARED_MEMORY / f"{tmp_path.name}.part"
    part.write_bytes(b"clip" * 500_000)
    if part.stat().st_dev == tmp_path.stat().st_dev:
        part.unlink()
        pytest.skip("the temporary folder lies there too")

    move_whole(part, tmp_path / "clip.mp4")

    assert (tmp_path / "clip.mp4").read_bytes() == b"clip" * 500_000
    assert [path.name for path in tmp_path.iterdir()] == ["clip.mp4"]
    assert not part.exists()


def test_a_move_of_what_is_not_there_is_a_storage_error(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="cannot move"):
        move_whole(tmp_path / "absent", tmp_path / "target")
