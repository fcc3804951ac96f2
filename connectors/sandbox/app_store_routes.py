"""The App Store Server API's routes over the sandbox's shop, with Apple's checks and error codes."""

from __future__ import annotations

import hashlib
import uuid
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse

from connectors.sandbox.app_store_shop import EXTENSIONS_A_YEAR, HISTORY, Held, Notification, Person, Shop, Standing
from connectors.sandbox.app_store_signing import is_authorised
from connectors.sandbox.app_store_wire import STATUS, Writer, from_millis, to_attempts, to_millis

PAGE = 20

MESSAGES = {
    4000000: "Bad request.",
    4000006: "Invalid transaction id.",
    4000008: "Invalid original transaction id.",
    4000009: "Invalid extend by days value.",
    4000010: "Invalid extend reason code.",
    4000011: "Invalid request identifier.",
    4000012: "Invalid request. The start date is too far in the past.",
    4000013: "Invalid request. The start date is after the end date.",
    4000014: "Invalid request. The pagination token is invalid.",
    4000015: "Invalid request. The start date is invalid.",
    4000016: "Invalid request. The end date is invalid.",
    4000019: "Invalid request. Supply either a transaction id or a notification type, not both.",
    4000031: "Invalid request. The status parameter is invalid.",
    4000183: "Invalid request. The app account token field must be a valid UUID.",
    4030004: "Forbidden - subscription state ineligible for extension.",
    4030005: "Forbidden - subscription has reached maximum extension count.",
    4040005: "Original transaction id not found.",
    4040007: "No App Store Server Notification URL found for provided app. Check that a URL is configured.",
    4040008: "Test notification not found.",
    4040010: "Transaction id not found.",
    4290000: "Rate limit exceeded.",
    5000000: "An unknown error occurred.",
}


class AppleError(Exception):
    """Apple's codes begin with the HTTP status they travel under."""

    def __init__(self, code: int) -> None:
        self.code = code


class Unauthenticated(Exception):
    pass


def to_error(code: int, headers: dict[str, str] | None = None) -> JSONResponse:
    body = {"errorCode": code, "errorMessage": MESSAGES[code]}
    return JSONResponse(body, status_code=code // 10000, headers=headers)


async def answer_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, AppleError)
    return to_error(error.code)


async def answer_unauthenticated(request: Request, error: Exception) -> Response:
    return PlainTextResponse("Unauthenticated\n", status_code=401)


def make_routes(shop: Shop, writer: Writer) -> APIRouter:
    def check_token(request: Request) -> None:
        if not is_authorised(writer.credentials, request.headers.get("Authorization", ""), shop.clock.now()):
            raise Unauthenticated

    router = APIRouter(prefix="/inApps", dependencies=[Depends(check_token)])
    _add_reads(router, shop, writer)
    _add_extension(router, shop)
    _add_notifications(router, shop, writer)
    return router


def _add_reads(router: APIRouter, shop: Shop, writer: Writer) -> None:
    @router.get("/v1/lookup/{order}")
    async def look_up(order: str) -> dict[str, Any]:
        held = shop.find_order(order)
        signed = [writer.transaction(held, shop.clock.now())] if held else []
        return {"status": 0 if held else 1, "signedTransactions": signed}

    @router.get("/v1/subscriptions/{transaction_id}")
    async def statuses(transaction_id: str, status: Annotated[list[int] | None, Query()] = None) -> dict[str, Any]:
        if not set(status or []) <= set(STATUS.values()):
            raise AppleError(4000031)
        person, _ = _get_transaction(shop, transaction_id, 4000006, 4040010)
        held = [h for h in shop.list_of(person) if not status or STATUS[h.standing] in status]
        return writer.statuses(held, shop.clock.now())

    @router.get("/v1/transactions/{transaction_id}")
    async def transaction(transaction_id: str) -> dict[str, Any]:
        _, held = _get_transaction(shop, transaction_id, 4000006, 4040010)
        return {"signedTransactionInfo": writer.transaction(held, shop.clock.now())}

    @router.put("/v1/transactions/{transaction_id}/appAccountToken")
    async def set_token(transaction_id: str, request: Request) -> Response:
        _, held = _get_transaction(shop, transaction_id, 4000006, 4040010)
        held.app_account_token = _read_uuid((await _read_body(request)).get("appAccountToken"))
        shop.store.save()
        return Response(status_code=200)


def _get_transaction(shop: Shop, transaction_id: str, invalid: int, absent: int) -> tuple[Person, Held]:
    if not transaction_id.isdecimal():
        raise AppleError(invalid)
    found = shop.find_transaction(transaction_id)
    if found is None:
        raise AppleError(absent)
    return found


