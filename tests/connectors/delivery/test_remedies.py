from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from hub.errors import RetryLater
from hub.ports import LinkStatus, OutcomeState, RemedyMode

ITEM = "hbr/2026-11"
KEY = "luotsi-7-redeliver"


@pytest.fixture
async def broken(fail):
    await fail("no_licence", "delivered", item=ITEM)


async def test_delivering_again_is_offered_direct(redeliver):
    assert (redeliver.kind, redeliver.mode, redeliver.blocked) == ("redeliver", RemedyMode.DIRECT, "")


async def test_an_issue_that_the_server_lacks_cannot_be_delivered(connector, delivered):
    ref = delivered.model_copy(update={"item": "hbr/2026-12"})
    (remedy,) = await connector.remedies(ref)
    assert remedy.blocked != ""
    assert (await connector.apply(remedy, KEY)).state is OutcomeState.REFUSED


async def test_a_link_that_we_cannot_mend_has_no_remedy(connector, published):
    assert await connector.remedies(published) == []


async def test_a_new_licence_works_while_the_fault_is_live(connector, delivered, broken, redeliver, licences):
    outcome = await connector.apply(redeliver, KEY)
    assert outcome.state is OutcomeState.DONE
    assert [one["id"] for one in await licences()] == [outcome.ref]
    seen = await connector.observe(delivered)
    assert (seen.status, seen.reason) == (LinkStatus.WAITING, "not_opened")


async def test_the_readers_app_opens_the_new_licence_by_itself(connector, delivered, broken, redeliver, clock):
    await connector.apply(redeliver, KEY)
    clock.advance(timedelta(seconds=6))
    assert (await connector.observe(delivered)).status is LinkStatus.OK


async def test_the_reader_can_be_told_to_open_it_at_once(connector, delivered, broken, redeliver, sandbox):
    await connector.apply(redeliver, KEY)
    await sandbox.post("/_sandbox/open", json={"customer": "matti.lukija@example.com", "item": ITEM})
    assert (await connector.observe(delivered)).status is LinkStatus.OK


async def test_the_newest_licence_counts(connector, delivered, redeliver, fail, mend):
    await fail("revoked", "delivered", item=ITEM)
    await connector.apply(redeliver, KEY)
    await mend()
    assert (await connector.observe(delivered)).reason == "not_opened"


async def test_what_is_shown_of_a_new_licence_has_no_keys(connector, redeliver):
    encryption = (await connector.apply(redeliver, KEY)).evidence["encryption"]
    assert (encryption["user_key"], encryption["content_key"]) == ("[hidden]", "[hidden]")


async def test_a_new_licence_ends_when_the_settings_say(connector, redeliver, licences, clock):
    await connector.apply(redeliver, KEY)
    newest = (await licences())[0]
    assert datetime.fromisoformat(newest["end"]) - clock.now() == pytest.approx(
        timedelta(days=365), abs=timedelta(minutes=1)
    )


async def test_a_cut_is_unknown_and_read_back_as_done_once(connector, broken, redeliver, fail, mend, licences, clock):
    since = clock.now()
    await fail("cut", path="/licenses/*")
    assert (await connector.apply(redeliver, KEY)).state is OutcomeState.UNKNOWN
    await mend()
    outcome = await connector.read_outcome(redeliver, KEY, since)
    made = [one["id"] for one in await licences() if one["ordered"]]
    assert (outcome.state, made) == (OutcomeState.DONE, [outcome.ref])


@pytest.mark.parametrize("kind", ["500", "503", "cut_before", "shape", "garbage"])
async def test_what_did_not_happen_is_unknown_and_read_back_as_refused(connector, redeliver, fail, kind, clock):
    since = clock.now()
    await fail(kind, path="/licenses/*")
    assert (await connector.apply(redeliver, KEY)).state is OutcomeState.UNKNOWN
    outcome = await connector.read_outcome(redeliver, KEY, since)
    assert (outcome.state, "did not happen" in outcome.detail) == (OutcomeState.REFUSED, True)


