"""A customer's page keeps the call through what goes wrong around it."""

import pytest
from playwright.async_api import expect

from tests.e2e.conftest import Launch
from tests.e2e.test_microphone import hang_up, until
from tests.e2e.test_voice_smoke import a_call
from tests.support.voice_stack import Stack

_WAITING_PROMPT = """
(() => {
  const media = navigator.mediaDevices;
  if (!media) return;
  const ask = media.getUserMedia.bind(media);
  media.getUserMedia = async (wanted) => {
    await new Promise((answer) => { window.__answerPrompt = answer; });
    if (window.__refused) throw new DOMException("refused", "NotAllowedError");
    return ask(wanted);
  };
})();
"""
"""The browser's prompt, left unanswered until a test answers it."""


@pytest.mark.timeout(240)
async def test_a_reloaded_page_hears_before_the_microphone_is_allowed_and_says_that_nobody_hears_it(
    stack: Stack, launch: Launch
):
    customer, agent, _ = await a_call(stack, launch)
    await customer.context.add_init_script(_WAITING_PROMPT)
    await customer.page.reload(wait_until="domcontentloaded")
    await customer.hears("agent")

    await until(customer, "window.__answerPrompt !== undefined")
    await customer.page.evaluate("() => { window.__refused = true; window.__answerPrompt(); }")
    alert = customer.page.get_by_role("alert").filter(has_text="Nobody hears you")
    await expect(alert).to_be_visible()
    await customer.page.evaluate("() => { window.__refused = false; window.__answerPrompt = undefined; }")
    await alert.get_by_role("button", name="Try the microphone again").click()
    await until(customer, "window.__answerPrompt !== undefined")
    await customer.page.evaluate("() => window.__answerPrompt()")
    await expect(alert).to_be_hidden()
    await agent.hears("customer")

    await hang_up(customer)
    assert not customer.faults


@pytest.mark.timeout(240)
async def test_a_hang_up_that_fails_is_said_and_a_call_is_shown_though_its_queue_is_not(stack: Stack, launch: Launch):
    customer, _, _ = await a_call(stack, launch)
    await customer.page.route("**/api/customer/queues/*", lambda route: route.abort())
    await customer.page.reload(wait_until="domcontentloaded")
    await customer.hears("agent")

    await customer.page.route("**/api/customer/call/end", lambda route: route.abort())
    await customer.page.get_by_role("button", name="Hang up").click()
    retry = customer.page.get_by_role("button", name="Try again")
    await expect(retry).to_be_visible()
    await customer.page.unroute("**/api/customer/call/end")
    await retry.click()
    await expect(customer.page.get_by_role("button", name="Hang up")).to_be_hidden()
    assert not customer.faults
