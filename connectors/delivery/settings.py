"""Where the licence server and the publisher's feed are, and how we are let in."""

from __future__ import annotations

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class DeliverySettings(BaseSettings):
    """`passphrase_key` and `text_hint` make the readers' passphrases as the operator's shop makes them (see
    BEHAVIOUR.md). `licence_days` is how long a licence that we order is valid; None is for ever."""

    model_config = SettingsConfigDict(env_prefix="LUOTSI_DELIVERY_", env_file=".env", extra="ignore")

    base_url: str
    feed_url: str
    username: str
    password: SecretStr
    passphrase_key: SecretStr
    text_hint: str = "The passphrase of your reader account"
    licence_days: int | None = 365
    page_size: int = 100
    timeout_seconds: float = 10
