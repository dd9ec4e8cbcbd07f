"""The engine: plans in, calls of the PBX and facts out.

It contains the built-in engine: calls of Sideline's own go on there, and a
browser that is the phone of a supervisor on a PBX's call is a leg of it. What
the calls are is ``watch.py``'s to say, what is done for each ``owner.py``'s.
"""

import asyncio
import math
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Mapping
from typing import Any

import msgspec
import structlog

from sideline.kit.sip_addresses import trunk_endpoint
from sideline.voice.asterisk.call_data import fields_told
from sideline.voice.asterisk.client import VARIABLE_SET, AriClient, AriError
from sideline.voice.asterisk.effects import Wires, in_force
from sideline.voice.asterisk.hands import Hands
from sideline.voice.asterisk.legs import Legs, OpenMedia
from sideline.voice.asterisk.media import MediaFailed, MediaLeg
from sideline.voice.asterisk.names import Names
from sideline.voice.asterisk.options import AsteriskOptions
from sideline.voice.asterisk.owner import CallOwner, NotThere
from sideline.voice.asterisk.rigs import RigBook, StandingRig
from sideline.voice.asterisk.switch import Line
from sideline.voice.asterisk.views import between, bridges_of, wires_of
from sideline.voice.asterisk.watch import CallWatch
from sideline.voice.asterisk.wire import Channel, Event
from sideline.voice.engine import (
    CallId,
    CallPlan,
    EngineDown,
    EngineFact,
    EngineSnapshot,
    EngineUp,
    LegId,
    ParticipantId,
    PartyId,
    PbxPhone,
)
from sideline.voice.webrtc.engine import WebRtcEngine
from sideline.voice.webrtc.facts import FactQueue

FREED_SECONDS = 1.0
"""So long after its last snoop went, a bridge may still turn into one that passes packets natively."""

SWEEP_SECONDS = 15.0
"""So long after a connection what an earlier life left, and no plan has claimed, is taken away."""

_log = structlog.get_logger()


