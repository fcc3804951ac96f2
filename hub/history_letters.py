"""A mail of an earlier history, read: whose it is and when it was. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from hub.house import House
from hub.mail.kind import MailKind
from hub.mail.model import Address
from hub.owners import Choice
from hub.ports import Value
from hub.post import CUSTOMER
from hub.tables import ActorKind
from hub.timeline import Who
from hub.understanding import Reading, read_mail_for_case

_TAG = re.compile(r"\+[^@]*(?=@)")


@dataclass(frozen=True)
class Order:
    """What an import works by. `source` names the archive; `staff` are our people by address; `ours` are addresses
    besides theirs that were ours; `owner` is to own all that comes in."""

    house: House
    source: str
    staff: Mapping[str, Choice] = field(default_factory=dict)
    ours: frozenset[str] = frozenset()
    owner: Choice | None = None

    def is_ours(self, address: str) -> bool:
        """The reply token in an address does not count."""
        plain = _TAG.sub("", address)
        return plain in self.staff or plain in self.ours or plain == self.house.support_address.lower()


class Written(Value):
    """One mail as it stands in the archive. `at` is when it was, for where the mail does not say."""

    content: bytes
    sender: str
    at: datetime


class Letter(Value):
    """`others` are the people in it who are not ours: who wrote to us, or whom we wrote to. `writer` is ours."""

    reading: Reading
    is_ours: bool
    writer: Choice | None
    others: tuple[Address, ...]
    at: datetime

    @property
    def is_person(self) -> bool:
        return self.reading.kind is MailKind.PERSON

    @property
    def addresses(self) -> list[str]:
        return [one.address for one in self.others]


def read_letter(written: Written, order: Order, now: datetime) -> Letter:
    """A date that is still to come is no date of history."""
    reading = read_mail_for_case(written.content, None, written.at, order.house)
    mail = reading.mail
    is_ours = order.is_ours(mail.sender.address)
    parties = (*mail.to, *mail.cc) if is_ours else (mail.sender,)
    return Letter(
        reading=reading,
        is_ours=is_ours,
        writer=order.staff.get(mail.sender.address),
        others=tuple(one for one in parties if one.address and not order.is_ours(one.address)),
        at=min(reading.sent_at, now),
    )


def find_obstacle(letter: Letter) -> str:
    """Why a mail that answers nothing opens no case of its own; empty where it may."""
    if not letter.is_person:
        return f"written by a machine ({letter.reading.kind.value}), and about no mail that is here"
    if not letter.others:
        return "it does not say whom it went to" if letter.is_ours else "it does not say whom it is from"
    return ""


def to_who(letter: Letter, customer: Collection[str]) -> Who:
    """Who wrote it. `customer` are the addresses of the case's customer: anyone else who joined in is a partner."""
    sender = letter.reading.mail.sender
    if letter.is_ours:
        kind = ActorKind.PERSON if letter.is_person else ActorKind.AUTOMATION
        return kind, letter.writer.name if letter.writer else sender.name or sender.address
    return ActorKind.CUSTOMER if sender.address in customer else ActorKind.PARTNER, sender.name or sender.address


def to_party(letter: Letter, customer: Collection[str]) -> str:
    """Whom the talk is with: the customer, else the address of somebody who may not be shown to the customer."""
    if any(address in customer for address in letter.addresses):
        return CUSTOMER
    return next(iter(letter.addresses), "") or letter.reading.mail.sender.address or "nobody"
