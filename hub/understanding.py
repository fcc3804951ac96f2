"""From a raw mail to a case: whose it is, which case it belongs to, what it tells, and what is due next."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from hub.automation import wish_person
from hub.cases import Opening, find_open_match, get_case, is_reopenable, open_case, reopen_case
from hub.customers import list_addresses, record_customer
from hub.database import is_there
from hub.facts import FoundFact, detect_language, read_facts
from hub.house import House
from hub.ledger import Known, record_facts
from hub.mail.kind import MailKind, read_kind
from hub.mail.model import ParsedMail
from hub.mail.parse import content_digest, parse_mail
from hub.mail.threading import find_tokens
from hub.playbooks import Playbook
from hub.ports import Value
from hub.post import CUSTOMER
from hub.recall import recall_history
from hub.tables import ActorKind, Case, Direction, Message, RawMail, ReplyToken, WorkKind
from hub.timeline import record_entry
from hub.work import plan_work


class Reading(Value):
    """One mail as the hub understands it. `sent_at` is its Date header, or when it came."""

    mail: ParsedMail
    kind: MailKind
    about: str | None
    facts: tuple[FoundFact, ...]
    language: str
    sent_at: datetime

    @property
    def known(self) -> dict[str, list[str]]:
        told: dict[str, list[str]] = {}
        for fact in self.facts:
            told.setdefault(fact.key, []).append("true" if fact.value is True else str(fact.value))
        return told


def read_mail_for_case(content: bytes, envelope_sender: str | None, received_at: datetime, house: House) -> Reading:
    """Pure. All that can be told of a mail from its own bytes."""
    mail = parse_mail(content)
    kind = read_kind(mail, envelope_sender)
    sent_at = mail.date or received_at
    is_person = kind.kind is MailKind.PERSON
    return Reading(
        mail=mail,
        kind=kind.kind,
        about=kind.about,
        facts=tuple(read_facts(mail.subject, mail.text, sent_at, house.catalogue)) if is_person else (),
        language=detect_language(f"{mail.subject}\n{mail.reply}"),
        sent_at=sent_at,
    )


async def understand_mail(session: AsyncSession, raw_id: int, house: House, *, now: datetime) -> int | None:
    """The id of the case that the mail belongs to, None where it belongs to none. Doing it twice has one effect."""
    raw = await session.get_one(RawMail, raw_id, with_for_update=True)
    if raw.handled_at is not None:
        return None
    reading = read_mail_for_case(raw.content, raw.sender, raw.received_at, house)
    digest = content_digest(raw.content)
    raw.handled_at, raw.trouble = now, ""
    if await _is_seen(session, digest):
        raw.trouble = "delivered before: the same mail"
        return None
    token = await _find_token(session, reading, raw.recipients, house)
    case, held = await _place(session, reading, token, house, now)
    message = await _record_message(session, reading, raw, case, digest, token, held)
    if case is None or case.id is None:
        return None
    await record_entry(
        session, case.id, _who(reading, token), "message", reading.mail.subject, now=now, message=message.id, held=held
    )
    if reading.kind is MailKind.PERSON and not held:
        await _take_in(session, case, message, reading, now)
    return case.id


async def _is_seen(session: AsyncSession, digest: str) -> bool:
    """One delivered twice may also be understood twice at the same moment: the second waits for the first."""
    await session.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(digest, 0))))
    same = sa.select(sa.literal(1)).where(col(Message.digest) == digest)
    return await is_there(session, same)


async def _find_token(
    session: AsyncSession, reading: Reading, recipients: Sequence[str], house: House
) -> ReplyToken | None:
    for token in find_tokens(reading.mail, recipients, house.support_address):
        found = await session.get(ReplyToken, token)
        if found is not None:
            return found
    return None


async def _place(
    session: AsyncSession, reading: Reading, token: ReplyToken | None, house: House, now: datetime
) -> tuple[Case | None, bool]:
    """The case, and whether the message is held for the owner because someone else used the token."""
    if token is not None:
        case = await get_case(session, token.case_id, lock=True)
        expected = await list_addresses(session, case.customer_id) if token.party == CUSTOMER else [token.address]
        held = reading.kind is MailKind.PERSON and reading.mail.sender.address not in expected
        if held or reading.kind is not MailKind.PERSON or case.solved_at is None:
            return case, held
        if is_reopenable(case, now):
            await reopen_case(session, case, now=now)
            return case, False
        return await _open(session, reading, house, now, previous=case), False
    if reading.kind is not MailKind.PERSON:
        return await _find_case_about(session, reading.about), False
    if not reading.mail.sender.address or reading.mail.sender.address == house.support_address:
        return None, False
    return await _open(session, reading, house, now), False


async def _find_case_about(session: AsyncSession, mail_id: str | None) -> Case | None:
    """The case of our own mail that a bounce or an automatic answer is about."""
    if not mail_id:
        return None
    case_id = await session.scalar(
        sa.select(col(Message.case_id)).where(
            col(Message.mail_id) == mail_id, col(Message.direction) == Direction.OUTBOUND
        )
    )
    return await get_case(session, case_id) if case_id else None


async def _open(
    session: AsyncSession, reading: Reading, house: House, now: datetime, previous: Case | None = None
) -> Case:
    sender = reading.mail.sender
    customer = await record_customer(session, sender.address, sender.name, reading.language, now)
    match = None if previous else await find_open_match(session, customer.id, reading.known)
    if match is not None:
        return match
    opening = Opening(
        playbook=choose_playbook(house.playbooks.values(), reading.known),
        subject=reading.mail.subject or reading.mail.reply[:80],
        language=reading.language,
        opened_at=now,
    )
    case = await open_case(session, customer, opening, now=now)
    case.previous_id = previous.id if previous else None
    return case


def choose_playbook(playbooks: Iterable[Playbook], known: Known) -> str:
    """The chain whose symptoms the customer tells; else the first."""
    told = set(known.get("symptom", ()))
    return max(playbooks, key=lambda p: len(told & set(p.symptoms))).playbook


async def _record_message(
    session: AsyncSession,
    reading: Reading,
    raw: RawMail,
    case: Case | None,
    digest: str,
    token: ReplyToken | None,
    held: bool,
) -> Message:
    mail = reading.mail
    message = Message(
        case_id=case.id if case else None,
        raw_id=raw.id,
        direction=Direction.INBOUND,
        author_kind=ActorKind.CUSTOMER if token is None or token.party == CUSTOMER else ActorKind.PARTNER,
        author=mail.sender.name,
        author_address=mail.sender.address,
        party=token.party if token else CUSTOMER,
        kind=reading.kind.value,
        subject=mail.subject,
        text=mail.text,
        reply=mail.reply,
        html=mail.html,
        mail_id=mail.message_id or "",
        in_reply_to=mail.in_reply_to or "",
        digest=digest,
        attachments=[a.model_dump(mode="json") for a in mail.attachments],
        problems=list(mail.problems),
        held=held,
        at=raw.received_at,
    )
    session.add(message)
    await session.flush()
    return message


async def _take_in(session: AsyncSession, case: Case, message: Message, reading: Reading, now: datetime) -> None:
    """A person's word on an open case: facts, a wish for a person, and the chain asked at once."""
    await record_facts(session, case.id, message.id, reading.facts, now)
    await recall_history(session, case, now=now)
    if "wants_person" in reading.known:
        await wish_person(session, case.id, now=now)
    await plan_work(session, WorkKind.TRACE, case.id, now, case_id=case.id, now=now)


def _who(reading: Reading, token: ReplyToken | None) -> tuple[ActorKind, str]:
    name = reading.mail.sender.name or reading.mail.sender.address
    kind = ActorKind.CUSTOMER if token is None or token.party == CUSTOMER else ActorKind.PARTNER
    return (kind, name)
