"""`luotsi user`: the staff."""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from sqlalchemy.ext.asyncio import AsyncSession

from cli.database import run_in_transaction
from hub.clock import SystemClock
from hub.errors import InvalidInput
from hub.owners import list_candidates, set_presence
from hub.people import NewPerson, add_person, get_person, has_second_factor, list_people
from hub.settings import load_settings
from hub.tables import Person, Role
from hub.totp import to_code

app = typer.Typer(no_args_is_help=True, add_completion=False, help="The staff.")
SECOND_FACTOR = """\
{name} signs in at {url}/sign-in with {email} and the password. The first time, the page shows a QR code for an
authenticator app (the second factor) and asks for one of its codes; a passkey can be added after that."""
NOBODY = "Nobody is present yet, so no case can be opened: luotsi user present EMAIL"


@app.command()
def add(
    email: str,
    name: Annotated[str, typer.Option(help="As customers see it.")],
    role: Annotated[Role, typer.Option(help="Agents own cases; supervisors too; ops watch the machine.")] = Role.AGENT,
    skills: Annotated[str, typer.Option(help="Playbooks and partners, with commas between: magazine,delivery")] = "",
    languages: Annotated[str, typer.Option(help="Codes, with commas between.")] = "fi,en",
    present: Annotated[bool, typer.Option("--present/--absent", help="Present people are given cases.")] = False,
    password_stdin: Annotated[bool, typer.Option("--password-stdin", help="Read the password from a line.")] = False,
) -> None:
    """Add a person to the staff."""
    new = NewPerson(
        email=email,
        name=name,
        role=role,
        skills=_split(skills),
        languages=_split(languages),
        password=_read_password(password_stdin),
    )
    typer.echo(run_in_transaction(lambda session: _add(session, new, present)))


@app.command("list")
def list_() -> None:
    """Everybody of the staff, and who is present."""
    for line in run_in_transaction(_list):
        typer.echo(line)


@app.command()
def present(email: str) -> None:
    """From now on this person is given cases."""
    run_in_transaction(lambda session: _set_presence(session, email, True))
    typer.echo(f"{email} is present")


@app.command()
def code(email: str) -> None:
    """The second factor of the moment, for whoever may read the database: to try the demo, or to help someone in."""
    typer.echo(run_in_transaction(lambda session: _get_code(session, email)))


@app.command()
def absent(email: str) -> None:
    """Hands this person's open cases over to those who are present."""
    run_in_transaction(lambda session: _set_presence(session, email, False))
    typer.echo(f"{email} is absent, and owns no open case")


async def _add(session: AsyncSession, new: NewPerson, present: bool) -> str:
    now = SystemClock().now()
    person = await add_person(session, new, now)
    if present:
        await set_presence(session, person.id, True, now=now)
    told = SECOND_FACTOR.format(name=person.name, email=person.email, url=load_settings().get_public_url())
    return told if await list_candidates(session) else f"{told}\n{NOBODY}"


async def _list(session: AsyncSession) -> list[str]:
    return [await _to_line(session, person) for person in await list_people(session)]


async def _to_line(session: AsyncSession, person: Person) -> str:
    state = "left" if person.disabled_at else "present" if person.present else "absent"
    factor = "second factor" if await has_second_factor(session, person) else "no second factor yet"
    columns = (
        f"{person.email:<32} {person.name:<20} {person.role.value:<10} {state:<7}",
        ",".join(person.languages) or "-",
        ",".join(person.skills) or "-",
        factor if person.password_hash else "API only",
    )
    return "  ".join(columns)


async def _get_code(session: AsyncSession, email: str) -> str:
    person = await get_person(session, email)
    if not person.totp_secret:
        raise InvalidInput(f"{email} has no authenticator app yet: the first sign-in asks for one")
    return to_code(person.totp_secret, SystemClock().now())


async def _set_presence(session: AsyncSession, email: str, is_present: bool) -> None:
    person = await get_person(session, email)
    await set_presence(session, person.id, is_present, now=SystemClock().now())


def _read_password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise InvalidInput("there is no terminal to ask for the password at: give it by --password-stdin")
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))


def _split(written: str) -> tuple[str, ...]:
    return tuple(word for word in (part.strip() for part in written.split(",")) if word)
