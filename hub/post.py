"""Mail to customers: a row first, with its reply token and its own Message-ID, made once and the same for every try."""

from __future__ import annotations

import secrets
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from hub.actors import Actor
from hub.customers import list_addresses
from hub.database import nudge
from hub.errors import Conflict
from hub.house import House
from hub.letters import Envelope, Letter
from hub.links import status_token
from hub.mail.threading import make_message_id, make_token, reply_address
from hub.ports import Mail
from hub.tables import ActorKind, Case, Customer, Direction, Effect, EffectKind, Message, Person, ReplyToken

CUSTOMER = "customer"


async def get_envelope(session: AsyncSession, house: House, case: Case, item: str | None, now: datetime) -> Envelope:
    customer = await session.get_one(Customer, case.customer_id)
    owner = await session.get_one(Person, case.owner_id)
    return Envelope(
        language=case.language,
        name=customer.name,
        number=case.number,
        owner=owner.name,
        support=house.support_name,
        link=f"{house.public_url}/s/{status_token(house.secret, case.id, now)}",
        subject=case.subject,
        item=house.to_item_name(item),
        zone=house.zone,
        titles=house.titles,
    )


async def get_token(session: AsyncSession, case_id: int, party: str, address: str) -> str:
    """The one token of (case, party)."""
    await session.execute(
        insert(ReplyToken)
        .values(token=make_token(secrets.token_bytes), case_id=case_id, party=party, address=address)
        .on_conflict_do_nothing(index_elements=["case_id", "party"])
    )
    same = sa.select(col(ReplyToken.token)).where(col(ReplyToken.case_id) == case_id, col(ReplyToken.party) == party)
    return str(await session.scalar(same))


async def plan_mail(
    session: AsyncSession, house: House, case: Case, letter: Letter, *, author: Actor | None, now: datetime
) -> Message:
    """To the customer of the case; `author` None is the automation. Conflict when the same text has gone to this
    person before, or when the case has had its one automatic message."""
    last = await _find_last_inbound(session, case.id)
    recipient = last.author_address if last else (await list_addresses(session, case.customer_id))[0]
    mail = await _to_mail(session, house, case, letter, recipient, last, author is None, now)
    message = Message(
        case_id=case.id,
        direction=Direction.OUTBOUND,
        author_kind=ActorKind.PERSON if author else ActorKind.AUTOMATION,
        author=author.name if author else "Luotsi",
        author_address=house.support_address,
        party=CUSTOMER,
        kind="person" if author else "automatic",
        subject=letter.subject,
        text=letter.text,
        reply=letter.text,
        mail_id=mail.message_id,
        at=now,
    )
    effect = Effect(
        kind=EffectKind.MAIL,
        key=mail.message_id,
        case_id=case.id,
        party=CUSTOMER,
        recipient=recipient,
        text_digest=letter.digest,
        automatic=author is None,
        person_id=author.person_id if author else None,
        payload=mail.model_dump(mode="json"),
        created_at=now,
        due_at=now,
    )
    return await _record(session, message, effect)


async def _record(session: AsyncSession, message: Message, effect: Effect) -> Message:
    try:
        async with session.begin_nested():
            session.add(message)
            await session.flush()
            effect.message_id = message.id
            session.add(effect)
            await session.flush()
    except IntegrityError as error:
        if "never_the_same_text_twice" in str(error.orig):
            raise Conflict("this very text has already gone to this person: say it in other words") from error
        if "one_automatic_mail_a_case" in str(error.orig):
            raise Conflict("this case has had its one automatic message") from error
        if "nothing goes out of history" in str(error.orig):
            raise Conflict(
                "this case was imported, and nothing goes out of it: the customer's next mail opens one"
            ) from error
        raise
    await nudge(session)
    return message


async def _to_mail(
    session: AsyncSession,
    house: House,
    case: Case,
    letter: Letter,
    recipient: str,
    last: Message | None,
    automatic: bool,
    now: datetime,
) -> Mail:
    token = await get_token(session, case.id, CUSTOMER, recipient)
    domain = house.support_address.partition("@")[2]
    return Mail(
        message_id=make_message_id(token, secrets.token_hex(8), domain),
        sender=f"{house.support_name} <{house.support_address}>",
        recipient=recipient,
        subject=letter.subject,
        text=letter.text,
        reply_to=reply_address(house.support_address, token),
        in_reply_to=last.mail_id or None if last else None,
        references=(last.mail_id,) if last and last.mail_id else (),
        automatic=automatic,
        at=now,
    )


async def _find_last_inbound(session: AsyncSession, case_id: int) -> Message | None:
    theirs = sa.select(Message).where(
        col(Message.case_id) == case_id,
        col(Message.direction) == Direction.INBOUND,
        col(Message.party) == CUSTOMER,
        col(Message.kind) == "person",
        col(Message.held).is_(False),
    )
    return await session.scalar(theirs.order_by(col(Message.at).desc(), col(Message.id).desc()).limit(1))
