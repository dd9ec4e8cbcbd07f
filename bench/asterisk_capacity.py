"""What monitoring costs an Asterisk: its CPU and the gaps at both parties, beside native ChanSpy on the same calls.

Calls of two telephones on a real Asterisk, all with real RTP; at each number of
calls they are measured unmonitored, with the engine's supervisor on each, and
with Asterisk's own ChanSpy on each (turn by turn, so that a busy minute of the
machine strikes both), and with the same bridges and snoops made by hand. The
telephones, the engine and the Asterisk are processes of their own; gaps are
taken from what the kernel delivers on loopback. Needs root, and what
``make lab`` installs.

Run: ``python bench/asterisk_capacity.py [--calls 10,20,40,60] [--seconds 15] [--mode monitor]``.
"""

import argparse
import asyncio
import statistics
import sys
import time
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import psutil
import uvloop

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

from bench.asterisk_by_hand import ByHand  # noqa: E402
from bench.asterisk_ear import Company  # noqa: E402
from bench.asterisk_floor import Floor, Gaps, floor  # noqa: E402
from bench.asterisk_house import House, house  # noqa: E402
from bench.sound_results import keep  # noqa: E402
from tests.support.ari_by_hand import Ari  # noqa: E402

SETTLE_SECONDS = 4
AIM = 1.10
"""Of ChanSpy's CPU at the most."""
TURNS = ("alone", "engine", "chanspy", "by_hand", "by_hand", "chanspy", "engine", "alone")


async def main(counts: list[int], seconds: float, mode: str) -> None:
    company = Company()
    runs: list[dict[str, Any]] = []
    async with floor(max(counts)) as home:
        for count in counts:
            await home.grow(count)
            for turn in TURNS:
                company.note()
                figures = {"calls": count, "turn": turn, **await TURN[turn](home, seconds, mode)}
                print(figures, flush=True)
                runs.append(figures)
    sums = [summary(count, runs) for count in counts]
    for each in sums:
        print(each)
    found = {"mode": mode, "summary": sums, "runs": runs, "company": company.figures()}
    at = ", ".join(
        f"{s['alone']} / {s['engine']} / {s['by_hand']} / {s['chanspy']} % ({s['engine_of_chanspy']} × ChanSpy) at "
        f"{s['calls']}"
        for s in sums
    )
    own = ", ".join(f"{s['our_process']} %" for s in sums)
    gaps = ", ".join(f"{s['over_60_ms']['engine']} / {s['over_60_ms']['chanspy']}" for s in sums)
    keep(
        "asterisk-capacity",
        f"{mode}: Asterisk's CPU of a core unmonitored / engine / bare ARI / ChanSpy: {at} calls; our process {own}; "
        f"gaps over 60 ms at parties, engine / ChanSpy: {gaps}; aim {AIM} × ChanSpy "
        f"{'kept' if all(s['engine_of_chanspy'] <= AIM for s in sums) else 'MISSED'}; load "
        f"{found['company']['load_average_1_min']} on {found['company']['cores']} cores",
        found,
    )


async def alone(home: Floor, seconds: float, _: str) -> dict[str, Any]:
    """Measure the calls as they are."""
    return await measure(home, seconds, None)


async def with_engine(home: Floor, seconds: float, mode: str) -> dict[str, Any]:
    """Measure with the engine's supervisors."""
    agents = [f"a{number}" for number in range(home.calls)]
    async with house() as ours:
        users = [f"{kind}{number}" for kind in "as" for number in range(home.size)]
        await ours.ask("start", ari=home.lab.ari_url, users=users, calls=home.calls)
        took = await ours.ask("supervise", agents=agents, mode=mode, version=1)
        figures = await measure(home, seconds, ours)
        heard = await home.hear(range(home.calls))
        retries = await ours.ask("tries")
        await ours.ask("supervise", agents=agents, mode="nothing", version=2)
        await ours.ask("leave")
    await gone(home)
    return {**figures, **heard, "all_attached_seconds": round(took, 2), "applied_again": retries}


