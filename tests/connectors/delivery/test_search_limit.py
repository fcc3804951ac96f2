"""A reader of so many papers that the licence server's search leaves some out, in silence."""

from __future__ import annotations

import pytest

from hub.ports import LinkStatus, OutcomeState


@pytest.fixture
def devoted(app, delivered):
    """A thousand licences of old come first."""
    state = app.state.store.state
    sample = next(one for one in state.licences if one.user == delivered.id and one.item is None)
    old = [sample.model_copy(update={"id": f"old-{n}"}) for n in range(1000)]
    state.licences[:0] = old


async def test_a_licence_that_may_be_left_out_is_unknown(connector, delivered, devoted):
    seen = await connector.observe(delivered)
    assert (seen.status, seen.reason) == (LinkStatus.UNKNOWN, "search_cut_off")


async def test_what_was_done_may_be_left_out_too(connector, redeliver, devoted, clock):
    since = clock.now()
    await connector.apply(redeliver, "luotsi-1")
    assert (await connector.read_outcome(redeliver, "luotsi-1", since)).state is OutcomeState.UNKNOWN
