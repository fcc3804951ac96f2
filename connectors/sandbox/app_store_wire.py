"""The sandbox app store's answers as Apple writes them: dates in milliseconds, signed parts as compact JWS."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.sandbox.app_store_shop import Attempt, Held, Notification, Standing
from connectors.sandbox.app_store_signing import Credentials, sign

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
STATUS = {
    Standing.ACTIVE: 1,
    Standing.EXPIRED: 2,
    Standing.BILLING_RETRY: 3,
    Standing.GRACE_PERIOD: 4,
    Standing.REVOKED: 5,
}


def to_millis(at: datetime) -> int:
    return (at - EPOCH) // timedelta(milliseconds=1)


def from_millis(millis: int) -> datetime:
    return EPOCH + timedelta(milliseconds=millis)


def to_group(held: Held) -> str:
    """Each publication is a subscription group of its own: one may hold several at a time."""
    return str(20000000 + sum(ord(c) * 31**i for i, c in enumerate(held.publication)) % 9999999)


class Writer:
    """Signs and lays out, in the name of one app."""

    def __init__(self, credentials: Credentials) -> None:
        self.credentials = credentials

    def transaction(self, held: Held, at: datetime) -> str:
        payload = {
            "transactionId": held.transaction_id,
            "originalTransactionId": held.original_transaction_id,
            "webOrderLineItemId": held.transaction_id[-15:],
            "bundleId": self.credentials.bundle_id,
            "productId": held.product_id,
            "subscriptionGroupIdentifier": to_group(held),
            "purchaseDate": to_millis(held.period_start),
            "originalPurchaseDate": to_millis(held.started_at),
            "expiresDate": to_millis(held.expires_at),
            "quantity": 1,
            "type": "Auto-Renewable Subscription",
            "appAccountToken": held.app_account_token,
            "inAppOwnershipType": "PURCHASED",
            "signedDate": to_millis(at),
            "environment": self.credentials.environment,
            "transactionReason": "RENEWAL" if held.renewals else "PURCHASE",
            "storefront": "FIN",
            "storefrontId": "143447",
            "price": 9990,
            "currency": "EUR",
        }
        if held.standing is Standing.REVOKED and held.ended_at:
            payload |= {"revocationDate": to_millis(held.ended_at), "revocationReason": 0}
        return sign(self.credentials, payload)

    def renewal_info(self, held: Held, at: datetime) -> str:
        payload = {
            "originalTransactionId": held.original_transaction_id,
            "autoRenewProductId": held.product_id,
            "productId": held.product_id,
            "autoRenewStatus": 1 if held.standing in (Standing.ACTIVE, Standing.BILLING_RETRY) else 0,
            "isInBillingRetryPeriod": held.standing is Standing.BILLING_RETRY,
            "signedDate": to_millis(at),
            "environment": self.credentials.environment,
            "recentSubscriptionStartDate": to_millis(held.started_at),
            "renewalDate": to_millis(held.expires_at),
        }
        intent = {Standing.EXPIRED: 1, Standing.BILLING_RETRY: 2}.get(held.standing)
        return sign(self.credentials, payload if intent is None else payload | {"expirationIntent": intent})

    def statuses(self, subscriptions: list[Held], at: datetime) -> dict[str, Any]:
        return self._app() | {
            "data": [
                {
                    "subscriptionGroupIdentifier": to_group(held),
                    "lastTransactions": [
                        {
                            "originalTransactionId": held.original_transaction_id,
                            "status": STATUS[held.standing],
                            "signedTransactionInfo": self.transaction(held, at),
                            "signedRenewalInfo": self.renewal_info(held, at),
                        }
                    ],
                }
                for held in subscriptions
            ]
        }

    def notification(self, notification: Notification) -> str:
        payload: dict[str, Any] = {
            "notificationType": notification.type,
            "notificationUUID": notification.id,
            "version": "2.0",
            "signedDate": to_millis(notification.at),
            "data": self._app() | {"bundleVersion": "1.0"},
        }
        if notification.subtype:
            payload["subtype"] = notification.subtype
        if notification.held:
            payload["data"] |= {
                "signedTransactionInfo": self.transaction(notification.held, notification.at),
                "signedRenewalInfo": self.renewal_info(notification.held, notification.at),
                "status": STATUS[notification.held.standing],
            }
        return sign(self.credentials, payload)

    def history_item(self, notification: Notification) -> dict[str, Any]:
        return {"signedPayload": self.notification(notification), "sendAttempts": to_attempts(notification.attempts)}

    def _app(self) -> dict[str, Any]:
        app = self.credentials
        return {"environment": app.environment, "bundleId": app.bundle_id, "appAppleId": app.app_apple_id}


def to_attempts(attempts: list[Attempt]) -> list[dict[str, Any]]:
    return [{"attemptDate": to_millis(a.at), "sendAttemptResult": a.result} for a in attempts]
