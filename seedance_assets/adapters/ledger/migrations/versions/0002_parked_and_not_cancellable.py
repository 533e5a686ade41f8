"""When a take was parked, and when the service said that it cannot be cancelled."""

import sqlalchemy as sa
from alembic import op

from seedance_assets.adapters.ledger.tables import UtcDateTime

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add both moments."""
    op.add_column("takes", sa.Column("parked_at", UtcDateTime))
    op.add_column("takes", sa.Column("cancel_refused_at", UtcDateTime))


def downgrade() -> None:
    """Take both away; their lines in the history stay."""
    op.drop_column("takes", "cancel_refused_at")
    op.drop_column("takes", "parked_at")
