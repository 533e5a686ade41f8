"""The plans that runs were, or may be, approved by: one small file each, named by its digest."""

import re
import time
from contextlib import suppress
from pathlib import Path

from pydantic import ValidationError

from seedance_assets.adapters.whole_files import storage_errors, write_whole
from seedance_assets.core.errors import PlanOutdated
from seedance_assets.core.plan_record import PlanRecord

_KEPT_S = 30 * 24 * 3600.0
_DIGEST = re.compile(r"[0-9a-f]{16}")


class PlanRecords:
    """A folder of plans."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def save(self, record: PlanRecord) -> str:
        """Keep a plan; returns its digest. Those of a month ago go. Raises `StorageError`."""
        with storage_errors(f"cannot write {self._folder}"):
            write_whole(self._file(record.digest), record.model_dump_json().encode())
            for file in self._folder.glob("*.json"):
                with suppress(FileNotFoundError):  # another process has just removed it
                    if time.time() - file.stat().st_mtime > _KEPT_S:
                        file.unlink()
        return record.digest

    def load(self, digest: str) -> PlanRecord:
        """The plan with this digest. Raises `PlanOutdated` if it is not known."""
        with suppress(OSError, ValidationError):  # not there, or of another version
            if _DIGEST.fullmatch(digest):
                return PlanRecord.model_validate_json(self._file(digest).read_bytes())
        raise PlanOutdated(f"plan {digest!r}, by which this run was approved, is not known here")

    def _file(self, digest: str) -> Path:
        return self._folder / f"{digest}.json"
