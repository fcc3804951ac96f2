from __future__ import annotations

from hub.actors import Actor
from hub.database import Database
from hub.tokens import find_token_actor
from tests.cli.conftest import Luotsi
from tests.cli.test_user import add


async def find_actor(database: Database, token: str) -> Actor | None:
    async with database.transaction() as session:
        return await find_token_actor(session, token)


async def test_the_token_is_all_that_is_printed_and_opens_the_api(luotsi: Luotsi, committed: Database) -> None:
    token = (await luotsi("token", "add", "--role", "ops")).stdout.strip()
    actor = await find_actor(committed, token)
    assert actor is not None
    assert actor.role == "ops"


async def test_a_token_can_act_as_a_person(luotsi: Luotsi, committed: Database) -> None:
    await add(luotsi)
    given = await luotsi("token", "add", "--role", "agent", "--person", "kaisa@luotsi.example", "--label", "phone desk")
    actor = await find_actor(committed, given.stdout.strip())
    assert actor is not None
    assert actor.name == "Kaisa"
    assert "phone desk" in (await luotsi("token", "list")).output


async def test_a_revoked_token_opens_nothing(luotsi: Luotsi, committed: Database) -> None:
    token = (await luotsi("token", "add", "--role", "agent")).stdout.strip()
    number = (await luotsi("token", "list")).output.split()[0]
    assert (await luotsi("token", "revoke", number)).exit_code == 0
    assert await find_actor(committed, token) is None
    assert "revoked" in (await luotsi("token", "list")).output


async def test_a_token_that_is_not_there_cannot_be_revoked(luotsi: Luotsi) -> None:
    assert "no token 7" in str((await luotsi("token", "revoke", "7")).exception)


async def test_the_list_shows_no_token(luotsi: Luotsi) -> None:
    token = (await luotsi("token", "add", "--role", "ops")).stdout.strip()
    assert token not in (await luotsi("token", "list")).output
