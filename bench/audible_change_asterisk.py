"""From a click to sound on an Asterisk: tone there, or gone, at real SIP telephones, beside bare ARI.

Two calls run on one Asterisk of the laboratory. On one, a supervisor changes
from monitor to coach to barge and back; on the other, turn by turn with it, the
same is done by hand: four requests of ARI and nothing else. Once it is done
through the whole of Sideline (HTTP request, durable PostgreSQL, voice process),
once from the engine's ``apply`` alone. Also the first attach, with a telephone
that answers by itself. Times are arrivals of RTP at the telephones (baresip).
Needs root, and what ``make lab`` installs.

Run: ``python bench/audible_change_asterisk.py [--changes 100] [--attaches 20]``.
"""

import argparse
import asyncio
import random
import sys
import tempfile
from pathlib import Path
from typing import Any, Protocol

import uvloop

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

from bench.asterisk_by_hand import ByHand  # noqa: E402
from bench.asterisk_ear import Company  # noqa: E402
from bench.asterisk_rooms import LAB_ROOT, Watched, laboratory, plan  # noqa: E402
from bench.asterisk_scene import AGENT, CUSTOMER, DWELL, MODES, SUPERVISOR, Scene  # noqa: E402
from bench.sound_results import keep  # noqa: E402
from sideline.kit.db import migrate  # noqa: E402
from sideline.kit.postgres import Postgres  # noqa: E402
from sideline.people.shipped_role_rows import write_shipped_roles  # noqa: E402
from sideline.voice.asterisk.engine import AsteriskEngine  # noqa: E402
from sideline.voice.engine import CallPlan, SipPhone  # noqa: E402
from tests.support.ari_by_hand import Ari  # noqa: E402
from tests.support.asterisk_lab import AsteriskLab  # noqa: E402
from tests.support.pbx_stack import DESKS, PbxStack, running_pbx_stack  # noqa: E402
from tests.support.pbx_stage import new_engine  # noqa: E402
from tests.support.voice_stack import Person  # noqa: E402

AIM = {"p50_ms": 80.0, "p99_ms": 200.0}
"""From a request at our HTTP API to the tone."""

OUTSIDE = ("+4930111", "+4930112")
AGENTS, SUPERVISORS = DESKS[:2], DESKS[2:4]


class Way(Protocol):
    """A way to supervise a call."""

    async def attach(self) -> None:
        """Begin to monitor; the telephone is rung, and answers by itself."""
        ...

    async def switch(self, mode: str) -> None:
        """Change the mode."""
        ...

    async def detach(self) -> None:
        """Leave the call."""
        ...


class ByEngine:
    """Plans for the engine."""

    def __init__(self, engine: AsteriskEngine, call: Watched, telephone: str) -> None:
        self._engine = engine
        self._call = call
        self._phone = SipPhone(telephone, auto_answer=True)
        self._version = 0

    async def attach(self) -> None:
        """Apply the first plan with the supervisor."""
        await self.switch("monitor")

    async def switch(self, mode: str) -> None:
        """Apply the next plan."""
        self._version += 1
        wanted: CallPlan = plan(self._call, "sara", self._phone, mode, self._version)
        await self._engine.apply("call", wanted)

    async def detach(self) -> None:
        """Apply a plan without the supervisor."""
        await self.switch("nothing")


class ByRequest:
    """Requests at Sideline's HTTP API."""

    def __init__(self, supervisor: Person, call: dict[str, Any]) -> None:
        self._supervisor = supervisor
        agent = next(each for each in call["participants"] if each["purpose"] == "agent")
        self._body = {"interaction_id": call["id"], "target_participant_id": agent["id"], "mode": "monitor"}
        self._path = ""

    async def attach(self) -> None:
        """Begin an engagement."""
        made = await self._supervisor.ask("POST", "/api/engagements", **self._body)
        self._path = f"/api/engagements/{made['id']}"

    async def switch(self, mode: str) -> None:
        """Switch it."""
        await self._supervisor.ask("POST", f"{self._path}/switch", mode=mode)

    async def detach(self) -> None:
        """Stop it."""
        await self._supervisor.ask("POST", f"{self._path}/stop")


async def by_engine(changes: int, attaches: int) -> dict[str, Any]:
    """Measure from the engine's ``apply``."""
    company = Company()
    async with laboratory(phones=DESKS, outside=OUTSIDE, calls=10) as lab, Ari(lab.ari_url) as ari:
        engine = new_engine(lab, DESKS)
        try:
            scenes = await two_calls(lab, changes, attaches)
            calls = await Watched.of(engine, *AGENTS)
            ours = ByEngine(engine, calls[AGENTS[0]], scenes[0].supervisor.address)
            ways = (ours, ByHand(ari, SUPERVISORS[1], calls[AGENTS[1]].agent))
            await turn_by_turn(scenes, ways, changes, attaches, company)
        finally:
            await engine.aclose()
    return {"ours": scenes[0].figures(), "by_hand": scenes[1].figures(), "company": company.figures()}


