"""The trace: all partners of the chain asked at once, their answers kept raw, and the verdict."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from hub.cases import get_case
from hub.chain import NO_ITEM, State, Verdict, judge
from hub.clock import Clock
from hub.customers import list_addresses
from hub.errors import PartnerError, RetryLater
from hub.ledger import Known, list_facts, record_fact, to_known
from hub.playbooks import Link, Playbook
from hub.ports import Account, Connector, Hints, LinkStatus, Observation, Ref
from hub.tables import Case, FactSource, ObservationRow, PartnerAccount, Trace

SEEN = (LinkStatus.OK, LinkStatus.BROKEN, LinkStatus.WAITING)
SEVERAL = "several"  # the partner knows the customer, by more than one thing that this may be about
TIME_LIMIT = 20.0  # seconds for one partner: a slow one is unknown here, and asked again later
Connectors = Mapping[str, Connector]


class Told(NamedTuple):
    publication: str
    partner: str


async def get_hints(session: AsyncSession, case: Case, connectors: Connectors, now: datetime) -> Hints:
    """All that the hub knows which may help a partner to find whom this is about."""
    known = to_known(await list_facts(session, case.id))
    addresses = await list_addresses(session, case.customer_id)
    emails = tuple(dict.fromkeys([*known.get("account_email", ()), *addresses]))
    return Hints(
        emails=emails,
        order_numbers=tuple(known.get("order_number", ())),
        customer_number=next(iter(known.get("customer_number", ())), None),
        publication=next(iter(known.get("publication", ())), None),
        issue=next(iter(known.get("issue", ())), None),
        accounts=tuple(await _list_accounts(session, emails, connectors)),
        at=now,
    )


async def _list_accounts(session: AsyncSession, emails: Sequence[str], connectors: Connectors) -> list[Account]:
    names = [(name, holder) for name, c in connectors.items() for holder in c.holders_of(emails)]
    held = sa.select(PartnerAccount).where(
        sa.tuple_(col(PartnerAccount.partner), col(PartnerAccount.holder)).in_(names)
    )
    return [Account(partner=a.partner, ref=a.ref, holder=a.holder) for a in await session.scalars(held)]


async def ask_partners(
    playbook: Playbook, hints: Hints, known: Known, connectors: Connectors, clock: Clock
) -> list[Observation]:
    """One observation per link, whatever happens to the partners: one that fails or is slow is unknown here."""
    asked = [link for link in playbook.links if not is_skipped(link, known)]
    partners = dict.fromkeys(link.partner for link in asked)
    answers = await asyncio.gather(*(_ask(connectors.get(p), p, asked, hints, clock) for p in partners))
    seen = {o.link: o for answer in answers for o in answer}
    return [seen.get(link.id) or _not_seen(link, "", LinkStatus.NOT_ASKED, clock) for link in playbook.links]


def is_skipped(link: Link, known: Known) -> bool:
    """Facts say that this link does not apply (the subscription was not bought in this store)."""
    return any(value in values for key, values in link.skip_when.items() for value in known.get(key, ()))


async def find_publication(playbook: Playbook, hints: Hints, known: Known, connectors: Connectors) -> Told | None:
    """The publication that the partners know this customer by, and which partner told; None unless it is just one."""
    partners = dict.fromkeys(link.partner for link in playbook.links if not is_skipped(link, known))
    answers = await asyncio.gather(*(_identify(connectors[p], hints) for p in partners if p in connectors))
    named = {ref.item.partition("/")[0]: ref.partner for refs in answers for ref in refs if ref.item}
    return Told(*next(iter(named.items()))) if len(named) == 1 else None


async def _identify(connector: Connector, hints: Hints) -> list[Ref]:
    try:
        async with asyncio.timeout(TIME_LIMIT):
            return await connector.identify(hints)
    except (PartnerError, TimeoutError):
        return []  # the trace asks again, and says what is amiss


async def learn_publication(session: AsyncSession, case_id: int, told: Told, now: datetime) -> None:
    """A fact, so that nobody asks the customer for what a partner knows. What was said meanwhile goes before it."""
    await get_case(session, case_id, lock=True)
    if "publication" not in to_known(await list_facts(session, case_id)):
        await record_fact(session, case_id, "publication", told.publication, (FactSource.PARTNER, told.partner), now)


async def _ask(
    connector: Connector | None, partner: str, links: Sequence[Link], hints: Hints, clock: Clock
) -> list[Observation]:
    mine = [link for link in links if link.partner == partner]
    if connector is None:
        return [_not_seen(link, "not_connected", LinkStatus.UNKNOWN, clock) for link in mine]
    try:
        async with asyncio.timeout(TIME_LIMIT):
            refs = await connector.identify(hints)
            return list(await asyncio.gather(*(_observe(connector, link, refs, clock) for link in mine)))
    except (PartnerError, TimeoutError) as error:
        return [_not_seen(link, _why(error), LinkStatus.UNKNOWN, clock, str(error)) for link in mine]


async def _observe(connector: Connector, link: Link, refs: Sequence[Ref], clock: Clock) -> Observation:
    theirs = [ref for ref in refs if ref.link == link.id]
    if not theirs:
        return _not_seen(link, "not_known", LinkStatus.UNKNOWN, clock)
    if len({ref.item for ref in theirs}) > 1:
        return _not_seen(link, SEVERAL, LinkStatus.UNKNOWN, clock)
    return await connector.observe(theirs[0])


def _not_seen(link: Link, reason: str, status: LinkStatus, clock: Clock, detail: str = "") -> Observation:
    evidence = {"error": detail} if detail else {}
    return Observation(
        partner=link.partner, link=link.id, status=status, reason=reason, at=clock.now(), evidence=evidence
    )


def _why(error: PartnerError | TimeoutError) -> str:
    return "down" if isinstance(error, RetryLater | TimeoutError) else "trouble"


async def learn_account(
    session: AsyncSession, case_id: int, hints: Hints, known: Known, observations: Sequence[Observation], now: datetime
) -> None:
    """A partner that knows the customer by the one address we have has told which address the account is under: a
    fact, so that nobody asks for it."""
    seen = [o for o in observations if o.status in SEEN or o.reason == SEVERAL]
    recognised = [o for o in seen if o.reason != "not_known" and o.link != "published"]
    if recognised and not known.get("account_email") and len(hints.emails) == 1:
        source = (FactSource.PARTNER, recognised[0].partner)
        await record_fact(session, case_id, "account_email", hints.emails[0], source, now)


def to_verdict(playbook: Playbook, hints: Hints, observations: Sequence[Observation], now: datetime) -> Verdict:
    verdict = judge(playbook, observations, now)
    if hints.publication is None and verdict.item is None and verdict.state is not State.BROKEN:
        return NO_ITEM
    return verdict


async def record_trace(
    session: AsyncSession, case_id: int, observations: Sequence[Observation], verdict: Verdict, now: datetime
) -> Trace:
    trace = Trace(case_id=case_id, at=now, item=verdict.item, verdict=verdict.model_dump(mode="json"))
    session.add(trace)
    await session.flush()
    session.add_all(
        ObservationRow(trace_id=trace.id, case_id=case_id, **o.model_dump(mode="python")) for o in observations
    )
    await session.flush()
    return trace


async def find_latest_trace(session: AsyncSession, case_id: int) -> Trace | None:
    theirs = sa.select(Trace).where(col(Trace.case_id) == case_id)
    return await session.scalar(theirs.order_by(col(Trace.id).desc()).limit(1))
