"""Sends the letters over SMTP as any mail server would: again and again, until the 250 came back. Then, and only then,
a letter is in the ledger of what was accepted."""

from __future__ import annotations

import asyncio
import smtplib
from collections.abc import Iterable
from dataclasses import dataclass, field

from bench.kills.readers import Letter

SUPPORT = "support@luotsi.example"
AGAIN = 0.2  # seconds


@dataclass
class Ledger:
    """Outside the product. `tries` counts all the handings-over, those cut short too."""

    accepted: list[Letter] = field(default_factory=list)
    tries: int = 0
    just_accepted: asyncio.Event = field(default_factory=asyncio.Event)

    def accept(self, letter: Letter) -> None:
        self.accepted.append(letter)
        self.just_accepted.set()
        self.just_accepted.clear()


async def send_all(letters: Iterable[Letter], smtp: tuple[str, int], ledger: Ledger, pause: float) -> None:
    """`pause` in seconds between two letters."""
    for letter in letters:
        await send(letter, smtp, ledger)
        await asyncio.sleep(pause)


async def send(letter: Letter, smtp: tuple[str, int], ledger: Ledger) -> None:
    while True:
        ledger.tries += 1
        try:
            await asyncio.to_thread(_hand_over, letter, smtp)
        except (OSError, smtplib.SMTPException):
            await asyncio.sleep(AGAIN)
        else:
            return ledger.accept(letter)


def _hand_over(letter: Letter, smtp: tuple[str, int]) -> None:
    """Returns on the 250, before the farewell."""
    door = smtplib.SMTP(*smtp, timeout=10)
    try:
        door.sendmail(letter.reader.email, [SUPPORT], letter.content, mail_options=["BODY=8BITMIME"])
    finally:
        door.close()
