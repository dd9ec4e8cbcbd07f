"""From a new plan to sound on an Asterisk: tone there, or gone, at real SIP telephones, beside bare ARI.

Two calls run on one Asterisk of the laboratory. On one, the engine switches its
supervisor from monitor to coach to barge and back; on the other, turn by turn
with it, the same is done by hand: the four requests and nothing else. Then the
first attach, with a telephone that answers by itself. Times are arrivals of
RTP at the telephones (baresip). Needs root, and what ``make lab`` installs.

Run: ``python bench/audible_change_asterisk.py [--changes 100] [--attaches 20]``.
"""

import argparse
import asyncio
import random
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import uvloop

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

from bench.asterisk_by_hand import ByHand  # noqa: E402
from bench.asterisk_ear import Company, LineEar  # noqa: E402
from bench.asterisk_rooms import Watched, laboratory, plan  # noqa: E402
from bench.sound_change import quantiles  # noqa: E402
from bench.sound_results import keep  # noqa: E402
from sideline.voice.asterisk.engine import AsteriskEngine  # noqa: E402
from sideline.voice.engine import CallPlan, SipPhone  # noqa: E402
from tests.support.ari_by_hand import Ari  # noqa: E402
from tests.support.asterisk_lab import AsteriskLab  # noqa: E402
from tests.support.pbx_stage import new_engine  # noqa: E402
from tests.support.sip_phones import SipPhone as Telephone  # noqa: E402

CUSTOMER, AGENT, SUPERVISOR = 400, 650, 1250
DWELL = 0.3
"""Seconds for which a state is kept."""
WITHIN = 2 * DWELL
"""Its turn comes again only after the other call's."""
LONGEST_ATTACH = 2.0
AIM = {"p50_ms": 80.0, "p99_ms": 200.0}
"""From a request at our HTTP API on; what is measured here is the part of it from the engine on."""

OUTSIDE = ("+4930111", "+4930112")
MODES = ("coach", "barge", "monitor")


class Moment(NamedTuple):
    """A change: to what, when it was asked for, how long the asking took (all in seconds)."""

    mode: str
    at: float
    took: float


class Scene:
    """A call of two telephones, a third one for its supervisor, and what was done to it."""

    def __init__(self, customer: Telephone, agent: Telephone, supervisor: Telephone) -> None:
        self.customer, self.agent, self.supervisor = customer, agent, supervisor
        self.switches: list[Moment] = []
        self.attaches: list[Moment] = []

    async def talk(self) -> None:
        """Let the customer call the agent."""
        await self.customer.dial(self.agent.name)
        await asyncio.gather(self.customer.established(), self.agent.established())

    async def time(self, moments: list[Moment], mode: str, doing: Callable[[], Awaitable[None]]) -> None:
        """Do something, and note when."""
        at = time.monotonic()
        await doing()
        moments.append(Moment(mode, at, time.monotonic() - at))

    def figures(self) -> dict[str, Any]:
        """Return when who heard what."""
        agent = LineEar(self.agent.recording, SUPERVISOR)
        customer = LineEar(self.customer.recording, SUPERVISOR)
        ears = (LineEar(self.supervisor.recording, CUSTOMER), LineEar(self.supervisor.recording, AGENT))
        to = {mode: [each.at for each in self.switches if each.mode == mode] for mode in MODES}
        present = [
            *(agent.present_after(at, WITHIN) for at in to["coach"]),
            *(customer.present_after(at, WITHIN) for at in to["barge"]),
        ]
        gone = [ear.absent_after(at, WITHIN) for at in to["monitor"] for ear in (agent, customer)]
        holes = [agent.hole_after(at, WITHIN) for at in to["barge"]]
        attached = [_all_present(ears, each.at) for each in self.attaches]
        parties = (self.customer, self.agent)
        gaps = [who.gaps(each.at, each.at + DWELL) for each in self.switches for who in parties]
        first = [who.gaps(each.at, each.at + 1) for each in self.attaches for who in parties]
        return {
            "switch_round_trip": quantiles([each.took for each in self.switches]),
            "tone_there": _times(present),
            "tone_gone": _times(gone),
            "missing_at_the_agent_coach_to_barge": quantiles(holes),
            "first_attach_round_trip": quantiles([each.took for each in self.attaches]),
            "first_attach_heard": _times(attached),
            "longest_gap_at_a_party_in_a_switch": quantiles(gaps),
            "longest_gap_at_a_party_in_an_attach": quantiles(first),
        }


def _all_present(ears: Sequence[LineEar], at: float) -> float | None:
    found = [ear.present_after(at, LONGEST_ATTACH) for ear in ears]
    return None if None in found else max(each for each in found if each is not None)


