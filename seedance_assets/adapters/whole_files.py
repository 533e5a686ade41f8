"""Write files atomically: part file, fsync, rename.

Every adapter that writes files uses this, so that a crash, a full disk or a second process never
leaves half a file under its final name.
"""

import errno
import os
import re
import shutil
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from seedance_assets.core.errors import StorageError, StorageFull

PART_LIFE_S = 3600.0  # far longer than writing any of these small files takes
_WINDOWS = sys.platform == "win32"
_OPEN_ELSEWHERE_S = 3.0
_LOOK_AGAIN_S = 0.1
_PART = re.compile(r"\.[0-9a-f]{32}\.part")
_FULL = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}


@contextmanager
def storage_errors(doing: str) -> Iterator[None]:
    """Turn an `OSError` in the block into `StorageFull` (no space) or `StorageError`.

    `doing` starts the message, e.g. `cannot write frames/ab.png`.
    """
    try:
        yield
    except OSError as exc:
        kind = StorageFull if exc.errno in _FULL else StorageError
        raise kind(f"{doing}: {exc.strerror or exc}") from exc


def write_whole(target: Path, content: bytes) -> None:
    """Write `content` to `target` so that no reader ever sees half of it.

    Missing folders are created; an existing file is replaced in one step. Concurrent writers of the
    same target are safe: each has its own part file, and the last rename wins.
    Raises `StorageFull` or `StorageError`, and then leaves nothing behind.
    """
    part = _part_beside(target)
    with storage_errors(f"cannot write {target}"), _gone_afterwards(part):
        part.parent.mkdir(parents=True, exist_ok=True)
        _remove_part_files(part.parent)
        with part.open("wb") as file:
            file.write(content)
            _to_disk(file.fileno())
        _rename(part, target)


def move_whole(source: Path, target: Path) -> None:
    """Move the finished file `source` to `target`: a rename, or a copy across file systems.

    Raises `StorageFull` or `StorageError`; `source` then still exists.
    """
    with storage_errors(f"cannot move {source} to {target}"):
        target.parent.mkdir(parents=True, exist_ok=True)
        with source.open("rb+") as file:
            _to_disk(file.fileno())
        try:
            _rename(source, target)
        except OSError as exc:
            if exc.errno != errno.EXDEV:  # another file system: a rename cannot cross over
                raise
            _copy_whole(source, target)
            source.unlink()


def _copy_whole(source: Path, target: Path) -> None:
    part = _part_beside(target)
    with _gone_afterwards(part):
        with source.open("rb") as reader, part.open("wb") as writer:
            shutil.copyfileobj(reader, writer, 1024 * 1024)
            writer.flush()
            _to_disk(writer.fileno())
        _rename(part, target)


def _rename(source: Path, target: Path) -> None:
    """Replace `target` with `source`.

    Windows refuses this while another program has `target` open: virus scanners briefly, a
    spreadsheet as long as it shows the file. Linux and macOS allow it.
    """
    give_up = time.monotonic() + (_OPEN_ELSEWHERE_S if _WINDOWS else 0)
    while True:
        try:
            source.replace(target)
        except PermissionError as exc:
            if not _WINDOWS or not target.exists():
                raise
            if time.monotonic() >= give_up:
                raise StorageError(
                    f"{target} cannot be replaced: another program has it open",
                    advice="Close it there and run again; nothing is bought twice.",
                ) from exc
            time.sleep(_LOOK_AGAIN_S)
        else:
            return


def _to_disk(descriptor: int) -> None:
    os.fsync(descriptor)  # else the rename may reach the disk before the data


def _remove_part_files(folder: Path) -> None:
    """Remove part files of killed writers; another process may do the same."""
    oldest = time.time() - PART_LIFE_S
    with os.scandir(folder) as entries:
        for entry in entries:
            if _PART.fullmatch(entry.name):
                with suppress(FileNotFoundError):
                    if entry.stat(follow_symlinks=False).st_mtime < oldest:
                        Path(entry.path).unlink()


def _part_beside(target: Path) -> Path:
    return target.with_name(f".{uuid.uuid4().hex}.part")


@contextmanager
def _gone_afterwards(part: Path) -> Iterator[None]:
    try:
        yield
    finally:
        if part.is_file():
            part.unlink(missing_ok=True)
