"""Records what a real Asterisk tells of calls, for ``tests/voice_contract/test_asterisk_calls.py``.

``python -m tests.support.record_pbx_events [scene …]`` (as root) plays scenes with telephones in a laboratory of
their own each, and writes the events into ``tests/voice_contract/events``. At the points that a scene names it also
writes down what Asterisk answers when it is asked for every channel and bridge.
"""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import msgspec
from websockets.asyncio.client import ClientConnection, connect

from sideline.voice.asterisk.client import UNHEARD
from sideline.voice.asterisk.wire import Bridge, Channel, Event
from tests.support.asterisk_config import PASSWORD, USER
from tests.support.asterisk_fixtures import ROOT
from tests.support.asterisk_lab import AsteriskLab
from tests.support.pbx_recordings import write_recording
from tests.support.sip_phones import Answers, SipPhone

AGENT, COLLEAGUE, SUPERVISOR = "1001", "1002", "1003"
EXPERT, CUSTOMER, SECOND = "+4930999", "+4930111", "+4930222"
"""People outside; numbers that the centre dials reach the first one."""

QUEUES = {"sales": (AGENT,), "support": (f"Local/{AGENT}@from-internal",), "care": (f"Local/{AGENT}@from-internal/n",)}
QUIET_SECONDS = 0.4


class Recorder:
    """One scene's telephones and what is told of them."""

    def __init__(self, lab: AsteriskLab, events: ClientConnection, http: httpx.AsyncClient) -> None:
        self.lab = lab
        self.http = http
        self.lines: list[dict[str, Any]] = []
        self._events = events

    async def phone(self, name: str, answers: Answers = Answers.AUTO) -> SipPhone:
        return await self.lab.phone(name, answers=answers)

    async def settled(self, point: str) -> None:
        """Write down what was told until nothing more is, and what there is then."""
        with contextlib.suppress(TimeoutError):
            while True:
                async with asyncio.timeout(QUIET_SECONDS):
                    self._take(msgspec.json.decode(await self._events.recv()))
        there = {
            "channels": [_kept(each, Channel) for each in (await self.http.get("/channels")).json()],
            "bridges": [_kept(each, Bridge) for each in (await self.http.get("/bridges")).json()],
        }
        self.lines.append({"point": point, **there})

    def _take(self, told: dict[str, Any]) -> None:
        kept = _kept(told, Event)
        if kept.keys() - {"type"}:
            self.lines.append(kept)

    async def ask(self, method: str, path: str, query: dict[str, str] | None = None, body: Any = None) -> None:
        answer = await self.http.request(method, path, params=query, json=body)
        answer.raise_for_status()


def _kept(told: Any, kind: Any) -> Any:
    """Return what Sideline reads of a value."""
    known = {field.name: field.type for field in msgspec.structs.fields(kind)}
    found: dict[str, Any] = {}
    for name, value in told.items():
        inner = _struct_of(known.get(name))
        if name in known and value not in ("", [], {}, None):
            found[name] = _kept(value, inner) if inner is not None else value
    return found


def _struct_of(kind: Any) -> Any:
    kinds = getattr(kind, "__args__", (kind,))
    return next((each for each in kinds if isinstance(each, type) and issubclass(each, msgspec.Struct)), None)


# -- scenes


async def _talk(recorder: Recorder, to: str = AGENT) -> tuple[SipPhone, SipPhone]:
    agent, customer = await recorder.phone(AGENT), await recorder.phone(CUSTOMER)
    await customer.dial(to)
    await asyncio.gather(agent.established(), customer.established())
    await recorder.settled("talking")
    return agent, customer


async def inbound(recorder: Recorder) -> None:
    agent, customer = await recorder.phone(AGENT, Answers.MANUAL), await recorder.phone(CUSTOMER)
    await customer.dial(AGENT)
    await agent.incoming()
    await recorder.settled("ringing")
    await agent.answer()
    await asyncio.gather(agent.established(), customer.established())
    await recorder.settled("talking")
    await customer.hangup()
    await agent.closed()


async def outbound(recorder: Recorder) -> None:
    agent, customer = await recorder.phone(AGENT), await recorder.phone(EXPERT, Answers.MANUAL)
    await agent.dial(EXPERT)
    await customer.incoming()
    await recorder.settled("ringing")
    await customer.answer()
    await asyncio.gather(agent.established(), customer.established())
    await recorder.settled("talking")
    await agent.hangup()
    await customer.closed()


def _queue(name: str) -> Callable[[Recorder], Awaitable[None]]:
    async def scene(recorder: Recorder) -> None:
        agent, customer = await recorder.phone(AGENT, Answers.MANUAL), await recorder.phone(CUSTOMER)
        await customer.dial(name)
        await agent.incoming()
        await recorder.settled("waiting")
        await agent.answer()
        await asyncio.gather(agent.established(), customer.established())
        await recorder.settled("talking")
        await agent.hold()
        await recorder.settled("held")
        await agent.resume()
        await recorder.settled("resumed")
        await agent.hangup()
        await customer.closed()

    return scene


