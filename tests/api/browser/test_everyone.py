"""Every page for everyone: no violation that axe can find, at desk and phone width, light and dark."""

from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page

RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
}
LOOKS = pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (1280, "dark"), (390, "light"), (390, "dark")])


async def list_faults(page: Page) -> list[str]:
    """Violations, and what would make the page scroll sideways."""
    found = await Axe().run(page, options={**RULES, "resultTypes": ["violations"]})
    wide = await page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    return [f"{v['id']}: {v['nodes'][0]['html'][:160]}" for v in found.response["violations"]] + ["too wide"] * wide


@LOOKS
async def test_the_staffs_pages(site: Any, width: int, scheme: str) -> None:
    page = await site.sign_in(width=width, scheme=scheme)
    paths = ["/", "/?show=solved", "/?q=nothing", site.case_path("matti"), site.case_path("wants"), "/problems"]
    faults = {}
    for path in [*paths, "/problems/1", "/problems/2", "/ops"]:
        await page.goto(path)
        faults[path] = await list_faults(page)
    assert not {path: found for path, found in faults.items() if found}


@LOOKS
async def test_the_customers_page_and_the_door(site: Any, width: int, scheme: str) -> None:
    faults = {}
    for path in ("/sign-in", site.status_path("matti"), site.status_path("september"), "/s/forged"):
        page = await site.open(path, width=width, scheme=scheme)
        faults[path] = await list_faults(page)
    assert not {path: found for path, found in faults.items() if found}
