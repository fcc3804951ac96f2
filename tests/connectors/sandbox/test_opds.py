from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import httpx
import pytest

from connectors.sandbox.delivery import make_delivery_sandbox
from connectors.sandbox.seed import issues_until, load_seed
from connectors.sandbox.transport import SandboxTransport
from hub.clock import ShiftedClock

START = datetime(2026, 11, 5, 9, tzinfo=UTC)
SEED = load_seed()


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    transport = SandboxTransport(make_delivery_sandbox(SEED, ShiftedClock(START)))
    async with httpx.AsyncClient(base_url="http://publisher", transport=transport) as client:
        yield client


async def read_pages(client, path):
    pages = []
    while path:
        pages.append((await client.get(path)).json())
        path = next((link["href"] for link in pages[-1]["links"] if link["rel"] == "next"), None)
    return pages


def rels(page):
    return {link["rel"] for link in page["links"]}


async def test_the_feeds_pages_lead_to_the_end(client):
    pages = await read_pages(client, "/opds/feed.json")
    issues = [issue for publication in SEED.publications for issue in issues_until(publication, START)]
    shown = [entry["metadata"]["identifier"] for page in pages for entry in page["publications"]]
    assert sorted(shown) == sorted(f"urn:uuid:{issue.identifier}" for issue in issues)
    assert pages[0]["metadata"]["numberOfItems"] == len(issues)


async def test_a_title_has_a_feed_of_its_own_newest_first(client):
    pages = await read_pages(client, "/opds/titles/hs.json")
    times = [entry["metadata"]["published"] for page in pages for entry in page["publications"]]
    assert (len(pages) > 1, times) == (True, sorted(times, reverse=True))


async def test_pages_know_their_neighbours(client):
    first, *middle, last = await read_pages(client, "/opds/titles/hs.json")
    assert rels(first) == {"self", "first", "last", "next"}
    assert rels(middle[0]) == {"self", "first", "last", "next", "previous"}
    assert rels(last) == {"self", "first", "last", "previous"}


async def test_an_issue_says_what_it_is(client):
    answer = await client.get("/opds/titles/hbr.json")
    metadata = answer.json()["publications"][0]["metadata"]
    assert answer.headers["Content-Type"] == "application/opds+json"
    assert (metadata["title"], metadata["altIdentifier"]) == (
        "Harvard Business Review 2026-11",
        ["urn:x-issue:hbr:2026-11"],
    )
    assert metadata["belongsTo"]["series"]["aliases"] == ["HBR"]


async def test_every_entry_has_what_the_schema_demands(client):
    entries = (await client.get("/opds/feed.json")).json()["publications"]
    assert all({"metadata", "links", "images"} <= entry.keys() for entry in entries)
    assert all({"self", "http://opds-spec.org/acquisition/subscribe"} == rels(entry) for entry in entries)


async def test_an_entry_is_found_under_its_own_address(client):
    entry = (await client.get("/opds/titles/hbr.json")).json()["publications"][0]
    address = next(link["href"] for link in entry["links"] if link["rel"] == "self")
    answer = await client.get(address)
    assert (answer.json(), answer.headers["Content-Type"]) == (entry, "application/opds-publication+json")


async def test_a_title_all_of_whose_issues_are_late_has_an_empty_feed(client):
    await client.post("/_sandbox/faults", json={"link": "published", "kind": "late"})
    feed = (await client.get("/opds/titles/hbr.json")).json()
    assert (feed["publications"], feed["metadata"]["numberOfItems"], rels(feed)) == ([], 0, {"self", "first", "last"})


async def test_a_page_past_the_end_is_empty_and_leads_nowhere_further(client):
    feed = (await client.get("/opds/titles/hbr.json?page=9")).json()
    assert (feed["publications"], "next" in rels(feed)) == ([], False)


@pytest.mark.parametrize("path", ["/opds/titles/nosuch.json", "/opds/issues/nosuch.json"])
async def test_what_is_not_there_is_not_found(client, path):
    assert (await client.get(path)).status_code == 404


async def test_a_withdrawn_issue_has_no_page(client):
    entry = (await client.get("/opds/titles/hbr.json")).json()["publications"][0]
    await client.post("/_sandbox/faults", json={"link": "published", "kind": "broken", "item": "hbr/2026-11"})
    identifier = entry["metadata"]["identifier"].removeprefix("urn:uuid:")
    assert (await client.get(f"/opds/issues/{identifier}.json")).status_code == 404
