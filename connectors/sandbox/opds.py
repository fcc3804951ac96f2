"""The publisher's OPDS 2.0 feed: all issues newest first, and the same for each title."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response

from connectors.sandbox.delivery_shelf import Shelf
from connectors.sandbox.delivery_wire import LICENCE_TYPE, PROVIDER, stamp
from connectors.sandbox.seed import Issue
from hub.ports import Publication

FEED_TYPE = "application/opds+json"
ENTRY_TYPE = "application/opds-publication+json"
PER_PAGE = 50
PREFIX = "/opds"
FEED_PATH = f"{PREFIX}/feed.json"


def make_feed_router(shelf: Shelf) -> APIRouter:
    router = APIRouter(prefix=PREFIX)
    titles = {publication.id: publication for publication in shelf.seed.publications}

    @router.get("/feed.json")
    async def feed(request: Request, page: int = Query(1, ge=1)) -> Response:
        body = _to_page("All issues", request, shelf.list_published(), titles, page)
        body["navigation"] = [_to_navigation(publication) for publication in shelf.seed.publications]
        return JSONResponse(body, media_type=FEED_TYPE)

    @router.get("/titles/{publication}.json")
    async def title_feed(request: Request, publication: str, page: int = Query(1, ge=1)) -> Response:
        if publication not in titles:
            return JSONResponse({"type": "about:blank", "title": "No such title"}, 404)
        issues = shelf.list_published(publication)
        return JSONResponse(_to_page(titles[publication].title, request, issues, titles, page), media_type=FEED_TYPE)

    @router.get("/issues/{identifier}.json")
    async def entry(request: Request, identifier: str) -> Response:
        issue = shelf.find_due(identifier)
        if issue is None or shelf.is_held_back(issue):
            return JSONResponse({"type": "about:blank", "title": "No such issue"}, 404)
        return JSONResponse(_to_entry(issue, titles[issue.publication], _base(request)), media_type=ENTRY_TYPE)

    return router


def _to_page(
    title: str, request: Request, issues: list[Issue], titles: dict[str, Publication], page: int
) -> dict[str, Any]:
    shown = issues[(page - 1) * PER_PAGE : page * PER_PAGE]
    return {
        "metadata": {
            "title": title,
            "numberOfItems": len(issues),
            "itemsPerPage": PER_PAGE,
            "currentPage": page,
            **({"modified": stamp(issues[0].published_at)} if issues else {}),
        },
        "links": _to_paging(request.url.path, page, max(1, -(-len(issues) // PER_PAGE))),
        "publications": [_to_entry(issue, titles[issue.publication], _base(request)) for issue in shown],
    }


def _to_paging(path: str, page: int, last: int) -> list[dict[str, str]]:
    """Addresses without a host, which a reader has to resolve against the feed's own."""
    pages = {"self": page, "first": 1, "last": last}
    if page > 1:
        pages["previous"] = min(page - 1, last)
    if page < last:
        pages["next"] = page + 1
    return [{"rel": rel, "href": f"{path}?page={number}", "type": FEED_TYPE} for rel, number in pages.items()]


def _to_navigation(publication: Publication) -> dict[str, Any]:
    href = f"{PREFIX}/titles/{publication.id}.json"
    return {
        "title": publication.title,
        "href": href,
        "type": FEED_TYPE,
        "rel": "collection",
        "properties": {"identifier": publication.id},
    }


def _to_entry(issue: Issue, publication: Publication, base: str) -> dict[str, Any]:
    at = stamp(issue.published_at)
    return {
        "metadata": {
            "@type": "http://schema.org/PublicationIssue",
            "title": f"{publication.title} {issue.issue}",
            "identifier": f"urn:uuid:{issue.identifier}",
            "altIdentifier": [f"urn:x-issue:{issue.publication}:{issue.issue}"],
            "published": at,
            "modified": at,
            "language": publication.language,
            "publisher": publication.publisher,
            "belongsTo": {"series": _to_series(publication)},
        },
        "links": [
            {"rel": "self", "href": f"{base}{PREFIX}/issues/{issue.identifier}.json", "type": ENTRY_TYPE},
            {
                "rel": "http://opds-spec.org/acquisition/subscribe",
                "href": f"{PROVIDER}/issues/{issue.identifier}",
                "type": LICENCE_TYPE,
            },
        ],
        "images": [{"href": f"{PROVIDER}/covers/{issue.identifier}.jpg", "type": "image/jpeg"}],
    }


def _to_series(publication: Publication) -> dict[str, Any]:
    return {
        "name": publication.title,
        "identifier": publication.id,
        "aliases": list(publication.aliases),
        "frequency": publication.frequency,
    }


def _base(request: Request) -> str:
    return str(request.base_url).rstrip("/")
