"""What Apple signed, verified by Apple's own library and then read with our models.

The library checks certificates as of the payload's `signedDate` (its online checks are off), and Apple's payloads
carry no `exp`: the system's clock has no say, so a hub whose clock is moved reads them all the same. The library's
own models drop fields they do not know; so it is asked to verify, and the payload is read from the JWS itself.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode
from collections.abc import Callable
from typing import TypeVar

from appstoreserverlibrary.signed_data_verifier import SignedDataVerifier, VerificationException
from cattrs.errors import BaseValidationError

from connectors.answers import parse_body, to_payload
from connectors.app_store.wire import Notification, RenewalInfo, Statuses, Subscription, Told, Transaction, Wire
from hub.errors import ContractBroken

W = TypeVar("W", bound=Wire)


class Unverified(ContractBroken):
    """Apple did not sign this, or not for this app and environment."""


class SignedReader:
    def __init__(self, partner: str, verifier: SignedDataVerifier) -> None:
        self.partner = partner
        self.verifier = verifier

    def read_transaction(self, jws: str) -> Transaction:
        return self._read(jws, self.verifier.verify_and_decode_signed_transaction, Transaction)

    def read_renewal(self, jws: str) -> RenewalInfo:
        return self._read(jws, self.verifier.verify_and_decode_renewal_info, RenewalInfo)

    def read_notification(self, jws: str) -> Told:
        notification = self._read(jws, self.verifier.verify_and_decode_notification, Notification)
        about = notification.data.signed_transaction_info if notification.data else None
        return Told(notification=notification, transaction=self.read_transaction(about) if about else None)

    def read_subscriptions(self, statuses: Statuses) -> list[Subscription]:
        return [
            Subscription(
                status=last.status,
                transaction=self.read_transaction(last.signed_transaction_info),
                renewal=self.read_renewal(last.signed_renewal_info) if last.signed_renewal_info else None,
            )
            for group in statuses.data
            for last in group.last_transactions
        ]

    def _read(self, jws: str, verify: Callable[[str], object], model: type[W]) -> W:
        try:
            verify(jws)
        except VerificationException as error:
            raise Unverified(self.partner, f"not signed for us: {error.status.name}", payload=jws) from error
        except BaseValidationError:
            detail = f"a {model.__name__} that Apple's library cannot read"
            raise ContractBroken(self.partner, detail, payload=to_payload(_payload(jws))) from None
        return parse_body(self.partner, _payload(jws), model, what=f"a signed {model.__name__}")


def _payload(jws: str) -> bytes:
    body = jws.split(".")[1]
    return urlsafe_b64decode(body + "=" * (-len(body) % 4))
