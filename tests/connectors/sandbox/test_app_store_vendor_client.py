"""Apple's own client library against the sandbox, over a real socket; only its base URL is changed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest
import uvicorn
from appstoreserverlibrary.api_client import APIError, APIException, AppStoreServerAPIClient
from appstoreserverlibrary.models.Environment import Environment
from appstoreserverlibrary.models.ExtendReasonCode import ExtendReasonCode
from appstoreserverlibrary.models.ExtendRenewalDateRequest import ExtendRenewalDateRequest
from appstoreserverlibrary.models.NotificationHistoryRequest import NotificationHistoryRequest
from appstoreserverlibrary.models.NotificationTypeV2 import NotificationTypeV2
from appstoreserverlibrary.models.OrderLookupStatus import OrderLookupStatus
from appstoreserverlibrary.models.SendAttemptResult import SendAttemptResult
from appstoreserverlibrary.models.Status import Status
from appstoreserverlibrary.models.UpdateAppAccountTokenRequest import UpdateAppAccountTokenRequest
from appstoreserverlibrary.signed_data_verifier import SignedDataVerifier
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from fastapi import FastAPI, Request, Response

from connectors.holders import holder_id
from connectors.sandbox.app_store import app_store_credentials, make_app_store_sandbox
from connectors.sandbox.app_store_wire import to_millis
from connectors.sandbox.seed import load_seed
from hub.clock import ShiftedClock, SystemClock

MATTI = "matti.lukija@example.com"
HBR_ORDER = "MK7XQ2L9TR"
DAY = timedelta(days=1)

call = asyncio.to_thread


@asynccontextmanager
async def serve(app: FastAPI) -> AsyncIterator[str]:
    server = uvicorn.Server(uvicorn.Config(app, port=0, lifespan="off", log_level="error"))
    running = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await running


@pytest.fixture
def sandbox() -> FastAPI:
    """On the system's clock: Apple's client makes its tokens by it."""
    return make_app_store_sandbox(load_seed(), ShiftedClock())


@pytest.fixture
async def url(sandbox: FastAPI) -> AsyncIterator[str]:
    async with serve(sandbox) as url:
        yield url


@pytest.fixture
def apple(sandbox: FastAPI, url: str) -> AppStoreServerAPIClient:
    known = app_store_credentials(sandbox)
    key = known["private_key"].encode()
    client = AppStoreServerAPIClient(
        key, known["key_id"], known["issuer_id"], known["bundle_id"], Environment(known["environment"])
    )
    client._base_url = url
    return client


@pytest.fixture
def verifier(sandbox: FastAPI) -> SignedDataVerifier:
    known = app_store_credentials(sandbox)
    root = x509.load_pem_x509_certificate(known["root_certificates"].encode()).public_bytes(Encoding.DER)
    return SignedDataVerifier([root], False, Environment(known["environment"]), known["bundle_id"])


@pytest.fixture
async def transaction_id(apple: AppStoreServerAPIClient, verifier: SignedDataVerifier) -> str:
    """Of Matti's HBR subscription, found by the order on his receipt."""
    answer = await call(apple.look_up_order_id, HBR_ORDER)
    decoded = verifier.verify_and_decode_signed_transaction((answer.signedTransactions or [])[0])
    return decoded.originalTransactionId or ""


def extension(days: int = 14) -> ExtendRenewalDateRequest:
    return ExtendRenewalDateRequest(days, ExtendReasonCode.SERVICE_ISSUE_OR_OUTAGE, "a-request")


def span(**filters: Any) -> NotificationHistoryRequest:
    now = SystemClock().now()
    return NotificationHistoryRequest(startDate=to_millis(now - 179 * DAY), endDate=to_millis(now + DAY), **filters)


async def code_of(method: Callable[..., Any], *arguments: Any) -> tuple[int, APIError | None]:
    with pytest.raises(APIException) as failed:
        await call(method, *arguments)
    return failed.value.http_status_code, failed.value.api_error


