"""Who is who: staff, customers, and what customers hold at partners."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from hub.tables import columns as c


class Role(StrEnum):
    AGENT = "agent"
    SUPERVISOR = "supervisor"
    OPS = "ops"


class Person(SQLModel, table=True):
    """A member of staff. `present` people own cases; `skills` are playbook and partner names, `languages` codes."""

    __tablename__ = "person"
    __table_args__ = (c.check("email = lower(email)", "person_email_lower"),)

    id: int = c.key()
    email: str = Field(unique=True)
    name: str
    role: Role = c.word(Role)
    skills: list[str] = c.json(list)
    languages: list[str] = c.json(list)
    present: bool = False
    password_hash: str = ""
    totp_secret: str = ""
    totp_used_step: int = Field(default=0, sa_type=sa.BigInteger)
    created_at: datetime = c.at()
    disabled_at: datetime | None = c.at(optional=True)


class Passkey(SQLModel, table=True):
    __tablename__ = "passkey"

    id: int = c.key()
    person_id: int = c.to("person.id")
    credential: str = Field(unique=True)
    public_key: str
    sign_count: int = 0
    label: str = ""
    created_at: datetime = c.at()


class Session(SQLModel, table=True):
    """A signed-in browser. Only the hash of its cookie is kept. Full rights come with `second_factor_at`."""

    __tablename__ = "session"

    id: int = c.key()
    person_id: int = c.to("person.id")
    token_hash: str = Field(unique=True)
    csrf: str
    created_at: datetime = c.at()
    seen_at: datetime = c.at()
    expires_at: datetime = c.at()
    second_factor_at: datetime | None = c.at(optional=True)
    challenge: str = ""


class ApiToken(SQLModel, table=True):
    __tablename__ = "api_token"

    id: int = c.key()
    token_hash: str = Field(unique=True)
    role: Role = c.word(Role)
    label: str = ""
    person_id: int | None = c.to("person.id", optional=True)
    created_at: datetime = c.at()
    revoked_at: datetime | None = c.at(optional=True)


class AnsweredCall(SQLModel, table=True):
    """A call of the API that carried an Idempotency-Key, and its answer: made again, it has no second effect.

    `digest` is of what was asked; `status` is null until the answer has been kept.
    """

    __tablename__ = "answered_call"
    __table_args__ = (c.only_one("one_call_a_key", "person_id", "key"),)

    id: int = c.key()
    person_id: int = c.to("person.id", index=False)
    key: str
    digest: str
    at: datetime = c.at(index=True)
    status: int | None = None
    answer: bytes = Field(default=b"", sa_type=sa.LargeBinary)


class Attempt(SQLModel, table=True):
    """A try that is rate limited (a sign-in by address, by account)."""

    __tablename__ = "attempt"

    id: int = c.key()
    subject: str = Field(index=True)
    at: datetime = c.at()


class Customer(SQLModel, table=True):
    __tablename__ = "customer"

    id: int = c.key()
    name: str = ""
    language: str = "fi"
    phone: str = ""
    created_at: datetime = c.at()


class CustomerAddress(SQLModel, table=True):
    __tablename__ = "customer_address"
    __table_args__ = (c.check("address = lower(address)", "customer_address_lower"),)

    id: int = c.key()
    customer_id: int = c.to("customer.id")
    address: str = Field(unique=True)


class PartnerAccount(SQLModel, table=True):
    """What somebody holds at a partner, learnt from its events: `holder` is the partner's name for the person."""

    __tablename__ = "partner_account"
    __table_args__ = (c.only_one("one_account_a_ref", "partner", "ref"),)

    id: int = c.key()
    partner: str
    ref: str
    holder: str = Field(default="", index=True)
    seen_at: datetime = c.at()
