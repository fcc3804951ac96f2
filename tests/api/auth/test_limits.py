from collections.abc import Callable
from datetime import datetime, timedelta

import httpx
import pytest
import sqlalchemy as sa

from api.auth.browsers import OF_AN_ADDRESS
from api.auth.limits import Limit, forget_tries, spend_try
from api.problem_details import TooManyTries
from hub.clock import FixedClock
from hub.database import Database
from hub.tables import Attempt
from tests.api.auth.conftest import EMAIL, PASSWORD, give_code, give_password

Code = Callable[[datetime], str]
TWO = Limit("someone", count=2, window=timedelta(minutes=5))


async def test_a_limit_is_used_up_and_comes_back(database: Database, now: datetime) -> None:
    await spend_try(database, [TWO], now)
    await spend_try(database, [TWO], now + timedelta(minutes=1))
    with pytest.raises(TooManyTries) as refused:
        await spend_try(database, [TWO], now + timedelta(minutes=2))
    assert refused.value.seconds == 181
    await spend_try(database, [TWO], now + timedelta(minutes=5))


async def test_a_refused_try_does_not_prolong_the_wait(database: Database, now: datetime) -> None:
    for minute in range(2):
        await spend_try(database, [TWO], now + timedelta(minutes=minute))
    for minute in (2, 3, 4):
        with pytest.raises(TooManyTries):
            await spend_try(database, [TWO], now + timedelta(minutes=minute))
    await spend_try(database, [TWO], now + timedelta(minutes=5))


async def test_all_limits_count_or_none(database: Database, now: datetime) -> None:
    wide = Limit("address", count=9)
    for _ in range(2):
        await spend_try(database, [TWO], now)
    with pytest.raises(TooManyTries):
        await spend_try(database, [TWO, wide], now)
    async with database.transaction() as session:
        assert await session.scalar(sa.select(sa.func.count()).where(Attempt.subject == "address")) == 0


async def test_a_success_forgets_the_tries(database: Database, now: datetime) -> None:
    for _ in range(2):
        await spend_try(database, [TWO], now)
    async with database.transaction() as session:
        await forget_tries(session, [TWO])
    await spend_try(database, [TWO], now)


async def fail(browser: httpx.AsyncClient, times: int = 5) -> None:
    for _ in range(times):
        assert (await give_password(browser, "wrong wrong wrong")).status_code == 401


@pytest.mark.usefixtures("person")
async def test_after_five_wrong_passwords_the_right_one_waits(browser: httpx.AsyncClient, clock: FixedClock) -> None:
    await fail(browser)
    refused = await give_password(browser)
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "301")
    clock.advance(timedelta(minutes=5))
    assert (await give_password(browser)).status_code == 303


async def test_nobody_locks_out_a_browser_that_is_known(signed_in: httpx.AsyncClient) -> None:
    known = dict(signed_in.cookies)
    signed_in.cookies.clear()
    await fail(signed_in)
    assert (await give_password(signed_in)).status_code == 429
    signed_in.cookies.update(known)
    assert (await give_password(signed_in)).status_code == 303


async def test_a_known_browser_has_a_limit_too(signed_in: httpx.AsyncClient) -> None:
    await fail(signed_in)
    assert (await give_password(signed_in)).status_code == 429


@pytest.mark.usefixtures("person")
async def test_many_accounts_from_one_address_are_slowed(
    browser: httpx.AsyncClient, database: Database, clock: FixedClock
) -> None:
    for number in range(OF_AN_ADDRESS):
        tried = [Limit(f"account:{number}"), Limit("address:127.0.0.1", OF_AN_ADDRESS)]
        await spend_try(database, tried, clock.now())
    assert (await give_password(browser, PASSWORD, EMAIL)).status_code == 429


async def test_codes_are_not_guessed(browser: httpx.AsyncClient, code_at: Code, clock: FixedClock) -> None:
    await give_password(browser)
    for _ in range(5):
        assert (await give_code(browser, "000000")).status_code == 401
    assert (await give_code(browser, code_at(clock.now()))).status_code == 429
