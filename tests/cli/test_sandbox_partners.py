from __future__ import annotations

import asyncio
import json
import os
import signal
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from fastapi import FastAPI

from cli.partner_environment import read_environment, write_environment
from cli.ports import answers
from cli.sandbox_partners import Order, Sandbox, serve_sandboxes
from connectors.sandbox.seed import Seed
from hub.clock import Clock, ShiftedClock


class SilentCatcher:
    def __init__(self, clock: Clock, path: Path) -> None:
        self.app = FastAPI()
        self.running = False

    async def start(self, host: str, port: int) -> None:
        self.running = True

    async def stop(self) -> None:
        self.running = False


def make_library(seed: Seed, clock: ShiftedClock, path: Path) -> FastAPI:
    app = FastAPI()

    @app.get("/people")
    async def people() -> int:
        return len(seed.people)

    return app


LIBRARY = Sandbox("delivery", make_library, lambda app: {"password": "it's\\so", "feed_url": "/feed"})


@pytest.fixture
async def addresses(tmp_path: Path) -> AsyncIterator[dict[str, str]]:
    order = Order(folder=tmp_path / "sandbox", ports_file=tmp_path / "ports.json")
    serving = asyncio.create_task(serve_sandboxes([LIBRARY], SilentCatcher, order, lambda line: None))
    async with asyncio.timeout(10):
        while not (tmp_path / "ports.json").exists():
            await asyncio.sleep(0.02)
    yield json.loads((tmp_path / "ports.json").read_text())
    os.kill(os.getpid(), signal.SIGTERM)
    await serving


async def test_each_is_served_at_its_own_address(addresses: dict[str, str]) -> None:
    assert set(addresses) == {"delivery", "mail_catcher"}
    assert await asyncio.to_thread(answers, addresses["delivery"] + "/people")


async def test_their_settings_are_written_for_the_hub_only(addresses: dict[str, str], tmp_path: Path) -> None:
    written = tmp_path / "sandbox" / "env"
    assert stat.S_IMODE(written.stat().st_mode) == 0o600
    assert read_environment(written, own=()) == {
        "LUOTSI_DELIVERY_BASE_URL": addresses["delivery"],
        "LUOTSI_DELIVERY_PASSWORD": "it's\\so",
        "LUOTSI_DELIVERY_FEED_URL": addresses["delivery"] + "/feed",
    }


def test_a_key_of_many_lines_comes_through(tmp_path: Path) -> None:
    key = "-----BEGIN PRIVATE KEY-----\nab+/=\n-----END PRIVATE KEY-----\n"
    write_environment(tmp_path / "env", {"app_store": "http://x"}, {"app_store": {"private_key": key}})
    assert read_environment(tmp_path / "env", own=())["LUOTSI_APP_STORE_PRIVATE_KEY"] == key


def test_a_partner_that_is_set_otherwise_is_left_out_whole(tmp_path: Path) -> None:
    addresses = {"app_store": "http://x", "delivery": "http://y"}
    write_environment(tmp_path / "env", addresses, {"app_store": {"key_id": "1"}, "delivery": {}})
    assert set(read_environment(tmp_path / "env", own={"LUOTSI_APP_STORE_KEY_ID"})) == {"LUOTSI_DELIVERY_BASE_URL"}
