"""One whole site for these tests: every process, the demo organisation, no bots; and Chromium in front of it."""

from collections.abc import AsyncIterator, Awaitable
from pathlib import Path
from typing import Protocol

import pytest
from playwright.async_api import Browser, Playwright, async_playwright, expect

from sideline.entry.seed import seed_demo
from tests.e2e.windows import CHROMIUM, HERTZ, PATIENCE_MS, start_chromium, write_tone
from tests.support.postgres import fresh_database
from tests.support.voice_stack import ROOT, Stack, running_stack

WEB_APP = ROOT / "src" / "sideline" / "web_dist" / "index.html"


class Launch(Protocol):
    """Starts a Chromium, whose microphone says somebody's tone."""

    def __call__(self, whose: str | None = None) -> Awaitable[Browser]:
        """Start one; it is closed when the test ends."""
        ...


@pytest.fixture(scope="session", autouse=True)
def _needs_a_browser() -> None:
    if not CHROMIUM.exists():
        pytest.skip(f"needs {CHROMIUM} (as root: apt install chromium)")
    assert WEB_APP.exists(), "the web app is not built: (cd web && npm run build)"


@pytest.fixture(scope="package")
def site_database(postgres_server: str, database_template: str) -> str:
    return fresh_database(postgres_server, database_template)


@pytest.fixture(scope="package")
async def processes(site_database: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    await seed_demo(site_database)
    async with running_stack(site_database, tmp_path_factory.mktemp("site")) as stack:
        stack.slug = "orders"
        yield stack


@pytest.fixture
async def stack(processes: Stack) -> AsyncIterator[Stack]:
    """The running site; the calls that a test's own phones are on end with it."""
    yield processes
    await processes.everyone_leaves()


@pytest.fixture(scope="package")
async def playwright() -> AsyncIterator[Playwright]:
    expect.set_options(timeout=PATIENCE_MS)
    async with async_playwright() as running:
        yield running


@pytest.fixture
async def launch(playwright: Playwright, tmp_path: Path) -> AsyncIterator[Launch]:
    """Starts Chromiums whose microphones say somebody's tone; at the end everyone leaves their pages."""
    browsers: list[Browser] = []

    async def start(whose: str | None = None) -> Browser:
        microphone = None if whose is None else write_tone(tmp_path / f"{whose}.wav", HERTZ[whose])
        browsers.append(await start_chromium(playwright, microphone))
        return browsers[-1]

    yield start
    for browser in browsers:
        # A browser that is killed says no farewell, and its phone would count as connected for seconds.
        for page in [page for context in browser.contexts for page in context.pages]:
            await page.goto("about:blank")
        await browser.close()
