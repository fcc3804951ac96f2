"""Takes secrets out of what is kept: payloads, evidence and the texts of errors."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable
from typing import Any

import httpx

HIDDEN = "[hidden]"

# Compared in lower case without - and _. A customer's own ids (appAccountToken) and cursors are not secrets.
_SECRET_NAME = re.compile(
    r"(authorization|authentication|cookie|password|passwd|passphrase|passhash|secret|apikey|privatekey"
    r"|encryptionkey|contentkey|userkey"
    r"|^(access|refresh|api|id|auth|bearer|csrf)?token)$"
)
_IN_TEXT = re.compile(
    r"(?i)(\b(?:bearer|basic)\s+|\b(?:[\w-]*(?:api[_-]?key|secret|password|passwd)|(?:access_|refresh_|api_)?token)=)"
    r"[^\s&\"'<>]+"
)
_SHORTEST_SECRET = 4


def is_secret_name(name: str) -> bool:
    return _SECRET_NAME.search(re.sub(r"[-_]", "", name).lower()) is not None


def scrub(payload: Any, secrets: Iterable[str] = ()) -> Any:
    """The same JSON value with the values of secret names, credentials in texts, and `secrets` hidden."""
    known = tuple(s for s in secrets if len(s) >= _SHORTEST_SECRET)
    return _scrub(payload, known)


def _scrub(payload: Any, known: tuple[str, ...]) -> Any:
    if isinstance(payload, dict):
        return {_scrub(k, known): HIDDEN if is_secret_name(str(k)) else _scrub(v, known) for k, v in payload.items()}
    if isinstance(payload, list):
        return [_scrub(item, known) for item in payload]
    if isinstance(payload, str):
        return scrub_text(payload, known)
    return payload


def scrub_text(text: str, secrets: Iterable[str] = ()) -> str:
    for secret in secrets:
        text = text.replace(secret, HIDDEN)
    return _IN_TEXT.sub(rf"\1{HIDDEN}", text)


def list_secrets(request: httpx.Request) -> list[str]:
    """What we sent that must not come back in an error: credentials in headers and in the query, longest first."""
    named = [*request.headers.items(), *request.url.params.multi_items()]
    values = [value for name, value in named if is_secret_name(name)]
    parts = [part for value in values for part in (value, *_credentials(value))]
    return sorted({part for part in parts if len(part) >= _SHORTEST_SECRET}, key=len, reverse=True)


def _credentials(value: str) -> list[str]:
    scheme, _, rest = value.partition(" ")
    if scheme.lower() != "basic":
        return [rest]
    try:
        user_and_password = base64.b64decode(rest, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return [rest]
    return [rest, user_and_password, user_and_password.partition(":")[2]]
