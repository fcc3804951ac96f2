from typing import Any

from playwright.async_api import expect


async def test_ops_says_first_what_a_person_should_look_at(site: Any) -> None:
    page = await site.sign_in("/ops")
    await expect(page.locator(".troubles")).to_contain_text("App store does not answer")
    await expect(page.locator(".troubles")).to_contain_text("1 effect has an unknown outcome")


async def test_all_automation_is_stopped_with_one_button(site: Any) -> None:
    page = await site.sign_in("/ops")
    await page.get_by_label("Why (kept on record)").fill("it wrote nonsense")
    await page.get_by_role("button", name="Stop all automation").click()
    await expect(page.get_by_role("heading", name="All automation is stopped")).to_be_visible()
    await expect(page.locator(".stop-card")).to_contain_text("Aino Virtanen")


async def test_an_unknown_outcome_is_decided_by_a_person(site: Any) -> None:
    page = await site.sign_in("/ops")
    await page.get_by_role("button", name="Yes, take it as done").click()
    await expect(page.get_by_text("Outcome unknown")).to_have_count(1)  # only the figure, now 0


async def test_a_problem_goes_from_cause_to_fix(site: Any) -> None:
    page = await site.sign_in("/problems")
    await page.get_by_role("link", name="no licence was made").click()
    await page.get_by_role("button", name="It is fixed").click()
    await expect(page.get_by_role("alert")).to_contain_text("write the cause first")
    await page.get_by_label("Written once").fill("The export skipped renewals")
    await page.get_by_role("button", name="Write the cause").click()
    await page.get_by_role("button", name="It is fixed").click()
    await expect(page.get_by_label("Which later deliveries prove the fix?")).to_be_visible()
