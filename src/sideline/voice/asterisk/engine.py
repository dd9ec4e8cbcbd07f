"""The engine: plans in, calls of the PBX and facts out.

It contains the built-in engine: calls of Sideline's own go on there, and a
browser that is the phone of a supervisor on a PBX's call is a leg of it. Events
are folded as they come; a look at what they mean for calls follows when the
burst that a transfer is has passed.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Mapping
from typing import Any

import msgspec
import structlog

from sideline.voice.asterisk.calls import Memory, Seen, look
from sideline.voice.asterisk.client import AriClient, AriError
from sideline.voice.asterisk.effects import Wires, in_force
from sideline.voice.asterisk.hands import Hands
from sideline.voice.asterisk.legs import Legs, OpenMedia
from sideline.voice.asterisk.media import MediaFailed, MediaLeg
from sideline.voice.asterisk.options import AsteriskOptions
from sideline.voice.asterisk.owner import CallOwner, NotThere
from sideline.voice.asterisk.rigs import RigBook, StandingRig
from sideline.voice.asterisk.switch import OWN, Line, Switch
from sideline.voice.asterisk.views import between, bridges_of, wires_of
from sideline.voice.asterisk.wire import Event
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
    PbxCallGone,
    PbxCallSeen,
    PbxCallsSeen,
    PbxPhone,
)
from sideline.voice.webrtc.engine import WebRtcEngine
from sideline.voice.webrtc.facts import FactQueue

BURST_SECONDS = 0.01
"""So long after the last event it is told what the calls are now: a transfer is several events."""

LONGEST_BURST_SECONDS = 0.05
"""However many follow, it is told after this."""

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
        self._switch = Switch(options.app)
        self._memory = Memory()
        self._seen: Mapping[str, Seen] = {}
        self._internal: frozenset[str] | None = None
        self._is_up = False
        self._is_dirty = True
        self._now: Mapping[str, Seen] = {}
        self._burst_until = 0.0
        self._freed: dict[str, float] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._owners: dict[CallId, CallOwner] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.hands = Hands(client, options)
        self.rigs = RigBook()
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
            owner.plan = max(owner.plan, wanted, key=lambda plan: plan.version)
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
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        if self._timer is not None:
            self._timer.cancel()
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
        """Learn which endpoints are users' phones; until the first time no call is told, and none is over."""
        is_first, self._internal = self._internal is None, endpoints
        self._is_dirty = True
        if is_first and self._is_up:
            self._tell_all()
        else:
            self._look_soon()

    # -- Listening

    async def connected(self) -> None:
        """Read what there is, and tell it: events flow again."""
        channels, bridges = await self.hands.look()
        self._switch.start_over(channels, bridges)
        self._is_dirty = True
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
        if self._internal is not None:
            self._tell_all()
        self._facts.put(EngineUp())
        for owner in self._owners.values():
            owner.look_again()
        asyncio.get_running_loop().call_later(SWEEP_SECONDS, self._sweep_soon)

    def event(self, event: Event) -> None:
        """Take one event."""
        channel = event.channel
        match event.type:
            case "Dial":
                self.legs.dialled(event)
            case "StasisStart" if channel is not None:
                self._arrived(channel.id)
            case "ChannelDestroyed" if channel is not None:
                self._destroyed(channel.id, event.cause)
        if self._switch.fold(event):
            self._look_soon()
        if event.type == "StasisStart" and channel is not None:
            self.hands.arrived(channel.id)

    def disconnected(self, reason: str) -> None:
        """Events have stopped: what is in force can't be told."""
        self.hands.all_gone()
        if self._is_up:
            self._is_up = False
            self._facts.put(EngineDown(reason))

    def _arrived(self, channel: str) -> None:
        rig = self.rigs.of_channel(channel)
        if rig is not None and channel == rig.leg:
            rig.is_up = True
            self._match_of(rig)

    def _destroyed(self, channel: str, cause: int) -> None:
        self.hands.gone(channel)
        rig = self.rigs.of_channel(channel)
        if rig is None:
            return
        if channel == rig.leg:
            self.legs.gone(rig, cause)
        for each in rig.placed:
            if each.id == channel:
                self._freed[each.snoop.line] = asyncio.get_running_loop().time()
        rig.placed = [each for each in rig.placed if each.id != channel]
        self._match_of(rig)

    def _match_of(self, rig: StandingRig) -> None:
        for owner in self._owners.values():
            if rig.supervisor in owner.plan.phones:
                owner.look_again()

    # -- what the calls are now

    def _look_soon(self) -> None:
        self._is_dirty = True
        now = asyncio.get_running_loop().time()
        if self._timer is None:
            self._burst_until = now + LONGEST_BURST_SECONDS
        else:
            self._timer.cancel()
        at = min(now + BURST_SECONDS, self._burst_until)
        self._timer = asyncio.get_running_loop().call_at(at, self._look)

    def _look(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not self._is_up or self._internal is None:
            return
        former, self._seen = self._seen, self._seen_now()
        self._memory.note(self._seen)
        for call_id, seen in self._seen.items():
            if self._memory.calls.get(call_id) != seen.call:
                self._read_variables(call_id)
                self._memory.calls[call_id] = seen.call
                self._facts.put(PbxCallSeen(seen.call))
        for call_id in self._memory.calls.keys() - self._seen.keys():
            self._forget(call_id)
        if former != self._seen:
            for owner in self._owners.values():
                owner.look_again()

    def _tell_all(self) -> None:
        self._look()
        self._facts.put(PbxCallsSeen(frozenset(self._seen)))

    def _seen_now(self) -> Mapping[str, Seen]:
        """Return the calls as they are now; what is told waits until a burst of events is over."""
        if self._is_dirty:
            self._is_dirty = False
            self._now = look(self._switch, self._internal or frozenset(), self._memory)
        return self._now

    def _forget(self, call_id: str) -> None:
        ended_by = self._switch.ended_by(call_id)
        party = "" if ended_by.startswith(OWN) else self._memory.party_of.get(ended_by, ended_by)
        self._memory.forget(call_id)
        self._facts.put(PbxCallGone(call_id, party))

    def _read_variables(self, call_id: str) -> None:
        if self._options.variables:
            self._start(self._fill_in(call_id), f"asterisk-variables-{call_id}")

    async def _fill_in(self, call_id: str) -> None:
        try:
            values = {
                field: await self.hands.variable(call_id, name) for field, name in self._options.variables.items()
            }
        except AriError as error:
            _log.info("variables_not_read", pbx_call=call_id, reason=str(error))
            return
        known = {field: value for field, value in values.items() if value}
        if known and call_id in self._memory.calls and self._memory.data.get(call_id) != known:
            self._memory.data[call_id] = known
            self._look_soon()

    # -- for owners

    def lines_of(self, party: PartyId) -> tuple[Line, ...]:
        """Return the lines that a party has now."""
        return next((seen.lines[party] for seen in self._seen_now().values() if party in seen.lines), ())

    def wires(self, owners: Mapping[ParticipantId, PartyId]) -> Wires:
        """Return these participants' lines, customers last, and under their own id those connected to them."""
        ordered = sorted(owners.items(), key=lambda each: each[1] in self._memory.calls)
        return wires_of(self._switch.lines, {who: self.lines_of(party) for who, party in ordered})

    def bridges_of(self, lines: Iterable[str]) -> Mapping[str, set[str]]:
        """Return which of these lines are in which bridge."""
        return bridges_of(self._switch.lines, lines)

    def is_just_freed(self, lines: Iterable[str]) -> bool:
        """Return whether a snoop on one of these lines has gone within the last second."""
        late = asyncio.get_running_loop().time() - FREED_SECONDS
        self._freed = {line: at for line, at in self._freed.items() if at > late}
        return any(line in self._freed for line in lines)

    def tell(self, fact: EngineFact) -> None:
        """Tell a fact."""
        self._facts.put(fact)

    def _in_force(self, owner: CallOwner) -> CallPlan:
        wires = self.wires(owner.parties)
        rigs = {rig.supervisor: rig.view() for rig in self.rigs if rig.supervisor in owner.plan.phones}
        found = set(in_force(rigs, wires)) | set(between(owner.plan.routes, wires))
        return msgspec.structs.replace(owner.plan, routes=frozenset(found) & owner.plan.routes)

    # -- what nobody claims

    def _sweep_soon(self) -> None:
        if self._is_up:
            self._start(self._sweep(), "asterisk-sweep")

    async def _sweep(self) -> None:
        """Take away what an earlier life left and no plan has claimed; give back a customer whom nobody has."""
        wanted = {who for owner in self._owners.values() for who in owner.plan.phones}
        taken = {line.id for party in self._claimed() for line in self.lines_of(party) if line.is_taken}
        try:
            for rig in self.rigs:
                if rig.supervisor not in wanted:
                    await self.legs.take_down(rig)
            for line in list(self._switch.lines.values()):
                if line.is_taken and line.is_party and line.id not in taken:
                    call = self._memory.calls.get(line.id)
                    await self.hands.give(line.id, call.queue if call else "")
        except AriError as error:
            _log.info("not_swept", reason=str(error))

    def _claimed(self) -> set[PartyId]:
        return {party for owner in self._owners.values() for party in owner.parties.values()}

    # -- tasks

    def _start(self, work: Coroutine[Any, Any, None], name: str) -> None:
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
