"""What `luotsi doctor` looks at. Each check tells what is so and, where that is not well, what to do."""

from __future__ import annotations

import asyncio
import platform
import sys
from collections.abc import Collection
from typing import Literal, NamedTuple

from sqlalchemy.exc import SQLAlchemyError

from cli.database import open_database
from cli.partner_environment import PARTNERS, read_environment
from cli.ports import is_free
from cli.postgres import find_running_url
from cli.postgres_place import PostgresUnavailable, find_binaries
from hub.migrate import is_newest
from hub.settings import Settings


class Finding(NamedTuple):
    mark: Literal["good", "note", "bad"]
    what: str
    told: str


async def check_all(settings: Settings, own: Collection[str]) -> list[Finding]:
    """`own` are the names of what is set in the environment and in `.env`."""
    is_running = (settings.data_dir / "run.json").exists()
    return [
        check_python(sys.version_info[:2]),
        await check_database(settings),
        check_port("pages and API", settings.http_port, is_running),
        check_port("incoming mail", settings.smtp_port, is_running),
        await check_relay(settings.get_relay(), is_running),
        check_partners(own, read_environment(settings.data_dir / "sandbox" / "env", own), is_running),
    ]


def check_python(version: tuple[int, ...]) -> Finding:
    told = f"{platform.python_version()} at {sys.executable}"
    return Finding("good", "Python", told) if version >= (3, 11) else Finding("bad", "Python", f"{told}; needs 3.11")


async def check_database(settings: Settings) -> Finding:
    url = settings.database_url or find_running_url(settings.data_dir)
    if url is None:
        return _embedded()
    try:
        async with asyncio.timeout(5), open_database(url) as database:
            newest = await is_newest(database)
    except (SQLAlchemyError, OSError, TimeoutError) as error:
        told = f"cannot be reached ({type(error).__name__}): is it running, and is LUOTSI_DATABASE_URL right?"
        return Finding("bad", "database", told)
    if not newest:
        return Finding("bad", "database", "reached, but not at its newest shape: run `luotsi migrate`")
    return Finding("good", "database", "reached, at its newest shape")


def _embedded() -> Finding:
    try:
        return Finding("good", "database", f"embedded, not running now; `luotsi up` starts it from {find_binaries()}")
    except PostgresUnavailable as error:
        return Finding("bad", "database", str(error))


def check_port(what: str, port: int, is_running: bool) -> Finding:
    if is_running:
        return Finding("good", what, "luotsi is running; run.json says where")
    if port == 0 or is_free(port):
        return Finding("good", what, f"port {port} is free" if port else "any free port")
    return Finding("note", what, f"port {port} is in use; `luotsi up` would take another")


async def check_relay(relay: tuple[str, int] | None, is_running: bool) -> Finding:
    if relay is None:
        if is_running:
            return Finding("good", "mail relay", "none set: mail goes to the mail catcher of `luotsi up`")
        return Finding("note", "mail relay", "none: `luotsi up` catches mail; for real mail set LUOTSI_SMTP_RELAY")
    host, port = relay
    try:
        async with asyncio.timeout(5):
            reader, writer = await asyncio.open_connection(host, port)
            greeting = await reader.readline()
            writer.close()
    except (OSError, TimeoutError) as error:
        return Finding("bad", "mail relay", f"{host}:{port} does not answer ({type(error).__name__})")
    if not greeting.startswith(b"220"):
        return Finding("bad", "mail relay", f"{host}:{port} does not greet as a mail server does")
    return Finding("good", "mail relay", f"{host}:{port} answers")


def check_partners(own: Collection[str], sandboxed: Collection[str], is_running: bool) -> Finding:
    real = [partner for partner in PARTNERS if _has(own, partner)]
    played = [partner for partner in PARTNERS if _has(sandboxed, partner)] if is_running else []
    missing = [partner for partner in PARTNERS if partner not in real + played]
    told = [f"set: {', '.join(real)}"] if real else []
    told += [f"sandbox: {', '.join(played)}"] if played else []
    told += [f"not set: {', '.join(missing)} (LUOTSI_{missing[0].upper()}_*, or `luotsi up`)"] if missing else []
    return Finding("note" if missing else "good", "partners", "; ".join(told))


def _has(names: Collection[str], partner: str) -> bool:
    return any(name.startswith(f"LUOTSI_{partner.upper()}_") for name in names)
