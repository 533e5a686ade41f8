"""Alembic's entry: it works on the connection that `upgrade` hands over."""

from alembic import context

from seedance_assets.adapters.ledger.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=False,  # the caller's transaction holds everything
)
context.run_migrations()
