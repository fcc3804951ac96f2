"""The signed link to a customer's status page: it names one case and ends by itself."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

from itsdangerous import BadData, URLSafeSerializer

from hub.errors import NotFound

VALID_FOR = timedelta(days=90)


def status_token(secret: str, case_id: int, now: datetime) -> str:
    ends = now + VALID_FOR
    token = _signer(secret).dumps([case_id, int(ends.timestamp())])
    return token if isinstance(token, str) else token.decode()


def read_status_token(secret: str, token: str, now: datetime) -> int:
    """The case's id. NotFound for a forged link and for one past its time alike."""
    try:
        case_id, ends = _signer(secret).loads(token)
    except BadData as error:
        raise NotFound("this link is not valid") from error
    if now > datetime.fromtimestamp(ends, UTC):
        raise NotFound("this link is no longer valid")
    return int(case_id)


def _signer(secret: str) -> URLSafeSerializer:
    options = {"digest_method": hashlib.sha256, "key_derivation": "hmac"}
    return URLSafeSerializer(secret, salt="luotsi.status", signer_kwargs=options)
