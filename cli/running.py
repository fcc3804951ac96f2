"""Everything on one machine: started in order, told calmly, stopped in reverse."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import Awaitable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cli import plan as rows
from cli.demo import DemoLogin, open_demo_login, send_samples
from cli.lines import Lines
from cli.partner_environment import PARTNERS, find_own_settings, read_environment
from cli.plan import PORTS, Plan
from cli.ports import choose_ports, write_private
from cli.postgres import Postgres, prepared_postgres
from cli.supervisor import Child, ChildFailed, Supervisor
from hub.settings import Settings, load_settings

QUIET = frozenset({"postgres", "migrate", "sandbox", "prefect"})
USUAL = {"http": 8080, "smtp": 2525}


@dataclass(frozen=True)
class Options:
    """As on the command line; None where not given."""

    data_dir: Path | None = None
    http_port: int | None = None
    smtp_port: int | None = None
    seed: str | None = None
    with_prefect: bool = True
    luotsi: tuple[str, ...] = rows.LUOTSI
    with_demo: bool = True


def run_everything(options: Options) -> None:
    """Until SIGINT, SIGTERM or SIGHUP. In the main thread: the children's lives hang on it."""
    settings = load_settings()
    data_dir = (options.data_dir or settings.data_dir).resolve()
    data_dir.mkdir(mode=0o711, parents=True, exist_ok=True)
    lines = Lines(data_dir / "logs", QUIET)
    lines.tell(f"data in {data_dir}")
    if not (data_dir / "postgres.json").exists():
        lines.tell("PostgreSQL: making a new database (once, some seconds)")
    with prepared_postgres(data_dir) as postgres:
        (data_dir / "run.json").unlink(missing_ok=True)  # of a run that was killed
        plan = _make_plan(options, settings, data_dir, postgres)
        asyncio.run(_run(plan, lines, options.with_demo))
    lines.tell("stopped")
    lines.close()


def _make_plan(options: Options, settings: Settings, data_dir: Path, postgres: Postgres) -> Plan:
    given = settings.model_fields_set
    http = settings.http_port if "http_port" in given and options.http_port is None else options.http_port
    smtp = settings.smtp_port if "smtp_port" in given and options.smtp_port is None else options.smtp_port
    wanted = dict.fromkeys(PORTS) | {"http": http, "smtp": smtp}
    ports = choose_ports(data_dir / "ports.json", wanted, USUAL)
    return Plan(settings, data_dir, ports, postgres, options.seed, options.with_prefect, options.luotsi)


async def _run(plan: Plan, lines: Lines, with_demo: bool) -> None:
    supervisor = Supervisor(lines.write)
    work = asyncio.create_task(Start(plan, lines, supervisor, with_demo).everything())
    for order in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(order, work.cancel)
    try:
        with suppress(asyncio.CancelledError):
            await work
    finally:
        lines.tell("stopping")
        (plan.data_dir / "run.json").unlink(missing_ok=True)
        await supervisor.stop()


class Start:
    def __init__(self, plan: Plan, lines: Lines, supervisor: Supervisor, with_demo: bool) -> None:
        self.plan, self.lines, self.supervisor, self.with_demo = plan, lines, supervisor, with_demo

    async def everything(self) -> None:
        plan = self.plan
        await self._start(rows.to_postgres(plan), "PostgreSQL", 60)
        await self._tell_time("the database is at its newest shape", self.supervisor.run(rows.to_migration(plan)))
        await self._start(rows.to_sandbox(plan), "sandbox partners", 60)
        partners = read_environment(plan.data_dir / "sandbox" / "env", find_own_settings())
        await self._start(rows.to_hub(plan, partners), "the hub: pages, API and mail", 60)
        login = await open_demo_login(plan.database_url, plan.data_dir) if self.with_demo else None
        write_private(plan.data_dir / "run.json", json.dumps(to_run_file(plan, login), indent=2))
        for line in to_greeting(plan, login):
            self.lines.tell(line)
        if self.with_demo and plan.seed is None:  # the samples are of the people that come along
            await self._send_samples()
        if plan.with_prefect:
            await self._start_prefect(partners)
        await asyncio.Event().wait()

    async def _send_samples(self) -> None:
        plan = self.plan
        sandboxes = {name: f"http://{rows.LOCAL}:{plan.ports[name]}" for name in PARTNERS}
        door = (rows.LOCAL, plan.ports["smtp"])
        if await send_samples(door, sandboxes, plan.settings.support_address, plan.data_dir):
            self.lines.tell("three sample mails have come in: look at the cases they opened")

    async def _start_prefect(self, partners: dict[str, str]) -> None:
        """Last, and never in the way: the hub works without it."""
        try:
            await self._start(rows.to_prefect(self.plan), "Prefect", 120)
        except ChildFailed as failed:
            self.lines.tell(f"Prefect is tried again on its own; the hub does not need it. {failed}")
        self.supervisor.start(rows.to_flows(self.plan, partners))

    async def _start(self, child: Child, what: str, seconds: float) -> None:
        self.supervisor.start(child)
        await self._tell_time(f"{what} ready", self.supervisor.wait_ready(child.name, seconds))

    async def _tell_time(self, what: str, work: Awaitable[None]) -> None:
        loop = asyncio.get_running_loop()
        started = loop.time()
        await work
        self.lines.tell(f"{what} ({loop.time() - started:.1f} s)")


def to_run_file(plan: Plan, login: DemoLogin | None) -> dict[str, object]:
    """So that scripts can drive a running hub; it holds a token, so only its owner reads it."""
    ports = plan.ports
    return {
        "http": plan.http_url,
        "smtp": {"host": rows.LOCAL, "port": ports["smtp"]},
        "prefect": plan.prefect_url if plan.with_prefect else None,
        "sandbox": {name: f"http://{rows.LOCAL}:{ports[name]}" for name in PARTNERS},
        "mail_catcher": f"http://{rows.LOCAL}:{ports['mail_catcher']}",
        "token": login.token if login else None,
        "support_address": plan.settings.support_address,
    }


def to_greeting(plan: Plan, login: DemoLogin | None) -> list[str]:
    ports = plan.ports
    rows_shown = {
        "pages": plan.http_url,
        "log in as": f"{login.email}, password {login.password}" if login else "luotsi user add",
        "second factor": f"luotsi user code {login.email}  (or {login.totp_secret} in an app)" if login else "",
        "API": f"{plan.http_url}/api/docs",
        "mail to": f"{plan.settings.support_address}, by SMTP at {rows.LOCAL}:{ports['smtp']}",
        "mail it sends": f"http://{rows.LOCAL}:{ports['mail_catcher']}/messages",
        "partners": ", ".join(f"{name} http://{rows.LOCAL}:{ports[name]}" for name in PARTNERS),
        "flow runs": f"{plan.prefect_url} (Prefect, ready in a moment)" if plan.with_prefect else "",
        "for scripts": f"{plan.data_dir / 'run.json'} (addresses and an API token)",
        "logs": str(plan.data_dir / "logs"),
    }
    shown = [f"  {name:<14} {text}" for name, text in rows_shown.items() if text]
    return ["", "Luotsi is running. Ctrl-C stops it; the data stays.", "", *shown, ""]
