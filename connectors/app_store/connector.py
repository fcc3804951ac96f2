"""The App Store as the hub sees it: who holds which subscription, whether it lets them read, and its extension."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime, timedelta

import httpx
from appstoreserverlibrary.signed_data_verifier import SignedDataVerifier
from pydantic import BaseModel, ConfigDict, ValidationError

from connectors.app_store import mapping
from connectors.app_store.client import DIALECT, INELIGIBLE, TOKEN_STALE, AppStoreClient, TokenAuth
from connectors.app_store.settings import AppStoreSettings, read_private_key, read_root_certificates
from connectors.app_store.signed import SignedReader, Unverified
from connectors.app_store.wire import NotificationHistory, Push, Subscription, Told
from connectors.holders import holder_id
from connectors.http import Limits, PartnerHttp, make_client
from connectors.outcomes import to_unsure
from hub.clock import Clock
from hub.errors import ContractBroken, PartnerError, Refused, Rejected, RetryLater
from hub.ports import (
    BaseConnector,
    Capability,
    Cursor,
    Event,
    Health,
    Hints,
    Observation,
    Outcome,
    OutcomeState,
    Page,
    Ref,
    Remedy,
)

# Apple refuses a start older than it keeps, and its clock is not ours.
MARGIN = timedelta(hours=1)
# Each poll looks back over the end of the one before: a notification may enter the history late.
OVERLAP = timedelta(minutes=10)
CHECKED = timedelta(minutes=1)


class Position(BaseModel):
    """Where in the history we are. `end` and `token` are set in the middle of a span, which Apple wants unchanged."""

    model_config = ConfigDict(frozen=True)

    start: datetime
    end: datetime | None = None
    token: str | None = None


class AppStoreConnector(BaseConnector):
    partner = mapping.PARTNER
    title = "App Store"
    supports = frozenset(
        {Capability.IDENTIFY, Capability.OBSERVE, Capability.REMEDIES, Capability.CHANGES, Capability.EVENTS}
    )

    def __init__(self, client: AppStoreClient, signed: SignedReader, clock: Clock, history: timedelta) -> None:
        self.client = client
        self.signed = signed
        self.clock = clock
        self.history = history

    async def check(self) -> Health:
        """A short read of the history: proves address, key, and, if anything is there, the certificates."""
        now = self.clock.now()
        try:
            history = await self.client.read_notifications(now - CHECKED, now)
            self._read_told(history)
        except PartnerError as error:
            return Health(ok=False, detail=str(error))
        return Health(ok=True)

    def holders_of(self, emails: Sequence[str]) -> tuple[str, ...]:
        return tuple(holder_id(email) for email in emails)

    async def identify(self, hints: Hints) -> list[Ref]:
        """Apple knows no address: only orders that the customer names, and accounts that the hub has learnt.
        Whoever holds one of them is answered for with all that they hold."""
        found: dict[str, Subscription] = {}
        for transaction_id in [*await self._list_ordered(hints), *mapping.to_known_refs(hints)]:
            if transaction_id not in found:
                found |= {s.ref: s for s in await self._list_held(transaction_id)}
        return mapping.to_refs(found.values(), hints.publication)

    async def _list_ordered(self, hints: Hints) -> list[str]:
        lookups = [await self.client.look_up_order(order) for order in mapping.to_orders(hints)]
        signed = [jws for lookup in lookups for jws in lookup.signed_transactions]
        return [self.signed.read_transaction(jws).original_transaction_id for jws in signed]

    async def _list_held(self, transaction_id: str) -> list[Subscription]:
        statuses = await self.client.find_statuses(transaction_id)
        return self.signed.read_subscriptions(statuses) if statuses else []

    async def _find_subscription(self, ref: Ref) -> Subscription | None:
        return next((s for s in await self._list_held(ref.id) if s.ref == ref.id), None)

    async def observe(self, ref: Ref) -> Observation:
        subscription = await self._find_subscription(ref)
        now = self.clock.now()
        return mapping.to_observation(subscription, now) if subscription else mapping.to_unknown_account(now)

    async def remedies(self, ref: Ref) -> list[Remedy]:
        subscription = await self._find_subscription(ref)
        if subscription is None:
            return []
        now = self.clock.now()
        told = [told async for told in self._read_since(ref.id, now - min(self.history - MARGIN, mapping.YEAR))]
        return mapping.to_remedies(ref, subscription, len(mapping.list_extensions(told)), now)

    async def apply(self, remedy: Remedy, key: str) -> Outcome:
        if remedy.kind != mapping.EXTEND:
            return Outcome(state=OutcomeState.REFUSED, detail=remedy.limits or f"Apple offers no {remedy.kind}.")
        days = int(remedy.parameters.get("days", mapping.EXTEND_DAYS))
        reason = int(remedy.parameters.get("reason_code", mapping.SERVICE_ISSUE))
        try:
            extension = await self.client.extend(remedy.ref.id, days, reason, mapping.to_request_identifier(key))
        except Rejected as error:
            if error.code in INELIGIBLE:
                return mapping.to_refusal(error.code)
            raise
        except (RetryLater, ContractBroken) as error:
            return to_unsure(error)
        return mapping.to_outcome(extension, days)

    async def read_outcome(self, remedy: Remedy, key: str, since: datetime) -> Outcome:
        """`since` is a moment before the extension was sent."""
        subscription = await self._find_subscription(remedy.ref)
        if subscription is None:
            return Outcome(state=OutcomeState.UNKNOWN, detail="Apple no longer knows this subscription.")
        told = [told async for told in self._read_since(remedy.ref.id, since)]
        return mapping.to_read_back(remedy, subscription, told)

    async def changes(self, cursor: Cursor | None) -> Page:
        now = self.clock.now()
        position = self._to_position(cursor, now)
        end = position.end or now
        if position.start >= end:
            return Page(events=(), cursor=position.model_dump_json(), end=True)
        history = await self._read_page(position.start, end, position.token)
        further = Position(start=position.start, end=end, token=history.pagination_token)
        following = further if history.has_more else Position(start=end - OVERLAP)
        events = tuple(mapping.to_event(told) for told in self._read_told(history))
        return Page(events=events, cursor=following.model_dump_json(exclude_none=True), end=not history.has_more)

    def _to_position(self, cursor: Cursor | None, now: datetime) -> Position:
        """A start that Apple no longer keeps, or a token for it, begins anew from the oldest that it does."""
        oldest = Position(start=now - self.history + MARGIN)
        position = oldest if cursor is None else Position.model_validate_json(cursor)
        return position if position.start >= oldest.start - MARGIN / 2 else oldest

    async def _read_page(self, start: datetime, end: datetime, token: str | None) -> NotificationHistory:
        try:
            return await self.client.read_notifications(start, end, token=token)
        except Rejected as error:
            if token is None or error.code not in TOKEN_STALE:
                raise
            return await self.client.read_notifications(start, end)

    async def _read_since(self, transaction_id: str, since: datetime) -> AsyncIterator[Told]:
        """All that Apple told of one subscription's holder. An end ahead of Apple's clock is its present."""
        end, token, more = self.clock.now() + MARGIN, None, True
        while more:
            history = await self.client.read_notifications(since, end, token=token, transaction_id=transaction_id)
            for told in self._read_told(history):
                if told.transaction is not None and told.transaction.original_transaction_id == transaction_id:
                    yield told
            token, more = history.pagination_token, history.has_more

    def _read_told(self, history: NotificationHistory) -> list[Told]:
        return [self.signed.read_notification(item.signed_payload) for item in history.notification_history]

    def parse_event(self, headers: Mapping[str, str], raw: bytes, now: datetime) -> list[Event]:
        """A push may come late (Apple tries again for days) and twice, so its age is no reason to refuse it."""
        try:
            push = Push.model_validate_json(raw)
            return [mapping.to_event(self.signed.read_notification(push.signed_payload))]
        except ValidationError as error:
            raise Refused(self.partner, "a push that is no signed notification") from error
        except Unverified as error:
            raise Refused(self.partner, error.detail) from error

    async def close(self) -> None:
        await self.client.http.close()


def make_connector(
    settings: AppStoreSettings, clock: Clock, transport: httpx.AsyncBaseTransport | None = None
) -> AppStoreConnector:
    claims = {"iss": settings.issuer_id, "bid": settings.bundle_id}
    auth = TokenAuth(claims, settings.key_id, read_private_key(settings), clock)
    limits = Limits(read=settings.timeout_seconds)
    http = make_client(settings.base_url, limits=limits, transport=transport, auth=auth)
    verifier = SignedDataVerifier(
        read_root_certificates(settings), False, settings.environment, settings.bundle_id, settings.app_apple_id
    )
    signed = SignedReader(mapping.PARTNER, verifier)
    client = AppStoreClient(PartnerHttp(mapping.PARTNER, http, clock, DIALECT, limits=limits))
    return AppStoreConnector(client, signed, clock, timedelta(days=settings.history_days))
