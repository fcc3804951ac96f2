"""`luotsi story`"""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(add_completion=False)


@app.command()
def story(
    name: Annotated[str, typer.Argument(help="magazine")],
    seed: Annotated[int | None, typer.Option(help="A number for another person, magazine, fault and order.")] = None,
    database_url: Annotated[str | None, typer.Option(help="A PostgreSQL server; else an embedded one.")] = None,
) -> None:
    """Play a scenario through the real doors, say what each party saw, and check the promises. Exits with 1 when one
    is broken."""
    import asyncio

    from cli.stories.place import story_server
    from cli.stories.run import NAMES, run_story

    if name not in NAMES:
        raise typer.BadParameter(f"there is no story {name!r}: {', '.join(NAMES)}")
    with story_server(database_url) as server:
        findings = asyncio.run(run_story(server, seed, typer.echo))
    raise typer.Exit(0 if all(finding.kept for finding in findings) else 1)
