"""Schema changes of the ledger, through Alembic, from the first version on.

A new version: a file in `versions/` with the next revision, and `HEAD` below.
"""

from pathlib import Path

from sqlalchemy import Engine, inspect, text

HEAD = "0003"


def current_revision(engine: Engine) -> str | None:
    """The revision that the database has, or None if it is new."""
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        row = connection.execute(text("SELECT version_num FROM alembic_version")).first()
        return None if row is None else str(row[0])


def upgrade(engine: Engine) -> None:
    """Bring the database to `HEAD`. Several processes may call this at once; one does the work."""
    from alembic import command  # imported late: an up-to-date ledger does not need it
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(7305154)"))
        config.attributes["connection"] = connection
        command.upgrade(config, HEAD)
