"""What came in, as it came, and what was said."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from hub.tables import columns as c
from hub.tables.cases import ActorKind


class RawMail(SQLModel, table=True):
    """One accepted delivery, byte for byte. Unhandled is `handled_at is null`; `trouble` says why it could not be."""

    __tablename__ = "raw_mail"
    __table_args__ = (sa.Index("raw_mail_unhandled", "id", postgresql_where=sa.text("handled_at is null")),)

    id: int = c.key()
    channel: str
    sender: str
    recipients: list[str] = c.json(list)
    received_at: datetime = c.at()
    content: bytes = Field(sa_type=sa.LargeBinary)
    handled_at: datetime | None = c.at(optional=True)
    trouble: str = ""


class Direction(StrEnum):
    INBOUND = "inbound"
    OUTBOUND = "outbound"
    INTERNAL = "internal"


class Message(SQLModel, table=True):
    """What was said. `digest` is of the content, so the same mail delivered twice is one message, and different
    mails that share a Message-ID are both kept. `party` is who the talk is with: customer or a partner's id.

    `held` is set while the message joined nothing by itself and waits for the owner (another sender used the token).
    """

    __tablename__ = "message"
    __table_args__ = (c.only_one("one_message_a_content", "digest", where="digest is not null"),)

    id: int = c.key()
    case_id: int | None = c.to("case.id", optional=True)
    raw_id: int | None = c.to("raw_mail.id", optional=True)
    direction: Direction = c.word(Direction)
    author_kind: ActorKind = c.word(ActorKind)
    author: str = ""
    author_address: str = ""
    party: str
    kind: str = "person"
    subject: str = ""
    text: str = ""
    reply: str = ""
    html: str | None = None
    mail_id: str = Field(default="", index=True)
    in_reply_to: str = ""
    digest: str | None = None
    attachments: list[dict[str, Any]] = c.json(list)
    problems: list[str] = c.json(list)
    held: bool = False
    at: datetime = c.at()


class ReplyToken(SQLModel, table=True):
    """Bound to (case, party): mail with this token from `address` belongs there; from another it goes to the owner."""

    __tablename__ = "reply_token"
    __table_args__ = (c.only_one("one_token_a_party", "case_id", "party"),)

    token: str = Field(primary_key=True)
    case_id: int = c.to("case.id")
    party: str
    address: str
