"""Apple's payloads as they come: unknown fields and unknown statuses are kept as they are."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, model_validator
from pydantic.alias_generators import to_camel

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_millis(at: datetime) -> int:
    return (at - EPOCH) // timedelta(milliseconds=1)


def from_millis(millis: Any) -> datetime:
    if type(millis) is not int:
        raise ValueError("a time of Apple's is a whole number of milliseconds")
    return EPOCH + timedelta(milliseconds=millis)


Millis = Annotated[datetime, BeforeValidator(from_millis), PlainSerializer(to_millis)]


class Wire(BaseModel):
    model_config = ConfigDict(extra="allow", alias_generator=to_camel, frozen=True)

    def to_plain(self) -> dict[str, Any]:
        """As it came, in JSON values."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True)


class AppleError(Wire):
    error_code: int
    error_message: str = ""


class OrderLookup(Wire):
    """`status` 0 is a valid order, 1 one that Apple does not know for this app."""

    status: int
    signed_transactions: tuple[str, ...] = ()


class LastTransaction(Wire):
    status: int | str
    original_transaction_id: str
    signed_transaction_info: str
    signed_renewal_info: str | None = None


class SubscriptionGroup(Wire):
    subscription_group_identifier: str
    last_transactions: tuple[LastTransaction, ...]


class Statuses(Wire):
    """All subscriptions of the one who holds the transaction that was asked about."""

    data: tuple[SubscriptionGroup, ...]


class Extension(Wire):
    success: bool
    original_transaction_id: str
    web_order_line_item_id: str = ""
    effective_date: Millis | None = None


class HistoryItem(Wire):
    signed_payload: str


class NotificationHistory(Wire):
    pagination_token: str | None = None
    has_more: bool
    notification_history: tuple[HistoryItem, ...] = ()

    @model_validator(mode="after")
    def check_token(self) -> Self:
        """More without a token would be read from the start, for ever."""
        if self.has_more and not self.pagination_token:
            raise ValueError("hasMore without paginationToken")
        return self


class Push(Wire):
    signed_payload: str


class Transaction(Wire):
    """Decoded from a verified JWS."""

    transaction_id: str
    original_transaction_id: str
    product_id: str
    purchase_date: Millis
    expires_date: Millis | None = None
    revocation_date: Millis | None = None
    app_account_token: str | None = None
    in_app_ownership_type: str | None = None
    offer_discount_type: str | None = None

    @property
    def publication(self) -> str:
        """Products are named `{publication}.{period}`."""
        return self.product_id.partition(".")[0]


class RenewalInfo(Wire):
    """Decoded from a verified JWS."""

    original_transaction_id: str
    auto_renew_status: int | None = None
    expiration_intent: int | None = None
    is_in_billing_retry_period: bool | None = None


class NotificationBody(Wire):
    status: int | str | None = None
    signed_transaction_info: str | None = None
    signed_renewal_info: str | None = None


class Notification(Wire):
    """Decoded from a verified JWS. Summaries and other kinds that are about no one person have no `data`."""

    notification_type: str
    subtype: str | None = None
    notification_uuid: Annotated[str, Field(alias="notificationUUID")]
    signed_date: Millis
    data: NotificationBody | None = None


class Subscription(BaseModel):
    """One subscription as Apple answers for it now, its signed parts verified and decoded."""

    model_config = ConfigDict(frozen=True)

    status: int | str
    transaction: Transaction
    renewal: RenewalInfo | None = None

    @property
    def ref(self) -> str:
        return self.transaction.original_transaction_id


class Told(BaseModel):
    """A notification with the transaction it is about, where there is one."""

    model_config = ConfigDict(frozen=True)

    notification: Notification
    transaction: Transaction | None = None
