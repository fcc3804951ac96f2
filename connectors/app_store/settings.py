"""Where the App Store is and who we are to it: `LUOTSI_APP_STORE_*`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from appstoreserverlibrary.models.Environment import Environment
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from hub.errors import InvalidInput

PEM = "-----BEGIN"


class AppStoreSettings(BaseSettings):
    """`private_key` and each of `root_certificates` (comma between them) are PEM text or a path to a file.

    Apple keeps notifications for 180 days, in its own sandbox environment for 30: there set `history_days` to 30.
    """

    model_config = SettingsConfigDict(env_prefix="LUOTSI_APP_STORE_", env_file=".env", extra="ignore")

    base_url: str = "https://api.storekit.apple.com"
    key_id: str
    issuer_id: str
    bundle_id: str
    app_apple_id: int | None = None
    private_key: SecretStr
    root_certificates: Annotated[tuple[str, ...], NoDecode, Field(min_length=1)]
    environment: Environment = Environment.PRODUCTION
    history_days: int = Field(default=180, ge=1, le=180)
    timeout_seconds: float = 10

    @field_validator("root_certificates", mode="before")
    @classmethod
    def split(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",")) if isinstance(value, str) else value

    @field_validator("environment")
    @classmethod
    def check_signed(cls, value: Environment) -> Environment:
        """In Apple's two other environments its verifier skips the signature."""
        if value not in (Environment.PRODUCTION, Environment.SANDBOX):
            raise ValueError("environment is Production or Sandbox")
        return value


def read_private_key(settings: AppStoreSettings) -> str:
    return _read(settings.private_key.get_secret_value()).decode()


def read_root_certificates(settings: AppStoreSettings) -> list[bytes]:
    """Each as DER, which is what Apple's verifier takes."""
    return [der for source in settings.root_certificates for der in _to_der(_read(source))]


def _read(source: str) -> bytes:
    if source.lstrip().startswith(PEM):
        return source.encode()
    try:
        return Path(source).read_bytes()
    except OSError as error:
        raise InvalidInput(f"app store: cannot read {source}: {error.strerror}") from error


def _to_der(content: bytes) -> list[bytes]:
    if PEM.encode() not in content:
        return [content]
    return [c.public_bytes(Encoding.DER) for c in x509.load_pem_x509_certificates(content)]