async def with_chanspy(home: Floor, seconds: float, mode: str) -> dict[str, Any]:
    """Measure with Asterisk's own."""
    await home.spy(range(home.calls), whispers=mode == "coach")
    figures = await measure(home, seconds, None)
    heard = await home.hear(range(home.calls))
    await home.no_spies()
    await gone(home)
    return {**figures, **heard}


async def by_hand(home: Floor, seconds: float, mode: str) -> dict[str, Any]:
    """Measure the same bridges and snoops without an engine: what of the cost is ARI's own."""
    async with Ari(home.lab.ari_url) as ari:
        lines = {each["name"].rpartition("-")[0]: each["id"] for each in await ari.request("GET", "/channels")}
        hands = [ByHand(ari, f"s{number}", lines[f"PJSIP/a{number}"]) for number in range(home.calls)]
        for hand in hands:
            await hand.attach()
            await hand.switch(mode)
        figures = await measure(home, seconds, None)
        heard = await home.hear(range(home.calls))
        for hand in hands:
            await hand.detach()
    await gone(home)
    return {**figures, **heard}


async def gone(home: Floor) -> None:
    """Wait until the calls are as they were."""
    await home.until(lambda bridges: len(bridges) == home.calls)


async def measure(home: Floor, seconds: float, ours: House | None) -> dict[str, Any]:
    """Return what the processes used in so many seconds, and what reached the parties."""
    await asyncio.sleep(SETTLE_SECONDS)
    pids = {"asterisk": home.lab.pid, "telephones": home.crowd.pid, **({"ours": ours.pid} if ours else {})}
    async with AsyncExitStack() as stack:
        gaps = stack.enter_context(Gaps(home.parties))
        await home.crowd.lateness()
        before, start = {name: cpu_seconds(pid) for name, pid in pids.items()}, time.monotonic()
        await asyncio.sleep(seconds)
        passed = time.monotonic() - start
        used = {name: round(100 * (cpu_seconds(pid) - before[name]) / passed, 1) for name, pid in pids.items()}
        late = await home.crowd.lateness()
    return {"cpu_percent": used, **gaps.figures(passed), **late, "load": round(psutil.getloadavg()[0], 1)}


def cpu_seconds(pid: int) -> float:
    times = psutil.Process(pid).cpu_times()
    return times.user + times.system


def summary(calls: int, runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the means of one number of calls."""
    of = {turn: [each for each in runs if (each["calls"], each["turn"]) == (calls, turn)] for turn in TURN}
    cpu = {turn: statistics.mean(each["cpu_percent"]["asterisk"] for each in of[turn]) for turn in TURN}
    return {
        "calls": calls,
        **{turn: round(value, 1) for turn, value in cpu.items()},
        "engine_of_chanspy": round(cpu["engine"] / cpu["chanspy"], 2),
        "engine_of_by_hand": round(cpu["engine"] / cpu["by_hand"], 2),
        "engine_of_chanspy_above_alone": round((cpu["engine"] - cpu["alone"]) / (cpu["chanspy"] - cpu["alone"]), 2),
        "our_process": round(statistics.mean(each["cpu_percent"]["ours"] for each in of["engine"]), 1),
        "over_60_ms": {turn: sum(each["over_60_ms"] for each in of[turn]) for turn in TURN},
        "longest_gap_ms": {turn: max(each["longest_gap_ms"] for each in of[turn]) for turn in TURN},
    }


TURN = {"alone": alone, "engine": with_engine, "chanspy": with_chanspy, "by_hand": by_hand}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--calls", default="10,20,40,60")
    parser.add_argument("--seconds", type=float, default=15)
    parser.add_argument("--mode", default="monitor", choices=("monitor", "coach"))
    options = parser.parse_args()
    uvloop.run(main([int(n) for n in options.calls.split(",")], options.seconds, options.mode))