async def hold(recorder: Recorder) -> None:
    agent, customer = await _talk(recorder)
    await agent.hold()
    await recorder.settled("held")
    await agent.resume()
    await recorder.settled("resumed")
    await agent.hold()
    await recorder.settled("held again")
    await agent.hangup()
    await customer.closed()


async def hold_and_gone(recorder: Recorder) -> None:
    agent, customer = await _talk(recorder)
    await agent.hold()
    await recorder.settled("held")
    await customer.hangup()
    await agent.closed()


async def given_up_in_queue(recorder: Recorder) -> None:
    agent, customer = await recorder.phone(AGENT, Answers.MANUAL), await recorder.phone(CUSTOMER)
    await customer.dial("sales")
    await agent.incoming()
    await recorder.settled("waiting")
    await customer.hangup()
    await agent.closed()


def _blind(to: str, *, by: str = COLLEAGUE) -> Callable[[Recorder], Awaitable[None]]:
    async def scene(recorder: Recorder) -> None:
        agent = await recorder.phone(COLLEAGUE if by == COLLEAGUE else AGENT)
        customer = await recorder.phone(CUSTOMER)
        other = await recorder.phone(AGENT if by == COLLEAGUE else COLLEAGUE, Answers.MANUAL)
        await customer.dial(by)
        await asyncio.gather(agent.established(), customer.established())
        await recorder.settled("talking")
        await agent.transfer(to)
        await asyncio.gather(agent.closed(), other.incoming())
        await recorder.settled("sent")
        await other.answer()
        await other.established()
        await recorder.settled("answered")
        await other.hangup()
        await customer.closed()

    return scene


def _consult(then: str, *, to: str = COLLEAGUE, by: str = AGENT) -> Callable[[Recorder], Awaitable[None]]:
    async def scene(recorder: Recorder) -> None:
        agent, customer = await _talk(recorder, by)
        other = await recorder.phone(EXPERT if to.startswith("+") else to)
        first = agent.events[-1].call_id
        await agent.hold()
        await recorder.settled("held")
        await agent.dial(to)
        consult = await agent.established()
        await other.established()
        await recorder.settled("consulting")
        if then == "transfer":
            await agent.transfer_attended(first, consult.call_id)
            await asyncio.gather(agent.closed(), agent.closed())
            await recorder.settled("transferred")
            await other.hangup()
            await customer.closed()
        elif then == "swap":
            await agent.hold()
            await agent.select(first)
            await agent.resume()
            await recorder.settled("with the customer")
            await agent.hold()
            await agent.select(consult.call_id)
            await agent.resume()
            await recorder.settled("with the colleague")
            await customer.hangup()
            await agent.closed()
            await agent.hangup()
            await other.closed()
        elif then == "back":
            await agent.select(consult.call_id)
            await agent.hangup()
            await other.closed()
            await recorder.settled("back")
            await customer.hangup()
            await agent.closed()
        else:
            await customer.hangup()
            await agent.closed()
            await recorder.settled("customer gone")
            await agent.hangup()
            await other.closed()

    return scene


async def click_to_dial(recorder: Recorder) -> None:
    """A program rings the agent, and then dials for them: first a customer, then a colleague to ask."""
    agent, customer, colleague = [await recorder.phone(each) for each in (AGENT, EXPERT, COLLEAGUE)]
    for to, other in ((EXPERT, customer), (COLLEAGUE, colleague)):
        ring = {"endpoint": f"PJSIP/{AGENT}", "context": "from-internal", "extension": to, "priority": "1"}
        await recorder.ask("POST", "/channels", ring)
        await asyncio.gather(agent.established(), other.established())
        await recorder.settled("talking" if to == EXPERT else "consulting")
        if to == EXPERT:
            await agent.hold()
            await recorder.settled("held")
    await customer.hangup()
    await agent.closed()
    await agent.hangup()
    await colleague.closed()


