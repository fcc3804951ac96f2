from __future__ import annotations

from typing import Any

import httpx
import pytest
import pytest_asyncio
import sqlalchemy as sa

from hub.database import Database
from hub.tables import Passkey, Person
from tests.api.auth.authenticator import Authenticator
from tests.api.auth.conftest import csrf_of, give_password


@pytest.fixture
def key() -> Authenticator:
    return Authenticator()


async def post(browser: httpx.AsyncClient, path: str, body: dict[str, Any], csrf: str) -> httpx.Response:
    return await browser.post(path, json=body, headers={"X-CSRF-Token": csrf})


async def add(browser: httpx.AsyncClient, key: Authenticator) -> httpx.Response:
    csrf = csrf_of(await browser.get("/sign-in/second"))
    options = (await post(browser, "/passkeys/options", {}, csrf)).json()
    return await post(browser, "/passkeys", {"credential": key.create(options), "label": "keyring"}, csrf)


@pytest_asyncio.fixture
async def with_key(signed_in: httpx.AsyncClient, key: Authenticator) -> httpx.AsyncClient:
    """The password is given again; the second factor is to come."""
    assert (await add(signed_in, key)).status_code == 201
    await give_password(signed_in)
    return signed_in


async def second_page(browser: httpx.AsyncClient) -> str:
    return csrf_of(await browser.get("/sign-in/second"))


async def sign_in(browser: httpx.AsyncClient, key: Authenticator, csrf: str, next: str = "/") -> httpx.Response:
    options = (await post(browser, "/sign-in/passkey/options", {}, csrf)).json()
    return await post(browser, "/sign-in/passkey", {"credential": key.get(options), "next": next}, csrf)


async def test_a_passkey_is_a_second_factor(with_key: httpx.AsyncClient, key: Authenticator) -> None:
    assert (await with_key.get("/api/v1/me")).status_code == 401
    answer = await sign_in(with_key, key, await second_page(with_key), "/cases/10001")
    assert (answer.status_code, answer.json()) == (200, {"to": "/cases/10001"})
    assert (await with_key.get("/api/v1/me")).status_code == 200


async def test_an_answer_holds_once(with_key: httpx.AsyncClient, key: Authenticator) -> None:
    csrf = await second_page(with_key)
    options = (await post(with_key, "/sign-in/passkey/options", {}, csrf)).json()
    answer = {"credential": key.get(options)}
    assert (await post(with_key, "/sign-in/passkey", answer, csrf)).status_code == 200
    await give_password(with_key)
    assert (await post(with_key, "/sign-in/passkey", answer, await second_page(with_key))).status_code == 403


async def test_another_key_is_refused(with_key: httpx.AsyncClient, key: Authenticator) -> None:
    other = Authenticator()
    assert (await sign_in(with_key, other, await second_page(with_key))).status_code == 403
    other.id = key.id
    assert (await sign_in(with_key, other, await second_page(with_key))).status_code == 403


async def test_another_site_gets_nothing_out_of_a_key(with_key: httpx.AsyncClient, key: Authenticator) -> None:
    key.origin = "https://luotsi.evil.example"
    assert (await sign_in(with_key, key, await second_page(with_key))).status_code == 403


async def test_a_copied_key_is_noticed(with_key: httpx.AsyncClient, key: Authenticator, database: Database) -> None:
    async with database.transaction() as session:
        await session.execute(sa.update(Passkey).values(sign_count=99))
    assert (await sign_in(with_key, key, await second_page(with_key))).status_code == 403


async def test_a_password_alone_adds_no_passkey(with_key: httpx.AsyncClient) -> None:
    csrf = await second_page(with_key)
    assert (await post(with_key, "/passkeys/options", {}, csrf)).status_code == 401
    assert (await post(with_key, "/passkeys", {"credential": {}}, csrf)).status_code == 401


async def test_the_only_second_factor_stays(
    signed_in: httpx.AsyncClient, key: Authenticator, database: Database
) -> None:
    await add(signed_in, key)
    async with database.transaction() as session:
        passkey = (await session.scalars(sa.select(Passkey))).one()
        await session.execute(sa.update(Person).values(totp_secret=""))
    form = {"id": passkey.id, "csrf": csrf_of(await signed_in.get("/passkeys"))}
    assert (await signed_in.post("/passkeys/remove", data=form)).status_code == 403


async def test_a_passkey_is_listed_and_removed(signed_in: httpx.AsyncClient, key: Authenticator) -> None:
    await add(signed_in, key)
    page = await signed_in.get("/passkeys")
    assert "keyring" in page.text
    number = page.text.partition('name="id" value="')[2].partition('"')[0]
    await signed_in.post("/passkeys/remove", data={"id": number, "csrf": csrf_of(page)})
    assert "keyring" not in (await signed_in.get("/passkeys")).text


async def test_without_a_passkey_none_is_asked_for(signed_in: httpx.AsyncClient) -> None:
    csrf = await second_page(signed_in)
    assert (await post(signed_in, "/sign-in/passkey/options", {}, csrf)).status_code == 404
