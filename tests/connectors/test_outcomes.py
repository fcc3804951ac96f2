import pytest

from connectors.outcomes import to_unsure
from hub.errors import ContractBroken, RetryLater
from hub.ports import OutcomeState


def test_a_write_that_may_have_been_taken_is_unknown():
    outcome = to_unsure(RetryLater("parcels", "connection lost", sent=True))
    assert (outcome.state, outcome.detail) == (OutcomeState.UNKNOWN, "connection lost")


def test_an_answer_that_cannot_be_read_is_unknown_and_kept():
    outcome = to_unsure(ContractBroken("parcels", "another shape", payload={"taken": "perhaps"}))
    assert (outcome.state, outcome.evidence) == (OutcomeState.UNKNOWN, {"payload": {"taken": "perhaps"}})


def test_what_was_surely_not_sent_is_for_later():
    with pytest.raises(RetryLater):
        to_unsure(RetryLater("parcels", "no connection"))
