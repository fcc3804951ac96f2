"""One method per endpoint. Private routes carry Basic credentials; status documents and the feed are public."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import quote, urljoin

import httpx

from connectors.delivery import wire
from connectors.http import Dialect, PartnerHttp
from hub.errors import ContractBroken, Rejected

T = TypeVar("T")
STATUS_TYPE = "application/vnd.readium.license.status.v1.0+json"
FEED_TYPE = "application/opds+json"
ALIVE = "The LCP Server is running!"
SEARCH_LIMIT = 1000  # the server's own, without a word when it cuts off
REFUSALS = (400, 404, 409, 422)
MOST_PAGES = 500


class LicenceServer:
    def __init__(self, http: PartnerHttp, auth: httpx.BasicAuth) -> None:
        self.http = http
        self.auth = auth

    async def fetch_health(self) -> bool:
        return ALIVE in (await self.http.request("GET", "/health")).text

    async def list_licences(self, page: int, per_page: int) -> list[wire.License]:
        """Newest first. Pages start at 1."""
        return await self._private("GET", "/licenseinfo/", list[wire.License], page=page, per_page=per_page)

    async def search_licences(self, user: str) -> list[wire.License]:
        """In no order, at most SEARCH_LIMIT. One criterion only: the server ignores the others."""
        return await self._private(
            "GET", "/licenseinfo/search", list[wire.License], user=user, page=1, per_page=SEARCH_LIMIT
        )

    async def fetch_licence(self, licence: str) -> wire.License:
        return await self._private("GET", f"/licenseinfo/{_part(licence)}", wire.License)

    async def list_events(self, licence: str) -> list[wire.LicenseEvent]:
        return await self._private("GET", f"/license-events/{_part(licence)}", list[wire.LicenseEvent])

    async def list_publications(self, page: int, per_page: int) -> list[wire.Publication]:
        """Newest first. Pages start at 1."""
        return await self._private("GET", "/publications/", list[wire.Publication], page=page, per_page=per_page)

    async def find_publication(self, alt_id: str) -> wire.Publication | None:
        path = f"/publications/altid/{_part(alt_id)}"
        response = await self.http.request("GET", path, auth=self.auth, accept=(404,))
        return None if response.status_code == 404 else self.http.parse_json(response, wire.Publication)

    async def fetch_status(self, licence: str) -> wire.StatusDocument:
        headers = {"Accept": f"{STATUS_TYPE}, application/json"}
        response = await self.http.request("GET", f"/status/{_part(licence)}", headers=headers)
        return self.http.parse_json(response, wire.StatusDocument)

    async def generate_licence(self, order: dict[str, Any]) -> wire.LicenseDocument:
        """Each call makes another licence. Rejected with the server's words where it says no."""
        response = await self.http.request("POST", "/licenses/", json=order, auth=self.auth, accept=REFUSALS)
        return self.http.parse_json(check_accepted(self.http.partner, response), wire.LicenseDocument)

    async def renew_licence(self, licence: str, device: dict[str, str], end: str) -> wire.StatusDocument:
        """`device` is the id and name of one that has registered. A 200 may hide a shorter end than asked."""
        accept = (*REFUSALS, 403)
        params = {**device, "end": end}
        response = await self.http.request("PUT", f"/renew/{_part(licence)}", params=params, accept=accept)
        return self.http.parse_json(check_accepted(self.http.partner, response), wire.StatusDocument)

    async def _private(self, method: str, path: str, shape: type[T], **params: str | int) -> T:
        response = await self.http.request(method, path, params=params, auth=self.auth)
        return self.http.parse_json(response, shape)


class FeedReader:
    def __init__(self, http: PartnerHttp, url: str) -> None:
        self.http = http
        self.url = url

    async def fetch_feed(self, url: str) -> wire.Feed:
        response = await self.http.request("GET", url, headers={"Accept": FEED_TYPE})
        return self.http.parse_json(response, wire.Feed)

    async def read_pages(self, url: str, is_enough: Callable[[list[wire.Feed]], bool]) -> list[wire.Feed]:
        """The pages from `url` on, following `next`, until the pages read so far are enough or at the end."""
        pages: list[wire.Feed] = []
        seen: set[str] = set()
        while url not in seen and len(seen) < MOST_PAGES:
            seen.add(url)
            pages.append(await self.fetch_feed(url))
            following = pages[-1].find_link("next")
            if following is None or is_enough(pages):
                return pages
            url = urljoin(url, following)
        raise ContractBroken(self.http.partner, f"the feed has no end: {url}")


def check_accepted(partner: str, response: httpx.Response) -> httpx.Response:
    if response.status_code < 400:
        return response
    problem = read_problem(response)
    words = ": ".join(text for text in (problem.title, problem.detail) if text)
    raise Rejected(partner, words or f"answered {response.status_code}", code=problem.type)


def read_problem(response: httpx.Response) -> wire.Problem:
    """The server's problem details have no `status`, and some answers are no problem details at all."""
    try:
        return wire.Problem.model_validate(response.json())
    except ValueError:
        return wire.Problem()


def to_error_code(response: httpx.Response) -> str:
    return read_problem(response).type.removeprefix("about:blank")


def _part(text: str) -> str:
    return quote(text, safe=":")


DIALECT = Dialect(error_code=to_error_code)
