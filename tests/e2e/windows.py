"""Chromium windows with a microphone that says a tone, and ears that tell whose tones arrive.

Each speaking person has a Chromium of their own, because its pretended
microphone is a setting of the whole process. The tones come in bursts, as
speech does: Chromium takes a steady tone for noise and removes it.
"""

import json
import wave
from pathlib import Path
from typing import Any

import numpy as np
from playwright.async_api import Browser, BrowserContext, Page, Playwright, expect

from sideline.entry.seed_people import PASSWORD, email_of

CHROMIUM = Path("/usr/bin/chromium")

HERTZ = {"customer": 500, "agent": 730, "supervisor": 1130}
"""Nobody's tone is a multiple, a sum or a difference of others'."""

PATIENCE_MS = 30_000.0
"""Milliseconds after which something that should have happened has not; machines are busy."""

WIDE = (1440, 900)
NARROW = (390, 844)

_FLAGS = (
    "--no-sandbox",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    "--allow-loopback-in-peer-connection",
)

_EARS = (Path(__file__).parent / "ears.js").read_text().replace("__HERTZ__", json.dumps(HERTZ))

_BURST, _PAUSE, _RATE = 0.3, 0.15, 48_000


def write_tone(path: Path, hertz: int) -> Path:
    """Write bursts of a tone for Chromium's pretended microphone, which plays them over and over."""
    time = np.arange(round(_BURST * _RATE)) / _RATE
    edges = np.minimum(1, np.minimum(time, _BURST - time) / 0.01)
    burst = 0.4 * edges * np.sin(2 * np.pi * hertz * time)
    once = np.concatenate([burst, np.zeros(round(_PAUSE * _RATE))])
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(_RATE)
        file.writeframes((np.tile(once, 20) * 32767).astype("<i2").tobytes())
    return path


async def start_chromium(playwright: Playwright, microphone: Path | None = None) -> Browser:
    """Start a Chromium whose microphone plays the file."""
    says = () if microphone is None else (f"--use-file-for-fake-audio-capture={microphone}",)
    return await playwright.chromium.launch(
        executable_path=str(CHROMIUM), args=[*_FLAGS, *says], ignore_default_args=["--mute-audio"]
    )


class Window:
    """One person's window of the site."""

    def __init__(self, page: Page, site: str) -> None:
        self.page = page
        self.faults: list[str] = []
        self.site = site
        page.on("pageerror", lambda error: self.faults.append(str(error)))

    @property
    def context(self) -> BrowserContext:
        return self.page.context

    async def go(self, path: str) -> None:
        """Open a page of the site."""
        await self.page.goto(f"{self.site}{path}", wait_until="domcontentloaded")

    async def sign_in(self, name: str) -> None:
        """Sign in as someone of the demo organisation, through the form."""
        await self.go("/")
        await self.page.get_by_label("Email").fill(email_of(name))
        await self.page.get_by_label("Password", exact=True).fill(PASSWORD)
        await self.page.get_by_role("button", name="Sign in", exact=True).click()
        await expect(self.page.get_by_role("navigation", name="Main")).to_be_attached(timeout=PATIENCE_MS)

    async def now(self) -> float:
        """Return a moment of the page's clock, for :meth:`heard_since`."""
        return await self.page.evaluate("() => performance.now()")

    async def heard_since(self, moment: float) -> set[str]:
        """Return whose tones arrived at any time since the moment."""
        return set(await self.page.evaluate("moment => window.__ears.since(moment)", moment))

    async def hears(self, *names: str) -> None:
        """Wait until the tones that arrive are those of ``names`` and no others."""
        wanted = sorted(names)
        try:
            await self.page.wait_for_function(
                "wanted => JSON.stringify(window.__ears.lately()) === JSON.stringify(wanted)",
                arg=wanted,
                timeout=PATIENCE_MS,
            )
        except Exception as error:
            lately = await self.page.evaluate("() => ({lately: __ears.lately(), looks: __ears.looks})")
            raise AssertionError(f"should hear {wanted}, but hears {lately}") from error

    async def ears(self, what: str) -> Any:
        """Return a count of the page's ears: ``microphoneAsked`` or ``connections``."""
        return await self.page.evaluate("what => window.__ears[what]", what)


async def open_window(
    browser: Browser, site: str, size: tuple[int, int] = WIDE, *, with_ears: bool = True, **settings: Any
) -> Window:
    """Open a window that shares nothing with others."""
    context = await browser.new_context(
        viewport={"width": size[0], "height": size[1]}, locale="en-GB", timezone_id="Europe/Berlin", **settings
    )
    context.set_default_timeout(PATIENCE_MS)
    if with_ears:
        await context.add_init_script(_EARS)
    return Window(await context.new_page(), site)
