"""One phone, several tabs: each says where the phone is, and nobody is left without one."""

import pytest
from playwright.async_api import Page, expect

from tests.e2e.conftest import Launch
from tests.e2e.windows import Window, open_window
from tests.support.voice_stack import Stack


async def phone_says(page: Page, words: str) -> None:
    await expect(page.get_by_role("button", name=f"Your phone: {words}")).to_be_visible()


@pytest.mark.promise("V10")
async def test_a_second_tab_is_told_where_the_phone_is_takes_it_over_and_gives_it_back(stack: Stack, launch: Launch):
    first = await open_window(await launch("supervisor"), stack.site)
    await first.sign_in("supervisor")
    await phone_says(first.page, "Phone connected")

    second = Window(await first.context.new_page(), stack.site)
    await second.go("/performance/interactions")
    await phone_says(second.page, "In another tab")
    await phone_says(first.page, "Phone connected")

    await second.page.get_by_role("button", name="Your phone:").click()
    await second.page.get_by_role("menuitem", name="Use the phone here").click()
    await phone_says(second.page, "Phone connected")
    await phone_says(first.page, "In another tab")

    await second.page.close()
    await phone_says(first.page, "Phone connected")


@pytest.mark.promise("V10")
async def test_reloading_the_tab_that_has_the_phone_does_not_hand_it_to_another_tab(stack: Stack, launch: Launch):
    first = await open_window(await launch("supervisor"), stack.site)
    await first.sign_in("supervisor")
    await phone_says(first.page, "Phone connected")
    second = Window(await first.context.new_page(), stack.site)
    await second.go("/performance/interactions")
    await phone_says(second.page, "In another tab")

    await first.page.reload(wait_until="domcontentloaded")
    await phone_says(first.page, "Phone connected")
    await phone_says(second.page, "In another tab")
