"""One-time codes of an authenticator app (RFC 6238): 6 digits, 30 seconds, one step of drift either way."""

from __future__ import annotations

import hmac
from datetime import datetime

import pyotp

STEP_SECONDS = 30
ISSUER = "Luotsi"


def new_secret() -> str:
    return pyotp.random_base32()


def to_uri(secret: str, email: str) -> str:
    """What the QR code says."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=ISSUER)


def to_code(secret: str, now: datetime) -> str:
    """What an authenticator app would show now."""
    return pyotp.TOTP(secret).generate_otp(int(now.timestamp()) // STEP_SECONDS)


def find_step(secret: str, code: str, now: datetime, used: int = 0) -> int | None:
    """The time step this code belongs to; None when it is wrong, or its step is not after `used`."""
    this = int(now.timestamp()) // STEP_SECONDS
    given = "".join(code.split()).encode()
    for step in (this - 1, this, this + 1):
        expected = pyotp.TOTP(secret).generate_otp(step).encode()
        if step > used and hmac.compare_digest(expected, given):
            return step
    return None
