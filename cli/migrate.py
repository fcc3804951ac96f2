"""`luotsi migrate`"""

from __future__ import annotations

import typer

app = typer.Typer(add_completion=False)


@app.command()
def migrate() -> None:
    """Bring the database to its newest shape; safe to run again, and by several at once."""
    import asyncio

    from cli.database import reachable_database
    from hub.settings import load_settings

    with reachable_database(load_settings()) as url:
        asyncio.run(_migrate(url))
    typer.echo("the database is up to date")


async def _migrate(url: str) -> None:
    from cli.database import open_database
    from hub.migrate import migrate

    async with open_database(url) as database:
        await migrate(database)
