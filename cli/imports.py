"""`luotsi import`: an earlier history."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from cli.catalogue import load_known
from cli.database import run_with_database
from hub.clock import SystemClock
from hub.database import Database
from hub.errors import InvalidInput, LuotsiError
from hub.history import Imported, Outcome, import_mail, keep_unread
from hub.history_letters import Order, Written
from hub.house import House
from hub.mail.mbox import Place, find_date, find_mails, read_content
from hub.owners import Choice, list_candidates
from hub.people import get_person, list_people
from hub.playbooks import load_playbooks
from hub.settings import Settings, load_settings

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Bring in an earlier history. Nothing is sent.")
BEFORE_FIRST = "it stands before the first mail of the file"


@app.callback()
def imports() -> None:
    """Bring in an earlier history. Nothing is sent."""


@app.command()
def mbox(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False)],
    owner: Annotated[str | None, typer.Option(help="E-mail of the present person who is to own what comes in.")] = None,
    ours: Annotated[list[str] | None, typer.Option(help="An address that was ours, besides today's.")] = None,
) -> None:
    """Bring in the mails of an mbox file, at their own dates. Run twice, it has one effect."""
    settings = load_settings()
    house = _make_house(settings)
    told = run_with_database(lambda database: bring_in(database, file, house, owner, ours or []))
    for line in told:
        typer.echo(line)


async def bring_in(database: Database, file: Path, house: House, owner: str | None, ours: list[str]) -> list[str]:
    """What to tell: the counts, then each mail that found no case, with its line."""
    order = await _make_order(database, file, house, owner, ours)
    counts, cases, unplaced = Counter[Outcome](), set[int | None](), dict[int, str]()
    with file.open("rb") as opened:
        for place, written in list_in_order(opened, file.name):
            imported = await _bring_in_one(database, place, written, order)
            counts[imported.outcome] += 1
            cases.add(imported.case_id)
            if imported.outcome is Outcome.UNPLACED:
                unplaced[place.line] = f"  line {place.line}: {imported.why}{_describe(written)}"
    return [_tell_counts(counts, len(cases - {None})), *(unplaced[line] for line in sorted(unplaced))]


def list_in_order(opened: BinaryIO, name: str) -> Iterator[tuple[Place, Written]]:
    """Oldest first, so that an answer comes after what it answers. InvalidInput for what is no mbox file."""
    places = list(find_mails(opened))
    if places and not any(place.begun_at for place in places):
        raise InvalidInput(f"{name} is no mbox file: no line of it begins a mail")
    now = SystemClock().now()
    dated = [(find_date(read_content(opened, place)) or place.begun_at or now, place) for place in places]
    for at, place in sorted(dated, key=lambda one: one[0]):
        yield place, Written(content=read_content(opened, place), sender=place.sender, at=min(at, now))


async def _bring_in_one(database: Database, place: Place, written: Written, order: Order) -> Imported:
    now = SystemClock().now()
    why = "" if place.begun_at else BEFORE_FIRST
    why = why if written.content.strip() else "there is nothing in it"
    try:
        if not why:
            async with database.transaction() as session:
                return await import_mail(session, written, order, now=now)
    except LuotsiError:
        raise
    except Exception as error:  # noqa: BLE001 - octets from strangers: kept raw and told of, and the rest comes in
        why = f"it could not be read: {type(error).__name__}: {error}"
    async with database.transaction() as session:
        return await keep_unread(session, written, why.splitlines()[0], now=now)


async def _make_order(database: Database, file: Path, house: House, owner: str | None, ours: list[str]) -> Order:
    async with database.transaction() as session:
        people = await list_people(session)
        staff = {p.email: Choice(person_id=p.id, name=p.name, why="wrote in it") for p in people}
        chosen = await get_person(session, owner) if owner else None
        present = {candidate.person_id for candidate in await list_candidates(session)}
    if chosen is not None and chosen.id not in present:
        raise InvalidInput(f"{owner} is not present to own cases: luotsi user present {owner}")
    choice = Choice(person_id=chosen.id, name=chosen.name, why="chosen at the import") if chosen else None
    addresses = frozenset(address.strip().lower() for address in ours)
    return Order(house=house, source=file.name, staff=staff, ours=addresses, owner=choice)


def _make_house(settings: Settings) -> House:
    return House(
        support_address=settings.support_address,
        support_name=settings.support_name,
        public_url=settings.get_public_url(),
        secret=settings.get_secret_key(),
        catalogue=load_known(settings.data_dir),
        playbooks=load_playbooks(settings.playbooks_dir),
    )


def _tell_counts(counts: Counter[Outcome], cases: int) -> str:
    placed = counts[Outcome.OPENED] + counts[Outcome.JOINED]
    return (
        f"{sum(counts.values())} mails: {placed} brought in to {cases} cases, {counts[Outcome.OPENED]} of them new; "
        f"{counts[Outcome.KNOWN]} were here already; {counts[Outcome.UNPLACED]} belong to no case"
        f"{' and are kept as they are:' if counts[Outcome.UNPLACED] else ''}"
    )


def _describe(written: Written) -> str:
    """A few of its words, so that it is found again by a person."""
    found = re.search(rb"^subject:[ \t]*([^\r\n]*)", written.content[:65536], re.IGNORECASE | re.MULTILINE)
    return f" ({found[1][:80].decode('utf-8', 'replace')})" if found and found[1] else ""
