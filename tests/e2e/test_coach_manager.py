"""Coach Manager in the browser: live without reload, to the letter, and Disconnect."""

import re
import statistics

import pytest
from playwright.async_api import Locator, Page, expect

from sideline.voice.webrtc.sound import tone
from tests.e2e.conftest import Launch
from tests.e2e.windows import Window, open_window
from tests.support.people import make_user
from tests.support.server import cookies_of, sign_in_row
from tests.support.sound import HERTZ
from tests.support.voice_stack import Person, Stack, Talk

SOON_MS = 2000
"""What Disconnect may take on a machine that does other things; the figure itself is printed."""

ROUNDS = 5

_STOPWATCH = """
({button, gone}) => {
  window.pressedAt = window.goneAt = 0;
  const find = () => document.evaluate(gone, document, null, XPathResult.BOOLEAN_TYPE).booleanValue;
  const look = new MutationObserver(() => {
    if (find()) return;
    window.goneAt = Date.now();
    look.disconnect();
  });
  look.observe(document.body, { subtree: true, childList: true });
  document.addEventListener('click', (event) => {
    if (event.target.closest('button')?.textContent === button) window.pressedAt = Date.now();
  }, true);
}
"""


async def signed_in(stack: Stack, window: Window, user_id: str) -> None:
    """Give the window the sign-in of someone whom the test made."""
    opened = await sign_in_row(stack.database, user_id)
    await window.context.add_cookies(
        [{"name": k, "value": v, "url": stack.site} for k, v in cookies_of(opened).items()]
    )


async def a_talk(stack: Stack) -> tuple[Person, Talk]:
    """Let an agent of a new team talk with a customer."""
    await stack.new_floor()
    agent = await stack.agent(tone=tone(HERTZ["agent"]))
    customer = await stack.customer(tone=tone(HERTZ["customer"]))
    return agent, await stack.talk(agent, customer)


def section(page: Page, title: str) -> Locator:
    return page.get_by_role("region", name=title, exact=True)


async def cells(table: Locator, role: str) -> list[str]:
    """Return the words of a table's cells or headers."""
    return [words.strip() for words in await table.get_by_role(role).all_inner_texts()]  # type: ignore[arg-type]


async def monitor(supervisor: Window) -> None:
    """Press Monitor on the only row."""
    row = supervisor.page.get_by_role("row").filter(has_text="Talking")
    await row.hover()
    await row.get_by_role("button", name="Monitor: ").click()
    dock = supervisor.page.get_by_role("group", name="Your engagement")
    await expect(dock.get_by_text("Monitoring", exact=True)).to_be_visible()


