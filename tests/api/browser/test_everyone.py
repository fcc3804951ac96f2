"""Every page for everyone: no violation that axe can find, at desk and phone width, light and dark."""

from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
OPTIONS = {"runOnly": {"type": "tag", "values": TAGS}, "resultTypes": ["violations"]}


async def list_faults(page: Page, *paths: str) -> list[str]:
    """Violations, and pages that would scroll sideways."""
    faults = []
    for path in paths:
        await page.goto(path)
        found = await Axe().run(page, options=OPTIONS)
        wide = await page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        faults += [f"{path}: {v['id']}: {v['nodes'][0]['html'][:160]}" for v in found.response["violations"]]
        faults += [f"{path}: too wide"] * wide
    return faults


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
async def test_the_case_and_the_customers_page(site: Any, width: int, scheme: str) -> None:
    page = await site.sign_in(width=width, scheme=scheme)
    assert await list_faults(page, site.case_path("matti"), site.status_path("matti")) == []


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
async def test_the_staffs_other_pages(site: Any, width: int, scheme: str) -> None:
    page = await site.sign_in(width=width, scheme=scheme)
    lists = ("/", "/?show=solved", "/?q=nothing", "/problems", "/problems/1", "/problems/2", "/ops", "/passkeys")
    assert await list_faults(page, *lists, site.case_path("wants"), site.case_path("september")) == []


@pytest.mark.parametrize(("width", "scheme"), [(1280, "dark"), (390, "light")])
async def test_the_door_and_what_customers_see(site: Any, width: int, scheme: str) -> None:
    page = await site.open("/sign-in", width=width, scheme=scheme)
    assert await list_faults(page, "/sign-in", site.status_path("september"), "/s/forged", "/api/docs") == []
