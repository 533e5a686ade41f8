"""Schema changes of the ledger, through Alembic.

A new version: a file in `versions/` with the next revision, and `HEAD` below.
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, inspect, text

if TYPE_CHECKING:
    from alembic.script import ScriptDirectory

HEAD = "0004"
_EARLIER = {"0001", "0002", "0003"}
"""Revisions whose files are gone: the first one that remains brings them up to date as well."""


class UnknownRevision(Exception):
    """The database has a shape that this version of the program does not know."""

    def __init__(self, revision: str, *, is_a_ledger: bool) -> None:
        super().__init__(revision)
        self.is_a_ledger = is_a_ledger


def current_revision(engine: Engine) -> str | None:
    """The revision that the database has, or None if it is new."""
    with engine.connect() as connection:
        return _revision(connection)


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    row = connection.execute(text("SELECT version_num FROM alembic_version")).first()
    return None if row is None else str(row[0])


def upgrade(engine: Engine) -> None:
    """Bring the database to `HEAD`. Several processes may call this at once; one does the work.

    Raises `UnknownRevision`, and has changed nothing then.
    """
    from alembic import command  # imported late: an up-to-date ledger does not need it
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(7305154)"))
        found = _revision(connection)
        if found in _EARLIER:
            connection.execute(text("DELETE FROM alembic_version"))
        else:
            _check_known(connection, found, ScriptDirectory.from_config(config))
        _close_to_others(engine)
        config.attributes["connection"] = connection
        command.upgrade(config, HEAD)


def _check_known(connection: Connection, found: str | None, scripts: "ScriptDirectory") -> None:
    if found is not None and found not in {script.revision for script in scripts.walk_revisions()}:
        raise UnknownRevision(found, is_a_ledger=inspect(connection).has_table("takes"))


def _close_to_others(engine: Engine) -> None:
    if os.name == "posix" and engine.dialect.name == "sqlite" and engine.url.database:
        Path(engine.url.database).chmod(0o600)
