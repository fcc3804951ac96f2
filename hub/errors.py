"""One tree of errors.

LuotsiError
 ├── NotFound            what was asked for is not there
 ├── Conflict            the state of things forbids it
 │    └── AlreadyKnown   the text asks the customer for what is known
 ├── InvalidInput        what came in cannot be used; says where and why
 ├── NotAllowed          this person or rule may not
 └── PartnerError        a partner's answer; the name decides the reaction
      ├── RetryLater     try again, at `after` where the partner said when
      ├── Refused        stop this connector and tell its keeper (keys, rights)
      ├── Rejected       a problem on the case; no retry (the partner said no to this one)
      └── ContractBroken keep the payload, stop, tell (not what the contract says)
"""

from __future__ import annotations

from datetime import datetime
from typing import Any


class LuotsiError(Exception):
    """The text is meant for a person."""


class NotFound(LuotsiError):
    pass


class Conflict(LuotsiError):
    pass


class AlreadyKnown(Conflict):
    """`known` maps each asked fact key to the values already known."""

    def __init__(self, known: dict[str, list[str]]) -> None:
        self.known = known
        super().__init__("already known: " + ", ".join(sorted(known)))


class InvalidInput(LuotsiError):
    pass


class NotAllowed(LuotsiError):
    pass


class PartnerError(LuotsiError):
    def __init__(self, partner: str, detail: str) -> None:
        self.partner = partner
        self.detail = detail
        super().__init__(f"{partner}: {detail}")


class RetryLater(PartnerError):
    """`after` is when the partner said to come back; None where it did not say.

    `sent` tells whether a write may have taken effect (cut after sending): its outcome is then unknown.
    """

    def __init__(self, partner: str, detail: str, *, after: datetime | None = None, sent: bool = False) -> None:
        super().__init__(partner, detail)
        self.after = after
        self.sent = sent


class Refused(PartnerError):
    pass


class Rejected(PartnerError):
    """`code` is the partner's own error code or type, as text."""

    def __init__(self, partner: str, detail: str, *, code: str = "") -> None:
        super().__init__(partner, detail)
        self.code = code


class ContractBroken(PartnerError):
    def __init__(self, partner: str, detail: str, *, payload: Any = None) -> None:
        super().__init__(partner, detail)
        self.payload = payload
