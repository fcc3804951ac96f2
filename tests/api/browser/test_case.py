import re
from typing import Any

import pytest_asyncio
from playwright.async_api import Page, expect

from hub.automation import wish_person
from hub.tables import ActorKind, Direction, Message
from hub.timeline import record_entry


@pytest_asyncio.fixture
async def page(site: Any) -> Page:
    signed_in: Page = await site.sign_in(site.case_path("matti"))
    return signed_in


async def test_the_chain_says_in_words_which_link_is_broken(page: Page) -> None:
    links = page.locator(".chain .link")
    assert [" ".join(text.split()) for text in await links.all_inner_texts()][2:] == [
        "Delivered Delivery Broken here: no licence was made",
        "Matti Lukija Customer Not reached",
    ]
    await expect(page.get_by_role("heading", name="delivery service never made")).to_be_visible()


async def test_a_fact_leads_to_the_words_it_was_read_from(page: Page) -> None:
    await page.get_by_role("link", name="iPad", exact=True).click()
    await expect(page.locator("mark:target")).to_have_text("iPadilla")
    await expect(page.locator("mark:target")).to_be_in_viewport()


async def test_what_was_quoted_is_one_click_away(page: Page) -> None:
    quoted = page.get_by_text("Megan, sovelluksen tuki")
    await expect(quoted).to_be_hidden()
    await page.get_by_text("Quoted before").click()
    await expect(quoted).to_be_visible()


async def test_a_question_whose_answer_is_known_is_not_sent(page: Page) -> None:
    await page.keyboard.press("r")
    await page.keyboard.type("Hei Matti, mikä laite sinulla on?")
    await page.get_by_role("button", name="Send", exact=True).click()
    alert = page.get_by_role("alert")
    await expect(alert).to_contain_text("Matti has told this already")
    await expect(alert).to_contain_text("iPad")
    await expect(alert).to_contain_text("Matti Lukija")
    await expect(page.locator("#reply-text")).to_have_value("Hei Matti, mikä laite sinulla on?")


async def test_with_a_reason_it_is_sent_all_the_same(page: Page) -> None:
    await page.fill("#reply-text", "Mikä laite sinulla on?")
    await page.get_by_role("button", name="Send", exact=True).click()
    await page.get_by_label("Why ask all the same?").fill("he has bought a new one")
    await page.get_by_role("button", name="Send", exact=True).click()
    await expect(page.get_by_role("status")).to_contain_text("on its way")
    await expect(page.locator(".timeline")).to_contain_text("he has bought a new one")


async def test_an_empty_reply_is_told_in_place(page: Page) -> None:
    await page.get_by_role("button", name="Send", exact=True).click()
    await expect(page.get_by_role("alert")).to_contain_text("nothing to send")


async def test_a_draft_can_be_started_from(page: Page) -> None:
    await page.get_by_role("link", name="Start from this").click()
    assert "syyskuu 2026" in await page.input_value("#reply-text")


async def test_a_remedy_is_one_click_and_its_limit_is_counted(page: Page) -> None:
    await page.get_by_role("button", name="Deliver the issue again").click()
    await expect(page.get_by_role("status")).to_contain_text("Ordered")
    await expect(page.locator(".remedies")).to_contain_text("1 of 3 used in 30 days")
    await expect(page.locator(".timeline")).to_contain_text("Ordered: Toimita lehti uudelleen")


async def test_a_case_goes_to_a_present_colleague(page: Page) -> None:
    await page.get_by_text("Hand over").first.click()
    await page.get_by_role("button", name="Hand over").click()
    await expect(page.locator(".owner")).to_contain_text("Leo Lindqvist")


async def test_a_decision_is_judged_from_the_case(page: Page) -> None:
    await page.get_by_role("button", name=re.compile("Wrong.*Requests")).click()
    await expect(page.get_by_text("Aino Virtanen said it was wrong")).to_be_visible()


async def test_solving_closes_the_case_in_the_open(page: Page) -> None:
    await page.fill("#reply-text", "Lehti on nyt perillä.")
    await page.get_by_role("button", name="Send and solve").click()
    await expect(page.locator(".case-head")).to_contain_text("Solved")


async def test_a_message_that_comes_in_appears_by_itself(site: Any, page: Page) -> None:
    await page.fill("#reply-text", "I was just wri")
    case = site.cases["matti"]
    async with site.database.transaction() as session:
        said = {"party": "customer", "author": "Matti Lukija", "text": "Nyt se tuli!", "at": site.clock.now()}
        who = {"direction": Direction.INBOUND, "author_kind": ActorKind.CUSTOMER}
        session.add(Message(case_id=case.id, **said, **who))
        await record_entry(session, case.id, (ActorKind.CUSTOMER, ""), "message", "", now=site.clock.now())
    await expect(page.get_by_text("Nyt se tuli!")).to_be_visible()
    await expect(page.locator("#said")).to_contain_text("Matti Lukija wrote")
    await expect(page.locator("#reply-text")).to_have_value("I was just wri")


async def test_a_wish_for_a_person_shows_at_once(site: Any, page: Page) -> None:
    async with site.database.transaction() as session:
        await wish_person(session, site.cases["matti"].id, now=site.clock.now())
    await expect(page.locator(".case-head")).to_contain_text("Automation off: the customer asked for a person")


async def test_without_script_everything_is_still_there(site: Any, page: Page) -> None:
    cookies = await page.context.cookies()
    plain = await site.browser.new_context(java_script_enabled=False, base_url=site.url)
    await plain.add_cookies(cookies)
    bare = await plain.new_page()
    await bare.goto(site.case_path("matti"))
    await bare.get_by_role("button", name="Deliver the issue again").click()
    await expect(bare.get_by_role("status")).to_contain_text("Ordered")
