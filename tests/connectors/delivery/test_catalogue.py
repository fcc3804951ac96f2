from __future__ import annotations

import httpx
import pytest
from fastapi import FastAPI

from connectors.delivery.catalogue import Catalogue
from connectors.delivery.client import FeedReader
from connectors.http import PartnerHttp, make_client
from connectors.sandbox.seed import load_seed
from hub.errors import ContractBroken

FEED = "https://publisher.example/feed.json"


def page(items, *, following=None):
    links = [{"rel": "self", "href": FEED}] + ([{"rel": "next", "href": following}] if following else [])
    return {"metadata": {"title": "All"}, "links": links, "publications": [to_entry(*item) for item in items]}


def to_entry(publication, issue, day):
    series = {"name": publication.upper(), "identifier": publication}
    metadata = {
        "title": f"{publication} {issue}",
        "altIdentifier": [f"urn:x-issue:{publication}:{issue}"],
        "published": f"2026-11-{day:02}",
        "belongsTo": {"series": series},
    }
    return {"metadata": metadata, "links": []}


@pytest.fixture
def publisher():
    """A plain feed: two pages, no navigation, addresses without a host."""
    app = FastAPI()

    @app.get("/feed.json")
    async def feed(page_number: int = 1):
        first = page([("hbr", "2026-11", 2), ("kp", "2026-11-01", 1)], following="?page_number=2")
        return first if page_number == 1 else page([("hbr", "2026-10", 1)])

    @app.get("/circle.json")
    async def circle():
        return page([], following="circle.json")

    @app.get("/elsewhere.json")
    async def elsewhere():
        return page([], following="https://other.example/feed.json")

    return app


@pytest.fixture
async def open_catalogue(publisher, clock):
    client = make_client(FEED, transport=httpx.ASGITransport(publisher))
    yield lambda url=FEED: Catalogue(FeedReader(PartnerHttp("delivery", client, clock), url))
    await client.aclose()


async def test_the_catalogue_is_the_seeds(connector):
    assert set(await connector.publications()) == set(load_seed().publications)


async def test_a_title_without_issues_does_not_hide_the_others(connector, fail):
    for year, month in [(year, month) for year in (2025, 2026) for month in range(1, 13)]:
        await fail("late", "published", item=f"natgeo/{year}-{month:02}")
    ids = {publication.id for publication in await connector.publications()}
    assert ids == {publication.id for publication in load_seed().publications} - {"natgeo"}


async def test_a_feed_without_titles_is_read_whole(open_catalogue):
    look = await open_catalogue().look_for("hbr/2026-10")
    assert look.found is not None
    assert look.found.item == "hbr/2026-10"


async def test_a_feed_without_titles_knows_its_titles_by_their_issues(open_catalogue):
    assert [row.id for row in await open_catalogue().list_publications()] == ["hbr", "kp"]


async def test_an_issue_without_an_identifier_goes_by_its_item(open_catalogue):
    look = await open_catalogue().look_for("hbr/2026-11")
    assert look.found is not None
    assert look.found.feed_id == "hbr/2026-11"


@pytest.mark.parametrize("name", ["circle", "elsewhere"])
async def test_a_feed_that_leads_astray_is_told(open_catalogue, name):
    with pytest.raises(ContractBroken):
        await open_catalogue(f"https://publisher.example/{name}.json").look_for("hbr/2026-11")
