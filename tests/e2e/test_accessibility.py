"""Every screen by axe, light and dark, at a desk and on a phone; and the board by keyboard alone."""

from typing import Any

import pytest
from playwright.async_api import Page, expect

from sideline.kit.db import Database
from sideline.voice.webrtc.sound import tone
from tests.e2e.conftest import Launch
from tests.e2e.windows import NARROW, WIDE, Window, open_window
from tests.support.people import make_user
from tests.support.server import cookies_of, sign_in_row
from tests.support.sound import HERTZ
from tests.support.voice_stack import ROOT, Stack, Talk

AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"

SERIOUS = {"serious", "critical"}

_RUN_AXE = """
async () => {
  // An animation half-way is neither of its colours.
  await Promise.all(document.getAnimations().map((each) => each.finished.catch(() => undefined)));
  const { violations } = await axe.run(document, { resultTypes: ['violations'] });
  const where = (nodes) => nodes.slice(0, 3).map((node) => node.html.slice(0, 160));
  return violations.map(({ id, impact, nodes }) => ({ id, impact, where: where(nodes) }));
}
"""


async def complaints(window: Window, screen: str) -> list[str]:
    """Return what axe finds serious on the page as it is, in each scheme and size."""
    page, found = window.page, []
    await expect(page.locator("[aria-busy=true]")).to_have_count(0)
    # Not as a script of the page, which the site's content security policy forbids.
    await page.evaluate(AXE.read_text())
    for scheme in ("light", "dark"):
        for width, height in (WIDE, NARROW):
            await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            await page.set_viewport_size({"width": width, "height": height})
            await expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", scheme)
            violations: list[dict[str, Any]] = await page.evaluate(_RUN_AXE)
            found += [
                f"{screen}, {scheme}, {width}: {each['id']} {each['where']}"
                for each in violations
                if each["impact"] in SERIOUS
            ]
    await page.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})
    return found


async def seen_in_full(window: Window, screens: dict[str, str]) -> list[str]:
    """Open each screen by its address, wait for its heading and let axe judge it."""
    found: list[str] = []
    for path, heading in screens.items():
        await window.go(path)
        await expect(window.page.get_by_role("heading", name=heading, level=1).first).to_be_visible()
        found += await complaints(window, path)
    return found


async def enter(stack: Stack, window: Window, user_id: str) -> None:
    """Give the window a sign-in of someone whom the test made."""
    opened = await sign_in_row(stack.database, user_id)
    await window.context.add_cookies(
        [{"name": k, "value": v, "url": stack.site} for k, v in cookies_of(opened).items()]
    )


async def a_talk(stack: Stack) -> Talk:
    """Let an agent of a new team talk with a customer."""
    await stack.new_floor()
    agent = await stack.agent(tone=tone(HERTZ["agent"]))
    customer = await stack.customer(tone=tone(HERTZ["customer"]))
    return await stack.talk(agent, customer)


async def boss_of(database: Database, team: str) -> str:
    """Make a supervisor of the team."""
    return (await make_user(database, "supervisor", team=team, name="Nils Berg", supervises=[team])).id


@pytest.mark.promise("P4")
@pytest.mark.timeout(400)
async def test_axe_finds_nothing_serious_on_any_screen(stack: Stack, launch: Launch):
    talk = await a_talk(stack)
    browser = await launch()
    found: list[str] = []

    stranger = await open_window(browser, stack.site, with_ears=False)
    found += await seen_in_full(stranger, {"/": "Sideline", f"/c/{stack.slug}": "Line", "/c/nothing": "Call us"})

    supervisor = await open_window(browser, stack.site, with_ears=False)
    await enter(stack, supervisor, await boss_of(stack.database, stack.team))
    await supervisor.go("/performance/interactions")
    await monitor_by_key(supervisor.page)
    await supervisor.page.get_by_role("group", name="Your engagement").get_by_role("button", name="Coach").click()
    found += await seen_in_full(
        supervisor,
        {
            "/home": "Hello, Nils",
            "/performance/interactions": "Interactions",
            f"/performance/interactions?pane=interaction.{talk.id}": "Interactions",
            "/performance/interactions?state=ended": "Interactions",
            "/performance/agents": "Agents",
            "/performance/queues": "Queues",
            "/quality/coach-manager": "Coach Manager",
            "/nowhere": "There is nothing at this address",
        },
    )

    await supervisor.go("/performance/interactions")
    await supervisor.page.get_by_role("button", name="Your phone").click()
    await expect(supervisor.page.get_by_role("menuitem").first).to_be_visible()
    found += await complaints(supervisor, "the menu of one's phone")

    admin = await open_window(browser, stack.site, with_ears=False)
    await admin.sign_in("admin")
    found += await seen_in_full(
        admin,
        {
            f"/performance/interactions/{talk.id}": "Call",
            "/organisation/users": "Users",
            "/organisation/teams": "Teams",
            "/organisation/groups": "Groups",
            "/organisation/roles": "Roles",
            "/organisation/queues": "Queues",
            "/settings": "Settings",
        },
    )
    await admin.go("/organisation/users")
    await admin.page.get_by_role("button", name="Add user").click()
    found += await complaints(admin, "the form of a user")

    agent = await open_window(browser, stack.site, with_ears=False)
    await agent.sign_in("agent2")
    found += await seen_in_full(agent, {"/desk": "Desk"})
    assert not found, "\n".join(sorted(set(found)))
    assert not [*stranger.faults, *supervisor.faults, *admin.faults, *agent.faults]


async def monitor_by_key(page: Page) -> None:
    """Select the call's row with Tab and press M."""
    row = page.get_by_role("row").filter(has_text="Talking")
    await expect(row).to_be_visible()
    await expect(row.get_by_role("button", name="Monitor: ")).to_be_enabled()
    for _ in range(40):
        await page.keyboard.press("Tab")
        if await row.evaluate("row => row === document.activeElement"):
            break
    await expect(row).to_be_focused()
    await page.keyboard.press("m")
    dock = page.get_by_role("group", name="Your engagement")
    await expect(dock.get_by_text("Monitoring", exact=True)).to_be_visible()


@pytest.mark.promise("P4")
@pytest.mark.timeout(240)
async def test_the_board_is_worked_by_keyboard_alone(stack: Stack, launch: Launch):
    await a_talk(stack)
    supervisor = await open_window(await launch(), stack.site, with_ears=False)
    await enter(stack, supervisor, await boss_of(stack.database, stack.team))
    await supervisor.go("/performance/interactions")
    page = supervisor.page
    row = page.get_by_role("row").filter(has_text="Talking")

    await monitor_by_key(page)
    await expect(row).to_be_focused()
    await page.keyboard.press("Tab")
    coach = row.get_by_role("button", name="Coach: ")
    await expect(coach).to_be_focused()
    await expect(coach).not_to_have_attribute("aria-disabled", "true")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("group", name="Your engagement").get_by_text("Coaching", exact=True)).to_be_visible()

    await row.focus()
    await page.keyboard.press("Enter")
    pane = page.get_by_role("complementary", name="Details")
    await expect(pane).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(pane).to_be_hidden()
    await expect(row).to_be_focused()

    await page.keyboard.press("?")
    shortcuts = page.get_by_role("dialog", name="Keyboard shortcuts")
    await expect(shortcuts.get_by_text("Search or do")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(shortcuts).to_be_hidden()

    await row.focus()
    await page.keyboard.press("s")
    await expect(page.get_by_role("group", name="Your engagement")).to_be_hidden()
