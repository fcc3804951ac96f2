from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncSession

from hub.cases import Opening, open_case
from hub.clock import FixedClock
from hub.customers import record_customer
from hub.database import Database
from hub.errors import RetryLater
from hub.ledger import list_facts
from hub.people import NewPerson, add_person
from hub.playbooks import load_playbooks
from hub.ports import BaseConnector, Hints, LinkStatus, Observation, Ref
from hub.tables import Case, FactSource, Role
from hub.tracing import Told, ask_partners, find_publication, learn_account, learn_publication

MAGAZINE = load_playbooks(Path("playbooks"))["magazine"]
AT = datetime(2026, 11, 12, tzinfo=UTC)
RIGHT, SHELF = (MAGAZINE.get_link(link).partner for link in ("entitled", "delivered"))


class Shop(BaseConnector):
    """Knows the customer by the items it holds, all at the link of rights."""

    partner = RIGHT

    def __init__(self, *items: str | None) -> None:
        self.items = items

    async def identify(self, hints: Hints) -> list[Ref]:
        return [Ref(partner=RIGHT, link="entitled", kind="thing", id=str(item), item=item) for item in self.items]

    async def observe(self, ref: Ref) -> Observation:
        return Observation(partner=RIGHT, link=ref.link, status=LinkStatus.OK, at=AT)


class DownShop(Shop):
    async def identify(self, hints: Hints) -> list[Ref]:
        raise RetryLater(self.partner, "resting")


@pytest.fixture
def hints(now: datetime) -> Hints:
    return Hints(emails=("matti@example.com",), at=now)


@pytest_asyncio.fixture
async def session(database: Database, now: datetime) -> AsyncIterator[AsyncSession]:
    async with database.transaction() as session:
        owner = await add_person(session, NewPerson(email="aino@luotsi.example", name="Aino", role=Role.AGENT), now)
        owner.present = True
        yield session


@pytest_asyncio.fixture
async def case(session: AsyncSession, now: datetime) -> Case:
    customer = await record_customer(session, "matti@example.com", "Matti", "fi", now)
    opening = Opening(playbook="magazine", subject="Lehti puuttuu", language="fi", opened_at=now)
    return await open_case(session, customer, opening, now=now)


def by_link(observations: Sequence[Observation]) -> dict[str, tuple[LinkStatus, str]]:
    return {o.link: (o.status, o.reason) for o in observations}


async def find(hints: Hints, *shops: Shop, **known: list[str]) -> Told | None:
    return await find_publication(MAGAZINE, hints, known, dict(zip((RIGHT, SHELF), shops, strict=False)))


async def test_the_one_publication_that_a_partner_names_is_found(hints: Hints) -> None:
    assert await find(hints, Shop("hbr")) == Told("hbr", RIGHT)


async def test_two_partners_that_name_the_same_one_agree(hints: Hints) -> None:
    told = await find(hints, Shop("hbr/2026-11"), Shop("hbr"))
    assert told is not None
    assert told.publication == "hbr"


@pytest.mark.parametrize("shops", [[Shop("hbr", "apu")], [Shop("hbr"), Shop("apu")], [Shop(None)], [Shop()], []])
async def test_several_or_none_tell_nothing(hints: Hints, shops: list[Shop]) -> None:
    assert await find(hints, *shops) is None


async def test_a_partner_that_is_down_stands_in_nobodys_way(hints: Hints) -> None:
    assert await find(hints, DownShop(), Shop("hbr")) == Told("hbr", RIGHT)


async def test_a_partner_whose_link_does_not_apply_is_not_asked(hints: Hints) -> None:
    assert await find(hints, Shop("hbr"), Shop(), bought_from=["google_play"]) is None


async def test_what_a_partner_told_is_a_fact_with_the_partner_as_its_source(
    session: AsyncSession, case: Case, now: datetime
) -> None:
    await learn_publication(session, case.id, Told("hbr", RIGHT), now)
    [fact] = await list_facts(session, case.id)
    assert (fact.key, fact.value, fact.source, fact.source_name) == ("publication", "hbr", FactSource.PARTNER, RIGHT)


async def test_what_is_known_by_then_stays(session: AsyncSession, case: Case, now: datetime) -> None:
    await learn_publication(session, case.id, Told("apu", SHELF), now)
    await learn_publication(session, case.id, Told("hbr", RIGHT), now)
    assert [fact.value for fact in await list_facts(session, case.id)] == ["apu"]


async def test_none_of_several_is_taken_for_the_one_that_the_case_is_about(hints: Hints, clock: FixedClock) -> None:
    seen = by_link(await ask_partners(MAGAZINE, hints, {}, {RIGHT: Shop("hbr", "apu")}, clock))
    assert seen["entitled"] == (LinkStatus.UNKNOWN, "several")


async def test_the_one_that_there_is_is_observed(hints: Hints, clock: FixedClock) -> None:
    seen = by_link(await ask_partners(MAGAZINE, hints, {}, {RIGHT: Shop("hbr")}, clock))
    assert (seen["entitled"], seen["delivered"][1]) == ((LinkStatus.OK, ""), "not_connected")


async def test_a_partner_that_holds_several_things_of_the_customer_knows_the_address(
    session: AsyncSession, case: Case, hints: Hints, clock: FixedClock
) -> None:
    observations = await ask_partners(MAGAZINE, hints, {}, {RIGHT: Shop("hbr", "apu")}, clock)
    await learn_account(session, case.id, hints, {}, observations, clock.now())
    assert [(f.key, f.value) for f in await list_facts(session, case.id)] == [("account_email", "matti@example.com")]
