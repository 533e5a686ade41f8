"""Takes, and the append-only list of their transitions; errors by their codes.

Creates what is missing, so that it serves a new database and those of the revisions 0001 to 0003.
"""

import sqlalchemy as sa
from alembic import op

from seedance_assets.adapters.ledger.tables import UtcDateTime
from seedance_assets.core.error_codes import CODES_BY_CLASS_NAME

revision = "0004"
down_revision = None

_SINCE_0001 = (
    sa.Column("parked_at", UtcDateTime),
    sa.Column("cancel_refused_at", UtcDateTime),
    sa.Column("resubmission", sa.Integer, nullable=False, server_default="0"),
    sa.Column("fallback_of", sa.String(64)),
)


def upgrade() -> None:
    """Create the tables, or add what an earlier version lacks."""
    database = sa.inspect(op.get_bind())
    if not database.has_table("takes"):
        _create_tables()
        return
    there = {column["name"] for column in database.get_columns("takes")}
    for column in _SINCE_0001:
        if column.name not in there:
            op.add_column("takes", column)
    _write_codes()


def _write_codes() -> None:
    """Put the code of an error where earlier versions wrote the name of its class."""
    kind = sa.column("error_kind", sa.String)
    op.execute(
        sa.update(sa.table("takes", kind))
        .where(kind.in_(CODES_BY_CLASS_NAME))
        .values(error_kind=sa.case(CODES_BY_CLASS_NAME, value=kind))
    )


def _create_tables() -> None:
    op.create_table(
        "takes",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("scope", sa.String(300), nullable=False),
        sa.Column("shot", sa.String(80), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("ordinal", sa.Integer, nullable=False),
        sa.Column("model_id", sa.String(200), nullable=False),
        sa.Column("request", sa.JSON, nullable=False),
        sa.Column("frame_sha256", sa.String(64)),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("holds_place", sa.Boolean, nullable=False),
        sa.Column("request_id", sa.String(128)),
        sa.Column("estimate_usd", sa.Float),
        sa.Column("cost_usd", sa.Float),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("updated_at", UtcDateTime, nullable=False),
        sa.Column("submitted_at", UtcDateTime),
        sa.Column("succeeded_at", UtcDateTime),
        sa.Column("error_kind", sa.String(80)),
        sa.Column("error", sa.Text),
        sa.Column("output_url", sa.Text),
        sa.Column("video_sha256", sa.String(64)),
        sa.Column("video_path", sa.Text),
        sa.Column("measurements", sa.JSON),
        sa.Column("run_id", sa.String(64)),
        sa.Column("owner", sa.String(200)),
        sa.Column("owned_until", UtcDateTime),
        *_SINCE_0001,
    )
    op.create_index("uq_takes_number", "takes", ["scope", "shot", "number"], unique=True)
    op.create_index(
        "uq_takes_purchase",
        "takes",
        ["scope", "fingerprint", "ordinal"],
        unique=True,
        sqlite_where=sa.text("holds_place"),
        postgresql_where=sa.text("holds_place"),
    )
    op.create_index("uq_takes_request_id", "takes", ["scope", "request_id"], unique=True)
    op.create_table(
        "transitions",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("take_id", sa.Integer, sa.ForeignKey("takes.id"), nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("from_state", sa.String(20)),
        sa.Column("to_state", sa.String(20), nullable=False),
        sa.Column("cause", sa.Text, nullable=False),
        sa.Column("run_id", sa.String(64)),
        sa.Column("owner", sa.String(200)),
    )
    op.create_index("ix_transitions_take_id", "transitions", ["take_id"])


def downgrade() -> None:
    """The ledger is a record of money spent: it is never taken apart."""
    message = "this version cannot be undone; keep the file"
    raise RuntimeError(message)
