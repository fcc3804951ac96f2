"""`luotsi intake`"""

from __future__ import annotations

import typer

app = typer.Typer(add_completion=False)


@app.command()
def intake() -> None:
    """Run the mail intake: SMTP, and LMTP where its port is set."""
    import asyncio

    from cli.hub_process import run_parts
    from hub.settings import load_settings

    asyncio.run(run_parts(load_settings(), ("intake",)))
