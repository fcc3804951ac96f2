"""Alembic's entry: runs migrations over the connection that hub.migrate hands it."""

from alembic import context

from hub.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    compare_type=True,
    version_table="luotsi_version",
)
with context.begin_transaction():
    context.run_migrations()
