"""A stage for the Asterisk engine: parties are SIP telephones that do by themselves what a world says of them."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import httpx
import numpy as np
from numpy.typing import NDArray

from sideline.rules.audibility import Purpose, World
from sideline.voice.asterisk.ami import read_ami_address
from sideline.voice.asterisk.client import AriClient, read_address
from sideline.voice.asterisk.engine import AsteriskEngine
from sideline.voice.asterisk.options import AsteriskOptions
from sideline.voice.engine import (
    CustomerPlace,
    EngineFact,
    PbxCall,
    PbxCallSeen,
    PbxPhone,
    PbxStays,
    PbxTaken,
    Phone,
    SipPhone,
)
from sideline.voice.webrtc.engine import WebRtcEngine
from sideline.voice.webrtc.facts import FactQueue
from tests.support.asterisk_lab import AsteriskLab
from tests.support.sip_phones import SipPhone as Telephone
from tests.support.sound import FAINT, HERTZ
from tests.support.sound_stage import Stalls

CUSTOMER, AGENT, COLLEAGUE = "customer", "agent", "colleague"
SUPERVISORS = ("sara", "tom")

OUTSIDE = "+4930111"
PHONES = (AGENT, COLLEAGUE, *SUPERVISORS)


class StageTelephone:
    """A telephone as a stage's phone: of a party, or one that Sideline rings for a supervisor."""

    def __init__(self, stage: "PbxStage", owner: str, telephone: Telephone) -> None:
        self.owner = owner
        self.telephone = telephone
        self._stage = stage

    @property
    def phone(self) -> Phone:
        if self.owner in SUPERVISORS:
            return SipPhone(self.telephone.address, auto_answer=True)
        return PbxPhone(self._stage.party_of(self.owner))

    def heard(self, start: float, end: float) -> NDArray[np.float32]:
        return self.telephone.heard(start, end)

    async def vanish(self) -> None:
        await self.telephone.kill()

    async def come_back(self) -> None:
        await self.telephone.start()


