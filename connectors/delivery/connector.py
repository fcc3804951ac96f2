"""The delivery partner: what was published (feed), and what has reached the reader's device (licence server)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import httpx

from connectors.delivery import changes, mapping, wire
from connectors.delivery.catalogue import Catalogue
from connectors.delivery.client import DIALECT, SEARCH_LIMIT, FeedReader, LicenceServer
from connectors.delivery.mapping import PARTNER, LicenceLook
from connectors.delivery.settings import DeliverySettings
from connectors.holders import holder_id
from connectors.http import Limits, PartnerHttp, make_client
from connectors.outcomes import to_unsure
from hub.clock import Clock
from hub.errors import ContractBroken, PartnerError, Rejected, RetryLater
from hub.ports import (
    BaseConnector,
    Capability,
    Cursor,
    Health,
    Hints,
    Observation,
    Outcome,
    OutcomeState,
    Page,
    Publication,
    Ref,
    Remedy,
)


class DeliveryConnector(BaseConnector):
    partner = PARTNER
    title = "Reading licences (Readium LCP) and the publisher's feed (OPDS)"
    supports = frozenset(
        {Capability.IDENTIFY, Capability.OBSERVE, Capability.REMEDIES, Capability.CHANGES, Capability.CATALOGUE}
    )

    def __init__(self, server: LicenceServer, feed: FeedReader, settings: DeliverySettings, clock: Clock) -> None:
        self.server = server
        self.feed = feed
        self.catalogue = Catalogue(feed)
        self.settings = settings
        self.clock = clock
        self._items: dict[str, str | None] = {}  # publication uuid -> item; never changes, so kept

    async def check(self) -> Health:
        try:
            alive = await self.server.fetch_health()
            await self.server.list_licences(page=1, per_page=1)
            await self.feed.fetch_feed(self.feed.url)
        except PartnerError as error:
            return Health(ok=False, detail=error.detail)
        return Health(ok=alive, detail="" if alive else "/health does not say that the server is running")

    def holders_of(self, emails: Sequence[str]) -> tuple[str, ...]:
        return tuple(holder_id(email) for email in emails)

    async def identify(self, hints: Hints) -> list[Ref]:
        """[] without a publication, or where neither the customer nor the feed tells which issue it is."""
        if hints.publication is None:
            return []
        published = await self._find_published(hints.publication, hints.issue, hints.at)
        if published is None or published.item is None:
            return []
        holder = await self._find_holder(hints)
        return [published, mapping.to_delivered_ref(holder, published.item)] if holder else [published]

    async def observe(self, ref: Ref) -> Observation:
        now = self.clock.now()
        if ref.item is None:
            return mapping.to_unknown(ref, "no_item", now)
        if ref.link == "published":
            return mapping.to_published(ref, ref.item, await self.catalogue.look_for(ref.item), now)
        if ref.link == "delivered":
            return mapping.to_delivered(ref, ref.item, await self._look_for_licence(ref.id, ref.item), now)
        return mapping.to_unknown(ref, "unknown_link", now)

    async def remedies(self, ref: Ref) -> list[Remedy]:
        if ref.link != "delivered" or ref.item is None:
            return []
        look = await self._look_for_licence(ref.id, ref.item)
        renewal = mapping.find_renewal(ref, look, self.clock.now())
        redeliver = mapping.to_redeliver(ref, look.publication)
        return [redeliver, renewal] if renewal else [redeliver]

    async def apply(self, remedy: Remedy, key: str) -> Outcome:
        """One call and never a second: the server knows no idempotency key."""
        if remedy.blocked:
            return Outcome(state=OutcomeState.REFUSED, detail=remedy.blocked)
        try:
            return await (self._renew(remedy) if remedy.kind == "renew" else self._redeliver(remedy))
        except Rejected as error:
            return Outcome(state=OutcomeState.REFUSED, detail=error.detail, evidence={"type": error.code})
        except (RetryLater, ContractBroken) as error:
            return to_unsure(error)

    async def read_outcome(self, remedy: Remedy, key: str, since: datetime) -> Outcome:
        if remedy.kind == "renew":
            row = await self.server.fetch_licence(str(remedy.parameters["licence"]))
            return mapping.to_renewed(row, datetime.fromisoformat(str(remedy.parameters["end"])))
        rows = await self.server.search_licences(remedy.ref.id)
        outcome = mapping.find_outcome(rows, str(remedy.parameters["publication"]), since)
        if outcome.state is OutcomeState.REFUSED and len(rows) >= SEARCH_LIMIT:
            return Outcome(state=OutcomeState.UNKNOWN, detail="the licence server cut its list off")
        return outcome

    async def changes(self, cursor: Cursor | None) -> Page:
        at = changes.parse_cursor(self.partner, cursor)
        rows = await self.server.list_licences(page=at.page, per_page=self.settings.page_size)
        is_last = len(rows) < self.settings.page_size
        changed = changes.list_changed(rows, at)
        await self._learn_items({row.publication_id for row in changed})
        events = tuple(mapping.to_event(row, self._items.get(row.publication_id)) for row in changed)
        return Page(events=events, cursor=changes.to_next(at, rows, is_last).model_dump_json(), end=is_last)

    async def publications(self) -> list[Publication]:
        return await self.catalogue.list_publications()

    async def close(self) -> None:
        await self.server.http.close()
        await self.feed.http.close()

    async def _find_published(self, publication: str, issue: str | None, at: datetime) -> Ref | None:
        if issue is None:
            current = await self.catalogue.find_current(publication, at)
            return mapping.to_published_ref(*current) if current else None
        item = f"{publication}/{issue}"
        look = await self.catalogue.look_for(item)
        return mapping.to_published_ref(item, look.found) if look.title_known else None

    async def _find_holder(self, hints: Hints) -> str | None:
        for holder in mapping.list_holders(hints):
            if await self.server.search_licences(holder):
                return holder
        return None

    async def _look_for_licence(self, holder: str, item: str) -> LicenceLook:
        publication = await self.server.find_publication(mapping.to_alt_id(item))
        if publication is None:
            return LicenceLook()
        rows = await self.server.search_licences(holder)
        newest = mapping.find_newest(rows, publication.uuid)
        if newest is None:
            return LicenceLook(publication=publication, cut_off=len(rows) >= SEARCH_LIMIT)
        document = await self.server.fetch_status(newest.uuid)
        return LicenceLook(publication, newest, document, await self._list_events(document))

    async def _list_events(self, document: wire.StatusDocument) -> tuple[wire.LicenseEvent, ...]:
        events = await self.server.list_events(document.id) if document.events is None else document.events
        return tuple(events)

    async def _redeliver(self, remedy: Remedy) -> Outcome:
        key = self.settings.passphrase_key.get_secret_value()
        pass_hash = mapping.to_pass_hash(key, remedy.ref.id)
        days = self.settings.licence_days
        order = mapping.to_order(remedy, pass_hash, self.settings.text_hint, self.clock.now(), days)
        licence = await self.server.generate_licence(order)
        return mapping.to_done(licence.id, licence.raw)

    async def _renew(self, remedy: Remedy) -> Outcome:
        asked = {name: str(value) for name, value in remedy.parameters.items()}
        device = {"id": asked["device"], "name": asked["device_name"]}
        await self.server.renew_licence(asked["licence"], device, asked["end"])
        try:
            row = await self.server.fetch_licence(asked["licence"])
        except PartnerError as error:
            return Outcome(state=OutcomeState.UNKNOWN, detail=error.detail)
        return mapping.to_renewed(row, datetime.fromisoformat(asked["end"]))

    async def _learn_items(self, publications: set[str]) -> None:
        """Pages through the server's publications, newest first, until all of these are known."""
        page, is_last = 1, False
        while not is_last and not publications <= self._items.keys():
            rows = await self.server.list_publications(page=page, per_page=self.settings.page_size)
            self._items |= {row.uuid: mapping.to_item([row.alt_id]) for row in rows}
            page, is_last = page + 1, len(rows) < self.settings.page_size
        self._items |= dict.fromkeys(publications - self._items.keys())  # gone from the server: not asked again


def make_connector(
    settings: DeliverySettings, clock: Clock, transport: httpx.AsyncBaseTransport | None = None
) -> DeliveryConnector:
    """The feed has a client of its own: other host, no credentials, and its failures do not rest the server."""
    feed = FeedReader(_open_http(settings.feed_url, settings, clock, transport), settings.feed_url)
    auth = httpx.BasicAuth(settings.username, settings.password.get_secret_value())
    server = LicenceServer(_open_http(settings.base_url, settings, clock, transport), auth)
    return DeliveryConnector(server, feed, settings, clock)


def _open_http(
    url: str, settings: DeliverySettings, clock: Clock, transport: httpx.AsyncBaseTransport | None
) -> PartnerHttp:
    limits = Limits(read=settings.timeout_seconds)
    client = make_client(url, limits=limits, transport=transport)
    return PartnerHttp(PARTNER, client, clock, DIALECT, limits=limits)
