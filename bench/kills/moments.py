"""When to kill: at any time, or right when it hurts most. Each waits for its moment, no longer than PATIENCE."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import asyncpg

from bench.kills.processes import Machine
from bench.kills.sending import Ledger

PATIENCE = 10.0
ANY_TIME = "any time"
LOOK = 0.004  # seconds between two looks: more often, and looking takes the time that the others need
GIVEN_AWAY = "select exists (select from effect where state = 'sending' and first_sent_at is not null)"


class Moments:
    def __init__(self, machine: Machine, ledger: Ledger, dice: random.Random) -> None:
        self.machine, self.ledger, self.dice = machine, ledger, dice
        self.by_name: dict[str, Callable[[], Awaitable[object]]] = {
            ANY_TIME: self._any_time,
            "just accepted": ledger.just_accepted.wait,
            "given away": self._given_away,
            "mail taken": lambda: _change(lambda: _count(machine.sandbox_folder / "mail")),
            "licence made": lambda: _change(lambda: _stamp(machine.sandbox_folder / "delivery.json")),
            "ticket opened": lambda: _change(lambda: _stamp(machine.sandbox_folder / "publisher_desk.json")),
        }

    async def wait(self, name: str) -> bool:
        """Whether the moment came. At any time means also while one is just being started again."""
        if name != ANY_TIME:
            await self.machine.wait_ready()
        try:
            async with asyncio.timeout(PATIENCE):
                await self.by_name[name]()
        except TimeoutError:
            return False
        return True

    async def _any_time(self) -> None:
        await asyncio.sleep(self.dice.uniform(0, 2))

    async def _given_away(self) -> None:
        url = self.machine.plan.database_url.replace("+asyncpg", "")
        with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            connection = await asyncpg.connect(url)
            try:
                while not await connection.fetchval(GIVEN_AWAY):  # noqa: ASYNC110 - another's rows have no event
                    await asyncio.sleep(LOOK)
            finally:
                connection.terminate()


async def _change(look: Callable[[], int]) -> None:
    before = look()
    while look() == before:  # noqa: ASYNC110 - files have no event
        await asyncio.sleep(LOOK)


def _count(folder: Path) -> int:
    return sum(name.endswith(".eml") for name in os.listdir(folder))


def _stamp(path: Path) -> int:
    return path.stat().st_mtime_ns
