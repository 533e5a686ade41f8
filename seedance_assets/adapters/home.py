"""SEEDANCE_HOME: the folder of everything that a production makes."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from pydantic import ValidationError

from seedance_assets.adapters.whole_files import storage_errors, write_whole
from seedance_assets.core.errors import InputMissing, StorageError
from seedance_assets.core.shot import ShotList

_READING_S = 300.0  # a hundred thousand rows take twenty seconds


class Home:
    """The folder and the paths in it."""

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()

    @property
    def dagster(self) -> Path:
        """Dagster's own storage: runs, events, schedules."""
        return self.root / "dagster"

    @property
    def frames(self) -> Path:
        """First frames, by content."""
        return self.root / "frames"

    @property
    def staging(self) -> Path:
        """Files being downloaded."""
        return self.root / "staging"

    @property
    def media(self) -> Path:
        """Videos and their pictures and records."""
        return self.root / "media"

    @property
    def review(self) -> Path:
        """The review page and its tables."""
        return self.root / "review"

    @property
    def emulator(self) -> Path:
        """State of the embedded emulator."""
        return self.root / "emulator"

    @property
    def defects(self) -> Path:
        """The log of bugs in this program, with tracebacks."""
        return self.root / "logs" / "defects.log"

    def keep_defect(self, at: datetime, shot: str, traceback: str) -> Path:
        """Append a bug to the log and return the log's path. Raises `StorageError`."""
        with storage_errors(f"cannot write {self.defects}"):
            self.defects.parent.mkdir(parents=True, exist_ok=True)
            with self.defects.open("a", encoding="utf-8", errors="replace") as file:
                file.write(f"{at.isoformat(timespec='seconds')} shot {shot}\n{traceback}\n")
        return self.defects

    @property
    def ledger_url(self) -> str:
        """The default ledger."""
        return f"sqlite:///{self.root / 'ledger.db'}"

    @property
    def backups(self) -> Path:
        """The latest copies of the ledger."""
        return self.root / "backups"

    @property
    def orders(self) -> Path:
        """The journal of orders: a second record of every request id."""
        return self.root / "orders.jsonl"

    @property
    def plans(self) -> Path:
        """What plans were made of, by their digests."""
        return self.root / "plans"

    @property
    def _shot_list(self) -> Path:
        return self.root / "shot_list.json"

    @contextmanager
    def reading_sheet(self) -> Iterator[None]:
        """Lock the sheet while reading and storing it.

        Otherwise a process with an outdated reading could overwrite a newer one. Raises
        `StorageError` if another process holds the lock for five minutes.
        """
        from filelock import FileLock, Timeout  # 30 ms

        with storage_errors(f"cannot write {self.root}"):
            self.root.mkdir(parents=True, exist_ok=True)
            try:
                turn = FileLock(self.root / ".reading-sheet").acquire(timeout=_READING_S)
            except Timeout as exc:
                raise StorageError(
                    f"another process has been reading the sheet into {self.root} for minutes",
                    advice="Check which run of `intake` hangs, then read the sheet again.",
                ) from exc
        with turn:
            yield

    def save_shot_list(self, shot_list: ShotList) -> Path:
        """Store the sheet as read; later stages use it."""
        text = shot_list.model_dump_json(by_alias=True, indent=2)
        write_whole(self._shot_list, text.encode())
        return self._shot_list

    def load_shot_list(self) -> ShotList:
        """The last stored sheet. Raises `InputMissing` if there is none."""
        try:
            return ShotList.model_validate_json(self._shot_list.read_bytes())
        except OSError as exc:
            raise InputMissing(
                f"no shot list has been read into {self.root}",
                advice="Materialise `shot_list` first, or run `seedance produce SHEET`.",
            ) from exc
        except ValidationError as exc:
            raise InputMissing(
                f"{self._shot_list} is damaged, or was written by another version of this program",
                advice="Read the sheet again: set it in the configuration of `shot_list`.",
            ) from exc

    def model_read_last(self) -> str:
        """The model of the sheet that was read last; empty if there is none that can be read."""
        try:
            facts = self._shot_list.stat()
            return _model_in(self._shot_list, facts.st_mtime_ns, facts.st_size)
        except (OSError, ValueError):
            return ""

    def has_shot_list(self) -> bool:
        """Whether a sheet has been read."""
        return self._shot_list.is_file()


@lru_cache(maxsize=8)
def _model_in(path: Path, _changed_ns: int, _size_bytes: int) -> str:
    """The model in the file of a shot list; the file is read once for each of its states."""
    document = json.loads(path.read_bytes())
    return str(document.get("model_id", "")) if isinstance(document, dict) else ""
