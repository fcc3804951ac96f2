"""Passwords: which are good enough, how they are kept. Rules from OWASP ASVS 5.0, chapter V6."""

from __future__ import annotations

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from hub.errors import InvalidInput

SHORTEST, LONGEST = 12, 128
COMMON_STEMS = (
    "password",
    "passw0rd",
    "salasana",
    "lösenord",
    "qwertyuiop",
    "qwerty123",
    "asdfghjkl",
    "zxcvbnm",
    "1q2w3e4r",
    "iloveyou",
    "letmein",
    "welcome",
    "tervetuloa",
    "administrator",
    "changeme",
    "football",
    "baseball",
    "jääkiekko",
    "sunshine",
    "superman",
    "trustno1",
    "luotsi",
    "0123456789",
    "1234567890",
    "9876543210",
)
TRAILING = "0123456789!?.,-_#@ "
HASHER = PasswordHasher()
NOBODYS = HASHER.hash("nobody has this password")


def check_password(password: str, email: str = "") -> None:
    """InvalidInput with what to change. Length and commonness count; which characters are used does not."""
    if len(password) < SHORTEST:
        raise InvalidInput(f"a password has at least {SHORTEST} characters")
    if len(password) > LONGEST:
        raise InvalidInput(f"a password has at most {LONGEST} characters")
    if _is_common(password.lower(), email.lower()):
        raise InvalidInput("this password is among the first that others would guess")


def _is_common(password: str, email: str) -> bool:
    """One well-known word with some digits around it, the same word twice, or hardly any different characters."""
    name = email.partition("@")[0]
    stems = [*COMMON_STEMS, email, name] if len(name) > 2 else COMMON_STEMS
    left = password
    for stem in stems:
        left = left.replace(stem, "") if stem else left
    return len(set(password)) < 5 or len(left.strip(TRAILING)) < 3


def hash_password(password: str) -> str:
    return HASHER.hash(password)


def is_password(kept: str, password: str) -> bool:
    """As slow for somebody unknown or without a password (`kept` empty) as for anyone else."""
    try:
        return HASHER.verify(kept or NOBODYS, password) and bool(kept)
    except VerificationError:
        return False
