"""The store of videos, named `<root>/<shot>/<shot>_t001.mp4`.

The root is a folder or any file system of fsspec (`s3://…`), for one scope only
(`Scope.folders`). Beside a video are its sidecar (`.json`) and its pictures (`_strip.jpg`,
`_poster.jpg`). All calls block: call them in a thread. They raise `StorageError`, and
`StorageFull` if there is no space.
"""

import hashlib
import itertools
import json
import re
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from upath import UPath

from seedance_assets.adapters.whole_files import move_whole, storage_errors, write_whole
from seedance_assets.core.errors import StorageError

SIDECAR_SCHEMA = 1
PART_LIFE_S = 24 * 3600.0

_LOCAL = {"", "file", "local"}
_SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,199}")
_CHUNK_BYTES = 1024 * 1024


class MediaLibrary:
    """The folder of videos. `staging` is local and holds files until they are verified."""

    def __init__(self, root: UPath, staging: Path) -> None:
        self._root = root
        self._staging = staging
        _remove_part_files(staging, older_than_s=PART_LIFE_S)

    def part_for(self, name: str) -> Path:
        """A unique new path in staging for the download of a take."""
        with storage_errors(f"cannot make {self._staging}"):
            self._staging.mkdir(parents=True, exist_ok=True)
        return self._staging / f"{_safe(name)}.{uuid.uuid4().hex}.part"

    def keep(self, part: Path, shot: str, name: str) -> str:
        """Store a verified file as the video `name` of `shot` and return its path.

        A rename if possible, else a checked copy; afterwards `part` is gone. A different file that
        exists already is renamed: see `set_aside`.
        """
        target = self._place(shot, f"{name}.mp4")
        if target.exists():
            with part.open("rb") as file:
                self.set_aside(shot, name, hashlib.file_digest(file, "sha256").hexdigest())
        if (local := _local_path(target)) is not None:
            move_whole(part, local)
            return str(local)
        with storage_errors(f"cannot store {target}"):
            target.parent.mkdir(parents=True, exist_ok=True)
            target.fs.put_file(str(part), target.path)
            _check_arrival(target, part.stat().st_size)
            part.unlink()
        return str(target)

    def set_aside(self, shot: str, name: str, sha256: str) -> str | None:
        """Rename an existing file at the path of video `name` whose content is not `sha256`.

        It may be someone's own version, or a clip that is not in the ledger. Returns its new path;
        None if there is no file, or if it is that video.
        """
        target = self._place(shot, f"{name}.mp4")
        with storage_errors(f"cannot keep {target} aside"):
            if not target.exists() or _sha256(target) == sha256:
                return None
            others = (self._place(shot, f"{name}_kept_{n}.mp4") for n in itertools.count(1))
            free = next(other for other in others if not other.exists())
            target.rename(free)
        return str(free)

    def records(self) -> Iterator[tuple[str, str]]:
        """The shot and take name of every video and sidecar in the library, unordered.

        Uses only file names: nothing is opened.
        """
        with storage_errors(f"cannot list {self._root}"):
            if not self._root.exists():
                return
            found = self._root.fs.find(self._root.path, maxdepth=2)
        base = len(self._root.path.rstrip("/")) + 1
        for path in map(str, found):
            shot, _, name = path[base:].replace("\\", "/").partition("/")
            stem, dot, kind = name.rpartition(".")
            number = stem.removeprefix(f"{shot}_t")
            if dot and kind in {"mp4", "json"} and number.isdigit() and number != stem:
                yield shot, stem

    def keep_bytes(self, content: bytes, shot: str, file_name: str) -> str:
        """Store a small file (a picture, a table) beside the videos of `shot`; returns its path."""
        target = self._place(shot, file_name)
        if (local := _local_path(target)) is not None:
            write_whole(local, content)
            return str(local)
        with storage_errors(f"cannot store {target}"):
            target.parent.mkdir(parents=True, exist_ok=True)
            target.fs.pipe_file(target.path, content)
            _check_arrival(target, len(content))
        return str(target)

    def read_bytes(self, shot: str, file_name: str) -> bytes | None:
        """A small file beside the videos of `shot`; None if there is none."""
        target = self._place(shot, file_name)
        with storage_errors(f"cannot read {target}"):
            try:
                content: bytes = target.read_bytes()
            except FileNotFoundError:
                return None
        return content

    def write_sidecar(self, shot: str, name: str, facts: Mapping[str, object]) -> str:
        """Write the record of a video beside it, as JSON with a schema number; returns its path.

        `facts` must be valid JSON: a NaN or another type is a bug and raises.
        """
        record = {**facts, "schema": SIDECAR_SCHEMA}
        text = json.dumps(record, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)
        return self.keep_bytes(f"{text}\n".encode(), shot, f"{name}.json")

    def has(self, path: str, sha256: str | None) -> bool:
        """Whether there is a file at `path`, with that content if a hash is given.

        Raises if the store cannot be reached.
        """
        found = self._at(path)
        with storage_errors(f"cannot read {path}"):
            try:
                if found.fs.info(found.path)["type"] != "file":
                    return False
                return sha256 is None or _sha256(found) == sha256
            except (FileNotFoundError, NotADirectoryError):
                return False

    @contextmanager
    def local_copy(self, path: str) -> Iterator[Path]:
        """The file at `path` as a local file: itself, or a temporary copy.

        Raises `StorageError` if there is none.
        """
        found = self._at(path)
        if (local := _local_path(found)) is not None:
            if not local.is_file():
                raise StorageError(f"{local} does not exist")
            yield local
            return
        copy = self.part_for(found.name)
        try:
            with storage_errors(f"cannot fetch {path}"):
                found.fs.get_file(found.path, str(copy))
            yield copy
        finally:
            copy.unlink(missing_ok=True)

    def path_of(self, shot: str, name: str) -> str:
        """The path of the video `name` of `shot`, as `keep` returns it."""
        target = self._place(shot, f"{name}.mp4")
        local = _local_path(target)
        return str(target if local is None else local)

    def sha256(self, path: str) -> str:
        """The hash of the file at `path`."""
        with storage_errors(f"cannot read {path}"):
            return _sha256(self._at(path))

    def _place(self, shot: str, file_name: str) -> UPath:
        return self._root / _safe(shot) / _safe(file_name)

    def _at(self, path: str) -> UPath:
        """A recorded path, with the storage options of the root."""
        found: UPath = UPath(path)
        same = found.protocol == self._root.protocol
        return UPath(path, **self._root.storage_options) if same else found


def _check_arrival(target: UPath, size_bytes: int) -> None:
    """Check a copy: not every file system writes atomically; an incomplete file is removed."""
    arrived = target.stat().st_size
    if arrived != size_bytes:
        target.unlink()
        raise StorageError(f"{target} arrived with {arrived} of {size_bytes} bytes")


def _safe(name: str) -> str:
    """`name`, if it is a safe file name. The sheet already refuses others, so this is a bug."""
    if not _SAFE_NAME.fullmatch(name):
        raise StorageError(f"{name!r} is not a safe file name", advice="Rename the shot.")
    return name


def _local_path(path: UPath) -> Path | None:
    return Path(path.path).absolute() if path.protocol in _LOCAL else None


def _sha256(path: UPath) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def _remove_part_files(staging: Path, *, older_than_s: float) -> None:
    """Remove part files of crashed downloads; another process may do the same."""
    with storage_errors(f"cannot list {staging}"):
        oldest = time.time() - older_than_s
        for part in staging.glob("*.part"):
            with suppress(FileNotFoundError):
                if part.is_file() and part.lstat().st_mtime < oldest:
                    part.unlink()
