from __future__ import annotations

from datetime import timedelta

import pytest

from connectors.delivery import mapping
from connectors.holders import holder_id
from hub.errors import RetryLater
from hub.ports import Account, Hints, LinkStatus

MATTI = "matti.lukija@example.com"


@pytest.fixture
def hints(clock):
    return Hints(emails=(MATTI,), publication="hbr", issue="2026-11", at=clock.now())


def changed(hints, **change):
    return hints.model_copy(update=change)


async def test_a_reader_and_an_issue_give_a_ref_for_each_link(connector, hints):
    published, delivered = await connector.identify(hints)
    assert (published.link, published.kind, published.item) == ("published", "issue", "hbr/2026-11")
    assert published.id.startswith("urn:uuid:")
    assert (delivered.link, delivered.kind, delivered.id) == ("delivered", "holder", holder_id(MATTI))


async def test_without_an_issue_it_is_the_latest_in_the_feed(connector, hints):
    refs = await connector.identify(changed(hints, issue=None))
    assert [ref.item for ref in refs] == ["hbr/2026-11", "hbr/2026-11"]


async def test_the_latest_is_the_one_out_when_the_customer_wrote(connector, hints, clock):
    refs = await connector.identify(changed(hints, issue=None, at=clock.now() - timedelta(days=5)))
    assert refs[0].item == "hbr/2026-10"


async def test_an_issue_that_is_not_in_the_feed_goes_by_its_item(connector, hints):
    published, _ = await connector.identify(changed(hints, issue="2026-12"))
    assert published.id == published.item == "hbr/2026-12"


async def test_a_stranger_has_no_delivered_ref(connector, hints):
    refs = await connector.identify(changed(hints, emails=("nobody@nowhere.example",)))
    assert [ref.link for ref in refs] == ["published"]


async def test_any_of_the_addresses_may_be_the_accounts(connector, hints):
    refs = await connector.identify(changed(hints, emails=("other@nowhere.example", MATTI)))
    assert refs[1].id == holder_id(MATTI)


async def test_an_account_that_the_hub_knows_is_enough(connector, hints):
    known = Account(partner="app_store", ref="2000", holder=holder_id(MATTI))
    refs = await connector.identify(changed(hints, emails=(), accounts=(known,)))
    assert refs[1].id == holder_id(MATTI)


@pytest.mark.parametrize("publication", [None, "nosuch"])
async def test_without_a_known_publication_there_is_no_item(connector, hints, publication):
    assert await connector.identify(changed(hints, publication=publication)) == []


async def test_a_reader_stays_known_when_all_deliveries_fail(connector, hints, fail):
    await fail("broken", "delivered")
    assert [ref.link for ref in await connector.identify(hints)] == ["published", "delivered"]


async def test_a_server_that_is_down_makes_nobody_a_stranger(connector, hints, fail):
    await fail("503", path="/licenseinfo/*")
    with pytest.raises(RetryLater):
        await connector.identify(hints)


def test_holders_are_told_from_addresses(connector):
    assert connector.holders_of([f" {MATTI.title()}"]) == (holder_id(MATTI),)


async def test_a_late_issue_that_nobody_names_is_the_one_that_is_due(connector, hints, fail):
    await fail("not_published", "published", item="hbr/2026-11")
    refs = await connector.identify(changed(hints, issue=None))
    assert [ref.item for ref in refs] == ["hbr/2026-11", "hbr/2026-11"]
    seen = await connector.observe(refs[0])
    assert (seen.status, seen.reason) == (LinkStatus.BROKEN, "not_published")


@pytest.mark.parametrize(
    ("publication", "late", "before"),
    [("hbr", "2026-11", "2026-10"), ("time", "2026-W45", "2026-W44"), ("hs", "2026-11-05", "2026-11-04")],
)
async def test_it_is_due_a_day_after_its_usual_time_and_not_before(
    connector, hints, fail, clock, publication, late, before
):
    await fail("not_published", "published", item=f"{publication}/{late}")
    asked = changed(hints, publication=publication, issue=None)
    start = mapping.find_period_start(f"{publication}/{late}") + timedelta(days=publication == "hbr", hours=3)
    early, due = start + timedelta(hours=23), start + timedelta(hours=24)
    assert (await connector.identify(changed(asked, at=early)))[0].item == f"{publication}/{before}"
    assert (await connector.identify(changed(asked, at=due)))[0].item == f"{publication}/{late}"
