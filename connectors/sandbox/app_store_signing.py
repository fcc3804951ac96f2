"""The sandbox's own signing authority: three certificates as Apple's are, and the API key it gave out.

Apple's verifier checks the chain with X509_STRICT and asks for two OIDs of theirs, so both are here. The
certificates hold for a century, because stories move the clock by months.
"""

from __future__ import annotations

import secrets
import uuid
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pydantic import BaseModel

LEAF_OID = x509.ObjectIdentifier("1.2.840.113635.100.6.11.1")
INTERMEDIATE_OID = x509.ObjectIdentifier("1.2.840.113635.100.6.2.1")
VALID_FROM, VALID_UNTIL = datetime(2015, 1, 1, tzinfo=UTC), datetime(2115, 1, 1, tzinfo=UTC)
LONGEST_TOKEN = timedelta(minutes=60)
AUDIENCE = "appstoreconnect-v1"

EcKey = ec.EllipticCurvePrivateKey


class Credentials(BaseModel):
    """`x5c` is leaf, intermediate and root, each base64 of DER; keys are PEM."""

    key_id: str
    issuer_id: str
    bundle_id: str
    app_apple_id: int
    environment: str
    private_key: str
    leaf_key: str
    root_certificate: str
    x5c: list[str]


def make_credentials() -> Credentials:
    root_key, middle_key, leaf_key, api_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(4))
    root = _certify("Sandbox Root CA", root_key, ("Sandbox Root CA", root_key), ca_path=1)
    middle = _certify("Sandbox Intermediate", middle_key, ("Sandbox Root CA", root_key), ca_path=0)
    leaf = _certify("Sandbox Receipt Signing", leaf_key, ("Sandbox Intermediate", middle_key), ca_path=None)
    return Credentials(
        key_id=secrets.token_hex(5).upper(),
        issuer_id=str(uuid.uuid4()),
        bundle_id="fi.luotsi.newsstand",
        app_apple_id=1234567890,
        environment="Sandbox",
        private_key=_to_pem(api_key),
        leaf_key=_to_pem(leaf_key),
        root_certificate=root.public_bytes(serialization.Encoding.PEM).decode(),
        x5c=[b64encode(c.public_bytes(serialization.Encoding.DER)).decode() for c in (leaf, middle, root)],
    )


def _certify(name: str, key: EcKey, issuer: tuple[str, EcKey], ca_path: int | None) -> x509.Certificate:
    """`ca_path` is how many authorities may stand below this one; None for a leaf, which is none itself."""
    issuer_name, issuer_key = issuer
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(_name(issuer_name))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(VALID_FROM)
        .not_valid_after(VALID_UNTIL)
        .add_extension(x509.BasicConstraints(ca=ca_path is not None, path_length=ca_path), critical=True)
        .add_extension(_key_usage(ca=ca_path is not None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    )
    mark = {None: LEAF_OID, 0: INTERMEDIATE_OID}.get(ca_path)
    if mark is not None:
        builder = builder.add_extension(x509.UnrecognizedExtension(mark, b"\x05\x00"), critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


def _name(name: str) -> x509.Name:
    return x509.Name(
        [x509.NameAttribute(NameOID.COMMON_NAME, name), x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Luotsi")]
    )


def _key_usage(ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not ca,
        key_cert_sign=ca,
        crl_sign=ca,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _to_pem(key: EcKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def sign(credentials: Credentials, payload: dict[str, Any]) -> str:
    return jwt.encode(payload, _load_key(credentials.leaf_key), algorithm="ES256", headers={"x5c": credentials.x5c})


@lru_cache(maxsize=64)
def _load_key(pem: str) -> EcKey:
    key = serialization.load_pem_private_key(pem.encode(), password=None)
    assert isinstance(key, EcKey)
    return key


def is_authorised(credentials: Credentials, authorization: str, now: datetime) -> bool:
    """Whether the bearer token is one that Apple would take at `now`."""
    scheme, _, token = authorization.partition(" ")
    try:
        claims = _read_token(credentials, token)
        ends = datetime.fromtimestamp(int(claims["exp"]), UTC)
    except (jwt.InvalidTokenError, ValueError, TypeError):
        return False
    return scheme == "Bearer" and claims.get("bid") == credentials.bundle_id and now < ends <= now + LONGEST_TOKEN


def _read_token(credentials: Credentials, token: str) -> dict[str, Any]:
    if jwt.get_unverified_header(token).get("kid") != credentials.key_id:
        raise jwt.InvalidTokenError("another key")
    claims: dict[str, Any] = jwt.decode(
        token,
        _load_key(credentials.private_key).public_key(),
        algorithms=["ES256"],
        audience=AUDIENCE,
        issuer=credentials.issuer_id,
        options={"require": ["exp", "iss", "aud"], "verify_exp": False, "verify_iat": False, "verify_nbf": False},
    )
    return claims
