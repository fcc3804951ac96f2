"""The operator's own name for a person at every partner: one UUID from the account's e-mail.

Apple's appAccountToken and the licence server's user id are both set by the publisher to this value when the
account is made, so a person is found at the partners without any of them being told an address.
"""

from __future__ import annotations

import uuid

NAMESPACE = uuid.UUID("6f1f9d52-8d53-5c0e-9a55-0f7a1c2d3e4f")


def holder_id(email: str) -> str:
    return str(uuid.uuid5(NAMESPACE, email.strip().lower()))
