"""How long until a new life of ours knows 200 live calls of an Asterisk, beside just reading them.

Calls of two telephones run on a real Asterisk, the first ones with sound; some
have the engine's supervisor. The engine's process is killed -9 and another begins: measured is
the time from the engine's making until it has told every call and that these
are all, whether it goes on with the rigs that stood, and how long until they
are as wanted again. The known thing: bare GET /bridges and GET /channels, in the
same run. Needs root, and what ``make lab`` installs.

Run: ``python bench/asterisk_reconcile.py [--calls 200] [--monitored 8] [--talking 20] [--lives 10]``.
"""

import argparse
import asyncio
import sys
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import uvloop

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

from bench.asterisk_ear import Company  # noqa: E402
from bench.asterisk_floor import Floor, Gaps, floor  # noqa: E402
from bench.asterisk_house import house  # noqa: E402
from bench.sound_change import quantiles  # noqa: E402
from bench.sound_results import keep  # noqa: E402

LOOKS = 5
"""How often the bare reading is measured beside each life."""
BASELINE_SECONDS = 10.0
LIVED_ON_SECONDS = 6.0
"""Longer than what stands lives without us: whoever is heard after it was really taken over."""


async def life(home: Floor, agents: list[str], version: int, *, is_last: bool) -> dict[str, Any]:
    """Begin a life, have it supervise, kill it; return its figures."""
    users = [f"{kind}{number}" for kind in "as" for number in range(home.size)]
    numbers = [int(each[1:]) for each in agents]
    began = time.monotonic()
    async with house() as ours:
        told = await ours.ask("start", ari=home.lab.ari_url, users=users, calls=home.calls)
        from_nothing = time.monotonic() - began
        again = await ours.ask("supervise", agents=agents, mode="coach", version=version)
        looks = [await look(home) for _ in range(LOOKS)]
        if is_last:
            await asyncio.sleep(LIVED_ON_SECONDS)
        heard = await home.hear(numbers)
        await ours.kill()
    return {**told, "from_nothing": from_nothing, "in_force_seconds": again, "looks": looks, **heard}


async def look(home: Floor) -> float:
    """Return how long the bare reading took."""
    began = time.monotonic()
    await home.look()
    return time.monotonic() - began


async def run(calls: int, monitored: int, talking: int, lives: int) -> dict[str, Any]:
    """Measure so many lives, after a first one that finds no rigs."""
    company = Company()
    async with floor(calls, talking) as home:
        await home.grow(calls)
        agents = [f"a{number}" for number in range(monitored)]
        before = await parties(home, asyncio.sleep(BASELINE_SECONDS))
        found: list[dict[str, Any]] = []

        async def live() -> None:
            for version in range(1, lives + 2):
                company.note()
                found.append(await life(home, agents, version, is_last=version > lives))
                print(found[-1], flush=True)

        during = await parties(home, live())
        channels, bridges = await home.look()
    later = found[1:]
    return {
        "calls": calls,
        "monitored": monitored,
        "with_sound": talking,
        "channels": channels,
        "bridges": bridges,
        "all_told": quantiles([each["seconds"]["all"] for each in later]),
        "of_it_making_the_engine": quantiles([each["seconds"]["made"] for each in later]),
        "bare_reading": quantiles([took for each in later for took in each["looks"]]),
        "all_told_from_starting_the_process": quantiles([each["from_nothing"] for each in later]),
        "adopted": [each["rigs"] for each in later],
        "rigs_in_force_again": quantiles([each["in_force_seconds"] for each in later]),
        "first_life_rigs_in_force_seconds": round(found[0]["in_force_seconds"], 3),
        "supervisors_hear_both": [each["hear_both"] for each in found],
        "parties_before": before,
        "parties_while_lives_are_killed": during,
        "company": company.figures(),
    }


async def parties(home: Floor, meanwhile: Coroutine[Any, Any, None]) -> dict[str, Any]:
    """Return what reached the parties while something was done."""
    await home.crowd.lateness()
    with Gaps(home.parties) as gaps:
        began = time.monotonic()
        await meanwhile
        return {**gaps.figures(time.monotonic() - began), **await home.crowd.lateness()}


async def main(calls: int, monitored: int, talking: int, lives: int) -> None:
    found = await run(calls, monitored, talking, lives)
    for name, values in found.items():
        print(f"{name}: {values}")
    told, bare, company = found["all_told"], found["bare_reading"], found["company"]
    keep(
        "asterisk-reconcile",
        f"{calls} live calls ({talking} with sound) told {told['p50_ms']} ms (max {told['max_ms']}) from the start, "
        f"{told['p50_ms'] / bare['p50_ms']:.1f} × bare GET /bridges and /channels ({bare['p50_ms']} ms); from starting "
        f"the process {found['all_told_from_starting_the_process']['p50_ms']} ms; of {monitored} rigs of a killed life "
        f"{min(found['adopted'])} at least adopted, as wanted again after {found['rigs_in_force_again']['p50_ms']} ms; "
        f"load {company['load_average_1_min']} on {company['cores']} cores",
        found,
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--calls", type=int, default=200)
    parser.add_argument("--monitored", type=int, default=8)
    parser.add_argument("--talking", type=int, default=20)
    parser.add_argument("--lives", type=int, default=10)
    options = parser.parse_args()
    uvloop.run(main(options.calls, options.monitored, options.talking, options.lives))
