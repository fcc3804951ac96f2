"""One run: readers write, processes are killed and started again, all becomes quiet, and the books are compared."""

from __future__ import annotations

import asyncio
import json
import os
import random
import shutil
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from bench.kills.moments import ANY_TIME, Moments
from bench.kills.processes import Machine, open_machine
from bench.kills.proof import Finding, prove, wait_quiet
from bench.kills.readers import Reader, make_readers, write_letters, write_seed
from bench.kills.sending import Ledger, send_all
from cli.database import open_database
from cli.demo import open_demo_login
from hub.migrate import migrate

VICTIMS = ("hub", "hub", "hub", "sandbox", "postgres")
READERS_A_KILL = 6
Say = Callable[[str], None]


@dataclass
class Report:
    kills: Counter[tuple[str, str]] = field(default_factory=Counter)
    falls: dict[str, int] = field(default_factory=dict)
    finding: Finding = field(default_factory=Finding)
    quiet_after: float = 0.0
    seconds: float = 0.0


def run_kills(count: int, seed: int, say: Say, *, pause: float = 1.5, patience: float = 300.0) -> Report:
    """`pause` between two letters and `patience` for quiet in seconds. In the main thread."""
    dice = random.Random(seed)
    readers = make_readers(count * READERS_A_KILL, dice, datetime.now(UTC))
    with temporary_folder() as folder:
        write_seed(readers, folder / "seed.json")
        with open_machine(folder, folder / "seed.json") as machine:
            return asyncio.run(Run(machine, readers, dice, say).play(count, pause, patience))


class Run:
    def __init__(self, machine: Machine, readers: list[Reader], dice: random.Random, say: Say) -> None:
        self.machine, self.readers, self.dice, self.say = machine, readers, dice, say
        self.ledger, self.report = Ledger(), Report()

    async def play(self, count: int, pause: float, patience: float) -> Report:
        began = time.monotonic()
        await self._begin()
        letters = write_letters(self.readers, random.Random(self.dice.random()))
        sending = asyncio.create_task(send_all(letters, self.machine.smtp, self.ledger, pause))
        await self._kill(count)
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        last = time.monotonic()
        unrest = await wait_quiet(self.machine, patience)
        self.report.quiet_after = time.monotonic() - last
        self.report.finding = await prove(self.machine, self.ledger.accepted, unrest)
        self.report.falls = {name: kept.falls for name, kept in self.machine.processes.items()}
        self.report.seconds = time.monotonic() - began
        return self.report

    async def _begin(self) -> None:
        machine, plan = self.machine, self.machine.plan
        await machine.start("postgres")
        async with open_database(plan.database_url) as database:
            await migrate(database)
        await open_demo_login(plan.database_url, plan.data_dir)
        await machine.start("sandbox")
        for reader in self.readers:
            if reader.order is not None:
                await asyncio.to_thread(_order, f"{machine.get_url('delivery')}/_sandbox/faults", reader.order)
        await machine.start("hub")

    async def _kill(self, count: int) -> None:
        moments = Moments(self.machine, self.ledger, self.dice)
        for number in range(1, count + 1):
            victim, moment = self.dice.choice(VICTIMS), self.dice.choice(list(moments.by_name))
            if not await moments.wait(moment):
                moment = ANY_TIME
            kept = self.machine.processes[victim]
            kept.kill()
            kept.start()
            self.report.kills[victim, moment] += 1
            self.say(f"{number:>3} killed {victim}: {moment} ({len(self.ledger.accepted)} accepted)")
        await self.machine.wait_ready()


def _order(url: str, fault: dict[str, str]) -> None:
    request = urllib.request.Request(url, json.dumps(fault).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10):
        pass


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """Kept where LUOTSI_KILLS_DIR names one: for a look at logs and rows after the run."""
    kept = os.environ.get("LUOTSI_KILLS_DIR")
    folder = Path(kept) if kept else Path(tempfile.mkdtemp(prefix="luotsi-kills-"))
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        if not kept:
            note = folder / "postgres.json"
            place = json.loads(note.read_bytes())["place"] if note.exists() else folder
            shutil.rmtree(place, ignore_errors=True)  # where it is not in the folder
            shutil.rmtree(folder, ignore_errors=True)
