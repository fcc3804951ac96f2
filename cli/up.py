"""`luotsi up`"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(add_completion=False)


@app.command()
def up(
    data_dir: Annotated[Path | None, typer.Option(help="Where everything is kept; .data if not given.")] = None,
    http_port: Annotated[int | None, typer.Option(help="Of the pages and the API; 0 for a free one.")] = None,
    smtp_port: Annotated[int | None, typer.Option(help="Of incoming mail; 0 for a free one.")] = None,
    seed: Annotated[str | None, typer.Option(help="A seed file for the partners, or a number for others.")] = None,
    demo: Annotated[bool, typer.Option(help="Staff to log in as and a few sample cases, at the first start.")] = True,
    prefect: Annotated[bool, typer.Option(help="Prefect's server and the scheduled flows.")] = True,
) -> None:
    """Run everything on this machine, with an embedded PostgreSQL. Ctrl-C stops it; the data stays."""
    from cli.running import Options, run_everything

    run_everything(Options(data_dir, http_port, smtp_port, seed, prefect, with_demo=demo))
