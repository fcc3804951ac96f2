"""Browsers that signed in before: a signed cookie gives their tries a limit of their own (OWASP "device cookies")."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from fastapi import Request
from itsdangerous import BadData, URLSafeSerializer
from starlette.responses import Response

from api.auth.caller import is_https
from api.auth.limits import Limit
from api.auth.sessions import cookie_name, set_cookie
from api.services import Services

KEPT = timedelta(days=90)
OF_AN_ADDRESS = 30


def list_limits(request: Request, services: Services, account: str) -> list[Limit]:
    """What a try to sign in as `account` counts against."""
    nonce = _find_nonce(request, services, account)
    if nonce is not None:
        return [Limit(f"browser:{nonce}")]
    host = request.client.host if request.client else "?"
    return [Limit(f"account:{account}"), Limit(f"address:{host}", OF_AN_ADDRESS)]


def remember_browser(response: Response, services: Services, account: str) -> None:
    https = is_https(services)
    value = _signer(services).dumps([account, secrets.token_urlsafe(12)])
    name = cookie_name(https, "luotsi_browser")
    set_cookie(response, name, str(value), https=https, max_age=int(KEPT.total_seconds()))


def _find_nonce(request: Request, services: Services, account: str) -> str | None:
    try:
        kept, nonce = _signer(services).loads(
            request.cookies.get(cookie_name(is_https(services), "luotsi_browser"), "")
        )
    except BadData:
        return None
    return str(nonce) if kept == account else None


def _signer(services: Services) -> URLSafeSerializer:
    options = {"digest_method": hashlib.sha256, "key_derivation": "hmac"}
    return URLSafeSerializer(services.house.secret, salt="luotsi.browser", signer_kwargs=options)
