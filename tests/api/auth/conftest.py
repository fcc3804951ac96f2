from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

import httpx
import pyotp
import pytest
import pytest_asyncio

from hub.clock import FixedClock
from hub.database import Database
from hub.people import NewPerson, enrol_totp
from hub.people import add_person as add_with_password
from hub.tables import Person, Role

EMAIL, PASSWORD = "liisa@luotsi.example", "kolme hauskaa hylettä"


def csrf_of(answer: httpx.Response) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', answer.text)
    assert found is not None
    return found[1]


@pytest_asyncio.fixture
async def person(database: Database, clock: FixedClock) -> Person:
    """With a password and no second factor yet."""
    async with database.transaction() as session:
        new = NewPerson(email=EMAIL, name="Liisa", role=Role.SUPERVISOR, password=PASSWORD)
        return await add_with_password(session, new, clock.now())


@pytest_asyncio.fixture
async def code_at(database: Database, person: Person) -> Callable[[datetime], str]:
    """The person has an authenticator app; what it shows at a time."""
    async with database.transaction() as session:
        secret = await enrol_totp(session, await session.get_one(Person, person.id))
    return pyotp.TOTP(secret).at


async def give_password(browser: httpx.AsyncClient, password: str = PASSWORD, email: str = EMAIL) -> httpx.Response:
    return await browser.post("/sign-in", data={"email": email, "password": password})


async def give_code(browser: httpx.AsyncClient, code: str) -> httpx.Response:
    csrf = csrf_of(await browser.get("/sign-in/second"))
    return await browser.post("/sign-in/second", data={"code": code, "csrf": csrf})


@pytest_asyncio.fixture
async def signed_in(
    browser: httpx.AsyncClient, code_at: Callable[[datetime], str], clock: FixedClock
) -> httpx.AsyncClient:
    await give_password(browser)
    await give_code(browser, code_at(clock.now()))
    return browser


@pytest.fixture
def me() -> str:
    return "/api/v1/me"