class PbxStage:
    """One laboratory, one engine, and one call at a time."""

    settle = 0.4
    clarity = 0.9
    faint = FAINT

    def __init__(self, lab: AsteriskLab, options: AsteriskOptions | None = None, asterisk: str = "") -> None:
        self.lab = lab
        self.stalls = Stalls()
        self.facts: list[EngineFact] = []
        self.engine = new_engine(lab, options=options, asterisk=asterisk)
        self.phones: dict[str, StageTelephone] = {}
        self._parties: dict[str, str] = {}
        self._now = World()
        self._first = ""
        self._http = httpx.AsyncClient(base_url=lab.ari_url, trust_env=False)
        self._news = asyncio.Condition()
        self._reader = asyncio.create_task(self._read())

    async def start(self) -> None:
        """Return once the engine is up."""
        await self.fact("EngineUp")

    def begin_again(self) -> None:
        """Note that the call is over; the same people may have another."""
        self._now, self._first = World(), ""
        self._parties = {}

    async def phone(self, owner: str) -> StageTelephone:
        if owner not in self.phones:
            number = OUTSIDE if owner == CUSTOMER else owner
            self.phones[owner] = StageTelephone(self, owner, await self.lab.phone(number, HERTZ[owner]))
        return self.phones[owner]

    def party_of(self, owner: str) -> str:
        """Return the PBX's id of someone who is on the call."""
        return self._parties[owner]

    def place(self, world: World) -> CustomerPlace:
        taker = next((party.id for party in world.parties if party.purpose == Purpose.SUPERVISOR), None)
        return PbxStays() if taker is None else PbxTaken(CUSTOMER, taker)

    def is_cut(self, world: World, speaker: str, listener: str) -> bool:
        shape = _shape(world)
        if shape == "held" and AGENT in (speaker, listener):
            # A baresip that holds neither plays nor sends anything, whatever it said in its offer.
            return True
        # Whoever begins to listen to a customer on hold hears them once they are off hold: they keep their music.
        return shape == self._first and shape in ("held", "consulting") and speaker == CUSTOMER

    async def arrange(self, call: str, world: World) -> None:
        for party in world.parties:
            if party.id not in SUPERVISORS:
                await self.phone(party.id)
        before, after = _shape(self._now), _shape(world)
        muted, was_muted = ({p.id for p in each.parties if p.is_muted} for each in (world, self._now))
        self._now = world
        self._first = self._first or after
        if before != after:
            await self._move(before, after)
        for who in muted ^ was_muted:
            await self.phones[who].telephone.mute()
        await self._find_parties()
        if "kicked" not in after:
            there = {"trunk" if party.id == CUSTOMER else party.id for party in world.parties}
            await self.call(lambda call: {party.endpoint for party in call.parties} >= there)

    async def _move(self, before: str, after: str) -> None:
        customer, agent = self.phones[CUSTOMER].telephone, self.phones[AGENT].telephone
        colleague = self.phones[COLLEAGUE].telephone if COLLEAGUE in self.phones else None
        match before, after:
            case "", "transferred":
                assert colleague is not None
                await customer.dial(COLLEAGUE)
                await asyncio.gather(customer.established(), colleague.established())
            case "", _:
                await customer.dial(AGENT)
                await asyncio.gather(customer.established(), agent.established())
                if after != "active":
                    await self._move("active", after)
            case ("active", "held"):
                await agent.hold()
            case ("held", "active"):
                await agent.resume()
            case ("active", "consulting"):
                await agent.hold()
                assert colleague is not None
                await agent.dial(COLLEAGUE)
                await asyncio.gather(agent.established(), colleague.established())
            case ("held", "consulting"):
                assert colleague is not None
                await agent.dial(COLLEAGUE)
                await asyncio.gather(agent.established(), colleague.established())
            case ("consulting", "transferred"):
                calls = [event.call_id for event in agent.events if event.kind == "CALL_ESTABLISHED"][-2:]
                await agent.transfer_attended(*calls)
                await agent.closed()
            case ("active", "transferred"):
                assert colleague is not None
                await agent.transfer(COLLEAGUE)
                await asyncio.gather(agent.closed(), colleague.established())
            case ("transferred", "active"):
                assert colleague is not None
                await colleague.transfer(AGENT)
                await asyncio.gather(colleague.closed(), agent.established())
            case (_, "kicked" | "kicked_held") | ("kicked" | "kicked_held", _):
                pass
            case _:
                raise AssertionError(f"nobody can get from {before} to {after}")

    async def _find_parties(self) -> None:
        channels = (await self._http.get("/channels")).json()
        for owner in (CUSTOMER, AGENT, COLLEAGUE):
            name = "PJSIP/trunk-" if owner == CUSTOMER else f"PJSIP/{owner}-"
            mine = sorted((each["creationtime"], each["id"]) for each in channels if each["name"].startswith(name))
            if mine:
                self._parties[owner] = mine[0][1]

    async def fact(self, kind: str, *, count: int = 1, within: float = 8.0) -> EngineFact:
        """Return the ``count``-th fact of this kind."""

        def found() -> list[EngineFact]:
            return [fact for fact in self.facts if type(fact).__name__ == kind]

        async with asyncio.timeout(within), self._news:
            await self._news.wait_for(lambda: len(found()) >= count)
        return found()[count - 1]

    async def call(self, wanted: Callable[[PbxCall], bool], within: float = 8.0) -> PbxCall:
        """Return the call as it was told last, once it is as ``wanted``."""

        def last() -> PbxCall | None:
            return next((fact.call for fact in reversed(self.facts) if isinstance(fact, PbxCallSeen)), None)

        def is_wanted() -> bool:
            found = last()
            return found is not None and wanted(found)

        async with asyncio.timeout(within), self._news:
            await self._news.wait_for(is_wanted)
        found = last()
        assert found is not None
        return found

    async def _read(self) -> None:
        async for fact in self.engine.facts():
            async with self._news:
                self.facts.append(fact)
                self._news.notify_all()

    async def close(self) -> None:
        self.stalls.stop()
        await self.engine.aclose()
        await self._reader
        await self._http.aclose()


def new_engine(
    lab: AsteriskLab, users: Sequence[str] = PHONES, options: AsteriskOptions | None = None, asterisk: str = ""
) -> AsteriskEngine:
    """Return an engine on this laboratory, whose users have the phones ``users``; it knows AMI where that is on.

    ``asterisk`` is another way to its ARI.
    """
    chosen = options or AsteriskOptions(ami=read_ami_address(lab.ami) if lab.ami else None)
    address = read_address(asterisk or lab.ari_url)
    client = AriClient(address, chosen.app, hears_variables=bool(chosen.variables))
    facts = FactQueue()
    browsers = WebRtcEngine(loopback_only=True, facts=facts)
    engine = AsteriskEngine(client, chosen, browsers, facts)
    engine.know(frozenset(users))
    return engine


@asynccontextmanager
async def pbx_stage(
    lab: AsteriskLab, options: AsteriskOptions | None = None, asterisk: str = ""
) -> AsyncIterator[PbxStage]:
    """Lend a stage on a laboratory that runs; ``asterisk`` is another way to its ARI."""
    stage = PbxStage(lab, options, asterisk)
    try:
        await stage.start()
        yield stage
    finally:
        await stage.close()


def _shape(world: World) -> str:
    groups = {party.id: party.group for party in world.parties}
    if not groups:
        return ""
    if any(party.purpose == Purpose.SUPERVISOR for party in world.parties):
        return "kicked_held" if groups.get(CUSTOMER) in world.music_groups else "kicked"
    if groups.get(CUSTOMER) in world.music_groups:
        return "consulting" if COLLEAGUE in groups else "held"
    return "transferred" if COLLEAGUE in groups else "active"