async def kick(recorder: Recorder) -> None:
    agent, customer = await _talk(recorder, "sales")
    supervisor, colleague = await recorder.phone(SUPERVISOR), await recorder.phone(COLLEAGUE)
    channels = (await recorder.http.get("/channels")).json()
    mine, theirs = (next(c["id"] for c in channels if c["name"].startswith(f"PJSIP/{n}-")) for n in (AGENT, "trunk"))
    await recorder.ask("POST", "/bridges/sideline.b.sara", {"type": "mixing"})
    leg = {"endpoint": f"PJSIP/{SUPERVISOR}", "app": "sideline", "channelId": "sideline.l.sara.0", "timeout": "5"}
    await recorder.ask("POST", "/channels", leg)
    await supervisor.established()
    await recorder.ask("POST", "/bridges/sideline.b.sara/addChannel", {"channel": "sideline.l.sara.0"})
    snoop = "sideline.s.sara.1.both.none"
    await recorder.ask("POST", f"/channels/{mine}/snoop/{snoop}", {"spy": "both", "whisper": "none", "app": "sideline"})
    await recorder.settled("monitored")
    await recorder.ask("POST", "/bridges/sideline.b.sara/addChannel", {"channel": snoop})
    await recorder.ask(
        "POST",
        "/channels",
        {"endpoint": "Local/redir@sideline-ctl/n", "app": "sideline", "channelId": "sideline.k.sara.2"},
        {"variables": {"__SL_CHAN": theirs}},
    )
    await agent.closed()
    await recorder.ask("POST", "/bridges/sideline.b.sara/addChannel", {"channel": theirs})
    await recorder.settled("taken")
    await recorder.ask("POST", "/bridges/sideline.b.sara/removeChannel", {"channel": theirs})
    await recorder.settled("taken and waiting")
    give = {"context": "from-internal", "extension": COLLEAGUE, "priority": "1"}
    await recorder.ask("POST", f"/channels/{theirs}/continue", give)
    await colleague.established()
    await recorder.settled("given")
    await supervisor.hangup()
    await customer.hangup()
    await colleague.closed()


async def call_waiting(recorder: Recorder) -> None:
    agent = await recorder.phone(AGENT, Answers.MANUAL)
    customer, second = await recorder.phone(CUSTOMER), await recorder.phone(SECOND)
    await customer.dial(AGENT)
    first_call = await agent.incoming()
    await agent.answer()
    await asyncio.gather(agent.established(), customer.established())
    await recorder.settled("talking")
    await second.dial(AGENT)
    second_call = await agent.incoming()
    await recorder.settled("knocking")
    await agent.select(first_call.call_id)
    await agent.hold()
    await recorder.settled("first held")
    await agent.select(second_call.call_id)
    await agent.answer()
    await second.established()
    await recorder.settled("talking with the second")
    await second.hangup()
    await agent.closed()
    await recorder.settled("second gone")
    await customer.hangup()
    await agent.closed()


async def among_agents(recorder: Recorder) -> None:
    agent, colleague = await recorder.phone(AGENT), await recorder.phone(COLLEAGUE)
    await agent.dial(COLLEAGUE)
    await asyncio.gather(agent.established(), colleague.established())
    await recorder.settled("talking")
    await agent.hangup()
    await colleague.closed()


SCENES: dict[str, Callable[[Recorder], Awaitable[None]]] = {
    "inbound": inbound,
    "outbound": outbound,
    "queue": _queue("sales"),
    "queue_local": _queue("support"),
    "queue_local_n": _queue("care"),
    "given_up_in_queue": given_up_in_queue,
    "hold": hold,
    "hold_and_gone": hold_and_gone,
    "blind_transfer": _blind(AGENT),
    "blind_transfer_to_queue": _blind("sales"),
    "blind_transfer_local": _blind(COLLEAGUE, by="support"),
    "blind_transfer_local_n": _blind(COLLEAGUE, by="care"),
    "attended_transfer": _consult("transfer"),
    "attended_transfer_local": _consult("transfer", by="support"),
    "attended_transfer_local_n": _consult("transfer", by="care"),
    "attended_transfer_outside": _consult("transfer", to=EXPERT),
    "consult_and_swap": _consult("swap"),
    "consult_and_back": _consult("back"),
    "consult_and_customer_gone": _consult("gone"),
    "click_to_dial": click_to_dial,
    "kick": kick,
    "call_waiting": call_waiting,
    "among_agents": among_agents,
}


@asynccontextmanager
async def _recorder() -> AsyncIterator[Recorder]:
    phones, outside = (AGENT, COLLEAGUE, SUPERVISOR), (EXPERT, CUSTOMER, SECOND)
    async with (
        AsteriskLab(ROOT, phones=phones, outside=outside, queues=QUEUES) as lab,
        httpx.AsyncClient(base_url=lab.ari_base, auth=(USER, PASSWORD), trust_env=False) as http,
        connect(
            f"{lab.ari_base}/events?app=sideline&subscribeAll=true&api_key={USER}:{PASSWORD}".replace("http", "ws", 1),
            proxy=None,
        ) as events,
    ):
        recorder = Recorder(lab, events, http)
        disallowed = {"disallowed": [{"type": each} for each in UNHEARD]}
        await recorder.ask("PUT", "/applications/sideline/eventFilter", body=disallowed)
        yield recorder


async def record(name: str) -> None:
    """Play one scene and write its file."""
    async with _recorder() as recorder:
        await SCENES[name](recorder)
        await recorder.settled("over")
        write_recording(name, recorder.lines)


async def main(names: list[str]) -> None:
    """Record these scenes, or all."""
    for name in names or SCENES:
        try:
            await record(name)
            print(name, "recorded")
        except Exception as error:
            print(name, "failed:", repr(error))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
