"""Pure: what the licence server and the feed say -> what the hub asks for."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.delivery import wire
from connectors.delivery.rhythm import Rhythm, find_rhythm
from connectors.holders import holder_id
from connectors.scrub import scrub
from hub.ports import (
    Account,
    Event,
    EventKind,
    Hints,
    LinkStatus,
    Observation,
    Outcome,
    OutcomeState,
    Publication,
    Ref,
    Remedy,
    RemedyMode,
)

PARTNER = "delivery"
ISSUE_URN = "urn:x-issue:"
ENDED = frozenset({"expired", "revoked", "cancelled", "returned"})
RENEW_WITHIN = timedelta(days=14)


@dataclass(frozen=True)
class FeedIssue:
    item: str
    feed_id: str
    published_at: datetime | None
    raw: Any
    frequency: str = ""

    @property
    def name(self) -> str:
        return self.item.partition("/")[2]


@dataclass(frozen=True)
class FeedLook:
    """What a walk through one title's feed showed. `title_known` is False where the feed lacks the title."""

    found: FeedIssue | None
    newest: FeedIssue | None = None
    oldest: FeedIssue | None = None
    title_known: bool = True
    rhythm: Rhythm | None = None


@dataclass(frozen=True)
class LicenceLook:
    """The newest licence of a user for an issue. `cut_off` says that the search may have hidden one."""

    publication: wire.Publication | None = None
    licence: wire.License | None = None
    document: wire.StatusDocument | None = None
    events: tuple[wire.LicenseEvent, ...] = ()
    cut_off: bool = False

    @property
    def registration(self) -> wire.LicenseEvent | None:
        registered = [event for event in self.events if event.type == "register"]
        return min(registered, key=lambda event: event.timestamp, default=None)


def to_item(alt_ids: Iterable[str]) -> str | None:
    """`urn:x-issue:hbr:2026-11` -> `hbr/2026-11`."""
    for alt_id in alt_ids:
        publication, _, issue = alt_id.removeprefix(ISSUE_URN).partition(":")
        if alt_id.startswith(ISSUE_URN) and publication and issue:
            return f"{publication}/{issue}"
    return None


def to_alt_id(item: str) -> str:
    return ISSUE_URN + item.replace("/", ":", 1)


def find_period_start(item: str) -> datetime | None:
    """The first moment of the issue's month, ISO week or day; None where its name says no time."""
    issue = item.partition("/")[2]
    for form, text in (("%Y-%m-%d", issue), ("%Y-%m-%d", f"{issue}-01"), ("%G-W%V-%u", f"{issue}-1")):
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    return None


def is_future(item: str, now: datetime) -> bool:
    start = find_period_start(item)
    return start is not None and now < start


def list_holders(hints: Hints) -> list[str]:
    """Whom the customer may be at the licence server, likeliest first."""
    named = [holder_id(email) for email in hints.emails] + [a.holder for a in hints.accounts if a.holder]
    return list(dict.fromkeys(named))


def to_feed_issue(entry: wire.FeedPublication) -> FeedIssue | None:
    item = to_item(entry.metadata.alt_identifiers)
    if item is None:
        return None
    frequency = next((series.frequency for series in entry.metadata.belongs_to.series), "")
    return FeedIssue(item, entry.metadata.identifier or item, entry.metadata.published, entry.raw, frequency)


def list_titles(feed: wire.Feed) -> dict[str, str]:
    """Where each title has a feed of its own, by its id."""
    links = feed.navigation or []
    return {str(link.properties["identifier"]): link.href for link in links if "identifier" in link.properties}


def list_entries(pages: Iterable[wire.Feed]) -> list[wire.FeedPublication]:
    return [entry for page in pages for entry in page.publications or []]


def list_issues(pages: Iterable[wire.Feed], publication: str) -> list[FeedIssue]:
    issues = [to_feed_issue(entry) for entry in list_entries(pages)]
    return [issue for issue in issues if issue and issue.item.partition("/")[0] == publication]


def has_every_title(pages: list[wire.Feed]) -> bool:
    titles = set(list_titles(pages[0]))
    return bool(titles) and titles <= {row.id for row in to_publications(list_entries(pages))}


def to_look(item: str, issues: list[FeedIssue]) -> FeedLook:
    dated = [(issue.published_at, issue) for issue in issues if issue.published_at is not None]
    return FeedLook(
        found=next((issue for issue in issues if issue.item == item), None),
        newest=max(dated, key=lambda pair: pair[0])[1] if dated else None,
        oldest=min(dated, key=lambda pair: pair[0])[1] if dated else None,
        rhythm=to_rhythm(issues),
    )


