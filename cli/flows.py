"""`luotsi flows`"""

from __future__ import annotations

import typer

app = typer.Typer(add_completion=False)


@app.command()
def flows() -> None:
    """Serve the scheduled Prefect flows."""
    from flows.scheduled import serve
    from hub.log import configure_logging
    from hub.settings import load_settings

    configure_logging(load_settings())
    serve()
