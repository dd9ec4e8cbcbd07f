"""A bare change of route inside the engine: how long until each listener hears it, or no longer.

A supervisor's tone is routed to the agent and taken away again, at random
moments of the 20 ms. The engine has a process of its own; the listener is a
client leg, and a Chromium page where there is one. The wider figure (request to
tone, through command and database) is measured by ``audible_change``.

Run: ``python bench/audible_change_engine.py [--changes 100]``.
"""

import argparse
import asyncio
import random
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

import uvloop

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

from bench.sound_change import Ear, quantiles  # noqa: E402
from bench.sound_house import House, house  # noqa: E402
from bench.sound_page import chromium, first, sound_page, wall  # noqa: E402
from bench.sound_results import keep  # noqa: E402
from sideline.voice.webrtc.client import BrowserLikePhone  # noqa: E402
from sideline.voice.webrtc.sound import tone  # noqa: E402

AGENT, SARA = 650, 1250
DWELL = 0.4
"""Seconds for which a state is kept."""


async def change(home: House, version: int, listeners: list[str], *, is_on: bool) -> None:
    """Let the listeners hear the supervisor, or not; they always hear the agent."""
    routes = [("agent", "sara"), *(("sara", ear) for ear in listeners if is_on)]
    await home.apply("call", version, ["agent", "sara", *listeners], routes)


async def run(changes: int) -> dict[str, Any]:
    moments: list[tuple[bool, float, float, float]] = []
    async with house("forwarder") as home, chromium() as browser:
        agent = BrowserLikePhone(partial(home.connect, "agent"), tone(AGENT), loopback_only=True)
        sara = BrowserLikePhone(partial(home.connect, "sara"), tone(SARA), loopback_only=True)
        await agent.connect()
        await sara.connect()
        page = await sound_page(browser)
        await page.connect("page", home.connect, hears=SARA)
        for n in range(2 * changes):
            is_on = n % 2 == 0
            at, at_wall = time.monotonic(), wall()
            await change(home, n + 1, ["agent", "page"], is_on=is_on)
            moments.append((is_on, at, at_wall, time.monotonic() - at))
            await asyncio.sleep(DWELL + random.random() / 50)
        log = await page.log("heard")
        ear = Ear(agent, SARA)
        await agent.close()
        await sara.close()
    client_on = [ear.present_after(at, DWELL) for is_on, at, _, _ in moments if is_on]
    client_off = [ear.absent_after(at, DWELL) for is_on, at, _, _ in moments if not is_on]
    page_on = [first(log, at, DWELL, loud=True) for is_on, _, at, _ in moments if is_on]
    page_off = [first(log, at, DWELL, loud=False) for is_on, _, at, _ in moments if not is_on]
    return {
        "apply_round_trip": quantiles([took for *_, took in moments]),
        "client_present": figures(client_on),
        "client_absent": figures(client_off),
        "page_present": figures(page_on),
        "page_absent": figures(page_off),
    }


def figures(times: list[float | None]) -> dict[str, Any]:
    return {**quantiles([t for t in times if t is not None]), "never": sum(t is None for t in times)}


async def main(changes: int) -> None:
    found = await run(changes)
    for name, values in found.items():
        print(f"{name}: {values}")
    on, off, page_on, page_off = (
        found[name] for name in ("client_present", "client_absent", "page_present", "page_absent")
    )
    keep(
        "audible-change-engine",
        f"tone at a client leg {on['p50_ms']} ms (p99 {on['p99_ms']}), gone {off['p50_ms']} ms (p99 {off['p99_ms']}); "
        f"in a Chromium page {page_on['p50_ms']} ms (p99 {page_on['p99_ms']}), gone {page_off['p50_ms']} ms "
        f"(p99 {page_off['p99_ms']}), {page_on['p50_ms'] / on['p50_ms']:.1f} × the client leg",
        found,
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--changes", type=int, default=100)
    uvloop.run(main(parser.parse_args().changes))