async def test_an_order_is_looked_up(apple: AppStoreServerAPIClient, verifier: SignedDataVerifier) -> None:
    answer = await call(apple.look_up_order_id, HBR_ORDER)
    decoded = verifier.verify_and_decode_signed_transaction((answer.signedTransactions or [])[0])
    assert answer.status is OrderLookupStatus.VALID
    assert (decoded.productId, decoded.appAccountToken) == ("hbr.monthly", holder_id(MATTI))


async def test_an_order_of_nobody_is_invalid_and_no_error(apple: AppStoreServerAPIClient) -> None:
    answer = await call(apple.look_up_order_id, "M000000000")
    assert (answer.status, answer.signedTransactions) == (OrderLookupStatus.INVALID, [])


async def test_all_subscriptions_of_the_holder_are_answered_for(
    apple: AppStoreServerAPIClient, verifier: SignedDataVerifier, transaction_id: str
) -> None:
    answer = await call(apple.get_all_subscription_statuses, transaction_id)
    items = [item for group in answer.data or [] for item in group.lastTransactions or []]
    products = [verifier.verify_and_decode_signed_transaction(i.signedTransactionInfo or "").productId for i in items]
    assert [item.status for item in items] == [Status.ACTIVE] * 3
    assert products == ["hbr.monthly", "fortune.monthly", "kauppalehti.monthly"]


async def test_statuses_can_be_asked_for_by_status(apple: AppStoreServerAPIClient, transaction_id: str) -> None:
    answer = await call(apple.get_all_subscription_statuses, transaction_id, [Status.EXPIRED, Status.REVOKED])
    assert answer.data == []


async def test_renewal_information_verifies(
    apple: AppStoreServerAPIClient, verifier: SignedDataVerifier, transaction_id: str
) -> None:
    answer = await call(apple.get_all_subscription_statuses, transaction_id)
    signed = ((answer.data or [])[0].lastTransactions or [])[0].signedRenewalInfo
    assert verifier.verify_and_decode_renewal_info(signed or "").originalTransactionId == transaction_id


async def test_one_transaction_is_answered(
    apple: AppStoreServerAPIClient, verifier: SignedDataVerifier, transaction_id: str
) -> None:
    answer = await call(apple.get_transaction_info, transaction_id)
    decoded = verifier.verify_and_decode_signed_transaction(answer.signedTransactionInfo or "")
    assert decoded.originalTransactionId == transaction_id


async def test_an_extension_moves_the_renewal_and_is_told(
    apple: AppStoreServerAPIClient, verifier: SignedDataVerifier, transaction_id: str
) -> None:
    answer = await call(apple.extend_subscription_renewal_date, transaction_id, extension())
    history = await call(
        apple.get_notification_history, None, span(notificationType=NotificationTypeV2.RENEWAL_EXTENDED)
    )
    [item] = history.notificationHistory or []
    told = verifier.verify_and_decode_notification(item.signedPayload or "")
    assert told.data is not None
    moved = verifier.verify_and_decode_signed_transaction(told.data.signedTransactionInfo or "")
    assert (answer.success, answer.effectiveDate) == (True, moved.expiresDate)


async def test_the_same_extension_sent_twice_extends_twice(apple: AppStoreServerAPIClient, transaction_id: str) -> None:
    first = await call(apple.extend_subscription_renewal_date, transaction_id, extension())
    second = await call(apple.extend_subscription_renewal_date, transaction_id, extension())
    assert (second.effectiveDate or 0) - (first.effectiveDate or 0) == 14 * DAY // timedelta(milliseconds=1)


async def test_a_third_extension_in_a_year_is_forbidden(apple: AppStoreServerAPIClient, transaction_id: str) -> None:
    for _ in range(2):
        await call(apple.extend_subscription_renewal_date, transaction_id, extension())
    refused = await code_of(apple.extend_subscription_renewal_date, transaction_id, extension())
    assert refused == (403, APIError.SUBSCRIPTION_MAX_EXTENSION)


