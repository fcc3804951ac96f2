from __future__ import annotations

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class PublisherDeskSettings(BaseSettings):
    """`base_url` is `https://{subdomain}.zendesk.com`. `webhook_secret` holds one secret, or several with spaces
    between them while one replaces another. Only tickets whose external id begins with `key_prefix` are ours."""

    model_config = SettingsConfigDict(env_prefix="LUOTSI_PUBLISHER_DESK_", env_file=".env", extra="ignore")

    base_url: str
    email: str
    api_token: SecretStr
    webhook_secret: SecretStr = SecretStr("")
    key_prefix: str = "luotsi-"
    timeout_seconds: float = 10.0
    first_poll_days: int = 30
    page_size: int = 500

    @property
    def webhook_secrets(self) -> tuple[str, ...]:
        return tuple(self.webhook_secret.get_secret_value().split())
