from typing import Any

from playwright.async_api import expect

from tests.api import samples


async def test_signing_in_needs_no_mouse(site: Any) -> None:
    page = await site.open("/")
    await expect(page).to_have_title("Sign in · Luotsi")
    await page.keyboard.type("aino@luotsi.example")
    await page.keyboard.press("Tab")
    await page.keyboard.type(samples.PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.get_by_label("The code your authenticator app shows")).to_be_focused()
    await page.keyboard.type(site.code())
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="My cases", level=1)).to_be_visible()


async def test_a_wrong_password_is_told_and_the_address_kept(site: Any) -> None:
    page = await site.open("/sign-in")
    await page.fill("#email", "aino@luotsi.example")
    await page.fill("#password", "not this one")
    await page.press("#password", "Enter")
    await expect(page.get_by_role("alert")).to_contain_text("not right")
    await expect(page.locator("#email")).to_have_value("aino@luotsi.example")
