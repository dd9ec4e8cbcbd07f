"""What a browser leg costs that is the phone of an Asterisk's call, and how much later it is heard.

Legs talk in pairs: patched, both into one bridge of a real Asterisk, so that
sound crosses the edge twice; and, in the same run, the same pairs routed to
each other inside the engine. What is reported is the difference. Legs, engine
and sockets live in this process; what the legs do is the same both times.

Run: ``python bench/browser_leg.py [--root .lab/root] [--pairs 10] [--seconds 20] [--times 60]``.
"""

import argparse
import asyncio
import random
import sys
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import uvloop

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

from bench.sound_change import Ear, quantiles  # noqa: E402
from bench.sound_legs import CountingLeg  # noqa: E402
from bench.sound_results import keep  # noqa: E402
from bench.sound_speech import speech  # noqa: E402
from sideline.rules.audibility import Route  # noqa: E402
from sideline.voice.asterisk.media import MediaLeg, connection_id, external_media  # noqa: E402
from sideline.voice.engine import BrowserPhone, CallPlan  # noqa: E402
from sideline.voice.webrtc.beat import Beat  # noqa: E402
from sideline.voice.webrtc.client import BrowserLikePhone  # noqa: E402
from sideline.voice.webrtc.engine import WebRtcEngine  # noqa: E402
from sideline.voice.webrtc.sound import tone  # noqa: E402
from tests.support.ari_by_hand import APP, Ari  # noqa: E402
from tests.support.asterisk_lab import AsteriskLab  # noqa: E402

HERTZ = 1000
WORD = tone(HERTZ)[:10]
"""What is said to measure how late it is heard: 200 ms."""

APART = 0.7
"""Seconds between two words."""

SETTLE_SECONDS = 3
PHASES = 8

Pair = tuple[str, str]


class Joined:
    """Pairs of legs that hear each other: by Asterisk, or inside the engine."""

    def __init__(self, engine: WebRtcEngine, ari: Ari | None) -> None:
        self._engine = engine
        self._ari = ari
        self._legs: list[MediaLeg] = []
        self._bridges: list[str] = []

    async def join(self, pair: Pair) -> None:
        """Let two legs hear each other."""
        if self._ari is None:
            routes = frozenset({Route(*pair), Route(*reversed(pair))})
            phones = {leg: BrowserPhone(leg) for leg in pair}
            await self._engine.apply("/".join(pair), CallPlan(version=1, phones=phones, routes=routes))
            return
        bridge = f"bench.{pair[0]}"
        await self._ari.request("POST", "/bridges", {"type": "mixing", "bridgeId": bridge})
        self._bridges.append(bridge)
        for leg in pair:
            asked = external_media(APP, leg)
            connection = connection_id(await self._ari.request(asked.method, asked.path, asked.query))
            self._legs.append(await MediaLeg.open(self._engine, leg, ari=self._ari.base, connection=connection))
            await self._ari.event("StasisStart", leg)
            await self._ari.request("POST", f"/bridges/{bridge}/addChannel", {"channel": leg})

    async def close(self) -> None:
        """Leave nothing in Asterisk."""
        for leg in self._legs:
            await leg.close()
        for bridge in self._bridges:
            if self._ari is not None:
                await self._ari.request("DELETE", f"/bridges/{bridge}")


