from typing import Any

from playwright.async_api import expect


async def test_what_needs_me_first_stands_first_and_says_why(site: Any) -> None:
    page = await site.sign_in()
    needs = page.get_by_role("region", name="Needs you now").locator(".need")
    assert [text.split("\n")[0] for text in await needs.all_inner_texts()] == [
        "A promise was broken",
        "Promise due in 50 min",
        "Arrived: tell the customer",
        "Wants a person",
    ]


async def test_j_and_k_move_in_the_list_and_enter_opens(site: Any) -> None:
    page = await site.sign_in()
    for key in ("j", "j", "j", "k", "Enter"):
        await page.keyboard.press(key)
    await expect(page.get_by_role("heading", level=1)).to_have_text("Marraskuun HBR puuttuu taas")


async def test_the_keys_can_be_turned_off(site: Any) -> None:
    page = await site.sign_in()
    await page.keyboard.press("?")
    await page.get_by_label("Use these keys").uncheck()
    await page.keyboard.press("Escape")
    await page.keyboard.press("j")
    await expect(page.locator("[data-row]:focus")).to_have_count(0)


async def test_a_search_finds_what_a_customer_said(site: Any) -> None:
    page = await site.sign_in()
    await page.get_by_label("Search in all cases").fill("iPadilla")
    await page.keyboard.press("Enter")
    await expect(page.locator("[data-row]")).to_have_count(1)


async def test_going_away_hands_my_cases_over(site: Any) -> None:
    page = await site.sign_in()
    await page.get_by_role("switch", name="Present").click()
    await expect(page.get_by_role("status")).to_contain_text("gone to colleagues")
    await expect(page.get_by_role("heading", name="Nothing waits for you")).to_be_visible()
