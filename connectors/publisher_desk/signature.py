"""Zendesk's webhook signature: base64 of HMAC-SHA256 over timestamp and body, the secret used as it is written."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

SIGNATURE = "x-zendesk-webhook-signature"
TIMESTAMP = "x-zendesk-webhook-signature-timestamp"
TOLERANCE = timedelta(minutes=5)


def sign(secret: str, timestamp: str, raw: bytes) -> str:
    return base64.b64encode(hmac.digest(secret.encode(), timestamp.encode() + raw, hashlib.sha256)).decode()


def find_fault(headers: Mapping[str, str], raw: bytes, secrets: Iterable[str], now: datetime) -> str | None:
    """Why the push cannot be trusted, or None when one of the secrets signed it within five minutes of `now`."""
    lower = {name.lower(): value for name, value in headers.items()}
    signature, timestamp = lower.get(SIGNATURE, ""), lower.get(TIMESTAMP, "")
    # Every secret is tried, and compared in constant time: an early answer would tell how near a guess is.
    if not sum([_same(sign(secret, timestamp, raw), signature) for secret in secrets]):
        return "the signature does not hold"
    return None if _is_fresh(timestamp, now) else "the signature is too old, or of a time to come"


def _same(ours: str, theirs: str) -> bool:
    return hmac.compare_digest(ours.encode(), theirs.encode())


def _is_fresh(timestamp: str, now: datetime) -> bool:
    try:
        at = datetime.fromisoformat(timestamp)
    except ValueError:
        return False
    return at.tzinfo is not None and abs(now - at) <= TOLERANCE