class AsteriskEngine:
    """An engine beside an Asterisk (implements ``VoiceEngine``, ``BrowserLegs`` and ``PbxCalls``).

    Make it inside a running event loop. ``facts`` must be the one that
    ``browsers`` tells its own to.
    """

    def __init__(self, client: AriClient, options: AsteriskOptions, browsers: WebRtcEngine, facts: FactQueue) -> None:
        self._client = client
        self._options = options
        self._browsers = browsers
        self._facts = facts
        self._names = Names(options.app)
        self._watch = CallWatch(self._names, facts.put, self._parties_changed, self._read_variables)
        self._is_up = self._is_closing = False
        self._sweeping: asyncio.TimerHandle | None = None
        self._freed: dict[str, float] = {}
        self._owners: dict[CallId, CallOwner] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.hands = Hands(client, options)
        self.rigs = RigBook(self._names)
        self.legs = Legs(self.hands, self.rigs, options, facts.put, self._open_browser)
        self._start(client.listen(self), "asterisk-events")
        self._start(self.legs.keep_alive(), "asterisk-beat")

    # -- VoiceEngine

    async def apply(self, call: CallId, wanted: CallPlan) -> None:
        """Make ``call`` match ``wanted``; see :class:`~sideline.voice.engine.VoiceEngine`.

        Raises ConnectionError while Asterisk is away, or does not have (yet)
        what the plan speaks of; the plan is kept, and matched as soon as it can be.
        """
        owner = self._owners.get(call)
        if owner is None and not any(isinstance(phone, PbxPhone) for phone in wanted.phones.values()):
            await self._browsers.apply(call, wanted)
            return
        if owner is None:
            owner = self._owners[call] = CallOwner(call, self)
            self._start(owner.run(), f"asterisk-call-{call}")
        if not self._is_up:
            owner.take(wanted)
            raise NotThere(f"{self._client.address.name} is away")
        await owner.apply(wanted)
        if owner.is_over:
            self._owners.pop(call, None)
            self._stop(f"asterisk-call-{call}")

    async def observe(self) -> EngineSnapshot:
        """Return the legs that are up, and of each call the routes that are in force."""
        inner = await self._browsers.observe()
        calls = {call: self._in_force(owner) for call, owner in self._owners.items() if owner.plan.phones}
        return EngineSnapshot(inner.legs, {**inner.calls, **calls})

    def facts(self) -> AsyncIterator[EngineFact]:
        """Yield what happens, until the engine is closed."""
        return self._facts.read()

    async def aclose(self) -> None:
        """Leave the PBX as if nobody had listened; its calls go on."""
        self._is_closing = True
        self._watch.stop()
        if self._sweeping is not None:
            self._sweeping.cancel()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        if self._is_up:
            for rig in self.rigs:
                await self._leave(rig)
        await self._client.aclose()
        await self._browsers.aclose()
        self._facts.close()

    async def _leave(self, rig: StandingRig) -> None:
        """Take a rig down; one that holds a customer who was taken over stays, for the customer's sake."""
        if rig.has_customer:
            return
        try:
            await self.legs.take_down(rig)
        except AriError as error:
            _log.info("rig_left_behind", supervisor=rig.supervisor, reason=str(error))

    # -- BrowserLegs

    async def connect(self, leg_id: LegId, offer: str) -> str:
        """Answer a browser's offer; see :class:`~sideline.voice.engine.BrowserLegs`."""
        return await self._browsers.connect(leg_id, offer)

    async def disconnect(self, leg_id: LegId) -> None:
        """End a browser's leg."""
        await self._browsers.disconnect(leg_id)

    async def _open_browser(self, leg: LegId, channel: str, ended: Callable[[str], None]) -> OpenMedia:
        connection = await self.hands.external_media(channel)
        address = self._client.address
        try:
            media = await MediaLeg.open(
                self._browsers,
                leg,
                ari=address.base,
                connection=connection,
                user=address.user,
                password=address.password,
            )
        except MediaFailed as error:
            raise AriError(str(error)) from error
        media.ended.add_done_callback(lambda done: ended(done.result()))
        return media

    # -- PbxCalls

    def know(self, endpoints: frozenset[str]) -> None:
        """Learn which endpoints are users' phones; until the first time no call is told, and none is over.

        The trunk of the settings is nobody's, whoever has it for a phone.
        """
        self._watch.know(endpoints - {trunk_endpoint(self._options.trunk)})

    def hand_over(self) -> None:
        """Leave what stands in the PBX to another life; see :class:`~sideline.voice.engine.PbxCalls`."""
        self._is_closing = True
        self._is_up = False
        for task in self._tasks:
            task.cancel()

    # -- Listening

    async def connected(self) -> None:
        """Read what there is, and tell it: events flow again."""
        channels, bridges = await self.hands.look()
        former = {rig.supervisor: rig for rig in self.rigs}
        useless = self.rigs.start_over(channels, bridges)
        self.legs.start_over()
        # What an earlier life left would die by itself before it could be made use of.
        await self.legs.take_up()
        for channel in useless:
            await self.hands.delete(channel)
        for supervisor, rig in former.items():
            if rig.leg and rig.is_up and not self.rigs.rig(supervisor).leg:
                again = self.rigs.rig(supervisor)
                again.phone = rig.phone
                self.legs.missing(again)
        self._is_up = True
        self._watch.begin(channels, bridges)
        self._facts.put(EngineUp())
        for owner in self._owners.values():
            owner.look_again()
        if self._sweeping is not None:
            self._sweeping.cancel()
        self._sweep_later()

    def event(self, event: Event) -> None:
        """Take one event."""
        if event.type == VARIABLE_SET:
            # Of the lines themselves it says nothing that is not told anyway.
            self._variable_set(event)
            return
        channel = event.channel
        match event.type:
            case "Dial":
                self.legs.dialled(event)
            case "StasisStart" if channel is not None:
                self._arrived(channel.id)
            case "ChannelDestroyed" if channel is not None:
                self._destroyed(channel, event.cause)
            case "BridgeDestroyed" if event.bridge is not None:
                self._bridge_gone(event.bridge.id)
        self._watch.event(event)
        if event.type == "StasisStart" and channel is not None:
            self.hands.arrived(channel.id)

    def disconnected(self, reason: str, *, is_replaced: bool) -> None:
        """Events have stopped: what is in force can't be told."""
        self.hands.all_gone()
        self._watch.pause()
        if self._is_up or is_replaced:
            self._is_up = False
            self._facts.put(EngineDown(reason, is_replaced))

    def _arrived(self, channel: str) -> None:
        rig = self.rigs.of_channel(channel)
        if rig is not None and channel == rig.leg:
            rig.is_up = True
            self._match_of(rig)
        elif self._is_up and self._is_orphan(channel, rig):
            self._start(self._hang_up(channel), f"asterisk-orphan-{channel}")

    def _is_orphan(self, channel: str, rig: StandingRig | None) -> bool:
        """Return whether a channel was asked for in vain, as it seemed: nothing would make it die."""
        is_known = self.hands.is_awaited(channel) or (rig is not None and channel in rig.channels)
        return self._names.owner(channel) is not None and not is_known

    async def _hang_up(self, orphan: str) -> None:
        try:
            await self.hands.delete(orphan)
        except AriError as error:
            _log.info("orphan_left_behind", channel=orphan, reason=str(error))

    def _destroyed(self, gone: Channel, cause: int) -> None:
        channel = gone.id
        self.hands.gone(channel)
        if (snoop := self._names.snoop_of(gone)) is not None:
            # Also one that is in no rig any more: its bridge has lost it only now.
            self._freed[snoop.line] = asyncio.get_running_loop().time()
        rig = self.rigs.of_channel(channel)
        if rig is None:
            return
        if channel == rig.leg:
            self.legs.gone(rig, cause)
        rig.placed = [each for each in rig.placed if each.id != channel]
        self._match_of(rig)

    def _bridge_gone(self, bridge: str) -> None:
        rig = self.rigs.bridge_gone(bridge)
        if rig is not None and not rig.is_given_up:
            _log.warning("bridge_gone", supervisor=rig.supervisor)
            self._match_of(rig)

    def _match_of(self, rig: StandingRig) -> None:
        for owner in self._owners.values():
            if rig.supervisor in owner.plan.phones:
                owner.look_again()

    # -- what the calls are now

    def _parties_changed(self, parties: set[PartyId]) -> None:
        for owner in self._owners.values():
            if not parties.isdisjoint(owner.parties.values()):
                owner.look_again()

    def _read_variables(self, call_id: str) -> None:
        if self._options.variables:
            self._start(self._fill_in(call_id), f"asterisk-variables-{call_id}")

    async def _fill_in(self, call_id: str) -> None:
        moment = self._watch.moment()
        try:
            values = {
                field: await self.hands.variable(call_id, name) for field, name in self._options.variables.items()
            }
        except AriError as error:
            _log.info("variables_not_read", pbx_call=call_id, reason=str(error))
            return
        self._watch.note_data(call_id, values, moment)

    def _variable_set(self, event: Event) -> None:
        if event.channel is not None and (fields := fields_told(self._options.variables, event.variable)):
            self._watch.note_data(event.channel.id, dict.fromkeys(fields, event.value), self._watch.moment())

    # -- for owners

    def lines_of(self, party: PartyId) -> tuple[Line, ...]:
        """Return the lines that a party has now."""
        return self._watch.lines_of(party)

    def wires(self, owners: Mapping[ParticipantId, PartyId]) -> Wires:
        """Return these participants' lines, customers last, and under their own id those connected to them."""
        ordered = sorted(owners.items(), key=lambda each: self._watch.is_customer(each[1]))
        return wires_of(self._watch.lines, {who: self.lines_of(party) for who, party in ordered})

    def bridges_of(self, lines: Iterable[str]) -> Mapping[str, set[str]]:
        """Return which of these lines are in which bridge."""
        return bridges_of(self._watch.lines, lines)

    def is_just_freed(self, lines: Iterable[str], seconds: float = FREED_SECONDS) -> bool:
        """Return whether a snoop on one of these lines has gone within so many seconds, ``FREED_SECONDS`` at most."""
        now = asyncio.get_running_loop().time()
        self._freed = {line: at for line, at in self._freed.items() if at > now - FREED_SECONDS}
        return any(now - self._freed.get(line, -math.inf) < seconds for line in lines)

    def tell(self, fact: EngineFact) -> None:
        """Tell a fact."""
        self._facts.put(fact)

    def _in_force(self, owner: CallOwner) -> CallPlan:
        wires = self.wires(owner.parties)
        rigs = {rig.supervisor: rig.view() for rig in self.rigs if rig.supervisor in owner.plan.phones}
        found = set(in_force(rigs, wires)) | set(between(owner.plan.routes, wires))
        return msgspec.structs.replace(owner.plan, routes=frozenset(found) & owner.plan.routes)

    # -- what nobody claims

    def _sweep_later(self) -> None:
        self._sweeping = asyncio.get_running_loop().call_later(SWEEP_SECONDS, self._sweep_soon)

    def _sweep_soon(self) -> None:
        if self._is_up:
            self._start(self._sweep(), "asterisk-sweep")

    async def _sweep(self) -> None:
        """Take away what an earlier life left and no plan has claimed; give back a customer whom nobody has."""
        wanted = {who for owner in self._owners.values() for who in owner.plan.phones}
        taken = {line.id for party in self._claimed() for line in self.lines_of(party) if line.is_taken}
        todo = [self.legs.take_down(rig) for rig in self.rigs if rig.supervisor not in wanted]
        for line in list(self._watch.lines.values()):
            if line.is_taken and line.is_party and line.id not in taken:
                todo.append(self.hands.give(line.id, self._watch.queue_of(line.id)))
        if not all([await self._is_swept(each) for each in todo]) and self._is_up:
            self._sweep_later()

    async def _is_swept(self, doing: Coroutine[Any, Any, None]) -> bool:
        try:
            await doing
        except AriError as error:
            _log.info("not_swept", reason=str(error))
            return False
        return True

    def _claimed(self) -> set[PartyId]:
        return {party for owner in self._owners.values() for party in owner.parties.values()}

    # -- tasks

    def _start(self, work: Coroutine[Any, Any, None], name: str) -> None:
        if self._is_closing:
            work.close()
            return
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _stop(self, name: str) -> None:
        for task in self._tasks:
            if task.get_name() == name:
                task.cancel()

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("asterisk_task_failed", task=task.get_name(), exc_info=error)