async def cost(ari: Ari | None, asterisk: int, pairs: int, seconds: float) -> dict[str, Any]:
    """Let pairs talk; return the CPU of this process and of Asterisk, and what the legs received."""
    packets = speech()
    beats = [Beat() for _ in range(PHASES)]
    async with AsyncExitStack() as stack:
        engine = WebRtcEngine(loopback_only=True)
        stack.push_async_callback(engine.aclose)
        joined = Joined(engine, ari)
        stack.push_async_callback(joined.close)
        legs: list[CountingLeg] = []
        for n in range(2 * pairs):
            leg = CountingLeg(packets, beats[n % PHASES])
            await leg.connect(partial(engine.connect, name(ari, n)))
            stack.push_async_callback(leg.close)
            legs.append(leg)
            if n < PHASES:
                await asyncio.sleep(0.0225)
        for n in range(0, 2 * pairs, 2):
            await joined.join((name(ari, n), name(ari, n + 1)))
        await asyncio.sleep(SETTLE_SECONDS)
        for leg in legs:
            leg.count()
        theirs, own, start = cpu_seconds(asterisk), time.process_time(), time.monotonic()
        await asyncio.sleep(seconds)
        passed = time.monotonic() - start
        own, theirs = time.process_time() - own, cpu_seconds(asterisk) - theirs
        received = sum(leg.result()[0] for leg in legs)
    return {
        "legs": 2 * pairs,
        "cpu_percent_a_leg": round(100 * own / passed / 2 / pairs, 3),
        "asterisk_cpu_percent_a_leg": round(100 * theirs / passed / 2 / pairs, 3),
        "packets_a_leg_a_second": round(received / passed / 2 / pairs, 1),
    }


async def lateness(ari: Ari | None, times: int) -> dict[str, Any]:
    """Say words; return how long after each was said its first packet with sound arrived."""
    async with AsyncExitStack() as stack:
        engine = WebRtcEngine(loopback_only=True)
        stack.push_async_callback(engine.aclose)
        joined = Joined(engine, ari)
        stack.push_async_callback(joined.close)
        phones = [BrowserLikePhone(partial(engine.connect, name(ari, n)), loopback_only=True) for n in range(2)]
        for phone in phones:
            await phone.connect()
            stack.push_async_callback(phone.close)
        await joined.join((name(ari, 0), name(ari, 1)))
        await asyncio.sleep(1)
        said: list[float] = []
        for _ in range(times):
            said.append(time.monotonic())
            phones[0].play(WORD)
            await asyncio.sleep(APART + random.random() / 50)
        ear = Ear(phones[1], HERTZ)
    found = [ear.present_after(at, APART) for at in said]
    return {**quantiles([at for at in found if at is not None]), "never": found.count(None)}


def name(ari: Ari | None, number: int) -> str:
    return f"{'patched' if ari else 'direct'}-{number}"


def cpu_seconds(pid: int) -> float:
    processes: Sequence[psutil.Process] = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    return sum(each.cpu_times().user + each.cpu_times().system for each in processes)


async def main(root: Path, pairs: int, seconds: float, times: int) -> None:
    async with AsteriskLab(root, phones=(), queues={}) as lab, Ari(lab.ari_url) as ari:
        late, early = await lateness(ari, times), await lateness(None, times)
        patched = await cost(ari, lab.pid, pairs, seconds)
        direct = await cost(None, lab.pid, pairs, seconds)
    for title, figures in (("late", late), ("direct", early), ("patched", patched), ("routed", direct)):
        print(f"{title}: {figures}", flush=True)
    added = late["p50_ms"] - early["p50_ms"]
    costs = patched["cpu_percent_a_leg"] - direct["cpu_percent_a_leg"]
    keep(
        "browser-leg",
        f"by Asterisk, over both edges, heard {added:.1f} ms later than inside the engine (p99 {late['p99_ms']} beside "
        f"{early['p99_ms']} ms); a patched leg costs {costs:.2f} % of a core more, "
        f"{patched['cpu_percent_a_leg'] / direct['cpu_percent_a_leg']:.1f} × a routed one with its client, "
        f"at {patched['legs']} legs",
        {"late_by_asterisk": late, "late_inside": early, "patched": patched, "routed": direct},
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--root", type=Path, default=ROOT / ".lab" / "root")
    parser.add_argument("--pairs", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--times", type=int, default=60)
    options = parser.parse_args()
    uvloop.run(main(options.root, options.pairs, options.seconds, options.times))
