"""`luotsi sandbox`"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(add_completion=False)


@app.command()
def sandbox(
    data_dir: Annotated[Path | None, typer.Option(help="Where the partners keep their state.")] = None,
    seed: Annotated[str | None, typer.Option(help="A seed file, or a number for other people.")] = None,
    hub_url: Annotated[str | None, typer.Option(help="Push events to the webhooks of the hub at this address.")] = None,
    port: Annotated[list[str] | None, typer.Option(help="NAME=PORT, for a port that is not just any free one.")] = None,
    ports_file: Annotated[Path | None, typer.Option(help="Write the addresses there, as JSON.")] = None,
) -> None:
    """Run sandbox partners and a mail catcher, one port each, in one process."""
    import asyncio

    from cli.sandbox_partners import Order, known_sandboxes, serve_sandboxes
    from connectors.sandbox.mail_catcher import make_mail_catcher
    from hub.settings import load_settings

    order = Order(
        folder=(data_dir or load_settings().data_dir) / "sandbox",
        seed=seed,
        hub_url=hub_url,
        ports=dict(_to_port(text) for text in port or []),
        ports_file=ports_file,
    )
    asyncio.run(serve_sandboxes(known_sandboxes(), make_mail_catcher, order, typer.echo))


def _to_port(text: str) -> tuple[str, int]:
    name, _, number = text.partition("=")
    if not number.isdigit():
        raise typer.BadParameter(f"{text}: write NAME=PORT, as in app_store=4001")
    return name, int(number)