def to_rhythm(issues: Iterable[FeedIssue]) -> Rhythm | None:
    dated = [(issue.name, issue.published_at, issue.frequency) for issue in issues if issue.published_at is not None]
    frequency = next((frequency for _, _, frequency in dated), "")
    return find_rhythm(frequency, ((name, at) for name, at, _ in dated))


def find_latest(issues: Iterable[FeedIssue], by: datetime) -> FeedIssue | None:
    out = [(i.published_at, i) for i in issues if i.published_at is not None and i.published_at <= by]
    return max(out, key=lambda pair: pair[0])[1] if out else None


def find_current(issues: Iterable[FeedIssue], by: datetime) -> tuple[str, FeedIssue | None] | None:
    """The item that a customer who names no issue means: the latest one out, or a later one that should be."""
    out = [issue for issue in issues if issue.published_at is not None and issue.published_at <= by]
    latest, rhythm = find_latest(out, by), to_rhythm(out)
    if latest is None:
        return None
    late = rhythm.find_late(by) if rhythm else None
    return (f"{latest.item.partition('/')[0]}/{late}", None) if late else (latest.item, latest)


def to_published_ref(item: str, found: FeedIssue | None) -> Ref:
    return Ref(partner=PARTNER, link="published", kind="issue", id=found.feed_id if found else item, item=item)


def to_delivered_ref(holder: str, item: str) -> Ref:
    return Ref(partner=PARTNER, link="delivered", kind="holder", id=holder, item=item)


def to_unknown(ref: Ref, reason: str, now: datetime) -> Observation:
    return Observation(partner=PARTNER, link=ref.link, status=LinkStatus.UNKNOWN, reason=reason, item=ref.item, at=now)


def to_published(ref: Ref, item: str, look: FeedLook, now: datetime) -> Observation:
    status, reason = _judge_feed(item, look, now)
    seen = {"publication": look.found, "newest": look.newest, "oldest": look.oldest}
    return Observation(
        partner=PARTNER,
        link=ref.link,
        status=status,
        reason=reason,
        partner_status="published" if look.found else "absent",
        item=item,
        since=look.found.published_at if look.found else None,
        at=now,
        evidence={name: scrub(issue.raw) if issue else None for name, issue in seen.items()},
    )


def _judge_feed(item: str, look: FeedLook, now: datetime) -> tuple[LinkStatus, str]:
    if look.found:
        is_out = look.found.published_at is None or look.found.published_at <= now
        return (LinkStatus.OK, "") if is_out else (LinkStatus.WAITING, "not_due")
    start = find_period_start(item)
    if start is None or not look.title_known:
        return LinkStatus.UNKNOWN, "unknown_issue"
    is_late = look.rhythm is not None and look.rhythm.is_late(start, now)
    if now < start and not is_late:
        return LinkStatus.WAITING, "not_due"
    oldest = look.oldest.published_at if look.oldest else None
    # The feed drops old issues: one from before its first is no proof of anything.
    if oldest is not None and start + timedelta(days=31) < oldest:
        return LinkStatus.UNKNOWN, "before_the_feed"
    return LinkStatus.BROKEN, "not_published"


def to_delivered(ref: Ref, item: str, look: LicenceLook, now: datetime) -> Observation:
    status, reason, since = _judge_licence(item, look, now)
    return Observation(
        partner=PARTNER,
        link=ref.link,
        status=status,
        reason=reason,
        partner_status=look.document.status if look.document else "",
        item=item,
        since=since,
        at=now,
        evidence=to_evidence(look),
    )


def _judge_licence(item: str, look: LicenceLook, now: datetime) -> tuple[LinkStatus, str, datetime | None]:
    document, licence = look.document, look.licence
    if document is None or licence is None:
        if look.cut_off:
            return LinkStatus.UNKNOWN, "search_cut_off", None
        if look.publication is None and is_future(item, now):
            return LinkStatus.WAITING, "not_due", None
        return LinkStatus.BROKEN, "no_licence", None
    opened = look.registration
    if document.status in ENDED:
        return LinkStatus.BROKEN, document.status, document.updated.status
    if document.status == "active" or (document.status == "ready" and opened):
        return LinkStatus.OK, "", opened.timestamp if opened else document.updated.status
    if document.status == "ready":
        return LinkStatus.WAITING, "not_opened", licence.created_at
    return LinkStatus.UNKNOWN, "unknown_status", document.updated.status


def to_evidence(look: LicenceLook) -> dict[str, Any]:
    return {
        "publication": scrub(look.publication.raw) if look.publication else None,
        "license_info": scrub(look.licence.raw) if look.licence else None,
        "status_document": scrub(look.document.raw) if look.document else None,
        "events": [scrub(event.raw) for event in look.events],
    }


def find_newest(rows: Iterable[wire.License], publication: str) -> wire.License | None:
    matching = [row for row in rows if row.publication_id == publication]
    return max(matching, key=lambda row: (row.created_at, row.number), default=None)


