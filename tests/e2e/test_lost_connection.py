"""A voice process that is killed: the pages say that nothing is heard before the server knows it."""

import re
import time

import pytest
from playwright.async_api import expect

from tests.e2e.conftest import Launch
from tests.e2e.test_accessibility import boss_of, enter
from tests.e2e.test_coach_manager import a_talk
from tests.e2e.windows import open_window
from tests.support.voice_stack import Stack


@pytest.mark.timeout(240)
async def test_a_page_says_that_its_sound_is_gone_before_the_server_knows_it(stack: Stack, launch: Launch):
    await a_talk(stack)
    supervisor = await open_window(await launch(), stack.site)
    await enter(stack, supervisor, await boss_of(stack.database, stack.team))
    await supervisor.go("/performance/interactions")
    page = supervisor.page
    phone = page.get_by_role("button", name="Your phone: ")
    await expect(phone).to_have_accessible_name("Your phone: Phone connected")
    row = page.get_by_role("row").filter(has_text="Talking")
    await row.hover()
    await row.get_by_role("button", name="Monitor: ").click()
    dock = page.get_by_role("group", name="Your engagement")
    await expect(dock.get_by_text("Monitoring", exact=True)).to_be_visible()
    # Sound has come for a while.
    await expect(dock.get_by_role("timer")).to_have_text(re.compile(":0[3-9]$"))

    (voice,) = stack.voices
    await voice.kill()
    killed = time.monotonic()
    await expect(dock.get_by_text("Connection lost", exact=True)).to_be_visible()
    lasted = time.monotonic() - killed
    mine = await (await page.request.get(f"{stack.site}/api/engagements/mine")).json()
    print(f"\nsaid to be lost after the voice process was killed: {lasted:.1f} s")
    assert mine["state"] == "active", "the server knew it first"
    await expect(dock.get_by_role("timer")).to_be_hidden()
    await expect(phone).to_have_accessible_name("Your phone: Phone lost")

    await voice.start()
    await expect(dock.get_by_text("Monitoring", exact=True)).to_be_visible()
    await dock.get_by_role("button", name="Stop").click()
    await expect(dock).to_be_hidden()
