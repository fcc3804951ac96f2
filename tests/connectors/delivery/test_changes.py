from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from connectors.delivery import wire
from connectors.delivery.changes import Round, list_changed, to_next
from connectors.holders import holder_id
from hub.errors import ContractBroken
from hub.ports import EventKind

NOON = datetime(2026, 11, 5, 12, tzinfo=UTC)
MATTI = "matti.lukija@example.com"


async def read_all(connector, cursor=None):
    pages = [await connector.changes(cursor)]
    while not pages[-1].end:
        pages.append(await connector.changes(pages[-1].cursor))
    return [event for page in pages for event in page.events], [page.cursor for page in pages]


async def test_the_first_walk_tells_every_licence_with_its_holder_and_item(connector, licences):
    events, cursors = await read_all(connector)
    about = [event for event in events if event.item == "hbr/2026-11" and event.account.holder == holder_id(MATTI)]
    assert [event.ref for event in about] == [licence["id"] for licence in await licences()]
    assert ({event.kind for event in events}, len(cursors) > 1) == ({EventKind.LINK}, True)


async def test_a_walk_where_nothing_happened_tells_nothing_new(connector):
    before, cursors = await read_all(connector)
    after, _ = await read_all(connector, cursors[-1])
    assert {event.dedupe_id for event in after} <= {event.dedupe_id for event in before}
    assert len(after) < 5


async def test_an_old_licence_that_changed_is_told(connector, sandbox, licences):
    (old,) = await licences("kauppalehti/2026-09-15")
    _, cursors = await read_all(connector)
    await sandbox.post(f"/register/{old['id']}", params={"id": "phone", "name": "Phone"})
    events, _ = await read_all(connector, cursors[-1])
    assert (f"{old['id']}:active:2", "kauppalehti/2026-09-15") in [(e.dedupe_id, e.item) for e in events]


async def test_what_changes_during_a_walk_is_told_by_the_next(connector, sandbox, licences):
    (newest,) = await licences("kauppalehti/2026-11-05")
    first = await connector.changes(None)
    await sandbox.post(f"/register/{newest['id']}", params={"id": "phone", "name": "Phone"})
    _, cursors = await read_all(connector, first.cursor)
    events, _ = await read_all(connector, cursors[-1])
    assert f"{newest['id']}:active:2" in [event.dedupe_id for event in events]


async def test_two_months_of_issues_are_told(connector, clock):
    _, cursors = await read_all(connector)
    clock.advance(timedelta(days=61))
    items = {event.item for event in (await read_all(connector, cursors[-1]))[0]}
    assert {"hbr/2026-12", "hbr/2027-01"} <= items


async def test_what_is_no_issue_has_no_item(connector):
    events, _ = await read_all(connector)
    assert [event.item for event in events].count(None) == 12


async def test_a_cursor_that_is_not_ours_is_told(connector):
    with pytest.raises(ContractBroken):
        await connector.changes("page 2 please")


def row(changed_at):
    stated = {"ID": 1, "uuid": "l", "user_id": "u", "publication_id": "p", "status": "ready"}
    return wire.License.model_validate({**stated, "CreatedAt": changed_at})


def test_another_change_in_the_same_instant_is_not_lost():
    rows = [row(NOON), row(NOON - timedelta(seconds=1))]
    assert list_changed(rows, Round(since=NOON)) == rows[:1]


def test_the_next_walk_begins_where_the_first_page_was_read():
    second = to_next(Round(), [row(NOON)], is_last=False)
    after = to_next(second, [row(NOON + timedelta(hours=1))], is_last=True)
    assert (second.page, after.page, after.since) == (2, 1, NOON)


def test_a_walk_through_nothing_forgets_nothing():
    assert to_next(Round(since=NOON, next_since=NOON), [], is_last=True).since == NOON
