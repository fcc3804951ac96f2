"""`luotsi doctor`"""

from __future__ import annotations

import typer

app = typer.Typer(add_completion=False)


@app.command()
def doctor() -> None:
    """Check the set-up, and say in plain words what to do where something is amiss."""
    import asyncio

    from cli.checkup import check_all
    from cli.partner_environment import find_own_settings
    from hub.settings import load_settings

    findings = asyncio.run(check_all(load_settings(), find_own_settings()))
    for finding in findings:
        typer.echo(f"{finding.mark:<5} {finding.what}: {finding.told}")
    raise typer.Exit(1 if any(finding.mark == "bad" for finding in findings) else 0)
