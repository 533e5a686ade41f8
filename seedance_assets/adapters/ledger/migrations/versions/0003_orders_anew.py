"""Takes know how often they were resubmitted, and in whose place they were ordered silent."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add both columns; earlier takes were neither."""
    op.add_column(
        "takes", sa.Column("resubmission", sa.Integer, nullable=False, server_default="0")
    )
    op.add_column("takes", sa.Column("fallback_of", sa.String(64)))


def downgrade() -> None:
    """Take both columns away."""
    op.drop_column("takes", "fallback_of")
    op.drop_column("takes", "resubmission")
