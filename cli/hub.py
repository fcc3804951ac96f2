"""`luotsi hub`"""

from __future__ import annotations

import typer

app = typer.Typer(add_completion=False)


@app.command()
def hub() -> None:
    """Run the api, the mail intake and the dispatcher in one process."""
    import asyncio

    from cli.hub_process import run_parts
    from hub.settings import load_settings

    asyncio.run(run_parts(load_settings(), ("api", "intake", "worker")))