@pytest.mark.parametrize(
    ("request_body", "expected"),
    [
        (extension(91), APIError.INVALID_EXTEND_BY_DAYS),
        (ExtendRenewalDateRequest(14, None, "a"), APIError.INVALID_EXTEND_REASON_CODE),
        (ExtendRenewalDateRequest(14, ExtendReasonCode.OTHER, ""), APIError.INVALID_REQUEST_IDENTIFIER),
    ],
)
async def test_a_wrong_extension_gets_apples_code(
    apple: AppStoreServerAPIClient, transaction_id: str, request_body: ExtendRenewalDateRequest, expected: APIError
) -> None:
    assert await code_of(apple.extend_subscription_renewal_date, transaction_id, request_body) == (400, expected)


async def test_unknown_transactions_get_apples_codes(apple: AppStoreServerAPIClient) -> None:
    assert await code_of(apple.get_all_subscription_statuses, "42") == (404, APIError.TRANSACTION_ID_NOT_FOUND)
    assert await code_of(apple.get_all_subscription_statuses, "x") == (400, APIError.INVALID_TRANSACTION_ID)
    absent = await code_of(apple.extend_subscription_renewal_date, "42", extension())
    assert absent == (404, APIError.ORIGINAL_TRANSACTION_ID_NOT_FOUND)


async def test_an_expired_subscription_cannot_be_extended(
    apple: AppStoreServerAPIClient, transaction_id: str, url: str
) -> None:
    async with httpx.AsyncClient(base_url=url) as client:
        await client.post("/_sandbox/faults", json={"link": "entitled", "customer": MATTI, "kind": "expired"})
    refused = await code_of(apple.extend_subscription_renewal_date, transaction_id, extension())
    assert refused == (403, APIError.SUBSCRIPTION_EXTENSION_INELIGIBLE)


async def test_history_is_paged_by_twenty_without_gaps_or_doubles(
    apple: AppStoreServerAPIClient, verifier: SignedDataVerifier
) -> None:
    request = span()
    pages = [await call(apple.get_notification_history, None, request)]
    while pages[-1].hasMore:
        pages.append(await call(apple.get_notification_history, pages[-1].paginationToken, request))
    signed = [item.signedPayload or "" for page in pages for item in page.notificationHistory or []]
    ids = {verifier.verify_and_decode_notification(jws).notificationUUID for jws in signed}
    assert {len(page.notificationHistory or []) for page in pages[:-1]} == {20}
    assert len(ids) == len(signed) > 100


async def test_history_can_be_of_one_customer(
    apple: AppStoreServerAPIClient, verifier: SignedDataVerifier, transaction_id: str
) -> None:
    history = await call(apple.get_notification_history, None, span(transactionId=transaction_id))
    told = [verifier.verify_and_decode_notification(i.signedPayload or "") for i in history.notificationHistory or []]
    signed = [t.data.signedTransactionInfo or "" for t in told if t.data]
    refs = {verifier.verify_and_decode_signed_transaction(jws).originalTransactionId for jws in signed}
    assert refs == {transaction_id}


