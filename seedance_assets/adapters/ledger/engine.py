"""Opening the ledger's database: SQLite made safe for many processes, PostgreSQL as it is."""

import sqlite3
import time
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from seedance_assets.adapters.ledger.migrations import (
    HEAD,
    UnknownRevision,
    current_revision,
    upgrade,
)
from seedance_assets.core.errors import InputMissing, LedgerError, SettingsRefused

BUSY_TIMEOUT_S = 30.0
LIBPQ_SETTINGS = {
    "connect_timeout": "10",  # seconds
    "tcp_user_timeout": "30000",  # milliseconds
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
}
"""Patience with a PostgreSQL that is gone: a minute, and not the system's quarter of an hour.

The address may set them otherwise. Source: PostgreSQL's manual, "Parameter Key Words" of libpq.
"""
_LIBPQ_DRIVERS = {"psycopg", "psycopg2"}


def open_engine(url: str) -> Engine:
    """An engine for `url`, its schema up to date.

    Raises `SettingsRefused` for an address that is none, `LedgerError` if the database cannot be
    opened, or has been written by a newer version. The message never holds the address's password.
    """
    try:
        address = make_url(url)
    except ArgumentError as exc:
        raise SettingsRefused(
            "SEEDANCE_LEDGER_URL is no database address",
            advice="Write it as sqlite:///path/to/ledger.db or postgresql+psycopg://host/name.",
        ) from exc
    shown = address.render_as_string(hide_password=True)
    try:
        return _up_to_date(_engine(address))
    except UnknownRevision as exc:
        raise _not_ours(shown, exc) from exc
    except (SQLAlchemyError, OSError, ModuleNotFoundError) as exc:
        raise LedgerError(
            f"the ledger at {shown} cannot be opened: {_first_line(exc)}",
            advice="Look at SEEDANCE_HOME or SEEDANCE_LEDGER_URL and at the rights there. If the "
            "file is damaged, put back a copy from `backups/` in SEEDANCE_HOME.",
        ) from exc


def ledger_is_there(url: str) -> bool:
    """Whether opening the ledger at `url` would find it rather than make it."""
    try:
        address = make_url(url)
    except ArgumentError:
        return True  # opening it will say what is wrong
    if address.get_backend_name() != "sqlite" or not address.database:
        return True
    return Path(address.database).is_file()


def require_ledger(url: str) -> None:
    """For those who only look: raise `InputMissing` where opening the ledger would make it."""
    if ledger_is_there(url):
        return
    raise InputMissing(
        f"there is no ledger at {make_url(url).database}",
        advice="Look at SEEDANCE_HOME or SEEDANCE_LEDGER_URL; `seedance produce SHEET` makes one.",
    )


def _not_ours(shown: str, found: UnknownRevision) -> LedgerError:
    """What a person is told of a database that a newer version has shaped, or another program."""
    if not found.is_a_ledger:
        return LedgerError(
            f"the database at {shown} belongs to another program",
            advice="Let SEEDANCE_LEDGER_URL name a database of the ledger's own.",
        )
    return LedgerError(
        f"the ledger at {shown} is of a newer version of seedance-assets (its schema is {found})",
        advice="Update seedance-assets on this host. The ledger is as it was.",
    )


def _first_line(exc: BaseException) -> str:
    cause = getattr(exc, "orig", None) or exc
    return (str(cause).splitlines() or [type(cause).__name__])[0]


def _engine(address: URL) -> Engine:
    if address.get_backend_name() != "sqlite":
        if address.get_driver_name() in _LIBPQ_DRIVERS:
            address = address.set(query=LIBPQ_SETTINGS | dict(address.query))
        return create_engine(address, pool_pre_ping=True)
    if address.database:
        Path(address.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(address, connect_args={"timeout": BUSY_TIMEOUT_S})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:  # a DBAPI connection
    connection.isolation_level = None  # we say BEGIN ourselves
    cursor = connection.cursor()
    _write_ahead(cursor)
    cursor.execute("PRAGMA synchronous=FULL")  # a committed intent survives a power cut
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _write_ahead(cursor: Any) -> None:
    """Turn the write-ahead log on. SQLite does not wait for others here, so we do."""
    deadline = time.monotonic() + BUSY_TIMEOUT_S
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as exc:
            if "locked" not in str(exc) or time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that will write takes the write lock at once: one that upgrades later may be
    # refused without waiting (SQLITE_BUSY_SNAPSHOT).
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _up_to_date(engine: Engine) -> Engine:
    try:
        if current_revision(engine) != HEAD:
            upgrade(engine)
    except BaseException:
        engine.dispose()
        raise
    return engine
