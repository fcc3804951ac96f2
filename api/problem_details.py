"""Errors as RFC 9457 problem details for programs, and as a plain page for people."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import IntegrityError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, RedirectResponse, Response

from api.pages import render
from hub.errors import AlreadyKnown, Conflict, InvalidInput, LuotsiError, NotAllowed, NotFound, PartnerError, RetryLater

log = structlog.get_logger()

STATUSES: tuple[tuple[type[LuotsiError], int, str], ...] = (  # the first that fits
    (NotFound, 404, "not-found"),
    (AlreadyKnown, 409, "already-known"),
    (Conflict, 409, "conflict"),
    (InvalidInput, 422, "invalid-input"),
    (NotAllowed, 403, "not-allowed"),
    (RetryLater, 503, "partner-unavailable"),
    (PartnerError, 502, "partner-error"),
    (LuotsiError, 500, "internal"),
)
TITLES = {
    "already-known": "The text asks for what is already known",
    "conflict": "The state of things forbids it",
    "invalid-input": "What came in cannot be used",
    "not-allowed": "This is not allowed to you",
    "partner-unavailable": "A partner does not answer now",
    "partner-error": "A partner refused or could not be understood",
    "not-signed-in": "Sign in, or send an API token",
    "too-many-tries": "Too many tries; wait a little",
}


class NotSignedIn(LuotsiError):
    pass


class TooManyTries(LuotsiError):
    """`seconds` until the next try is let through."""

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        super().__init__(f"too many tries; the next one is possible in {seconds} seconds")


def to_problem(request: Request, status: int, kind: str, detail: str, **members: Any) -> Response:
    """A problem document for programs; a page for a browser that asked for one."""
    title = TITLES.get(kind) or HTTPStatus(status).phrase
    if _wants_page(request):
        return render(request, "error.html", status=status, title=title, detail=detail)
    body = {"type": kind, "title": title, "status": status, "detail": detail, "instance": request.url.path, **members}
    return JSONResponse(body, status, media_type="application/problem+json")


def add_error_handlers(app: FastAPI) -> None:
    app.add_exception_handler(LuotsiError, _on_luotsi_error)
    app.add_exception_handler(RequestValidationError, _on_invalid_request)
    app.add_exception_handler(HTTPException, _on_http_error)
    app.add_exception_handler(IntegrityError, _on_broken_rule)
    app.add_exception_handler(Exception, _on_unexpected)


def _wants_page(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "") and not request.url.path.startswith("/api")


async def _on_luotsi_error(request: Request, error: Exception) -> Response:
    if isinstance(error, NotSignedIn):
        return _not_signed_in(request, error)
    if isinstance(error, TooManyTries):
        answer = to_problem(request, 429, "too-many-tries", str(error))
        answer.headers["Retry-After"] = str(error.seconds)
        return answer
    status, kind = next((status, kind) for of, status, kind in STATUSES if isinstance(error, of))
    members: dict[str, Any] = {"known": error.known} if isinstance(error, AlreadyKnown) else {}
    if isinstance(error, PartnerError):
        members["partner"] = error.partner
    return to_problem(request, status, kind, str(error), **members)


def _not_signed_in(request: Request, error: NotSignedIn) -> Response:
    if _wants_page(request) and request.method == "GET":
        here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"/sign-in?next={quote(here)}", 303)
    answer = to_problem(request, 401, "not-signed-in", str(error))
    answer.headers["WWW-Authenticate"] = "Bearer"
    return answer


async def _on_invalid_request(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    faults = [{"where": ".".join(str(x) for x in e["loc"]), "what": e["msg"]} for e in error.errors()]
    detail = "; ".join(f"{f['where']}: {f['what']}" for f in faults)
    return to_problem(request, 422, "invalid-input", detail, errors=faults)


async def _on_http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    kind = {404: "not-found", 405: "method-not-allowed", 413: "too-large"}.get(error.status_code, "about:blank")
    answer = to_problem(request, error.status_code, kind, error.detail)
    answer.headers.update(error.headers or {})
    return answer


async def _on_broken_rule(request: Request, error: Exception) -> Response:
    """The database holds the invariants: what two did at once, one of them is told here."""
    log.warning("a rule of the database refused a write", path=request.url.path, error=str(error.__cause__))
    return to_problem(request, 409, "conflict", "something else was done at the same time, or this was done already")


async def _on_unexpected(request: Request, error: Exception) -> Response:
    return to_problem(request, 500, "internal", "something went wrong here; it has been logged")