async def test_a_wrong_span_gets_apples_code(apple: AppStoreServerAPIClient) -> None:
    now = to_millis(SystemClock().now())
    old = NotificationHistoryRequest(startDate=now - 181 * DAY // timedelta(milliseconds=1), endDate=now)
    crossed = NotificationHistoryRequest(startDate=now, endDate=now - 1000)
    both = span(transactionId="42", notificationType=NotificationTypeV2.TEST)
    history = apple.get_notification_history
    assert await code_of(history, None, old) == (400, APIError.START_DATE_TOO_FAR_IN_PAST)
    assert await code_of(history, None, crossed) == (400, APIError.START_DATE_AFTER_END_DATE)
    assert await code_of(history, None, both) == (400, APIError.MULTIPLE_FILTERS_SUPPLIED)
    assert await code_of(history, "made-up", span()) == (400, APIError.INVALID_PAGINATION_TOKEN)


async def test_the_account_token_can_be_set(
    apple: AppStoreServerAPIClient, verifier: SignedDataVerifier, transaction_id: str
) -> None:
    token = holder_id("new.address@example.com")
    await call(apple.set_app_account_token, transaction_id, UpdateAppAccountTokenRequest(appAccountToken=token))
    answer = await call(apple.get_transaction_info, transaction_id)
    assert verifier.verify_and_decode_signed_transaction(answer.signedTransactionInfo or "").appAccountToken == token


async def test_a_key_that_is_not_ours_gets_401_without_json(
    sandbox: FastAPI, apple: AppStoreServerAPIClient, url: str
) -> None:
    known = app_store_credentials(sandbox)
    other = app_store_credentials(make_app_store_sandbox(load_seed(), ShiftedClock()))["private_key"].encode()
    stranger = AppStoreServerAPIClient(
        other, known["key_id"], known["issuer_id"], known["bundle_id"], Environment.SANDBOX
    )
    stranger._base_url = url
    assert await code_of(stranger.look_up_order_id, HBR_ORDER) == (401, None)


async def test_without_a_url_there_is_no_test_notification(apple: AppStoreServerAPIClient) -> None:
    assert await code_of(apple.request_test_notification) == (404, APIError.SERVER_NOTIFICATION_URL_NOT_FOUND)


class Inbox:
    """A hub's webhook, as Apple sees it; `answer` is the status that it gives."""

    def __init__(self) -> None:
        self.received: asyncio.Queue[str] = asyncio.Queue()
        self.answer = 200
        self.app = FastAPI()
        self.app.add_api_route("/webhooks/app_store", self.take, methods=["POST"])

    async def take(self, request: Request) -> Response:
        self.received.put_nowait((await request.json())["signedPayload"])
        return Response(status_code=self.answer)

    async def next(self) -> str:
        return await asyncio.wait_for(self.received.get(), 10)


@pytest.fixture
async def inbox(url: str) -> AsyncIterator[Inbox]:
    """Set as the URL of notifications at the sandbox."""
    inbox = Inbox()
    async with serve(inbox.app) as there, httpx.AsyncClient(base_url=url) as client:
        await client.post("/_sandbox/notify", json={"url": f"{there}/webhooks/app_store"})
        yield inbox


async def settle(sandbox: FastAPI) -> None:
    await asyncio.gather(*sandbox.state.pusher.running)


async def test_a_test_notification_is_pushed_and_its_sending_told(
    sandbox: FastAPI, apple: AppStoreServerAPIClient, verifier: SignedDataVerifier, inbox: Inbox
) -> None:
    ordered = await call(apple.request_test_notification)
    pushed = verifier.verify_and_decode_notification(await inbox.next())
    await settle(sandbox)
    answer = await call(apple.get_test_notification_status, ordered.testNotificationToken or "")
    assert pushed.notificationType is NotificationTypeV2.TEST
    assert [a.sendAttemptResult for a in answer.sendAttempts or []] == [SendAttemptResult.SUCCESS]


async def test_an_extension_is_pushed_signed(
    apple: AppStoreServerAPIClient, verifier: SignedDataVerifier, transaction_id: str, inbox: Inbox
) -> None:
    await call(apple.extend_subscription_renewal_date, transaction_id, extension())
    pushed = verifier.verify_and_decode_notification(await inbox.next())
    assert pushed.data is not None
    moved = verifier.verify_and_decode_signed_transaction(pushed.data.signedTransactionInfo or "")
    assert (pushed.notificationType, pushed.data.status) == (NotificationTypeV2.RENEWAL_EXTENDED, Status.ACTIVE)
    assert moved.originalTransactionId == transaction_id


async def test_a_push_that_was_not_taken_is_among_the_failures(
    sandbox: FastAPI, apple: AppStoreServerAPIClient, transaction_id: str, inbox: Inbox
) -> None:
    inbox.answer = 503
    await call(apple.extend_subscription_renewal_date, transaction_id, extension())
    await inbox.next()
    await settle(sandbox)
    failed = NotificationTypeV2.RENEWAL_EXTENDED
    history = await call(apple.get_notification_history, None, span(onlyFailures=True, notificationType=failed))
    results = [a.sendAttemptResult for i in history.notificationHistory or [] for a in i.sendAttempts or []]
    assert results == [SendAttemptResult.UNSUCCESSFUL_HTTP_RESPONSE_CODE]
