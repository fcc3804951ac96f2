from __future__ import annotations

import re
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from typing import Any

import httpx
import pytest
import pytest_asyncio
import sqlalchemy as sa

from hub.clock import FixedClock
from hub.database import Database
from hub.house import House
from hub.links import VALID_FOR, status_token
from hub.tables import Case, Entry, Feedback, Message, Person, RawMail, Work
from hub.understanding import understand_mail
from tests.samples import add_case


@pytest_asyncio.fixture
async def case(database: Database, clock: FixedClock, owner: Person) -> Case:
    async with database.transaction() as session:
        return await add_case(session, clock.now())


@pytest.fixture
def page(house: House, clock: FixedClock, case: Case) -> str:
    return f"/s/{status_token(house.secret, case.id, clock.now())}"


async def rows(database: Database, table: type) -> list[Any]:
    async with database.transaction() as session:
        return list(await session.scalars(sa.select(table)))


async def test_the_link_alone_opens_the_page(browser: httpx.AsyncClient, page: str) -> None:
    answer = await browser.get(page)
    assert answer.status_code == 200
    assert "HBR puuttuu" in answer.text
    assert "Aino" in answer.text
    assert '<html lang="fi">' in answer.text


async def test_it_is_not_for_search_engines_nor_for_keeping(browser: httpx.AsyncClient, page: str) -> None:
    headers = (await browser.get(page)).headers
    assert headers["x-robots-tag"] == "noindex, nofollow"
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "same-origin"


async def test_no_staff_address_is_shown(browser: httpx.AsyncClient, page: str) -> None:
    assert "aino@luotsi.example" not in (await browser.get(page)).text


@pytest.mark.parametrize("path", ["", "/messages", "/person", "/feedback"])
async def test_a_forged_link_does_nothing(browser: httpx.AsyncClient, page: str, path: str) -> None:
    method = "POST" if path else "GET"
    answer = await browser.request(method, f"{page}x{path}", data={"text": "x", "score": "1"})
    assert answer.status_code == 404


async def test_an_old_link_ends(browser: httpx.AsyncClient, page: str, clock: FixedClock) -> None:
    clock.advance(VALID_FOR + timedelta(seconds=1))
    assert (await browser.get(page)).status_code == 404


async def test_what_is_written_there_comes_in_like_any_mail(
    browser: httpx.AsyncClient, page: str, database: Database
) -> None:
    answer = await browser.post(f"{page}/messages", data={"text": "Se tuli nyt, äiti löysi sen.\n\nKiitos!"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"{page}?done=message")
    [raw] = await rows(database, RawMail)
    mail = message_from_bytes(raw.content, policy=default)
    assert (raw.channel, raw.sender) == ("web", "matti.lukija@example.com")
    assert re.fullmatch(r"support\+[0-9a-z]{20}@luotsi.example", raw.recipients[0])
    assert mail["From"] == "matti.lukija@example.com"
    assert mail.get_content().split() == ["Se", "tuli", "nyt,", "äiti", "löysi", "sen.", "Kiitos!"]
    assert [work.key for work in await rows(database, Work)] == [f"understand:{raw.id}"]


async def test_it_joins_the_case_it_was_written_on(
    browser: httpx.AsyncClient, page: str, database: Database, house: House, case: Case, clock: FixedClock
) -> None:
    await browser.post(f"{page}/messages", data={"text": "Se tuli nyt."})
    [raw] = await rows(database, RawMail)
    async with database.transaction() as session:
        assert await understand_mail(session, raw.id, house, now=clock.now()) == case.id
    [message] = await rows(database, Message)
    assert (message.case_id, message.held, message.text.strip()) == (case.id, False, "Se tuli nyt.")


async def test_a_person_please_stops_the_automation(browser: httpx.AsyncClient, page: str, database: Database) -> None:
    assert (await browser.post(f"{page}/person")).headers["location"] == f"{page}?done=person"
    [case] = await rows(database, Case)
    assert case.stopped_why == "the customer asked for a person"


async def test_feedback_is_for_a_solved_case_and_the_last_holds(
    browser: httpx.AsyncClient, page: str, database: Database, case: Case, clock: FixedClock
) -> None:
    assert (await browser.post(f"{page}/feedback", data={"score": "9"})).status_code == 409
    async with database.transaction() as session:
        await session.execute(sa.update(Case).values(solved_at=clock.now()))
    await browser.post(f"{page}/feedback", data={"score": "3"})
    await browser.post(f"{page}/feedback", data={"score": "9", "text": "hyvä"})
    assert [(f.score, f.text) for f in await rows(database, Feedback)] == [(9, "hyvä")]
    assert [e.text for e in await rows(database, Entry) if e.kind == "feedback"] == ["3/10", "9/10"]


@pytest.mark.parametrize("score", ["-1", "11", "ten", ""])
async def test_a_score_is_from_0_to_10(browser: httpx.AsyncClient, page: str, score: str) -> None:
    assert (await browser.post(f"{page}/feedback", data={"score": score})).status_code == 422


async def test_writing_is_limited(browser: httpx.AsyncClient, page: str, database: Database) -> None:
    answers = [await browser.post(f"{page}/messages", data={"text": f"number {n}"}) for n in range(21)]
    assert [a.status_code for a in answers] == [303] * 20 + [429]
    assert len(await rows(database, RawMail)) == 20
