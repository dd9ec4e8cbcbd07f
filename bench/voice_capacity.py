"""What a leg costs: % of a core, lost and late packets, beside mixing bridges in the same run.

Legs are in calls of three in which everyone hears the other two; each sends
speech. They live in this process and count without decrypting, while the
engine has a process of its own, whose CPU time is what is reported. Beside
it: a mixing bridge on stock aiortc, and Janus' AudioBridge where it is installed.

Run: ``python bench/voice_capacity.py [--legs 12,48,72,200] [--seconds 20]``.
"""

import argparse
import asyncio
import shutil
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import uvloop

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

from bench.sound_house import house  # noqa: E402
from bench.sound_janus import janus  # noqa: E402
from bench.sound_legs import LATE, CountingLeg  # noqa: E402
from bench.sound_results import keep  # noqa: E402
from bench.sound_speech import speech  # noqa: E402
from sideline.voice.webrtc.beat import Beat  # noqa: E402
from sideline.voice.webrtc.slots import SLOTS  # noqa: E402

SETTLE_SECONDS = 3
PHASES = 8
"""Groups of legs that speak at different moments of the 20 ms."""

Signal = Callable[[str], Awaitable[str]]


def cpu_seconds(pid: int) -> float:
    times = psutil.Process(pid).cpu_times()
    return times.user + times.system


async def measure(
    pids: list[int],
    signals: Sequence[Signal],
    seconds: float,
    *,
    slots: int,
    loopback_only: bool = True,
    plans: Any = None,
) -> dict[str, Any]:
    """Connect a leg for each signal, let them talk, and return the figures."""
    packets = speech()
    beats = [Beat() for _ in range(PHASES)]
    legs = [
        CountingLeg(packets, beats[n % PHASES], slots=slots, loopback_only=loopback_only) for n in range(len(signals))
    ]
    try:
        for n, (leg, signal) in enumerate(zip(legs, signals, strict=True)):
            await leg.connect(signal)
            if n < PHASES:
                await asyncio.sleep(0.0225)  # the next group begins an eighth of a frame later
        if plans is not None:
            await plans()
        await asyncio.sleep(SETTLE_SECONDS)
        for leg in legs:
            leg.count()
        before, own, start = [cpu_seconds(pid) for pid in pids], time.process_time(), time.monotonic()
        await asyncio.sleep(seconds)
        passed = time.monotonic() - start
        used = [cpu_seconds(pid) - b for pid, b in zip(pids, before, strict=True)]
        own_share = (time.process_time() - own) / passed
        results = [leg.result() for leg in legs]
    finally:
        for leg in legs:
            await leg.close()
    received, lost = sum(r for r, _, _ in results), sum(x for _, x, _ in results)
    behind = np.concatenate([b for _, _, b in results])
    return {
        "legs": len(legs),
        "cpu_percent_a_leg": round(100 * sum(used) / passed / len(legs), 3),
        "cpu_percent_a_process": [round(100 * u / passed, 1) for u in used],
        "client_cpu_percent": round(100 * own_share, 1),
        "packets": received,
        "packets_a_leg_a_second": round(received / passed / len(legs), 1),
        "lost": lost,
        "late_20_ms": int((behind > LATE).sum()),
        "behind_p99_ms": round(float(np.quantile(behind, 0.99)) * 1000, 2) if len(behind) else None,
        "behind_max_ms": round(float(behind.max()) * 1000, 1) if len(behind) else None,
    }


def trio(n: int) -> list[str]:
    """Return the legs of call ``n``."""
    return [f"leg-{3 * n + k}" for k in range(3)]


async def bridge(kind: str, count: int, seconds: float, *, processes: int = 1) -> dict[str, Any]:
    """Measure one of our processes: the forwarder or the stock mixer."""
    async with AsyncExitStack() as stack:
        houses = [await stack.enter_async_context(house(kind)) for _ in range(processes)]
        calls = [houses[n % processes] for n in range(count // 3)]
        signals = [partial(calls[n].connect, leg) for n in range(count // 3) for leg in trio(n)]

        async def plans() -> None:
            for n, home in enumerate(calls):
                legs = trio(n)
                await home.apply(f"call-{n}", 1, legs, [(a, b) for a in legs for b in legs if a != b])

        slots = SLOTS if kind == "forwarder" else 0
        return await measure([h.pid for h in houses], signals, seconds, slots=slots, plans=plans)


async def audio_bridge(count: int, seconds: float) -> dict[str, Any]:
    """Measure Janus."""
    async with janus() as server:
        signals = [partial(server.join, n // 3 + 1, f"leg-{n}") for n in range(count)]
        return await measure([server.pid], signals, seconds, slots=0, loopback_only=False)


async def main(counts: list[int], seconds: float) -> None:
    forwarder = [await report("forwarder", bridge("forwarder", n, seconds)) for n in counts]
    two = await report("two processes", bridge("forwarder", 2 * max(counts), seconds, processes=2))
    mixer = await report("stock aiortc mixing", bridge("mixer", 12, seconds))
    servers = []
    if shutil.which("janus") is None:
        print("Janus is left out: it is not installed (as root: apt install janus).", flush=True)
    else:
        servers = [await report("Janus AudioBridge", audio_bridge(n, seconds)) for n in (12, 48)]
    at_48 = next((f for f in forwarder if f["legs"] == 48), forwarder[-1])
    rival = servers[-1] if servers else None
    cost = ", ".join(f"{f['cpu_percent_a_leg']} % at {f['legs']}" for f in forwarder)
    lost, late = sum(f["lost"] for f in forwarder), sum(f["late_20_ms"] for f in forwarder)
    times = mixer["cpu_percent_a_leg"] / forwarder[0]["cpu_percent_a_leg"]
    line = (
        f"forwarder, of a core a leg: {cost} legs; lost {lost}, late {late}; "
        f"two processes {two['cpu_percent_a_leg']} % at {two['legs']}, lost {two['lost']}, late {two['late_20_ms']}; "
        f"stock aiortc mixing {times:.1f} × at 12"
    )
    if rival:
        share = at_48["cpu_percent_a_leg"] / rival["cpu_percent_a_leg"]
        line += f"; {share:.2f} of Janus ({rival['cpu_percent_a_leg']} %) at {rival['legs']}"
    keep(
        "voice-capacity",
        line,
        {"forwarder": forwarder, "two_processes": two, "stock_mixing": mixer, "janus": servers},
    )


async def report(name: str, measuring: Awaitable[dict[str, Any]]) -> dict[str, Any]:
    figures = await measuring
    print(f"{name}: {figures}", flush=True)
    return figures


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--legs", default="12,48,72,198")
    parser.add_argument("--seconds", type=float, default=20)
    options = parser.parse_args()
    uvloop.run(main([int(n) for n in options.legs.split(",")], options.seconds))