@pytest.mark.promise("M1")
@pytest.mark.promise("M2")
@pytest.mark.promise("M3")
@pytest.mark.promise("M4")
@pytest.mark.promise("M5")
@pytest.mark.timeout(240)
async def test_coach_manager_shows_who_coaches_whom_live_and_disconnects_them(stack: Stack, launch: Launch):
    agent, talk = await a_talk(stack)
    code = (await agent.ask("GET", "/api/result-codes"))[0]
    await agent.ask("POST", f"/api/interactions/{talk.id}/result-code", result_code_id=code["id"])
    boss = await make_user(stack.database, "supervisor", team=stack.team, name="Nils Berg", supervises=[stack.team])
    browser = await launch(None)
    manager, supervisor = await open_window(browser, stack.site), await open_window(browser, stack.site)
    await manager.sign_in("admin")
    numbered = await stack_interaction(manager, talk.id)
    await manager.go("/quality/coach-manager")
    page = manager.page
    users = section(page, "Coaching / Monitoring Users")
    await expect(page.get_by_text("Everyone who starts appears here at once.")).to_be_visible()

    await signed_in(stack, supervisor, boss.id)
    await supervisor.go("/performance/interactions")
    await expect(supervisor.page.get_by_role("button", name="Your phone: Phone connected")).to_be_visible()
    await monitor(supervisor)
    entry = users.get_by_role("button", name=re.compile("Nils Berg"))
    await expect(entry).to_contain_text(f"Monitoring · {agent.name}")
    dock = supervisor.page.get_by_role("group", name="Your engagement")
    await dock.get_by_role("button", name="Coach", exact=True).click()
    await expect(entry).to_contain_text(f"Coaching · {agent.name}")

    await entry.click()
    await expect(section(page, "Selected User")).to_contain_text(re.compile("Nils Berg.*Available", re.DOTALL))
    await expect(section(page, "Currently Coaching / Monitoring")).to_contain_text(
        re.compile(f"{agent.name}.*On a call.*Coaching", re.DOTALL)
    )
    call = section(page, "Call details").get_by_role("table")
    assert await cells(call, "columnheader") == [
        "Call ID",
        "Phone number",
        "Length",
        "Campaign",
        "List",
        "Result code",
    ]
    number, phone, length, campaign, list_name, result = await cells(call, "cell")
    assert [number, phone, campaign, list_name, result] == [
        str(numbered),
        "+44 20 7946 0001",
        "Spring catalogue",
        "Newsletter readers",
        code["label"],
    ]
    await expect(call.get_by_role("cell").nth(2)).not_to_have_text(length)

    history = section(page, "Coaching / Monitoring History")
    assert (await cells(history, "columnheader"))[:6] == [
        "Type",
        "Start",
        "End",
        "Length",
        "Target user",
        "Target campaign",
    ]
    row = history.get_by_role("row").nth(1)
    await expect(row).to_contain_text(re.compile(f"Monitor.*{agent.name}.*Spring catalogue", re.DOTALL))

    took = [await disconnect(manager, supervisor) for _ in range(ROUNDS)]
    await expect(supervisor.page.get_by_text("Greta Olsen disconnected you from this call.").first).to_be_visible()
    own, theirs = [round(statistics.median(each)) for each in zip(*took, strict=True)]
    print(f"\nDisconnect, median of {ROUNDS}: shown to the one who pressed after {own} ms, to the other {theirs} ms")
    assert max(own, theirs) < SOON_MS
    await expect(history.get_by_role("row").nth(1)).to_contain_text("Monitor")
    async with page.expect_download() as saving:
        await history.get_by_role("link", name="Download CSV").click()
    saved = await saving.value
    lines = (await saved.path()).read_text().splitlines()
    assert len(lines) == 1 + ROUNDS + 1
    assert agent.name in lines[1]
    assert not [*manager.faults, *supervisor.faults]


async def stack_interaction(manager: Window, interaction_id: str) -> int:
    """Set what a dialer would; return the number of the call."""
    cookies = {each["name"]: each["value"] for each in await manager.context.cookies()}  # type: ignore[typeddict-item]
    answer = await manager.context.request.patch(
        f"{manager.site}/api/interactions/{interaction_id}/data",
        data={"phone_number": "+44 20 7946 0001", "campaign": "Spring catalogue", "list_name": "Newsletter readers"},
        headers={"X-CSRF-Token": cookies["sideline_csrf"]},
    )
    assert answer.ok, await answer.text()
    return (await answer.json())["number"]


async def disconnect(manager: Window, supervisor: Window) -> tuple[int, int]:
    """Disconnect the supervisor, who goes back; return after how many ms it shows to the one and to the other."""
    if await supervisor.page.get_by_role("group", name="Your engagement").is_hidden():
        await monitor(supervisor)
    ask = section(manager.page, "Selected User").get_by_role("button", name="Disconnect User")
    await ask.click()
    question = manager.page.get_by_role("dialog", name="Disconnect Nils Berg?")
    await expect(question).to_contain_text("Nils Berg is told that you did it")
    await manager.page.evaluate(_STOPWATCH, {"button": "Disconnect", "gone": "//li[contains(., 'Nils Berg')]"})
    await supervisor.page.evaluate(_STOPWATCH, {"button": "Disconnect", "gone": "//*[@aria-label='Your engagement']"})
    await question.get_by_role("button", name="Disconnect", exact=True).click()
    for window in (manager, supervisor):
        await window.page.wait_for_function("() => window.goneAt > 0")
    pressed = await manager.page.evaluate("() => pressedAt")
    assert pressed > 0
    await expect(question).to_be_hidden()
    return (await manager.page.evaluate("() => goneAt")) - pressed, (
        await supervisor.page.evaluate("() => goneAt")
    ) - pressed
