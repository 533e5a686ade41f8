"""Copies of a SQLite ledger, made by SQLite itself while others write; PostgreSQL has its own."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine

from seedance_assets.adapters.whole_files import storage_errors
from seedance_assets.core.errors import StorageError

KEPT = 7
_PATTERN = "ledger-*.db"


def backups(folder: Path) -> list[Path]:
    """The backups in a folder, oldest first."""
    return sorted(folder.glob(_PATTERN))


def back_up(engine: Engine, folder: Path, change: int) -> Path | None:
    """Copy the ledger into `folder`, of which the last seven stay; returns the copy.

    None if there is nothing new since the last backup; `change` is the number of the last change.
    Raises `StorageError`.
    """
    source = engine.url.database
    if engine.dialect.name != "sqlite" or not source or not change:
        return None
    there = backups(folder)
    if there and there[-1].stem.endswith(f"-{change}"):
        return None
    target = folder / f"ledger-{datetime.now(UTC):%Y%m%dT%H%M%S%f}-{change}.db"
    part = target.with_suffix(".part")
    with storage_errors(f"cannot write {target}"):
        folder.mkdir(parents=True, exist_ok=True)
        try:
            with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(part)) as new:
                old.backup(new)
            part.chmod(0o600)
            part.replace(target)
        except sqlite3.Error as exc:
            raise StorageError(f"the ledger cannot be backed up to {target}: {exc}") from exc
        finally:
            part.unlink(missing_ok=True)
        for old_one in backups(folder)[:-KEPT]:
            old_one.unlink(missing_ok=True)
    return target
