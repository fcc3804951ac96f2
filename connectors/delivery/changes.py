"""A change feed where the partner has none: the list of licences, walked page by page, again and again.

The list is newest first by birth, not by change, so each round walks it whole. A round tells what changed at or
after `since`; the next round's `since` is the latest change seen on the first page of this one, by the partner's
own clock: what changes while we walk is later than that, so the next round tells it.
"""

from __future__ import annotations

from datetime import UTC, datetime

from pydantic import BaseModel, ValidationError

from connectors.delivery import wire
from connectors.delivery.mapping import find_changed_at
from hub.errors import ContractBroken
from hub.ports import Cursor

START = datetime(1970, 1, 1, tzinfo=UTC)


class Round(BaseModel):
    since: datetime = START
    next_since: datetime = START
    page: int = 1


def parse_cursor(partner: str, cursor: Cursor | None) -> Round:
    if cursor is None:
        return Round()
    try:
        return Round.model_validate_json(cursor)
    except ValidationError:
        raise ContractBroken(partner, "a cursor that is not ours", payload=cursor) from None


def list_changed(rows: list[wire.License], at: Round) -> list[wire.License]:
    return [row for row in rows if find_changed_at(row) >= at.since]


def to_next(at: Round, rows: list[wire.License], is_last: bool) -> Round:
    first_page = [find_changed_at(row) for row in rows] if at.page == 1 else []
    next_since = max([at.next_since, *first_page])
    if is_last:
        return Round(since=next_since, next_since=next_since)
    return Round(since=at.since, next_since=next_since, page=at.page + 1)
