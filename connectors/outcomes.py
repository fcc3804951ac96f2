"""What a write came to where its answer failed. Every partner's `apply` decides it alike."""

from __future__ import annotations

from hub.errors import ContractBroken, RetryLater
from hub.ports import Outcome, OutcomeState


def to_unsure(error: RetryLater | ContractBroken) -> Outcome:
    """UNKNOWN, to be read back, where the partner may have taken it. Raises the error where it surely was not sent."""
    if isinstance(error, ContractBroken):
        # Something answered, and we cannot read what it made of it.
        return Outcome(state=OutcomeState.UNKNOWN, detail=error.detail, evidence={"payload": error.payload})
    if not error.sent:
        raise error
    return Outcome(state=OutcomeState.UNKNOWN, detail=error.detail)
