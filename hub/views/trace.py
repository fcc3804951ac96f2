"""The newest trace of a case, told link by link in the order of its playbook."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from hub.chain import Verdict, to_sentence
from hub.ledger import list_facts, to_known
from hub.playbooks import LANGUAGES, Link, Playbook, Texts
from hub.ports import LinkStatus
from hub.tables import Case, ObservationRow, Trace
from hub.views.case_values import LinkView, TraceView
from hub.views.values import to_item_words


async def find_trace_view(
    session: AsyncSession, case: Case, playbook: Playbook, titles: Mapping[str, str]
) -> TraceView | None:
    assert case.id is not None
    newest = sa.select(Trace).where(col(Trace.case_id) == case.id).order_by(col(Trace.id).desc()).limit(1)
    trace = await session.scalar(newest)
    if trace is None:
        return None
    seen = list(await session.scalars(sa.select(ObservationRow).where(col(ObservationRow.trace_id) == trace.id)))
    verdict = Verdict.model_validate(trace.verdict)
    known = to_known(await list_facts(session, case.id))
    since = next((o.since for o in seen if o.link == verdict.link and o.since), None)
    places = {
        "item": to_item_words(trace.item or verdict.item, titles),
        "issue": next(iter(known.get("issue", ())), ""),
        "app": ", ".join(titles.get(app, app) for app in known.get("app", ())),
        "account": next(iter(known.get("account_email", ())), ""),
        "since": since.date().isoformat() if since else next(iter(known.get("since", ())), ""),
    }
    return TraceView(
        at=trace.at,
        item=trace.item,
        item_words=places["item"],
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
