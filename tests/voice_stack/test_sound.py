"""The main promises by sound, through every process: who hears whom when a supervisor presses the buttons."""

import time

import pytest

from sideline.rules.audibility import Listening, Mode, Party, Purpose, World
from sideline.voice.webrtc.sound import tone
from tests.support.sound import FAINT, HERTZ
from tests.support.sound_stage import Act, Scene, Stalls, complaints
from tests.support.voice_stack import Person, Stack, Talk

TALKING = (Party("customer", Purpose.CUSTOMER, "main"), Party("agent", Purpose.AGENT, "main"))
"""Who sits on the call, by the names of their tones."""


class Ears:
    """What the judge of recordings needs to know of this stage."""

    settle = 0.6
    """A request, a commit, a wake-up, a change of routes and a decoder that joins a stream, on a busy machine."""
    clarity = 0.9
    faint = FAINT

    def is_cut(self, world: World, speaker: str, listener: str) -> bool:
        return False

    def __init__(self) -> None:
        self.stalls = Stalls()

    async def dwell(self) -> None:
        await self.stalls.calm(2 * self.settle + 0.3)


def supervised(mode: Mode, target: str = "agent") -> World:
    return World(TALKING, (Listening("sara", target, mode),))


TOOK_OVER = World((TALKING[0], Party("sara", Purpose.SUPERVISOR, "main")))


@pytest.mark.promise("V2")
@pytest.mark.promise("V4")
@pytest.mark.promise("V6")
@pytest.mark.promise("V7")
@pytest.mark.promise("V8")
@pytest.mark.promise("V20")
async def test_from_monitor_to_barge_kick_everyone_hears_exactly_whom_the_rule_says(stack: Stack):
    ears = Ears()
    agent = await stack.agent(tone=tone(HERTZ["agent"]))
    customer = await stack.customer(tone=tone(HERTZ["customer"]))
    sara = await stack.person("supervisor", tone=tone(HERTZ["sara"]))
    talk = await stack.talk(agent, customer)
    phone = sara.phone
    acts: list[Act] = []

    async def act(world: World, mode: str | None = None) -> None:
        start = time.monotonic()
        if mode is not None:
            await press(sara, talk, mode)
        await ears.dwell()
        acts.append(Act(world, start, time.monotonic()))

    await ears.dwell()
    await act(World(TALKING))
    await act(supervised(Mode.MONITOR), "monitor")
    await act(supervised(Mode.COACH), "coach")
    await act(supervised(Mode.MONITOR), "monitor")
    await act(supervised(Mode.COACH), "coach")
    await act(supervised(Mode.BARGE), "barge")
    await act(TOOK_OVER, "barge_kick")
    assert sara.phone is phone, "the supervisor's phone was dropped and connected anew"
    scene = Scene(acts, {"agent": agent, "customer": customer, "sara": sara})  # type: ignore[arg-type]
    found = complaints(ears, scene)  # type: ignore[arg-type]
    assert not found, "\n".join(found[:20])
    history = (await sara.ask("GET", "/api/coach-manager/history"))["items"]
    assert [row["type"] for row in history] == ["barge", "coach", "monitor", "coach", "monitor"]


@pytest.mark.promise("V4")
async def test_the_agent_reads_who_coaches_while_they_can_hear_it(stack: Stack):
    agent = await stack.agent(tone=tone(HERTZ["agent"]))
    customer = await stack.customer(tone=tone(HERTZ["customer"]))
    sara = await stack.person("supervisor", tone=tone(HERTZ["sara"]))
    talk = await stack.talk(agent, customer)
    await press(sara, talk, "monitor")
    await press(sara, talk, "coach")
    shown = await agent.event(lambda event: event["type"] == "engagement.shown_to_agent")
    assert shown["supervisors"] == [{"name": sara.name, "mode": "coach"}]


async def press(supervisor: Person, talk: Talk, mode: str) -> None:
    """Press the button of a mode, and return when it is confirmed."""
    told = len(supervisor.events)
    mine = await supervisor.mine()
    if mine is None:
        body = {"interaction_id": talk.id, "target_participant_id": talk.agent_participant, "mode": mode}
        await supervisor.ask("POST", "/api/engagements", **body)
    else:
        await supervisor.ask("POST", f"/api/engagements/{mine['id']}/switch", mode=mode)
    await supervisor.becomes_active(told)
