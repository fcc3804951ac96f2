"""`luotsi worker`"""

from __future__ import annotations

import typer

app = typer.Typer(add_completion=False)


@app.command()
def worker() -> None:
    """Run the dispatcher. Any number of them may run, on any number of machines."""
    import asyncio

    from cli.hub_process import run_parts
    from hub.settings import load_settings

    asyncio.run(run_parts(load_settings(), ("worker",)))
