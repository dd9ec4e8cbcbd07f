"""The states of a call by sound, through every process: hold, consult, transfer, and on to another call."""

import time
from collections.abc import Mapping

import pytest

from sideline.rules.audibility import MUSIC, Listening, Mode, Party, Purpose, Route, World, routes
from sideline.voice.webrtc.sound import tone
from tests.support.sound import HERTZ
from tests.support.sound_stage import Act, Scene, complaints
from tests.support.voice_stack import Page, Stack
from tests.voice_stack.test_sound import Ears, press

BOTH_SIDES = (Listening("sara", "agent", Mode.MONITOR), Listening("tom", "customer", Mode.MONITOR))


def of(*seats: tuple[str, str], listening: tuple[Listening, ...] = (), music: str = "") -> World:
    """Return a world of who sits in which talk group."""
    purposes = {"customer": Purpose.CUSTOMER}
    parties = tuple(Party(who, purposes.get(who, Purpose.AGENT), group) for who, group in seats)
    return World(parties, listening, frozenset({music} if music else ()))


class Recital:
    """Plays acts, and judges them all in the end."""

    def __init__(self, phones: Mapping[str, Page]) -> None:
        self._ears = Ears()
        self._phones = phones
        self._acts: list[Act] = []
        self._start = time.monotonic()

    def begin(self) -> None:
        """From now on, until the act is held, another world comes into force."""
        self._start = time.monotonic()

    async def hold(self, world: World) -> None:
        """Let the act last long enough to be judged."""
        await self._ears.dwell()
        self._acts.append(Act(world, self._start, time.monotonic()))

    def judge(self) -> None:
        """Fail with every complaint; who hears hold music (it has everybody's tones) is not judged then."""
        found: list[str] = []
        for name, phone in self._phones.items():
            spans: list[list[Act]] = [[]]
            for act in self._acts:
                if Route(MUSIC, name) in routes(act.world):
                    spans.append([])
                else:
                    spans[-1].append(act)
            for acts in filter(None, spans):
                found += complaints(self._ears, Scene(acts, {name: phone}))  # type: ignore[arg-type,dict-item]
        assert not found, "\n".join(found[:20])


@pytest.mark.promise("V3")
@pytest.mark.promise("V15")
@pytest.mark.promise("V20")
async def test_each_side_is_followed_through_hold_consult_and_transfer(stack: Stack):
    agent = await stack.agent(tone=tone(HERTZ["agent"]))
    colleague = await stack.person("agent", tone=tone(HERTZ["colleague"]))
    customer = await stack.customer(tone=tone(HERTZ["customer"]))
    sara = await stack.person("supervisor", tone=tone(HERTZ["sara"]))
    tom = await stack.person("supervisor", tone=tone(HERTZ["tom"]))
    talk = await stack.talk(agent, customer)
    await press(sara, talk, "monitor")
    told = len(tom.events)
    external = {"interaction_id": talk.id, "target_participant_id": talk.customer_participant, "mode": "monitor"}
    await tom.ask("POST", "/api/engagements", **external)
    await tom.becomes_active(told)
    call = f"/api/interactions/{talk.id}"
    recital = Recital({"agent": agent, "colleague": colleague, "customer": customer, "sara": sara, "tom": tom})

    await recital.hold(of(("customer", "main"), ("agent", "main"), listening=BOTH_SIDES))
    recital.begin()
    await agent.ask("POST", f"{call}/hold")
    await stack.everyone_is_there(agent, talk.id)
    await recital.hold(of(("customer", "held"), ("agent", "main"), listening=BOTH_SIDES, music="held"))
    recital.begin()
    await agent.ask("POST", f"{call}/resume")
    await stack.everyone_is_there(agent, talk.id)
    await recital.hold(of(("customer", "main"), ("agent", "main"), listening=BOTH_SIDES))
    recital.begin()
    await agent.ask("POST", f"{call}/consult", user_id=colleague.id)
    await colleague.ask("POST", f"{call}/answer")
    await stack.everyone_is_there(agent, talk.id)
    aside = of(("customer", "held"), ("agent", "main"), ("colleague", "main"), listening=BOTH_SIDES, music="held")
    await recital.hold(aside)
    recital.begin()
    await agent.ask("POST", f"{call}/complete-transfer")
    ended = await sara.event(lambda event: event["type"] == "engagement.ended")
    await stack.everyone_is_there(colleague, talk.id)
    await recital.hold(of(("customer", "main"), ("colleague", "main"), listening=BOTH_SIDES[1:]))
    recital.judge()
    assert ended["engagement"]["end_reason"] == "agent_transferred"
    assert (await tom.mine())["state"] == "active"


@pytest.mark.promise("V20")
async def test_a_supervisor_who_goes_on_to_another_call_is_heard_there_alone(stack: Stack):
    agent = await stack.agent(tone=tone(HERTZ["agent"]))
    customer = await stack.customer(tone=tone(HERTZ["customer"]))
    left = await stack.talk(agent, customer)
    colleague = await stack.agent(tone=tone(HERTZ["colleague"]))
    other = await stack.customer(tone=tone(HERTZ["tom"]))
    joined = await stack.talk(colleague, other)
    sara = await stack.person("supervisor", tone=tone(HERTZ["sara"]))
    recital = Recital({"agent": agent, "customer": customer, "colleague": colleague, "tom": other, "sara": sara})
    seats = (("customer", "one"), ("agent", "one"), ("colleague", "two"), ("tom", "two"))

    await press(sara, left, "monitor")
    await press(sara, left, "barge")
    recital.begin()
    await recital.hold(of(*seats, listening=(Listening("sara", "agent", Mode.BARGE),)))
    recital.begin()
    engagement = await sara.mine()
    await sara.ask("POST", f"/api/engagements/{engagement['id']}/stop")
    await press(sara, joined, "monitor")
    await press(sara, joined, "coach")
    await recital.hold(of(*seats, listening=(Listening("sara", "colleague", Mode.COACH),)))
    recital.judge()
