"""EDRLab's licence server: private routes with Basic, and the public routes of the License Status Document."""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from pydantic import AwareDatetime, BaseModel, Field, ValidationError

from connectors.sandbox import delivery_wire as wire
from connectors.sandbox.delivery_book import NOT_FOUND, LicenceBook
from connectors.sandbox.delivery_licences import Device, Licence, Problem, give_back, register, renew, revoke
from connectors.sandbox.delivery_shelf import SAMPLE
from connectors.sandbox.seed import Issue

USERNAME = "luotsi"
LIMIT = 1000
SAMPLE_AT = datetime.fromisoformat("2024-01-02T12:00:00+00:00")


class NotLetIn(Exception):
    pass


class LicenceOrder(BaseModel):
    publication_id: UUID | None = None
    alt_id: str = ""
    user_id: str = Field(min_length=1)
    user_name: str = ""
    user_email: str = ""
    start: AwareDatetime | None = None
    end: AwareDatetime | None = None
    profile: str = ""
    text_hint: str = Field(min_length=1)
    pass_hash: str = Field(min_length=1)


class Library:
    """What the routes need: the licences, and the publications they are for."""

    def __init__(self, book: LicenceBook, password: str, status_type: str) -> None:
        self.book = book
        self.password = password
        self.status_type = status_type
        self.titles = {publication.id: publication.title for publication in book.shelf.seed.publications}

    def list_publications(self, cut: Callable[[list[Any]], list[Any]]) -> list[dict[str, Any]]:
        """Newest first; the last is the sample."""
        issues = [issue for issue in self.book.shelf.list_due() if self._has(issue)]
        return [self._to_row(issue) if issue else wire.to_sample(SAMPLE_AT) for issue in cut([*issues, None])]

    def get_publication(self, identifier: str) -> dict[str, Any]:
        if identifier == SAMPLE:
            return wire.to_sample(SAMPLE_AT)
        issue = self.book.shelf.find_due(identifier)
        if issue is None or not self._has(issue):
            raise Problem(404, *NOT_FOUND)
        return self._to_row(issue)

    def get_publication_by_alt_id(self, alt_id: str) -> dict[str, Any]:
        publication, _, issue = alt_id.removeprefix("urn:x-issue:").partition(":")
        return self.get_publication(Issue(publication=publication, issue=issue, published_at=SAMPLE_AT).identifier)

    def _has(self, issue: Issue) -> bool:
        """A file held back never reached the server, unless it was licensed before."""
        return not self.book.shelf.is_held_back(issue) or self.book.has_any(issue.identifier)

    def _to_row(self, issue: Issue) -> dict[str, Any]:
        """Numbered as the database would: the later, the higher."""
        place = sorted(self.titles).index(issue.publication)
        number = issue.published_at.toordinal() * len(self.titles) + place
        return wire.to_publication(issue, self.titles[issue.publication], number)


def add_licence_server(app: FastAPI, library: Library) -> None:
    app.add_exception_handler(Problem, _answer_problem)
    app.add_exception_handler(404, _answer_no_endpoint)
    app.add_exception_handler(NotLetIn, _answer_not_let_in)
    app.include_router(_public(library))
    app.include_router(_private(library))


def _public(library: Library) -> APIRouter:
    router, book = APIRouter(), library.book

    def answer(request: Request, licence: Licence) -> Response:
        document = wire.to_status_document(licence, _base(request), book.clock.now())
        return JSONResponse(document, media_type=library.status_type)

    @router.get("/health")
    async def health() -> Response:
        return PlainTextResponse("The LCP Server is running!")

    @router.get("/status/{licence_id}")
    async def status(request: Request, licence_id: str) -> Response:
        return answer(request, book.get(licence_id))

    def act(request: Request, licence_id: str, rule: Callable[[Licence], None]) -> Response:
        return answer(request, book.change(licence_id, rule))

    @router.post("/register/{licence_id}")
    async def post_register(request: Request, licence_id: str) -> Response:
        device = _read_device(request)
        return act(request, licence_id, lambda licence: register(licence, device, book.clock.now()))

    @router.put("/renew/{licence_id}")
    async def put_renew(request: Request, licence_id: str) -> Response:
        device, end = _read_device(request), _read_end(request)
        return act(request, licence_id, lambda licence: renew(licence, device, end, book.clock.now()))

    @router.put("/return/{licence_id}")
    async def put_return(request: Request, licence_id: str) -> Response:
        device = _read_device(request)
        return act(request, licence_id, lambda licence: give_back(licence, device, book.clock.now()))

    return router


def _private(library: Library) -> APIRouter:
    router = APIRouter(dependencies=[Depends(partial(_check_basic, library.password))])
    _add_licence_routes(router, library)
    _add_generation(router, library)
    _add_publication_routes(router, library)
    return router


def _add_licence_routes(router: APIRouter, library: Library) -> None:
    book = library.book

    @router.get("/licenseinfo/")
    async def list_licences(request: Request) -> list[dict[str, Any]]:
        return [wire.to_row(licence) for licence in _cut_page(request, book.list_licences())]

    @router.get("/licenseinfo/search")
    async def search(request: Request) -> list[dict[str, Any]]:
        matches = _parse_criterion(request)
        return [wire.to_row(one) for one in reversed(book.list_licences()) if matches(one)][:LIMIT]

    @router.get("/licenseinfo/{licence_id}")
    async def get_licence(licence_id: str) -> dict[str, Any]:
        return wire.to_row(book.get(licence_id))

    @router.get("/license-events/{licence_id}")
    async def list_events(licence_id: str) -> list[dict[str, Any]]:
        return wire.to_events(book.get(licence_id))

    @router.put("/revoke/{licence_id}")
    async def put_revoke(request: Request, licence_id: str) -> Response:
        licence = book.change(licence_id, lambda one: revoke(one, book.clock.now()))
        document = wire.to_status_document(licence, _base(request), book.clock.now())
        return JSONResponse(document, media_type=library.status_type)


