"""The ledger's tables. Alembic (in `migrations/`) brings a database to this shape.

`takes` has one row a take. Two of its unique indexes carry the first promise: a purchase, that is
(scope, fingerprint, ordinal), is held by one take at a time; and a shot's numbers are never reused.
`transitions` is only ever appended to.
"""

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    text,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC; SQLite, which keeps no zone, is given it back on the way out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To the database: always UTC."""
        if value is None:
            return None
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """From the database: aware, in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

takes = Table(
    "takes",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("scope", String(300), nullable=False),
    Column("shot", String(80), nullable=False),
    Column("number", Integer, nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("ordinal", Integer, nullable=False),
    Column("model_id", String(200), nullable=False),
    Column("request", JSON, nullable=False),
    Column("frame_sha256", String(64)),
    Column("state", String(20), nullable=False),
    Column("holds_place", Boolean, nullable=False),
    Column("request_id", String(128)),
    Column("estimate_usd", Float),
    Column("cost_usd", Float),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("submitted_at", UtcDateTime),
    Column("succeeded_at", UtcDateTime),
    Column("error_kind", String(80)),
    Column("error", Text),
    Column("output_url", Text),
    Column("video_sha256", String(64)),
    Column("video_path", Text),
    Column("measurements", JSON),
    Column("run_id", String(64)),
    Column("owner", String(200)),
    Column("owned_until", UtcDateTime),
    Column("parked_at", UtcDateTime),
    Column("cancel_refused_at", UtcDateTime),
    Column("resubmission", Integer, nullable=False, server_default="0"),
    Column("fallback_of", String(64)),
    Index("uq_takes_number", "scope", "shot", "number", unique=True),
    Index(
        "uq_takes_purchase",
        "scope",
        "fingerprint",
        "ordinal",
        unique=True,
        sqlite_where=text("holds_place"),
        postgresql_where=text("holds_place"),
    ),
    Index("uq_takes_request_id", "scope", "request_id", unique=True),
)

transitions = Table(
    "transitions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("take_id", Integer, ForeignKey("takes.id"), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("from_state", String(20)),
    Column("to_state", String(20), nullable=False),
    Column("cause", Text, nullable=False),
    Column("run_id", String(64)),
    Column("owner", String(200)),
    Index("ix_transitions_take_id", "take_id"),
)