async def by_request(changes: int, attaches: int) -> dict[str, Any]:
    """Measure through the whole of Sideline, on a PostgreSQL that keeps what it has confirmed."""
    company = Company()
    with tempfile.TemporaryDirectory(prefix="sl-bench-", ignore_cleanup_errors=True) as folder:
        postgres = Postgres(Path(folder) / "pg")
        await postgres.start()
        try:
            url = postgres.url("sideline")
            await asyncio.to_thread(migrate, url)
            await asyncio.to_thread(write_shipped_roles, url)
            async with (
                running_pbx_stack(url, Path(folder), LAB_ROOT, outside=OUTSIDE) as pbx,
                Ari(pbx.lab.ari_url) as ari,
            ):
                scenes = await _whole(pbx, ari, changes, attaches, company)
        finally:
            await postgres.stop()
    return {"ours": scenes[0].figures(), "by_hand": scenes[1].figures(), "company": company.figures()}


async def _whole(pbx: PbxStack, ari: Ari, changes: int, attaches: int, company: Company) -> list[Scene]:
    await pbx.desk_person("agent", AGENTS[0])
    supervisor = await pbx.desk_person("supervisor", SUPERVISORS[0])
    scenes = await two_calls(pbx.lab, changes, attaches)
    call = await pbx.call(supervisor, lambda call: call["state"] == "talking")
    lines = {each["name"].rpartition("-")[0]: each["id"] for each in await ari.request("GET", "/channels")}
    ways = (ByRequest(supervisor, call), ByHand(ari, SUPERVISORS[1], lines[f"PJSIP/{AGENTS[1]}"]))
    await turn_by_turn(scenes, ways, changes, attaches, company)
    return scenes


async def two_calls(lab: AsteriskLab, changes: int, attaches: int) -> list[Scene]:
    """Let two customers talk with two agents."""
    minutes = 3 + (changes * 6 * DWELL + attaches * 5) / 40
    scenes: list[Scene] = []
    for outside, agent, supervisor in zip(OUTSIDE, AGENTS, SUPERVISORS, strict=True):
        scene = Scene(
            await lab.phone(outside, CUSTOMER, minutes=minutes),
            await lab.phone(agent, AGENT, minutes=minutes),
            await lab.phone(supervisor, SUPERVISOR, minutes=minutes),
        )
        await scene.talk()
        scenes.append(scene)
    return scenes


async def turn_by_turn(
    scenes: list[Scene], ways: tuple[Way, Way], changes: int, attaches: int, company: Company
) -> None:
    """Attach to both calls again and again, then switch on both; note each in its scene."""
    turns = list(zip(scenes, ways, strict=True))
    for _ in range(attaches):
        company.note()
        for scene, way in turns:
            await scene.time(scene.attaches, "monitor", way.attach)
            await _dwell(1.0)
        for _, way in turns:
            await way.detach()
        await _dwell(1.0)
    for _, way in turns:
        await way.attach()
    await _dwell(2.0)
    for _ in range(changes):
        company.note()
        for mode in MODES:
            for scene, way in turns:
                await scene.time(scene.switches, mode, lambda way=way, mode=mode: way.switch(mode))
                await _dwell(DWELL)


async def _dwell(seconds: float) -> None:
    await asyncio.sleep(seconds + random.random() / 50)


def words(found: dict[str, Any]) -> str:
    """Return the figures of one way beside those by hand."""
    ours, hand = found["ours"], found["by_hand"]
    there, gone, first = (ours[name] for name in ("tone_there", "tone_gone", "first_attach_heard"))
    by_hand = [hand[name] for name in ("tone_there", "tone_gone", "first_attach_heard")]
    return (
        f"tone there {there['p50_ms']} ms (p99 {there['p99_ms']}), gone {gone['p50_ms']} (p99 {gone['p99_ms']}), first "
        f"attach {first['p50_ms']} (by hand {by_hand[0]['p50_ms']} ({by_hand[0]['p99_ms']}), {by_hand[1]['p50_ms']} "
        f"({by_hand[1]['p99_ms']}), {by_hand[2]['p50_ms']})"
    )


def main(changes: int, attaches: int) -> None:
    engine = uvloop.run(by_engine(changes, attaches))  # as a voice process runs it
    whole = asyncio.run(by_request(changes, attaches))
    found = {"whole": whole, "engine": engine}
    for name, values in found.items():
        for more, figures in values.items():
            print(f"{name} {more}: {figures}")
    changed = [whole["ours"][name] for name in ("tone_there", "tone_gone")]
    within = all(each[name] <= AIM[name] for each in changed for name in AIM) and not any(e["never"] for e in changed)
    keep(
        "audible-change-asterisk",
        f"from a request: {words(whole)}; aim of 80 ms (p99 200) {'kept' if within else 'MISSED'}; from the engine's "
        f"apply: {words(engine)}; load {whole['company']['load_average_1_min']}, "
        f"{engine['company']['load_average_1_min']} on {whole['company']['cores']} cores",
        found,
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--changes", type=int, default=100)
    parser.add_argument("--attaches", type=int, default=20)
    options = parser.parse_args()
    main(options.changes, options.attaches)