def _add_generation(router: APIRouter, library: Library) -> None:
    book = library.book

    @router.post("/licenses/", status_code=201)
    async def generate(request: Request) -> Response:
        order = await _read_order(request)
        publication = _find_ordered(library, order)
        licence = book.generate(order, publication["uuid"])
        if request.query_params.get("link") == "true":
            return Response(status_code=303, headers={"Location": f"{_base(request)}/licenses/{licence.id}"})
        return _answer_licence(request, licence, publication, order, 201)

    @router.post("/licenses/{licence_id}")
    async def fresh(request: Request, licence_id: str) -> Response:
        order = await _read_order(request)
        licence = book.get(licence_id)
        return _answer_licence(request, licence, library.get_publication(licence.publication), order, 200)


def _add_publication_routes(router: APIRouter, library: Library) -> None:
    @router.get("/publications/")
    async def list_publications(request: Request) -> list[dict[str, Any]]:
        return library.list_publications(partial(_cut_page, request))

    @router.get("/publications/altid/{alt_id}")
    async def get_by_alt_id(alt_id: str) -> dict[str, Any]:
        return library.get_publication_by_alt_id(alt_id)

    @router.get("/publications/{publication_id}")
    async def get_publication(publication_id: str) -> dict[str, Any]:
        return library.get_publication(publication_id)


def _find_ordered(library: Library, order: LicenceOrder) -> dict[str, Any]:
    if order.publication_id is None and not order.alt_id:
        raise _invalid("missing required publication identifier in payload")
    try:
        if order.publication_id is not None:
            return library.get_publication(str(order.publication_id))
        return library.get_publication_by_alt_id(order.alt_id)
    except Problem:
        raise _invalid("invalid publication ID") from None


def _answer_licence(
    request: Request, licence: Licence, publication: dict[str, Any], order: LicenceOrder, status: int
) -> Response:
    """The hash is read only now: the licence of a bad order stays, and the answer is a 500."""
    try:
        body = wire.to_licence_document(licence, publication, _base(request), order.model_dump())
    except ValueError:
        raise Problem(500, "server", "An unexpected error has occurred.", "the passphrase hash is not hex") from None
    return JSONResponse(body, status, media_type=wire.LICENCE_TYPE)


async def _read_order(request: Request) -> LicenceOrder:
    try:
        return LicenceOrder.model_validate_json(await request.body())
    except ValidationError as error:
        wrong = error.errors(include_input=False, include_url=False)[0]
        raise _invalid(f"{'.'.join(map(str, wrong['loc']))}: {wrong['msg']}") from None


def _read_device(request: Request) -> Device:
    device = Device(id=request.query_params.get("id", ""), name=request.query_params.get("name", ""))
    if not device.id or not device.name:
        raise _invalid("missing required device identifier and name")
    if max(len(device.id.encode()), len(device.name.encode())) > 255:
        raise _invalid("device identifier and name must be shorter")
    return device


def _read_end(request: Request) -> datetime | None:
    text = request.query_params.get("end", "")
    try:
        end = datetime.fromisoformat(text) if text else None
    except ValueError:
        raise _invalid("invalid date end parameter") from None
    if end is not None and end.tzinfo is None:
        raise _invalid("invalid date end parameter")
    return end


def _parse_criterion(request: Request) -> Callable[[Licence], bool]:
    """The first of user, pub, status and count that is there; the others are not looked at."""
    asked = request.query_params
    if user := asked.get("user"):
        return lambda licence: licence.user == user
    if publication := asked.get("pub"):
        return lambda licence: licence.publication == publication
    if status := asked.get("status"):
        return lambda licence: licence.status == status
    if count := asked.get("count"):
        least, most = _parse_count(count)
        return lambda licence: least <= licence.device_count <= most
    raise Problem(404, *NOT_FOUND)


def _parse_count(text: str) -> tuple[int, int]:
    least, _, most = text.partition(":")
    if not (least.isdecimal() and most.isdecimal()):
        raise _invalid(f"invalid count parameter: {text}")
    return int(least), int(most)


def _cut_page(request: Request, rows: list[Any]) -> list[Any]:
    page, per_page = (_read_count(request, *each) for each in (("page", 1), ("per_page", 20)))
    return rows[(page - 1) * per_page : page * per_page]


def _read_count(request: Request, name: str, default: int) -> int:
    """What is no positive number counts as not given."""
    text = request.query_params.get(name, "")
    return int(text) if text.isdecimal() and int(text) > 0 else default


def _check_basic(password: str, request: Request) -> None:
    scheme, _, encoded = request.headers.get("Authorization", "").partition(" ")
    try:
        given = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        given = b""
    expected = f"{USERNAME}:{password}".encode()
    if scheme.lower() != "basic" or not secrets.compare_digest(given, expected):
        raise NotLetIn


def _invalid(detail: str) -> Problem:
    return Problem(400, "", "Invalid request", detail)


def _base(request: Request) -> str:
    return str(request.base_url).rstrip("/")


async def _answer_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    body = {**error.body, "instance": request.url.path}
    return JSONResponse(body, error.http_status, media_type="application/problem+json")


async def _answer_no_endpoint(request: Request, error: Exception) -> Response:
    return JSONResponse({"type": "about:blank", "title": "Endpoint not found."}, 404)


async def _answer_not_let_in(request: Request, error: Exception) -> Response:
    return Response(status_code=401, headers={"WWW-Authenticate": 'Basic realm="restricted"'})
