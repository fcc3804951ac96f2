from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr

from connectors.delivery.connector import make_connector
from connectors.sandbox.delivery import make_delivery_sandbox
from connectors.sandbox.seed import load_seed
from connectors.sandbox.transport import SandboxTransport
from hub.errors import ContractBroken, Refused, RetryLater
from hub.ports import LinkStatus

MATTI = "matti.lukija@example.com"
ITEM = "hbr/2026-11"


def about(ref, item):
    return ref.model_copy(update={"item": item, "id": item if ref.kind == "issue" else ref.id})


async def test_a_published_issue_is_ok_since_its_time(connector, published):
    seen = await connector.observe(published)
    assert (seen.status, seen.since) == (LinkStatus.OK, datetime(2026, 11, 2, 3, tzinfo=UTC))
    assert seen.evidence["publication"]["metadata"]["title"] == "Harvard Business Review 2026-11"


@pytest.mark.parametrize("kind", ["broken", "not_published", "late"])
async def test_an_issue_missing_from_the_feed_is_broken(connector, published, fail, kind):
    await fail(kind, "published", item=ITEM)
    seen = await connector.observe(published)
    assert (seen.status, seen.reason) == (LinkStatus.BROKEN, "not_published")
    assert seen.evidence["newest"]["metadata"]["title"] == "Harvard Business Review 2026-10"


@pytest.mark.parametrize("item", ["hbr/2026-12", "time/2026-W46", "hs/2026-11-06"])
async def test_an_issue_of_the_future_is_not_due(connector, published, item):
    seen = await connector.observe(about(published, item))
    assert (seen.status, seen.reason) == (LinkStatus.WAITING, "not_due")


async def test_an_issue_whose_period_has_begun_is_not_published(connector, published, clock):
    clock.set(datetime(2026, 12, 1, 9, tzinfo=UTC))
    seen = await connector.observe(about(published, "hbr/2026-12"))
    assert (seen.status, seen.reason) == (LinkStatus.BROKEN, "not_published")


async def test_an_old_paper_is_found_on_the_feeds_last_pages(connector, published):
    seen = await connector.observe(about(published, "hs/2025-10-01"))
    assert (seen.status, seen.since) == (LinkStatus.OK, datetime(2025, 10, 1, 3, tzinfo=UTC))


async def test_an_issue_from_before_the_feed_is_not_called_unpublished(connector, published):
    seen = await connector.observe(about(published, "hbr/2024-01"))
    assert (seen.status, seen.reason) == (LinkStatus.UNKNOWN, "before_the_feed")


@pytest.mark.parametrize("item", ["nosuch/2026-11", "hbr/christmas"])
async def test_what_the_feed_cannot_know_is_unknown(connector, published, item):
    seen = await connector.observe(about(published, item))
    assert (seen.status, seen.reason) == (LinkStatus.UNKNOWN, "unknown_issue")


async def test_a_licence_opened_on_a_device_is_delivered_since_then(connector, delivered):
    seen = await connector.observe(delivered)
    assert (seen.status, seen.partner_status) == (LinkStatus.OK, "active")
    assert timedelta(0) < seen.since - datetime(2026, 11, 2, 3, tzinfo=UTC) < timedelta(minutes=30)


@pytest.mark.parametrize("kind", ["broken", "no_licence", "stuck"])
@pytest.mark.parametrize("whom", [{"customer": MATTI}, {"item": ITEM}, {"customer": MATTI, "item": ITEM}, {}])
async def test_a_missing_licence_is_broken(connector, delivered, fail, kind, whom):
    await fail(kind, "delivered", **whom)
    seen = await connector.observe(delivered)
    assert (seen.status, seen.reason) == (LinkStatus.BROKEN, "no_licence")


@pytest.mark.parametrize("kind", ["expired", "revoked"])
async def test_an_ended_licence_is_broken_for_that_reason(connector, delivered, fail, kind):
    await fail(kind, "delivered", item=ITEM)
    seen = await connector.observe(delivered)
    assert (seen.status, seen.reason, seen.partner_status) == (LinkStatus.BROKEN, kind, kind)


async def test_a_licence_never_opened_waits_since_it_was_issued(connector, delivered, fail):
    await fail("not_opened", "delivered", item=ITEM)
    seen = await connector.observe(delivered)
    assert (seen.status, seen.reason) == (LinkStatus.WAITING, "not_opened")
    assert seen.since == datetime(2026, 11, 2, 3, tzinfo=UTC)


