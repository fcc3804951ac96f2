from __future__ import annotations

from hub.database import Database
from hub.passwords import is_password
from hub.people import get_person
from tests.cli.conftest import Luotsi

PASSWORD = "kolme hauskaa hylettä"
KAISA = ("add", "Kaisa@luotsi.example", "--name", "Kaisa", "--skills", "magazine, delivery", "--languages", "fi,sv")


async def add(luotsi: Luotsi, *more: str) -> str:
    result = await luotsi("user", *KAISA, "--password-stdin", *more, stdin=f"{PASSWORD}\n")
    assert result.exit_code == 0, result.output
    return result.output


async def test_an_added_person_has_what_was_told(luotsi: Luotsi, committed: Database) -> None:
    await add(luotsi, "--role", "supervisor", "--present")
    async with committed.transaction() as session:
        person = await get_person(session, "kaisa@luotsi.example")
    assert (person.name, person.role, person.present) == ("Kaisa", "supervisor", True)
    assert (person.skills, person.languages) == (["magazine", "delivery"], ["fi", "sv"])
    assert is_password(person.password_hash, PASSWORD)


async def test_adding_says_how_to_get_a_second_factor(luotsi: Luotsi) -> None:
    said = await add(luotsi, "--present")
    assert "/sign-in with kaisa@luotsi.example" in said
    assert "authenticator app" in said


async def test_adding_says_when_nobody_is_there_to_own_a_case(luotsi: Luotsi) -> None:
    assert "luotsi user present EMAIL" in await add(luotsi, "--absent")


async def test_a_poor_password_adds_nobody(luotsi: Luotsi) -> None:
    refused = await luotsi("user", *KAISA, "--password-stdin", stdin="salasana\n")
    assert "at least 12 characters" in str(refused.exception)
    assert (await luotsi("user", "list")).output == ""


async def test_without_a_terminal_the_password_must_be_given(luotsi: Luotsi) -> None:
    assert "--password-stdin" in str((await luotsi("user", *KAISA)).exception)


async def test_people_come_and_go(luotsi: Luotsi) -> None:
    await add(luotsi)
    assert (await luotsi("user", "present", "kaisa@luotsi.example")).exit_code == 0
    assert " present " in (await luotsi("user", "list")).output
    assert (await luotsi("user", "absent", "kaisa@luotsi.example")).exit_code == 0
    assert " absent " in (await luotsi("user", "list")).output


async def test_somebody_unknown_cannot_come(luotsi: Luotsi) -> None:
    assert "nobody here" in str((await luotsi("user", "present", "x@luotsi.example")).exception)