def to_redeliver(ref: Ref, publication: wire.Publication | None) -> Remedy:
    return Remedy(
        kind="redeliver",
        mode=RemedyMode.DIRECT,
        ref=ref,
        parameters={"publication": publication.uuid} if publication else {},
        limits="Makes a new licence each time; the reader's app fetches it at its next opening.",
        blocked="" if publication else "the licence server does not have this issue",
    )


def find_renewal(ref: Ref, look: LicenceLook, now: datetime) -> Remedy | None:
    """Only where it would help: opened, about to end, and the server would let it last longer."""
    licence, document, opened = look.licence, look.document, look.registration
    if licence is None or document is None or document.status != "active" or opened is None:
        return None
    end, most = licence.end, licence.max_end
    if end is None or most is None or most <= end or end > now + RENEW_WITHIN:
        return None
    return Remedy(
        kind="renew",
        mode=RemedyMode.DIRECT,
        ref=ref,
        parameters={
            "licence": licence.uuid,
            "device": opened.device_id,
            "device_name": opened.device_name,
            "end": most.isoformat(),
        },
        limits=f"Until {most:%Y-%m-%d} at most.",
    )


def to_order(remedy: Remedy, pass_hash: str, text_hint: str, start: datetime, days: int | None) -> dict[str, Any]:
    """The body of POST /licenses/. The server keeps nothing of the person, so the passphrase goes along."""
    end = {} if days is None else {"end": to_wire_time(start + timedelta(days=days))}
    return {
        "publication_id": remedy.parameters["publication"],
        "user_id": remedy.ref.id,
        "start": to_wire_time(start),
        **end,
        "text_hint": text_hint,
        "pass_hash": pass_hash,
    }


def to_wire_time(at: datetime) -> str:
    return at.astimezone(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")


def to_pass_hash(key: str, user: str) -> str:
    """SHA-256 of the reader's passphrase, which the operator's shop makes from its key and the user id."""
    passphrase = hmac.new(key.encode(), user.encode(), hashlib.sha256).hexdigest()
    return hashlib.sha256(passphrase.encode()).hexdigest()


def find_outcome(rows: Iterable[wire.License], publication: str, since: datetime) -> Outcome:
    """`since` loses its fraction: some databases under the server keep whole seconds."""
    newest = find_newest(rows, publication)
    if newest is None or newest.created_at < since.replace(microsecond=0):
        return Outcome(state=OutcomeState.REFUSED, detail="did not happen: no licence issued since")
    return to_done(newest.uuid, newest.raw)


def to_renewed(row: wire.License, asked: datetime) -> Outcome:
    """The server shortens what is asked without a word, so the end itself is compared."""
    if row.end is not None and row.end >= asked:
        return to_done(row.uuid, row.raw)
    detail = f"did not happen: ends {row.end:%Y-%m-%d}" if row.end else "did not happen: has no end"
    return Outcome(state=OutcomeState.REFUSED, detail=detail, ref=row.uuid, evidence=scrub(row.raw))


def to_done(licence: str, raw: Any) -> Outcome:
    return Outcome(state=OutcomeState.DONE, ref=licence, evidence=scrub(raw))


def to_event(row: wire.License, item: str | None) -> Event:
    """A change of status or of the number of devices is a new event; the same seen again is the same."""
    return Event(
        partner=PARTNER,
        dedupe_id=f"{row.uuid}:{row.status}:{row.device_count}",
        kind=EventKind.LINK,
        at=find_changed_at(row),
        ref=row.uuid,
        account=Account(partner=PARTNER, ref=row.uuid, holder=row.user_id),
        item=item,
        data={"status": row.status, "device_count": row.device_count},
    )


def find_changed_at(row: wire.License) -> datetime:
    times = (row.created_at, row.row_updated_at, row.updated, row.status_updated)
    return max(at for at in times if at is not None)


def to_publications(entries: Iterable[wire.FeedPublication]) -> list[Publication]:
    """One row per series, told by its newest issue in the feed."""
    rows: dict[str, Publication] = {}
    for entry in entries:
        for series in entry.metadata.belongs_to.series:
            if series.identifier and series.identifier not in rows:
                rows[series.identifier] = _to_publication(series, entry.metadata)
    return list(rows.values())


def _to_publication(series: wire.Series, metadata: wire.Metadata) -> Publication:
    publisher = next(iter(metadata.publisher), None)
    return Publication(
        id=series.identifier,
        title=series.name,
        aliases=tuple(series.aliases),
        language=next(iter(metadata.language), "en"),
        frequency=series.frequency,
        publisher=(publisher.identifier or publisher.name) if publisher else "",
    )