async def test_a_stuck_server_makes_none(connector, redeliver, fail, licences, clock):
    since = clock.now()
    await fail("stuck", "delivered", item=ITEM)
    assert (await connector.apply(redeliver, KEY)).state is OutcomeState.UNKNOWN
    assert (await connector.read_outcome(redeliver, KEY, since)).state is OutcomeState.REFUSED
    assert await licences() == []


async def test_reading_back_while_down_is_for_later(connector, redeliver, fail, clock):
    await fail("503")
    with pytest.raises(RetryLater):
        await connector.read_outcome(redeliver, KEY, clock.now())


async def test_an_older_licence_proves_nothing(connector, redeliver, clock):
    await connector.apply(redeliver, KEY)
    clock.advance(timedelta(minutes=1))
    assert (await connector.read_outcome(redeliver, KEY, clock.now())).state is OutcomeState.REFUSED


async def test_a_no_is_refused_with_the_servers_words(connector, redeliver):
    unknown = redeliver.model_copy(update={"parameters": {"publication": "00000000-0000-4000-8000-000000000000"}})
    outcome = await connector.apply(unknown, KEY)
    assert (outcome.state, outcome.detail) == (OutcomeState.REFUSED, "Invalid request: invalid publication ID")


async def test_a_rate_limit_before_the_order_is_no_outcome(connector, redeliver, fail):
    await fail("429", retry_after="30")
    with pytest.raises(RetryLater) as limited:
        await connector.apply(redeliver, KEY)
    assert (limited.value.sent, limited.value.after is not None) == (False, True)


class TestRenew:
    """A licence ten days before its end, which may last a month more."""

    @pytest.fixture
    async def renew(self, connector, delivered, app, clock):
        for licence in app.state.store.state.licences:
            licence.end = clock.now() + timedelta(days=10)
            licence.max_end = clock.now() + timedelta(days=40)
        return next(r for r in await connector.remedies(delivered) if r.kind == "renew")

    async def test_it_lasts_as_long_as_the_server_allows(self, connector, renew, licences):
        assert (await connector.apply(renew, KEY)).state is OutcomeState.DONE
        end = datetime.fromisoformat((await licences())[0]["end"])
        assert end == datetime.fromisoformat(renew.parameters["end"])

    async def test_an_end_cut_short_is_not_done(self, connector, renew):
        greedy = renew.model_copy(update={"parameters": {**renew.parameters, "end": "2030-01-01T00:00:00+00:00"}})
        outcome = await connector.apply(greedy, KEY)
        assert (outcome.state, "ends 2026-12-15" in outcome.detail) == (OutcomeState.REFUSED, True)

    async def test_a_device_that_never_registered_is_refused(self, connector, renew):
        stranger = renew.model_copy(update={"parameters": {**renew.parameters, "device": "nobody's"}})
        outcome = await connector.apply(stranger, KEY)
        assert outcome.state is OutcomeState.REFUSED
        assert outcome.evidence["type"] == "http://readium.org/license-status-document/error/renew"

    async def test_a_cut_is_read_back(self, connector, renew, fail, mend, clock):
        await fail("cut", path="/renew/*")
        assert (await connector.apply(renew, KEY)).state is OutcomeState.UNKNOWN
        await mend()
        assert (await connector.read_outcome(renew, KEY, clock.now())).state is OutcomeState.DONE

    async def test_a_look_that_fails_after_it_is_unknown(self, connector, renew, fail):
        await fail("503", path="/licenseinfo/*")
        assert (await connector.apply(renew, KEY)).state is OutcomeState.UNKNOWN


async def test_a_licence_with_a_year_left_is_not_for_renewing(connector, delivered):
    assert [remedy.kind for remedy in await connector.remedies(delivered)] == ["redeliver"]
