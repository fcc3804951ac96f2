from collections.abc import Callable
from datetime import datetime

import httpx
import pytest

from tests.api.auth.conftest import EMAIL, PASSWORD, csrf_of

Code = Callable[[datetime], str]
PRESENCE = "/api/v1/me/presence"


async def test_a_browsers_write_needs_the_token_of_its_session(signed_in: httpx.AsyncClient) -> None:
    answer = await signed_in.put(PRESENCE, json={"present": True})
    assert (answer.status_code, answer.json()["type"]) == (403, "not-allowed")
    token = csrf_of(await signed_in.get("/sign-in/second"))
    given = await signed_in.put(PRESENCE, json={"present": True}, headers={"X-CSRF-Token": token})
    assert given.status_code == 200


async def test_another_sessions_token_is_refused(signed_in: httpx.AsyncClient) -> None:
    answer = await signed_in.put(PRESENCE, json={"present": True}, headers={"X-CSRF-Token": "x" * 43})
    assert answer.status_code == 403


async def test_a_form_carries_the_token_in_a_field(signed_in: httpx.AsyncClient) -> None:
    assert (await signed_in.post("/sign-out", data={"csrf": "made-up"})).status_code == 403
    assert (await signed_in.post("/sign-out")).status_code == 403


@pytest.mark.parametrize("said", [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}])
@pytest.mark.usefixtures("person")
async def test_another_site_signs_nobody_in(browser: httpx.AsyncClient, said: dict[str, str]) -> None:
    form = {"email": EMAIL, "password": PASSWORD}
    assert (await browser.post("/sign-in", data=form, headers=said)).status_code == 403


@pytest.mark.usefixtures("person")
async def test_our_own_form_signs_in(browser: httpx.AsyncClient) -> None:
    said = {"Origin": "http://luotsi.example", "Sec-Fetch-Site": "same-origin"}
    form = {"email": EMAIL, "password": PASSWORD}
    assert (await browser.post("/sign-in", data=form, headers=said)).status_code == 303


async def test_an_api_token_needs_none(agent: httpx.AsyncClient) -> None:
    assert (await agent.put(PRESENCE, json={"present": True})).status_code == 200
