"""A customer, an agent and a supervisor, each in a Chromium of their own: who hears whom, button by button."""

import asyncio
import time

import pytest
from playwright.async_api import Locator, expect

from tests.e2e.conftest import Launch
from tests.e2e.windows import Window, open_window
from tests.support.voice_stack import Stack


async def a_call(stack: Stack, launch: Launch) -> tuple[Window, Window, Window]:
    """Let a customer call from their page and the agent answer; return the windows of both and of a supervisor."""
    browsers = await asyncio.gather(launch("customer"), launch("agent"), launch("supervisor"))
    customer, agent, supervisor = [await open_window(browser, stack.site) for browser in browsers]
    await asyncio.gather(agent.sign_in("agent"), supervisor.sign_in("supervisor"))
    await agent.page.get_by_role("button", name="Your presence:").click()
    await agent.page.get_by_role("menuitemradio", name="On queue").click()
    await expect(agent.page.get_by_role("button", name="Your phone: Phone connected")).to_be_visible()

    await customer.go("/c/orders")
    await customer.page.get_by_label("Your name").fill("Alma Reyes")
    await customer.page.get_by_role("button", name="Call", exact=True).click()
    await desk_of(agent).get_by_role("button", name="Answer").click()
    await expect(customer.page.get_by_role("main").get_by_text("You are talking with Emil Santos")).to_be_visible()
    await asyncio.gather(agent.hears("customer"), customer.hears("agent"))
    return customer, agent, supervisor


def desk_of(agent: Window) -> Locator:
    """Return the call on the agent's desk, as it rings, lasts and is wrapped up."""
    return agent.page.get_by_role("article", name="Alma Reyes")


async def monitor_from_the_list(supervisor: Window) -> None:
    """Open Performance › Interactions by its link and press Monitor on the call's row."""
    page = supervisor.page
    await page.get_by_role("navigation", name="Main").get_by_role("link", name="Interactions").click()
    await expect(page.get_by_role("button", name="Your phone: Phone connected")).to_be_visible()
    row = page.get_by_role("row").filter(has_text="Emil Santos").filter(has_text="Talking")
    await row.hover()
    await row.get_by_role("button", name="Monitor: ").click()


async def press_mode(supervisor: Window, verb: str) -> None:
    """Press a mode in the dock."""
    dock = supervisor.page.get_by_role("group", name="Your engagement")
    await dock.get_by_role("button", name=verb, exact=True).click()


@pytest.mark.promise("V2")
@pytest.mark.promise("V4")
@pytest.mark.promise("V6")
@pytest.mark.promise("V7")
@pytest.mark.promise("V8")
@pytest.mark.promise("V10")
@pytest.mark.timeout(240)
async def test_three_browsers_hear_whom_they_should_from_monitor_to_barge_kick(stack: Stack, launch: Launch):
    customer, agent, supervisor = await a_call(stack, launch)
    answered, start = await agent.now(), await customer.now()
    shown = desk_of(agent).get_by_role("status")

    await monitor_from_the_list(supervisor)
    await supervisor.hears("agent", "customer")
    connections = await supervisor.ears("connections")
    assert await supervisor.ears("microphoneAsked") == 0, "listening asked for the microphone"
    await expect(shown).to_have_text("")
    assert await agent.heard_since(answered) == {"customer"}, "the agent heard who monitors"

    await press_mode(supervisor, "Coach")
    await agent.hears("customer", "supervisor")
    await expect(shown).to_have_text("Sofia Lindqvist is coaching you")
    await supervisor.hears("agent", "customer")
    assert await supervisor.ears("microphoneAsked") >= 1

    await press_mode(supervisor, "Monitor")
    await agent.hears("customer")
    await expect(shown).to_have_text("")
    assert await customer.heard_since(start) == {"agent"}, "the customer heard the supervisor before the barge"

    await press_mode(supervisor, "Barge")
    await asyncio.gather(agent.hears("customer", "supervisor"), customer.hears("agent", "supervisor"))
    await expect(shown).to_have_text("Sofia Lindqvist has joined the call")
    assert await supervisor.ears("connections") == connections, "the supervisor's phone was connected anew"

    await press_mode(supervisor, "Barge-Kick")
    question = supervisor.page.get_by_role("dialog", name="Take the call over from Emil Santos?")
    await question.get_by_role("button", name="Take over").click()
    await expect(desk_of(agent)).to_contain_text("Sofia Lindqvist took the call over")
    await asyncio.gather(customer.hears("supervisor"), supervisor.hears("customer"), agent.hears())
    assert await supervisor.ears("connections") == connections, "the supervisor's phone was connected anew"

    taken = supervisor.page.get_by_role("group", name="Your call")
    await taken.get_by_role("button", name="End", exact=True).click()
    await expect(customer.page.get_by_role("button", name="Call", exact=True)).to_be_visible()
    await expect(supervisor.page.get_by_role("group", name="Your engagement")).to_be_hidden()
    assert not [*customer.faults, *agent.faults, *supervisor.faults]


@pytest.mark.promise("V8")
@pytest.mark.timeout(240)
async def test_a_reload_in_the_middle_of_coaching_comes_back_coaching(stack: Stack, launch: Launch):
    customer, agent, supervisor = await a_call(stack, launch)
    start = await customer.now()
    await monitor_from_the_list(supervisor)
    await press_mode(supervisor, "Coach")
    await agent.hears("customer", "supervisor")

    began = time.monotonic()
    await supervisor.page.reload(wait_until="domcontentloaded")
    dock = supervisor.page.get_by_role("group", name="Your engagement")
    await expect(dock.get_by_role("button", name="Coach", exact=True)).to_have_attribute("aria-pressed", "true")
    await expect(dock.get_by_text("Coaching", exact=True)).to_be_visible()
    await supervisor.hears("agent", "customer")
    lasted = time.monotonic() - began
    await agent.hears("customer", "supervisor")
    print(f"\nback after a reload, hearing both: {lasted:.1f} s")
    assert await customer.heard_since(start) == {"agent"}, "the customer heard the coach"

    await dock.get_by_role("button", name="Stop").click()
    await agent.hears("customer")
    await customer.page.get_by_role("button", name="Hang up").click()
    await expect(customer.page.get_by_role("main").get_by_text("You hung up.")).to_be_visible()
