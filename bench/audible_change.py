"""From a click to sound: HTTP request to change the mode → tone there, or gone, at each listener.

A supervisor changes between monitor and barge through the whole of Sideline
(web, database, voice and worker processes on a durable PostgreSQL); the agent
is a client leg, the customer a Chromium page. Beside it, in the same run, the
bare change of route inside the engine (``audible_change_engine``).

Run: ``python bench/audible_change.py [--changes 100]``.
"""

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

from bench.audible_change_engine import AGENT, DWELL, SARA, figures  # noqa: E402
from bench.audible_change_engine import run as bare  # noqa: E402
from bench.sound_change import Ear, quantiles  # noqa: E402
from bench.sound_page import SoundPage, chromium, first, sound_page, wall  # noqa: E402
from bench.sound_results import keep  # noqa: E402
from sideline.kit.db import migrate  # noqa: E402
from sideline.kit.postgres import Postgres  # noqa: E402
from sideline.people.shipped_role_rows import write_shipped_roles  # noqa: E402
from sideline.voice.webrtc.sound import tone  # noqa: E402
from tests.support.voice_stack import Customer, Person, Stack, running_stack  # noqa: E402

NAMES = ("client_present", "client_absent", "page_present", "page_absent")


@asynccontextmanager
async def whole_sideline() -> AsyncIterator[Stack]:
    """Run everything on a PostgreSQL that keeps what it has confirmed."""
    with tempfile.TemporaryDirectory(prefix="sl-bench-", ignore_cleanup_errors=True) as folder:
        postgres = Postgres(Path(folder) / "pg")
        await postgres.start()
        try:
            url = postgres.url("sideline")
            await asyncio.to_thread(migrate, url)
            await asyncio.to_thread(write_shipped_roles, url)
            async with running_stack(url, Path(folder)) as stack:
                await stack.new_floor()
                yield stack
        finally:
            await postgres.stop()


async def customer_in(stack: Stack, page: SoundPage) -> Customer:
    """Let a customer call in whose phone is the page."""
    http = httpx.AsyncClient(base_url=stack.site, timeout=30)
    made = (await http.post("/api/customer/calls", json={"queue_slug": stack.slug})).json()
    http.headers["X-Customer-Token"] = made["token"]

    async def signal(_: str, offer: str) -> str:
        body = {"offer": offer, "tab_id": "page", "has_microphone": False}
        return (await http.post("/api/customer/legs", json=body)).json()["answer"]

    await page.connect("customer", signal, hears=SARA)
    return Customer(made, http, None)


async def run(changes: int) -> dict[str, Any]:
    """Measure ``changes`` to barge and as many back."""
    moments: list[tuple[bool, float, float, float]] = []
    async with whole_sideline() as stack, chromium() as browser:
        page = await sound_page(browser)
        agent = await stack.agent(tone=tone(AGENT))
        sara = await stack.person("supervisor", tone=tone(SARA))
        customer = await customer_in(stack, page)
        talk = await stack.talk(agent, customer)
        body = {"interaction_id": talk.id, "target_participant_id": talk.agent_participant, "mode": "monitor"}
        engagement = await sara.ask("POST", "/api/engagements", **body)
        await sara.becomes_active()
        for n in range(2 * changes):
            is_on = n % 2 == 0
            at, at_wall = time.monotonic(), wall()
            await _switch(sara, engagement["id"], "barge" if is_on else "monitor")
            moments.append((is_on, at, at_wall, time.monotonic() - at))
            await asyncio.sleep(DWELL + random.random() / 50)
        log = await page.log("heard")
        ear = Ear(agent.phone, SARA)
        await customer.close()
    return {
        "request_round_trip": quantiles([took for *_, took in moments]),
        "client_present": figures([ear.present_after(at, DWELL) for on, at, _, _ in moments if on]),
        "client_absent": figures([ear.absent_after(at, DWELL) for on, at, _, _ in moments if not on]),
        "page_present": figures([first(log, at, DWELL, loud=True) for on, _, at, _ in moments if on]),
        "page_absent": figures([first(log, at, DWELL, loud=False) for on, _, at, _ in moments if not on]),
    }


async def _switch(supervisor: Person, engagement_id: str, mode: str) -> None:
    answer = await supervisor.http.post(f"/api/engagements/{engagement_id}/switch", json={"mode": mode})
    assert answer.status_code == 200, answer.text


async def main(changes: int) -> None:
    whole = await run(changes)
    engine = await bare(changes)
    found: dict[str, Any] = {"whole": whole, "bare": engine}
    for name in NAMES:
        found[f"{name}_above_bare_p50_ms"] = round(whole[name]["p50_ms"] - engine[name]["p50_ms"], 1)
    for name, values in found.items():
        print(f"{name}: {values}")
    on, off = whole["page_present"], whole["page_absent"]
    keep(
        "audible-change",
        f"click to tone in a Chromium page {on['p50_ms']} ms (p99 {on['p99_ms']}), gone {off['p50_ms']} ms "
        f"(p99 {off['p99_ms']}); above a bare change of route: {found['page_present_above_bare_p50_ms']} and "
        f"{found['page_absent_above_bare_p50_ms']} ms in the page, {found['client_present_above_bare_p50_ms']} and "
        f"{found['client_absent_above_bare_p50_ms']} ms at a client leg "
        f"({on['p50_ms'] / engine['page_present']['p50_ms']:.2f} × bare)",
        found,
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--changes", type=int, default=100)
    asyncio.run(main(parser.parse_args().changes))
