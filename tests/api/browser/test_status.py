from typing import Any

from playwright.async_api import expect


async def test_the_customer_sees_where_it_is_who_owns_it_and_by_when(site: Any) -> None:
    page = await site.open(site.status_path("matti"), width=390)
    await expect(page.locator("html")).to_have_attribute("lang", "fi")
    await expect(page.locator(".sentence")).to_contain_text("jakelu ei ole koskaan luonut")
    await expect(page.locator(".lead")).to_contain_text("Aino Virtanen omistaa asiasi")
    await expect(page.locator(".promise-box")).to_contain_text("Viimeistään to 12.11.2026 klo 9.31")


async def test_nothing_of_a_partner_or_the_machine_is_shown(site: Any) -> None:
    page = await site.open(site.status_path("matti"))
    shown = await page.locator("main").inner_text()
    assert not [word for word in ("Karen", "35436", "publisher", "licence", "recurred") if word in shown]


async def test_a_person_please(site: Any) -> None:
    page = await site.open(site.status_path("matti"), java_script_enabled=False)
    await page.get_by_role("button", name="Ihminen, kiitos").click()
    await expect(page.get_by_role("status")).to_contain_text("Aino Virtanen hoitaa asian puolestasi")
    await expect(page.get_by_text("Ihminen hoitaa tämän puolestasi: Aino Virtanen")).to_be_visible()


async def test_more_can_be_written(site: Any) -> None:
    page = await site.open(site.status_path("matti"))
    await page.get_by_label("Aino Virtanen lukee viestisi").fill("Se tuli nyt")
    await page.get_by_role("button", name="Lähetä").click()
    await expect(page.get_by_role("status")).to_contain_text("Viestisi on tallessa")


async def test_one_question_when_it_is_solved(site: Any) -> None:
    page = await site.open(site.status_path("september"), width=390)
    await page.get_by_label("9", exact=True).check()
    await page.get_by_role("button", name="Lähetä").first.click()
    await expect(page.get_by_text("Vastasit 9.")).to_be_visible()


async def test_it_speaks_the_customers_language(site: Any) -> None:
    page = await site.open(site.status_path("arrived"))
    await expect(page.get_by_role("heading", name="Vad som händer härnäst")).to_be_visible()