def _read_uuid(value: Any) -> str:
    try:
        return str(uuid.UUID(str(value)))
    except ValueError:
        raise AppleError(4000183) from None


async def _read_body(request: Request) -> dict[str, Any]:
    try:
        body = await request.json()
    except ValueError:
        raise AppleError(4000000) from None
    if not isinstance(body, dict):
        raise AppleError(4000000)
    return body


def _add_extension(router: APIRouter, shop: Shop) -> None:
    @router.put("/v1/subscriptions/extend/{transaction_id}")
    async def extend(transaction_id: str, request: Request) -> dict[str, Any]:
        """Not idempotent, as Apple's is not: `requestIdentifier` only names the request."""
        body = await _read_body(request)
        _check_extension(body)
        _, held = _get_transaction(shop, transaction_id, 4000008, 4040005)
        if held.standing is not Standing.ACTIVE:
            raise AppleError(4030004)
        if held.count_extensions(shop.clock.now()) >= EXTENSIONS_A_YEAR:
            raise AppleError(4030005)
        shop.extend(held, body["extendByDays"])
        return {
            "originalTransactionId": held.original_transaction_id,
            "webOrderLineItemId": held.transaction_id[-15:],
            "success": True,
            "effectiveDate": to_millis(held.expires_at),
        }


def _check_extension(body: dict[str, Any]) -> None:
    days, reason, identifier = (body.get(k) for k in ("extendByDays", "extendReasonCode", "requestIdentifier"))
    if type(days) is not int or not 1 <= days <= 90:
        raise AppleError(4000009)
    if type(reason) is not int or reason not in range(4):
        raise AppleError(4000010)
    if not isinstance(identifier, str) or not 1 <= len(identifier) <= 128:
        raise AppleError(4000011)


def _add_notifications(router: APIRouter, shop: Shop, writer: Writer) -> None:
    @router.post("/v1/notifications/history")
    async def history(request: Request, paginationToken: str = "") -> dict[str, Any]:
        body = await _read_body(request)
        _check_span(body, shop)
        found = [n for n in _list_span(body, shop) if _is_asked(n, body)]
        start = _read_page_token(paginationToken, body)
        return {
            "paginationToken": _to_page_token(start + PAGE, body),
            "hasMore": start + PAGE < len(found),
            "notificationHistory": [writer.history_item(n) for n in found[start : start + PAGE]],
        }

    @router.post("/v1/notifications/test")
    async def order_test() -> dict[str, str]:
        if shop.state.notify_url is None:
            raise AppleError(4040007)
        notification = shop.record(("TEST", None), None, shop.clock.now())
        shop.store.save()
        return {"testNotificationToken": notification.id}

    @router.get("/v1/notifications/test/{token}")
    async def read_test(token: str) -> dict[str, Any]:
        found = next((n for n in shop.state.notifications if n.id == token and n.type == "TEST"), None)
        if found is None:
            raise AppleError(4040008)
        return {"signedPayload": writer.notification(found), "sendAttempts": to_attempts(found.attempts)}


def _check_span(body: dict[str, Any], shop: Shop) -> None:
    start, end = body.get("startDate"), body.get("endDate")
    if type(start) is not int:
        raise AppleError(4000015)
    if type(end) is not int:
        raise AppleError(4000016)
    if from_millis(start) < shop.clock.now() - HISTORY:
        raise AppleError(4000012)
    if start > end:
        raise AppleError(4000013)
    if body.get("transactionId") and body.get("notificationType"):
        raise AppleError(4000019)


def _list_span(body: dict[str, Any], shop: Shop) -> list[Notification]:
    end = min(from_millis(body["endDate"]), shop.clock.now())
    return shop.list_notifications(from_millis(body["startDate"]), end)


def _is_asked(notification: Notification, body: dict[str, Any]) -> bool:
    held = notification.held
    of = {held.original_transaction_id, held.transaction_id} if held else set()
    return (
        body.get("transactionId", "") in ({""} | of)
        and body.get("notificationType") in (None, notification.type)
        and body.get("notificationSubtype") in (None, notification.subtype)
        and not (body.get("onlyFailures") and any(a.result == "SUCCESS" for a in notification.attempts))
    )


def _to_page_token(start: int, body: dict[str, Any]) -> str:
    """Bound to the request's body: Apple takes a token only with the body that it was given for."""
    return f"{start}_{hashlib.sha256(repr(sorted(body.items())).encode()).hexdigest()[:32]}"


def _read_page_token(token: str, body: dict[str, Any]) -> int:
    start = token.partition("_")[0] or "0"
    if not start.isdecimal() or (token and token != _to_page_token(int(start), body)):
        raise AppleError(4000014)
    return int(start)
