"""Which tab a phone belongs to, through copies of a tab and through the end of a session."""

import pytest
from playwright.async_api import expect

from sideline.entry.seed_people import PASSWORD, email_of
from tests.e2e.conftest import Launch
from tests.e2e.test_two_tabs import phone_says
from tests.e2e.windows import Window, open_window
from tests.support.voice_stack import Stack

_NAME = "() => sessionStorage.getItem('sideline.tab')"


@pytest.mark.promise("V10")
async def test_a_duplicated_tab_does_not_fight_for_the_phone_and_a_reload_keeps_it(stack: Stack, launch: Launch):
    first = await open_window(await launch("supervisor"), stack.site)
    await first.sign_in("supervisor")
    await phone_says(first.page, "Phone connected")
    name = await first.page.evaluate(_NAME)
    connections = await first.ears("connections")

    # A duplicated tab begins with a copy of what the first one keeps.
    copy = Window(await first.context.new_page(), stack.site)
    await copy.page.add_init_script(
        f"sessionStorage.getItem('sideline.tab') ?? sessionStorage.setItem('sideline.tab', '{name}')"
    )
    await copy.go("/performance/interactions")
    await phone_says(copy.page, "In another tab")
    assert await copy.page.evaluate(_NAME) != name
    await phone_says(first.page, "Phone connected")
    assert await first.ears("connections") == connections, "the first tab had to connect its phone again"

    await first.page.reload(wait_until="domcontentloaded")
    await phone_says(first.page, "Phone connected")
    assert await first.page.evaluate(_NAME) == name
    await phone_says(copy.page, "In another tab")


@pytest.mark.promise("V10")
async def test_signing_in_again_on_the_same_page_brings_the_phone_back(stack: Stack, launch: Launch):
    browser = await launch("supervisor")
    here = await open_window(browser, stack.site)
    await here.sign_in("supervisor")
    await phone_says(here.page, "Phone connected")

    elsewhere = await open_window(browser, stack.site, with_ears=False)
    await elsewhere.sign_in("supervisor")
    await elsewhere.page.get_by_role("button", name="Your menu,").click()
    await elsewhere.page.get_by_role("menuitem", name="Sign out everywhere").click()
    await elsewhere.page.get_by_role("dialog").get_by_role("button", name="Sign out everywhere").click()

    password = here.page.get_by_label("Password", exact=True)
    await expect(password).to_be_visible()
    await here.page.get_by_label("Email").fill(email_of("supervisor"))
    await password.fill(PASSWORD)
    await here.page.get_by_role("button", name="Sign in", exact=True).click()
    await phone_says(here.page, "Phone connected")
