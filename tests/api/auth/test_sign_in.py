from collections.abc import Callable
from datetime import datetime, timedelta

import httpx
import pyotp
import pytest
import sqlalchemy as sa

from api.auth.visit import to_local
from hub.clock import FixedClock
from hub.database import Database
from hub.tables import Person, Session
from tests.api.auth.conftest import csrf_of, give_code, give_password

Code = Callable[[datetime], str]


async def test_both_factors_let_a_person_in(browser: httpx.AsyncClient, code_at: Code, clock: FixedClock) -> None:
    first = await give_password(browser)
    assert (first.status_code, first.headers["location"]) == (303, "/sign-in/second?next=/")
    second = await give_code(browser, code_at(clock.now()))
    assert (second.status_code, second.headers["location"]) == (303, "/")
    assert (await browser.get("/api/v1/me")).json()["person"]["name"] == "Liisa"


async def test_a_password_alone_opens_nothing(browser: httpx.AsyncClient, code_at: Code) -> None:
    await give_password(browser)
    assert (await browser.get("/api/v1/me")).status_code == 401


@pytest.mark.parametrize(
    ("email", "password"),
    [("liisa@luotsi.example", "wrong wrong wrong"), ("nobody@luotsi.example", "kolme hauskaa hylettä")],
)
@pytest.mark.usefixtures("person")
async def test_a_wrong_password_and_an_unknown_person_look_the_same(
    browser: httpx.AsyncClient, email: str, password: str
) -> None:
    answer = await give_password(browser, password, email)
    assert answer.status_code == 401
    assert "The address or the password is not right." in answer.text
    assert not browser.cookies


async def test_a_code_is_taken_once(browser: httpx.AsyncClient, code_at: Code, clock: FixedClock) -> None:
    await give_password(browser)
    await give_code(browser, code_at(clock.now()))
    browser.cookies.clear()
    await give_password(browser)
    again = await give_code(browser, code_at(clock.now()))
    assert again.status_code == 401
    assert "it has been used already" in again.text


async def test_a_wrong_code_opens_nothing(browser: httpx.AsyncClient, code_at: Code) -> None:
    await give_password(browser)
    assert (await give_code(browser, "000000")).status_code == 401
    assert (await browser.get("/api/v1/me")).status_code == 401


async def test_the_session_is_a_new_one_after_the_second_factor(
    browser: httpx.AsyncClient, code_at: Code, clock: FixedClock
) -> None:
    await give_password(browser)
    before = browser.cookies["luotsi"]
    await give_code(browser, code_at(clock.now()))
    assert browser.cookies["luotsi"] != before
    browser.cookies.set("luotsi", before)
    assert (await browser.get("/sign-in/second")).status_code == 401


async def test_only_a_hash_of_the_cookie_is_kept(signed_in: httpx.AsyncClient, database: Database) -> None:
    async with database.transaction() as session:
        [row] = await session.scalars(sa.select(Session))
    assert signed_in.cookies["luotsi"] not in str(row.model_dump())


def secret_of(page: httpx.Response) -> str:
    """The key that the page shows as text, beside its QR code."""
    return page.text.partition('<code class="secret">')[2].partition("</code>")[0]


async def test_the_first_sign_in_enrols_an_authenticator_app(
    browser: httpx.AsyncClient, person: Person, clock: FixedClock
) -> None:
    assert (await give_password(browser)).headers["location"] == "/sign-in/enrol?next=/"
    page = await browser.get("/sign-in/enrol")
    assert "<svg" in page.text
    enrolled = {"code": pyotp.TOTP(secret_of(page)).at(clock.now()), "csrf": csrf_of(page)}
    assert (await browser.post("/sign-in/enrol", data=enrolled)).headers["location"] == "/"
    assert (await browser.get("/api/v1/me")).status_code == 200


async def test_the_code_of_the_enrolment_does_not_sign_in_again(
    browser: httpx.AsyncClient, person: Person, clock: FixedClock
) -> None:
    await give_password(browser)
    page = await browser.get("/sign-in/enrol")
    code = pyotp.TOTP(secret_of(page)).at(clock.now())
    await browser.post("/sign-in/enrol", data={"code": code, "csrf": csrf_of(page)})
    await give_password(browser)
    assert (await give_code(browser, code)).status_code == 401


async def test_a_password_alone_does_not_enrol_another_app(browser: httpx.AsyncClient, code_at: Code) -> None:
    await give_password(browser)
    assert (await browser.get("/sign-in/enrol")).status_code == 409


async def test_signing_out_ends_the_session(signed_in: httpx.AsyncClient, clock: FixedClock) -> None:
    kept = signed_in.cookies["luotsi"]
    csrf = csrf_of(await signed_in.get("/sign-in/second"))
    answer = await signed_in.post("/sign-out", data={"csrf": csrf})
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    signed_in.cookies.set("luotsi", kept)
    assert (await signed_in.get("/api/v1/me")).status_code == 401


async def test_a_session_ends_after_half_an_hour_of_nothing(signed_in: httpx.AsyncClient, clock: FixedClock) -> None:
    clock.advance(timedelta(minutes=29))
    assert (await signed_in.get("/api/v1/me")).status_code == 200
    clock.advance(timedelta(minutes=29))
    assert (await signed_in.get("/api/v1/me")).status_code == 200
    clock.advance(timedelta(minutes=31))
    assert (await signed_in.get("/api/v1/me")).status_code == 401


async def test_an_open_page_alone_keeps_nobody_signed_in(signed_in: httpx.AsyncClient, clock: FixedClock) -> None:
    for _ in range(4):
        clock.advance(timedelta(minutes=10))
        answer = await signed_in.get("/live", params={"case": 1})
    assert answer.status_code == 401


async def test_a_session_ends_after_twelve_hours_in_any_case(signed_in: httpx.AsyncClient, clock: FixedClock) -> None:
    for _ in range(35):
        clock.advance(timedelta(minutes=20))
        assert (await signed_in.get("/api/v1/me")).status_code == 200
    clock.advance(timedelta(minutes=20))
    assert (await signed_in.get("/api/v1/me")).status_code == 401


async def test_a_person_who_left_is_out_at_once(signed_in: httpx.AsyncClient, database: Database) -> None:
    async with database.transaction() as session:
        await session.execute(sa.update(Person).values(disabled_at=sa.func.now(), present=False))
    assert (await signed_in.get("/api/v1/me")).status_code == 401


async def test_a_browser_is_sent_to_sign_in(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/sign-in/second", headers={"Accept": "text/html"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=/sign-in/second")


@pytest.mark.parametrize("next", ["https://evil.example", "//evil.example", "/\\evil.example", "/\t/evil.example", ""])
def test_nobody_is_sent_elsewhere(next: str) -> None:
    assert to_local(next) == "/"


def test_a_path_of_ours_is_kept() -> None:
    assert to_local("/cases/10001?tab=facts") == "/cases/10001?tab=facts"
