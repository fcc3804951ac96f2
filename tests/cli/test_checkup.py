from __future__ import annotations

import asyncio
import socket
from pathlib import Path

from cli.checkup import check_all, check_database, check_partners, check_port, check_python, check_relay
from cli.ports import find_free_port
from hub.database import Database
from hub.settings import Settings


async def test_a_fresh_machine_has_nothing_that_is_bad(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, http_port=find_free_port(), smtp_port=0)
    findings = await check_all(settings, own=())
    assert {finding.mark for finding in findings} == {"good", "note"}


def test_an_old_python_is_bad() -> None:
    assert check_python((3, 10)).mark == "bad"


async def test_a_migrated_database_is_good(database_url: str) -> None:
    assert (await check_database(Settings(database_url=database_url))).mark == "good"


async def test_a_database_behind_is_told_what_to_run(server: str, committed: Database) -> None:
    finding = await check_database(Settings(database_url=f"{server}/postgres"))
    assert (finding.mark, "luotsi migrate" in finding.told) == ("bad", True)


async def test_a_database_that_is_not_there_is_told_without_its_password() -> None:
    url = f"postgresql+asyncpg://luotsi:hunter2@127.0.0.1:{find_free_port()}/luotsi"
    finding = await check_database(Settings(database_url=url))
    assert finding.mark == "bad"
    assert "hunter2" not in finding.told


def test_a_port_in_use_is_only_a_note_and_none_where_it_is_ours() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert check_port("mail", taken.getsockname()[1], is_running=False).mark == "note"
        assert check_port("mail", taken.getsockname()[1], is_running=True).mark == "good"


async def greet(greeting: bytes) -> str:
    async def answer(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(greeting)
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        return (await check_relay(("127.0.0.1", server.sockets[0].getsockname()[1]), False)).mark


async def test_a_relay_is_good_when_it_greets_as_one() -> None:
    assert await greet(b"220 relay\r\n") == "good"
    assert await greet(b"HTTP/1.1 400\r\n") == "bad"
    assert (await check_relay(("127.0.0.1", find_free_port()), False)).mark == "bad"


def test_partners_are_told_apart() -> None:
    finding = check_partners({"LUOTSI_DELIVERY_BASE_URL"}, {"LUOTSI_APP_STORE_KEY_ID"}, is_running=True)
    assert finding.mark == "note"
    assert finding.told.startswith("set: delivery; sandbox: app_store; not set: publisher_desk")
