from dataclasses import replace

import httpx
import pytest
from starlette.responses import Response

from api.app import create_app
from api.auth.visit import set_session
from api.services import Services


@pytest.mark.parametrize("path", ["/sign-in", "/api/v1/me", "/nowhere"])
async def test_every_answer_is_closed_to_other_sites(browser: httpx.AsyncClient, path: str) -> None:
    headers = (await browser.get(path)).headers
    assert "default-src 'self'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"


@pytest.mark.parametrize("path", ["/sign-in", "/api/v1/me", "/s/anything"])
async def test_private_pages_are_not_kept(browser: httpx.AsyncClient, path: str) -> None:
    assert (await browser.get(path)).headers["cache-control"] == "no-store"


async def test_https_is_asked_for_only_where_it_is_served(browser: httpx.AsyncClient, services: Services) -> None:
    assert "strict-transport-security" not in (await browser.get("/sign-in")).headers
    async with https(services) as secure:
        assert "max-age" in (await secure.get("/sign-in")).headers["strict-transport-security"]


async def test_over_https_the_cookie_is_bound_to_the_host(services: Services) -> None:
    answer = Response()
    set_session(answer, over_https(services), "token")
    assert answer.headers["set-cookie"] == "__Host-luotsi=token; HttpOnly; Path=/; SameSite=lax; Secure"


def over_https(services: Services) -> Services:
    return replace(services, house=replace(services.house, public_url="https://luotsi.example"))


def https(services: Services) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=create_app(over_https(services)))
    return httpx.AsyncClient(transport=transport, base_url="https://luotsi.example")
