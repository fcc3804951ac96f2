"""The newest trace of a case, told link by link in the order of its playbook."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from hub.chain import Verdict, to_sentence
from hub.house import House
from hub.ledger import list_facts, to_known
from hub.playbooks import LANGUAGES, Link, Playbook, Texts
from hub.ports import LinkStatus
from hub.tables import Case, ObservationRow
from hub.tracing import find_latest_trace
from hub.views.case_values import LinkView, TraceView


async def find_trace_view(session: AsyncSession, case: Case, house: House) -> TraceView | None:
    trace = await find_latest_trace(session, case.id)
    if trace is None:
        return None
    seen = list(await session.scalars(sa.select(ObservationRow).where(col(ObservationRow.trace_id) == trace.id)))
    playbook, titles = house.playbooks[case.playbook], house.titles
    verdict = Verdict.model_validate(trace.verdict)
    known = to_known(await list_facts(session, case.id))
    since = next((o.since for o in seen if o.link == verdict.link and o.since), None)
    places = {
        "item": house.to_item_name(trace.item or verdict.item),
        "issue": next(iter(known.get("issue", ())), ""),
        "app": ", ".join(titles.get(app, app) for app in known.get("app", ())),
        "account": next(iter(known.get("account_email", ())), ""),
        "since": since.date().isoformat() if since else next(iter(known.get("since", ())), ""),
    }
    return TraceView(
        at=trace.at,
        item=trace.item,
        item_name=places["item"],
        verdict=verdict,
        sentence=Texts(**{lang: to_sentence(verdict, playbook, lang, places) for lang in LANGUAGES}),
        links=to_links(playbook, seen),
    )


def to_links(playbook: Playbook, seen: Iterable[ObservationRow]) -> tuple[LinkView, ...]:
    by_link = {o.link: o for o in seen}
    return tuple(_to_link(link, by_link.get(link.id)) for link in playbook.links)


def _to_link(link: Link, seen: ObservationRow | None) -> LinkView:
    if seen is None:
        return LinkView(id=link.id, title=link.title, partner=link.partner, status=LinkStatus.NOT_ASKED)
    found = {name: getattr(seen, name) for name in ("status", "reason", "partner_status", "since", "at", "evidence")}
    return LinkView(id=link.id, title=link.title, partner=seen.partner, **found)
