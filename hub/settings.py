"""How this hub is set up: environment variables `LUOTSI_*`, or a `.env` file beside it. Each partner's are its own."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from hub.errors import InvalidInput


class Settings(BaseSettings):
    """`database_url` None means the embedded PostgreSQL; `smtp_relay` is `host:port`; a port of 0 is any free one."""

    model_config = SettingsConfigDict(env_prefix="LUOTSI_", env_file=".env", env_ignore_empty=True, extra="ignore")

    database_url: str | None = None
    data_dir: Path = Path(".data")
    http_host: str = "127.0.0.1"
    http_port: int = Field(8080, ge=0, le=65535)
    public_url: str | None = None
    smtp_host: str = "127.0.0.1"
    smtp_port: int = Field(2525, ge=0, le=65535)
    lmtp_port: int | None = Field(None, ge=0, le=65535)
    smtp_relay: str | None = Field(None, pattern=r"^.+:\d+$")
    support_address: str = "support@luotsi.example"
    support_name: str = "Luotsi"
    secret_key: SecretStr | None = Field(None, min_length=32)
    prefect_api_url: str | None = None
    playbooks_dir: Path = Path("playbooks")
    log_format: Literal["console", "json"] = "console"
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    def get_public_url(self) -> str:
        """Where customers and staff reach us, with no slash at the end."""
        return (self.public_url or f"http://{self.http_host}:{self.http_port}").rstrip("/")

    def get_relay(self) -> tuple[str, int] | None:
        """The host and port that outbound mail is handed to; None where nothing can be sent."""
        if self.smtp_relay is None:
            return None
        host, _, port = self.smtp_relay.rpartition(":")
        return host.strip("[]"), int(port)

    def get_secret_key(self) -> str:
        """What signs links and sessions: the setting, else one made on first use and kept in the data directory."""
        if self.secret_key is not None:
            return self.secret_key.get_secret_value()
        return _kept_secret(self.data_dir / "secret_key")


def load_settings() -> Settings:
    """For a command: a setting that cannot be used is told by the name it is set by."""
    try:
        return Settings()
    except ValidationError as wrong:
        told = [f"LUOTSI_{'_'.join(map(str, error['loc'])).upper()}: {error['msg']}" for error in wrong.errors()]
        raise InvalidInput("; ".join(told)) from wrong


def _kept_secret(path: Path) -> str:
    """Several processes may ask first at the same time: a whole file is linked in place once, and all read that one."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        aside.touch(mode=0o600, exist_ok=False)
        aside.write_text(secrets.token_urlsafe(48), "ascii")
        try:
            os.link(aside, path)
        except FileExistsError:
            pass
        finally:
            aside.unlink()
    return path.read_text("ascii")
