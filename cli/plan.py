"""What `luotsi up` runs: a small table of processes. Each row is a name, its arguments, environment and ready check."""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

from cli.partner_environment import PARTNERS
from cli.ports import answers, is_listening
from cli.postgres import Postgres
from cli.supervisor import Child
from hub.settings import Settings

PORTS = ("http", "smtp", "prefect", *PARTNERS, "mail_catcher", "mail_catcher_smtp")
LOCAL = "127.0.0.1"
LUOTSI = (sys.executable, "-m", "cli.main")


@dataclass(frozen=True)
class Plan:
    settings: Settings
    data_dir: Path
    ports: dict[str, int]
    postgres: Postgres
    seed: str | None = None
    with_prefect: bool = True
    luotsi: tuple[str, ...] = LUOTSI

    @property
    def database_url(self) -> str:
        return self.settings.database_url or self.postgres.url("luotsi")

    @property
    def http_url(self) -> str:
        return f"http://{LOCAL}:{self.ports['http']}"

    @property
    def prefect_url(self) -> str:
        return f"http://{LOCAL}:{self.ports['prefect']}"

    @property
    def environment(self) -> dict[str, str]:
        """Of our own commands. Mail goes to the catcher, and to nobody else, where no relay is set."""
        ports = self.ports
        facts = {
            "LUOTSI_DATABASE_URL": self.database_url,
            "LUOTSI_DATA_DIR": str(self.data_dir),
            "LUOTSI_HTTP_PORT": str(ports["http"]),
            "LUOTSI_SMTP_PORT": str(ports["smtp"]),
            "LUOTSI_SMTP_RELAY": self.settings.smtp_relay or f"{LOCAL}:{ports['mail_catcher_smtp']}",
            "LUOTSI_PUBLIC_URL": self.settings.public_url or self.http_url,
            "PYTHONUNBUFFERED": "1",
        }
        return dict(os.environ) | facts | (self._prefect_client if self.with_prefect else {})

    @property
    def _prefect_client(self) -> dict[str, str]:
        return {
            "LUOTSI_PREFECT_API_URL": f"{self.prefect_url}/api",
            "PREFECT_API_URL": f"{self.prefect_url}/api",
            "PREFECT_HOME": str(self.data_dir / "prefect"),
            "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "false",
            "PREFECT_LOGGING_LEVEL": "WARNING",
            "DO_NOT_TRACK": "1",
        }


def to_postgres(plan: Plan) -> Child:
    return Child(
        "postgres",
        plan.postgres.argv,
        {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
        is_ready=plan.postgres.is_ready,
        run_as=plan.postgres.run_as,
        stop_signal=signal.SIGINT,  # fast: sessions are ended, nothing is lost
        death_signal=signal.SIGINT,
    )


def to_migration(plan: Plan) -> Child:
    return Child("migrate", (*plan.luotsi, "migrate"), plan.environment)


def to_sandbox(plan: Plan) -> Child:
    names = [*PARTNERS, "mail_catcher", "mail_catcher_smtp"]
    ports = [text for name in names for text in ("--port", f"{name}={plan.ports[name]}")]
    seed = ["--seed", plan.seed] if plan.seed else []
    argv = (*plan.luotsi, "sandbox", "--data-dir", str(plan.data_dir), "--hub-url", plan.http_url, *ports, *seed)
    return Child("sandbox", argv, plan.environment, lambda: all(is_listening(plan.ports[name]) for name in names))


def to_hub(plan: Plan, partners: dict[str, str]) -> Child:
    def is_ready() -> bool:
        return answers(f"{plan.http_url}/healthz") and is_listening(plan.ports["smtp"])

    return Child("hub", (*plan.luotsi, "hub"), plan.environment | partners, is_ready)


def to_prefect(plan: Plan) -> Child:
    """Its server and pages, on its own database, bound to this machine; without calls home or advertisements."""
    environment = plan.environment | {
        "PREFECT_SERVER_DATABASE_CONNECTION_URL": plan.postgres.url("prefect"),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
        "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
        "PREFECT_CLI_PROMPT": "false",
    }
    argv = (sys.executable, "-m", "prefect", "server", "start", "--host", LOCAL, "--port", str(plan.ports["prefect"]))
    return Child("prefect", argv, environment, lambda: answers(f"{plan.prefect_url}/api/health"))


def to_flows(plan: Plan, partners: dict[str, str]) -> Child:
    return Child("flows", (*plan.luotsi, "flows"), plan.environment | partners)
