"""Which imported case an earlier mail belongs to: by the mails it answers, else by its subject. A case that is alive is
never joined: what is brought in changes nothing there."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from hub.history_letters import Letter
from hub.tables import Case, CustomerAddress, Message

SUBJECT_WITHIN = timedelta(days=30)
_PREFIX = re.compile(r"^\s*(?:(?:re|vs|sv|aw|antw|vl|fw|fwd|vb|tr)\s*(?:\[\d+\])?\s*:\s*)+", re.IGNORECASE)
_MARK = re.compile(r"\s*\[#\w+\]\s*$")


async def is_known(session: AsyncSession, digest: str) -> bool:
    return await session.scalar(sa.select(col(Message.id)).where(col(Message.digest) == digest)) is not None


async def find_case(session: AsyncSession, letter: Letter) -> Case | None:
    return await _find_by_answered(session, letter) or await _find_by_subject(session, letter)


async def _find_by_answered(session: AsyncSession, letter: Letter) -> Case | None:
    mail = letter.reading.mail
    ids = [one for one in (mail.in_reply_to, *mail.references, letter.reading.about) if one]
    answered = sa.select(Case).join(Message, col(Message.case_id) == col(Case.id)).where(col(Message.mail_id).in_(ids))
    newest = answered.where(*_IS_HISTORY).order_by(col(Message.at).desc(), col(Message.id).desc())
    for case in (await session.scalars(newest)).unique() if ids else ():
        if letter.is_ours or not letter.is_person or await _is_party(session, case, letter):
            return case
    return None


async def _is_party(session: AsyncSession, case: Case, letter: Letter) -> bool:
    """The case's customer, or one whom we wrote to about it. Two customers who answer one mail that went to both have
    each a case of their own."""
    mail = letter.reading.mail
    named = [one.address for one in (mail.sender, *mail.to, *mail.cc)]
    theirs = sa.select(sa.literal(1)).where(_is_customers(named), col(CustomerAddress.customer_id) == case.customer_id)
    written_to = sa.select(sa.literal(1)).where(
        col(Message.case_id) == case.id, col(Message.party).in_(letter.addresses)
    )
    return bool(await session.scalar(sa.select(sa.or_(theirs.exists(), written_to.exists()))))


async def _find_by_subject(session: AsyncSession, letter: Letter) -> Case | None:
    """An answer that does not say which mail it answers: the same people, the same subject, not long before."""
    mail = letter.reading.mail
    stem = to_stem(mail.subject)
    if not letter.is_person or not stem or not (_PREFIX.match(mail.subject) or mail.in_reply_to):
        return None
    near = col(Message.at).between(letter.at - SUBJECT_WITHIN, letter.at + SUBJECT_WITHIN)
    rows = await session.execute(
        sa.select(Case, col(Message.subject))
        .join(Message, col(Message.case_id) == col(Case.id))
        .join(CustomerAddress, col(CustomerAddress.customer_id) == col(Case.customer_id))
        .where(*_IS_HISTORY, near, _is_customers(letter.addresses))
        .order_by(col(Message.at).desc(), col(Message.id).desc())
    )
    return next((case for case, subject in rows if to_stem(subject) == stem), None)


def to_stem(subject: str) -> str:
    """What the subjects of a talk have in common: without Re: and its kin, in any language, and without our token."""
    return " ".join(_MARK.sub("", _PREFIX.sub("", subject)).split()).casefold()


def _is_customers(addresses: Sequence[str] | Collection[str]) -> sa.ColumnElement[bool]:
    return col(CustomerAddress.address).in_(list(addresses))


_IS_HISTORY = (col(Case.imported), col(Case.solved_at).is_not(None))
