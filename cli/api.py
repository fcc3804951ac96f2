"""`luotsi api`"""

from __future__ import annotations

import typer

app = typer.Typer(add_completion=False)


@app.command()
def api() -> None:
    """Run the api and the pages."""
    import asyncio

    from cli.hub_process import run_parts
    from hub.settings import load_settings

    asyncio.run(run_parts(load_settings(), ("api",)))
