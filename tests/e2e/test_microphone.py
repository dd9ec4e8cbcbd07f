"""The microphone is open while one has to speak, and no longer."""

import asyncio

import pytest

from tests.e2e.conftest import Launch
from tests.e2e.test_voice_smoke import a_call, monitor_from_the_list, press_mode
from tests.e2e.windows import PATIENCE_MS, Window
from tests.support.voice_stack import Stack

_PROMPT = """
(() => {
  const media = navigator.mediaDevices;
  if (!media) return;
  const ask = media.getUserMedia.bind(media);
  window.__taken = [];
  window.__prompt = Promise.resolve();
  window.__holdPrompt = () => { window.__prompt = new Promise((answer) => { window.__answerPrompt = answer; }); };
  media.getUserMedia = async (wanted) => {
    const stream = await ask(wanted);
    await window.__prompt;
    window.__taken.push(...stream.getTracks());
    return stream;
  };
})();
"""
"""Keeps what the page takes of the microphone, and lets a test leave the browser's prompt unanswered."""

_LIVE = "window.__taken.filter((track) => track.readyState === 'live')"


async def until(window: Window, condition: str) -> None:
    """Wait until a condition holds in the page."""
    await window.page.wait_for_function(f"() => {condition}", timeout=PATIENCE_MS)


async def monitoring(stack: Stack, launch: Launch) -> tuple[Window, Window, Window]:
    """Return the windows of a customer and an agent on a call and of the supervisor who monitors it."""
    customer, agent, supervisor = await a_call(stack, launch)
    await supervisor.context.add_init_script(_PROMPT)
    await supervisor.page.reload(wait_until="domcontentloaded")
    await monitor_from_the_list(supervisor)
    await supervisor.hears("agent", "customer")
    return customer, agent, supervisor


async def hang_up(customer: Window) -> None:
    """End the call, so that the next test's customer is alone in the queue."""
    await customer.page.get_by_role("button", name="Hang up").click()
    await customer.page.get_by_text("You hung up.").first.wait_for()


@pytest.mark.promise("V10")
@pytest.mark.timeout(240)
async def test_coaching_asks_for_the_microphone_once_and_stop_gives_it_back(stack: Stack, launch: Launch):
    customer, agent, supervisor = await monitoring(stack, launch)
    assert await supervisor.ears("microphoneAsked") == 0

    await press_mode(supervisor, "Coach")
    await agent.hears("customer", "supervisor")
    assert await supervisor.ears("microphoneAsked") == 1
    await until(supervisor, f"{_LIVE}.length === 1 && {_LIVE}[0].enabled")

    await press_mode(supervisor, "Monitor")
    await until(supervisor, f"{_LIVE}.length === 1 && !{_LIVE}[0].enabled")
    await press_mode(supervisor, "Coach")
    await until(supervisor, f"{_LIVE}.length === 1 && {_LIVE}[0].enabled")
    await agent.hears("customer", "supervisor")

    await press_mode(supervisor, "Stop")
    await until(supervisor, f"{_LIVE}.length === 0")
    assert await supervisor.ears("microphoneAsked") == 1
    assert not supervisor.faults
    await hang_up(customer)


@pytest.mark.promise("V10")
@pytest.mark.timeout(240)
async def test_a_prompt_that_is_answered_after_stop_leaves_no_microphone_open(stack: Stack, launch: Launch):
    customer, _, supervisor = await monitoring(stack, launch)
    await supervisor.page.evaluate("() => window.__holdPrompt()")

    await press_mode(supervisor, "Coach")
    await until(supervisor, "window.__ears.microphoneAsked === 1")
    await press_mode(supervisor, "Stop")
    await supervisor.page.get_by_role("group", name="Your engagement").wait_for(state="hidden")
    await supervisor.page.evaluate("() => window.__answerPrompt()")
    await until(supervisor, f"window.__taken.length > 0 && {_LIVE}.length === 0")
    assert await supervisor.ears("microphoneAsked") == 1
    await hang_up(customer)


@pytest.mark.promise("V10")
@pytest.mark.timeout(240)
async def test_a_tab_without_the_phone_does_not_open_the_microphone(stack: Stack, launch: Launch):
    customer, agent, supervisor = await monitoring(stack, launch)
    second = Window(await supervisor.context.new_page(), stack.site)
    await second.go("/performance/interactions")
    await second.page.get_by_role("button", name="Your phone: In another tab").wait_for()

    await press_mode(second, "Coach")
    await asyncio.gather(agent.hears("customer", "supervisor"), until(supervisor, f"{_LIVE}.length === 1"))
    assert await second.ears("microphoneAsked") == 0
    await hang_up(customer)
