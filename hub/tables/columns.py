"""Column kinds that every table uses: aware times, JSON, words from an enum, the key."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field


def key() -> Any:
    return Field(default=None, primary_key=True, sa_type=sa.BigInteger)


def to(target: str, *, optional: bool = False, index: bool = True) -> Any:
    """A reference to `table.column`."""
    kind: dict[str, Any] = {"default": None} if optional else {}
    return Field(foreign_key=target, sa_type=sa.BigInteger, nullable=optional, index=index, **kind)


def at(*, optional: bool = False, index: bool = False) -> Any:
    kind: dict[str, Any] = {"default": None} if optional else {}
    return Field(sa_type=sa.DateTime(timezone=True), nullable=optional, index=index, **kind)


def json(default: Callable[[], Any] = dict) -> Any:
    return Field(default_factory=default, sa_type=JSONB, nullable=False)


def word(values: type[StrEnum], default: StrEnum | None = None, *, optional: bool = False) -> Any:
    """A text column that takes only the words of the enum, by a CHECK."""
    kind = sa.Enum(
        values,
        native_enum=False,
        create_constraint=True,
        length=32,
        values_callable=lambda v: [x.value for x in v],
        name=values.__name__.lower(),
    )
    given: dict[str, Any] = {"default": default} if default is not None or optional else {}
    return Field(sa_type=kind, nullable=optional, **given)


def check(rule: str, name: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(rule, name=name)


def only_one(name: str, *columns: str, where: str | None = None) -> sa.Index:
    """A unique index, partial when `where` is given: an invariant that SQL can say."""
    return sa.Index(name, *columns, unique=True, postgresql_where=sa.text(where) if where else None)
