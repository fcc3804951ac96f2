"""Bring the database to the newest shape."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from hub.database import Database

MIGRATIONS = Path(__file__).with_name("migrations")
LOCK = 7_203_411  # advisory: two starting processes migrate one after the other


def _config(connection: sa.Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config


def _upgrade(connection: sa.Connection) -> None:
    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
    command.upgrade(_config(connection), "head")


def _new_revision(connection: sa.Connection, subject: str) -> None:
    command.revision(_config(connection), subject, autogenerate=True)


async def migrate(database: Database) -> None:
    async with database.engine.begin() as connection:
        await connection.run_sync(_upgrade)


async def draft_migration(database: Database, subject: str) -> None:
    """Write a new revision from what the tables say and the database lacks. Read it before you keep it."""
    async with database.engine.begin() as connection:
        await connection.run_sync(_new_revision, subject)


async def is_newest(database: Database) -> bool:
    def heads(connection: sa.Connection) -> bool:
        context = MigrationContext.configure(connection, opts={"version_table": "luotsi_version"})
        return set(context.get_current_heads()) == set(ScriptDirectory.from_config(_config()).get_heads())

    async with database.engine.connect() as connection:
        return await connection.run_sync(heads)