def _times(times: list[float | None]) -> dict[str, Any]:
    return {**quantiles([t for t in times if t is not None]), "never": sum(t is None for t in times)}


class Ours:
    """The engine's supervisor."""

    def __init__(self, engine: AsteriskEngine, call: Watched, telephone: Telephone) -> None:
        self._engine = engine
        self._call = call
        self._phone = SipPhone(telephone.address, auto_answer=True)
        self._version = 0

    async def switch(self, mode: str) -> None:
        """Apply the next plan."""
        self._version += 1
        wanted: CallPlan = plan(self._call, "sara", self._phone, mode, self._version)
        await self._engine.apply("call", wanted)


async def run(changes: int, attaches: int) -> dict[str, Any]:
    """Measure ``changes`` rounds of three switches, and as many first attaches."""
    company = Company()
    async with laboratory(phones=("agent1", "agent2", "sara", "tom"), outside=OUTSIDE, calls=10) as lab:
        engine = new_engine(lab, ("agent1", "agent2", "sara", "tom"))
        try:
            async with Ari(lab.ari_url) as ari:
                return {**await _measure(lab, engine, ari, changes, attaches, company), "company": company.figures()}
        finally:
            await engine.aclose()


async def _measure(
    lab: AsteriskLab, engine: AsteriskEngine, ari: Ari, changes: int, attaches: int, company: Company
) -> dict[str, Any]:
    minutes = 3 + (changes * 6 * DWELL + attaches * 4) / 50
    scenes: list[Scene] = []
    for outside, agent, supervisor in zip(OUTSIDE, ("agent1", "agent2"), ("sara", "tom"), strict=True):
        scene = Scene(
            await lab.phone(outside, CUSTOMER, minutes=minutes),
            await lab.phone(agent, AGENT, minutes=minutes),
            await lab.phone(supervisor, SUPERVISOR, minutes=minutes),
        )
        await scene.talk()
        scenes.append(scene)
    calls = await Watched.of(engine, "agent1", "agent2")
    ours = Ours(engine, calls["agent1"], scenes[0].supervisor)
    by_hand = ByHand(ari, "tom", calls["agent2"].agent)
    for _ in range(attaches):
        company.note()
        await scenes[0].time(scenes[0].attaches, "monitor", lambda: ours.switch("monitor"))
        await _dwell(1.0)
        await scenes[1].time(scenes[1].attaches, "monitor", by_hand.attach)
        await _dwell(1.0)
        await ours.switch("nothing")
        await by_hand.detach()
        await _dwell(1.0)
    await ours.switch("monitor")
    await by_hand.attach()
    await _dwell(2.0)
    for _ in range(changes):
        company.note()
        for mode in MODES:
            await scenes[0].time(scenes[0].switches, mode, lambda mode=mode: ours.switch(mode))
            await _dwell(DWELL)
            await scenes[1].time(scenes[1].switches, mode, lambda mode=mode: by_hand.switch(mode))
            await _dwell(DWELL)
    return {"engine": scenes[0].figures(), "by_hand": scenes[1].figures()}


async def _dwell(seconds: float) -> None:
    await asyncio.sleep(seconds + random.random() / 50)


async def main(changes: int, attaches: int) -> None:
    found = await run(changes, attaches)
    for name, values in found.items():
        print(f"{name}: {values}")
    ours, hand = found["engine"], found["by_hand"]
    there, gone, first = (ours[name] for name in ("tone_there", "tone_gone", "first_attach_heard"))
    within = all(each[name] <= AIM[name] for each in (there, gone) for name in AIM)
    keep(
        "audible-change-asterisk",
        f"from the engine's apply: tone there {there['p50_ms']} ms (p99 {there['p99_ms']}), gone {gone['p50_ms']} ms "
        f"(p99 {gone['p99_ms']}), never {there['never'] + gone['never']}; by hand {hand['tone_there']['p50_ms']} "
        f"({hand['tone_there']['p99_ms']}) and {hand['tone_gone']['p50_ms']} ({hand['tone_gone']['p99_ms']}), "
        f"{there['p50_ms'] / hand['tone_there']['p50_ms']:.2f} × and "
        f"{gone['p50_ms'] / hand['tone_gone']['p50_ms']:.2f} ×; the aim of 80 ms (p99 200) from the HTTP API is "
        f"{'not yet spent' if within else 'MISSED already'}; first attach {first['p50_ms']} ms, by hand "
        f"{hand['first_attach_heard']['p50_ms']}; load {found['company']['load_average_1_min']} on "
        f"{found['company']['cores']} cores",
        found,
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--changes", type=int, default=100)
    parser.add_argument("--attaches", type=int, default=20)
    options = parser.parse_args()
    uvloop.run(main(options.changes, options.attaches))