async def test_a_revoked_unopened_licence_is_cancelled(connector, delivered, fail, sandbox, settings, licences):
    await fail("not_opened", "delivered", item=ITEM)
    auth = (settings.username, settings.password.get_secret_value())
    (licence,) = await licences()
    await sandbox.put(f"/revoke/{licence['id']}", auth=auth)
    assert (await connector.observe(delivered)).reason == "cancelled"


async def test_a_returned_licence_is_broken(connector, delivered, sandbox, licences):
    (licence,) = await licences()
    device = (await sandbox.get(f"/status/{licence['id']}")).json()["events"][0]
    await sandbox.put(f"/return/{licence['id']}", params={"id": device["id"], "name": device["name"]})
    assert (await connector.observe(delivered)).reason == "returned"


async def test_an_unknown_status_is_kept_as_it_is(connector, delivered, app, licences):
    (licence,) = await licences()
    kept = next(one for one in app.state.store.state.licences if one.id == licence["id"])
    kept.status = "paused"
    seen = await connector.observe(delivered)
    assert (seen.status, seen.partner_status) == (LinkStatus.UNKNOWN, "paused")
    assert seen.evidence["status_document"]["status"] == "paused"


async def test_the_fault_of_another_customer_or_item_does_no_harm(connector, delivered, fail):
    await fail("broken", "delivered", customer="karen.holt@example.org")
    await fail("broken", "delivered", item="hbr/2026-10")
    assert (await connector.observe(delivered)).status is LinkStatus.OK


async def test_a_future_issue_is_not_due_to_be_delivered(connector, delivered):
    seen = await connector.observe(about(delivered, "hbr/2026-12"))
    assert (seen.status, seen.reason) == (LinkStatus.WAITING, "not_due")


async def test_an_unpublished_issue_has_no_licence(connector, delivered, fail, clock):
    clock.set(datetime(2027, 1, 5, 9, tzinfo=UTC))
    await fail("late", "published", item="hbr/2027-01")
    assert (await connector.observe(about(delivered, "hbr/2027-01"))).reason == "no_licence"


async def test_two_months_later_the_new_issues_are_there(connector, published, delivered, clock):
    clock.set(datetime(2027, 1, 5, 9, tzinfo=UTC))
    seen = [await connector.observe(about(ref, "hbr/2027-01")) for ref in (published, delivered)]
    assert [one.status for one in seen] == [LinkStatus.OK, LinkStatus.OK]


async def test_a_ref_without_an_item_cannot_be_observed(connector, delivered):
    seen = await connector.observe(delivered.model_copy(update={"item": None}))
    assert (seen.status, seen.reason) == (LinkStatus.UNKNOWN, "no_item")


async def test_evidence_hides_keys_and_keeps_the_rest(connector, delivered):
    evidence = (await connector.observe(delivered)).evidence
    assert evidence["publication"]["encryption_key"] == "[hidden]"
    assert evidence["license_info"]["CreatedAt"] == "2026-11-02T03:00:00Z"
    assert [event["type"] for event in evidence["events"]] == ["register"]


@pytest.mark.parametrize("kind", ["500", "503", "cut_before"])
async def test_a_server_in_trouble_is_for_later(connector, delivered, fail, kind):
    await fail(kind)
    with pytest.raises(RetryLater):
        await connector.observe(delivered)


@pytest.mark.parametrize("path", ["/status/*", "/licenseinfo/*", "/publications/*"])
async def test_a_changed_shape_is_told_with_what_came(connector, delivered, fail, path):
    await fail("shape", path=path)
    with pytest.raises(ContractBroken) as broken:
        await connector.observe(delivered)
    assert broken.value.payload == {"unexpected": ["shape"]}


async def test_a_feed_without_any_collection_is_no_feed(connector, published, fail):
    await fail("shape", path="/opds/*")
    with pytest.raises(ContractBroken):
        await connector.observe(published)


async def test_the_feed_stays_readable_while_the_licence_server_is_down(connector, published, fail):
    await fail("503", path="/licenseinfo/*")
    assert (await connector.observe(published)).status is LinkStatus.OK


async def test_a_wrong_password_stops_the_connector(app, clock, settings, delivered):
    wrong = make_connector(settings.model_copy(update={"password": SecretStr("no")}), clock, SandboxTransport(app))
    with pytest.raises(Refused):
        await wrong.observe(delivered)


class TestStatusType:
    @pytest.fixture(params=["application/json", "application/vnd.readium.license.status.v1.0+json"])
    def app(self, request, clock):
        return make_delivery_sandbox(load_seed(), clock, status_type=request.param)

    async def test_status_documents_are_read_under_either_type(self, connector, delivered):
        assert (await connector.observe(delivered)).status is LinkStatus.OK
