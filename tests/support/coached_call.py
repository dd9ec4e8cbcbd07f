"""A call of two desk phones that a supervisor coaches by a third, in front of the whole of Sideline."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import numpy as np
from sqlalchemy import select

from sideline.engagements.models import EngagementRow
from sideline.rules.audibility import Listening, Mode, Party, Purpose, World
from tests.support.pbx_stack import AGENT, OUTSIDE, SARA, WITNESSES, PbxStack, Play
from tests.support.sip_phones import Answers, SipPhone
from tests.support.sound import HERTZ, LOUD, tone_levels, window_span
from tests.support.voice_stack import Person

TALKING = (Party("customer", Purpose.CUSTOMER, "main"), Party("agent", Purpose.AGENT, "main"))
"""Who sits on the call, by the names of their tones."""

LONGEST_GAP = 0.06
"""Seconds that a conversation may be without sound, whatever happens to Sideline."""

LONGEST_WHISPER = 5.0
"""Seconds after which nobody hears a supervisor any more whom nobody can answer for."""

A_WHILE = 0.3
"""Seconds of a recording that tell who is heard."""

PATIENCE = 20.0


class CoachedCall:
    """Who is on the call, and by which phones."""

    def __init__(self, pbx: PbxStack, agent: Person, sara: Person, phones: Mapping[str, SipPhone]) -> None:
        self.pbx = pbx
        self.agent = agent
        self.sara = sara
        self.phones = dict(phones)
        self.witnesses: list[SipPhone] = []
        """Two who talk with each other directly, beside the PBX: when they don't hear each other it is the machine."""
        self.call: dict[str, Any] = {}
        self.began = time.monotonic()

    async def talk(self, to: str = AGENT) -> None:
        """Let the customer call the agent, and return once both are heard and Sideline knows."""
        await self.pbx.talk(self.phones["customer"], self.phones["agent"], to)
        self.began = time.monotonic()
        self.call = await self.pbx.call(
            self.sara, lambda call: call["state"] == "talking" and seat(call, "agent")["name"] == self.agent.name
        )

    async def press(self, *modes: str, who: Person | None = None, target: str = "agent") -> None:
        """Press one button after the other, each once the one before is confirmed."""
        for mode in modes:
            await press(who or self.sara, self.call, mode, target)

    async def now(self) -> dict[str, Any]:
        """Return the interaction as Sara's screen shows it."""
        return await self.sara.ask("GET", f"/api/interactions/{self.call['id']}")

    async def ended(self, who: Person | None = None, since: int = 0) -> dict[str, Any]:
        """Return an engagement once it has ended."""
        event = await (who or self.sara).event(lambda event: event["type"] == "engagement.ended", since)
        return event["engagement"]

    async def reason(self, who: Person | None = None) -> str:
        """Return why someone's newest engagement ended, also where nobody was there to be told; empty if it goes on."""
        newest = select(EngagementRow.end_reason).where(EngagementRow.supervisor_id == (who or self.sara).id)
        async with self.pbx.stack.database.reading() as connection:
            return str((await connection.execute(newest.order_by(EngagementRow.id.desc()).limit(1))).scalar_one())

    async def goes_on(self, *names: str, since: float = 0.0) -> str:
        """Fail if these phones (the agent's and the customer's) were without RTP for too long since both talked.

        That is for more than ``LONGEST_GAP``; on a machine that keeps even two phones waiting that talk with each other
        directly, for more than twice as long as those. Return the figures.
        """
        start, now = max(self.began, since), time.monotonic()
        phones = [self.phones[name] for name in names or ("agent", "customer")]
        for phone in (*phones, *self.witnesses):
            while phone.recording.packets[-1].at < now:
                await phone.sound()
        gap = max(phone.gaps(start, now) for phone in phones)
        machine = max(phone.gaps(start, now) for phone in self.witnesses)
        assert gap <= max(LONGEST_GAP, 2 * machine), f"{gap:.3f} s without sound, beside the PBX {machine:.3f} s"
        return f"longest gap {gap:.3f} s, beside the PBX {machine:.3f} s"

    async def judge(self, world: World, *names: str) -> None:
        """Let the call go on as it is, and fail unless everyone hears whom the rule says."""
        play = Play(**{name: self.phones[name] for name in names or self.phones})
        await play.act(world)
        play.judge()

    async def everyone_agrees(self) -> str:
        """Fail unless rows, Coach Manager and sound say the same of Sara; return her engagement's state or end."""
        mine = await self.sara.mine()
        managed = await self.sara.ask("GET", "/api/coach-manager/users")
        shown = [
            (each["supervisor"]["id"], each["mode"], each["state"])
            for each in managed
            if each["interaction_id"] == self.call["id"]
        ]
        listeners = [each["state"] for each in (await self.now())["listeners"]]
        if mine is None:
            (row, *_) = (await self.sara.ask("GET", "/api/coach-manager/history"))["items"]
            assert (shown, listeners) == ([], [])
            assert row["end_reason"]
            await self.judge(World(TALKING), "customer", "agent")
            return str(row["end_reason"])
        assert mine["state"] == "active"
        assert (shown, listeners) == ([(self.sara.id, mine["mode"], "active")], ["active"])
        await self.judge(supervised(Mode(mine["mode"])))
        return "active"


