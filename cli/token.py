"""`luotsi token`: what scripts and other systems act by."""

from __future__ import annotations

from typing import Annotated

import typer
from sqlalchemy.ext.asyncio import AsyncSession

from cli.database import run_in_transaction
from hub.clock import SystemClock
from hub.people import get_person
from hub.tables import Role
from hub.tokens import add_token, list_tokens, revoke_token

app = typer.Typer(no_args_is_help=True, add_completion=False, help="API tokens.")


@app.command()
def add(
    role: Annotated[Role, typer.Option(help="What it may do.")],
    person: Annotated[str | None, typer.Option(help="E-mail of whom it acts as; nobody's without it.")] = None,
    label: Annotated[str, typer.Option(help="What it is for.")] = "",
) -> None:
    """Print a new token: this once, for only its hash is kept."""
    typer.echo(run_in_transaction(lambda session: _add(session, role, person, label)))
    typer.echo("Keep it now: it cannot be shown again.", err=True)


@app.command("list")
def list_() -> None:
    """Every token by its number; the tokens themselves are not known any more."""
    for line in run_in_transaction(_list):
        typer.echo(line)


@app.command()
def revoke(number: Annotated[int, typer.Argument(help="As `luotsi token list` shows it.")]) -> None:
    """End a token at once."""
    run_in_transaction(lambda session: revoke_token(session, number, SystemClock().now()))
    typer.echo(f"token {number} opens nothing any more")


async def _add(session: AsyncSession, role: Role, email: str | None, label: str) -> str:
    person_id = (await get_person(session, email)).id if email else None
    return await add_token(session, role, label, SystemClock().now(), person_id)


async def _list(session: AsyncSession) -> list[str]:
    return [
        f"{token.id:>4}  {token.role.value:<10}  {person.name:<20}  since {token.created_at:%Y-%m-%d}  "
        f"{f'revoked {token.revoked_at:%Y-%m-%d}' if token.revoked_at else 'valid'}  {token.label}".rstrip()
        for token, person in await list_tokens(session)
    ]