def supervised(mode: Mode) -> World:
    """Return the world in which Sara does this on the agent's call."""
    return World(TALKING, (Listening("sara", "agent", mode),))


async def coached_call(
    pbx: PbxStack, *modes: str, to: str = AGENT, auto_answer: bool = True, answers: Answers = Answers.AUTO
) -> CoachedCall:
    """Return a call that Sara supervises, in the last of these modes; without ``to`` nobody has called yet."""
    agent = await pbx.desk_person("agent", AGENT)
    sara = await pbx.desk_person("supervisor", SARA, auto_answer=auto_answer)
    phones = {
        "agent": await pbx.lab.phone(AGENT, HERTZ["agent"]),
        "customer": await pbx.lab.phone(OUTSIDE, HERTZ["customer"]),
        "sara": await pbx.lab.phone(SARA, HERTZ["sara"], answers=answers),
    }
    made = CoachedCall(pbx, agent, sara, phones)
    if to:
        await made.talk(to)
        made.witnesses = await _witnesses(pbx)
        made.began = time.monotonic()
    await made.press(*modes)
    return made


async def _witnesses(pbx: PbxStack) -> list[SipPhone]:
    one, other = [await pbx.lab.phone(name) for name in WITNESSES]
    await one.command("dial", f"sip:{other.name}@127.0.0.1:{other.ports.sip}")
    await other.established()
    await one.sound()
    await other.sound()
    return [one, other]


async def press(supervisor: Person, call: dict[str, Any], mode: str, target: str = "agent") -> None:
    """Press the button of a mode, and return when it is confirmed."""
    told = len(supervisor.events)
    mine = await supervisor.mine()
    if mine is None:
        body = {"interaction_id": call["id"], "target_participant_id": seat(call, target)["id"], "mode": mode}
        await supervisor.ask("POST", "/api/engagements", **body)
    else:
        await supervisor.ask("POST", f"/api/engagements/{mine['id']}/switch", mode=mode)
    await supervisor.becomes_active(told)


def seat(call: dict[str, Any], purpose: str) -> dict[str, Any]:
    """Return who sits on the call for this purpose."""
    return next(each for each in call["participants"] if each["purpose"] == purpose and each["state"] == "joined")


def invitations(phone: SipPhone) -> int:
    """Return how often a phone was rung."""
    return sum(method == "INVITE" for _, method in phone.requests)


async def hears(phone: SipPhone, *names: str, within: float = PATIENCE) -> None:
    """Return once a phone has heard exactly these for a while."""
    try:
        async with asyncio.timeout(within):
            while _heard(phone) != set(names):
                await phone.sound()
    except TimeoutError:
        heard = ", ".join(sorted(_heard(phone))) or "nothing"
        raise AssertionError(f"{phone.name} hears {heard}, not {', '.join(names)}") from None


def _heard(phone: SipPhone) -> set[str]:
    now = time.monotonic()
    levels = tone_levels(phone.heard(now - A_WHILE, now), list(HERTZ.values()))[1:-4]
    shares = np.mean(levels > LOUD, axis=0)
    if ((shares > 0.05) & (shares < 0.95)).any():
        return {"somebody who comes or goes"}
    return {name for name, share in zip(HERTZ, shares, strict=True) if share > 0.5}


def last_heard(phone: SipPhone, name: str, start: float) -> float:
    """Return how long after ``start`` somebody's tone was heard at a phone last; 0 if not at all since."""
    levels = tone_levels(phone.heard(start, time.monotonic()), [HERTZ[name]])[:, 0]
    loud = np.flatnonzero(levels > LOUD)
    return 0.0 if len(loud) == 0 else window_span(0.0, int(loud[-1]))[1]


def most_heard(phone: SipPhone, name: str, start: float) -> float:
    """Return how loud somebody's tone has been at a phone since ``start``, where it was loudest."""
    levels = tone_levels(phone.heard(start, time.monotonic()), [HERTZ[name]])
    return float(levels.max(initial=0.0))


async def comes_true(is_so: Callable[[], Awaitable[bool]], within: float = PATIENCE) -> float:
    """Ask again and again until it is so; return after how many seconds."""
    begun = time.monotonic()
    async with asyncio.timeout(within):
        while not await is_so():
            pass
    return time.monotonic() - begun
