"""The engine: plans and offers in, routes in force and facts out."""

import asyncio
import logging
from collections.abc import AsyncIterator, Collection, Sequence

from sideline.rules.audibility import MUSIC, Route
from sideline.voice.engine import (
    CallId,
    CallPlan,
    EngineFact,
    EngineSnapshot,
    EngineUp,
    LegAnswered,
    LegClosed,
    LegId,
    LegLost,
    LegRefused,
    LegRefusedForNow,
)
from sideline.voice.ice import IceServer
from sideline.voice.webrtc.beat import Beat
from sideline.voice.webrtc.facts import FactQueue
from sideline.voice.webrtc.forwarding import ForwardingTable
from sideline.voice.webrtc.legs import TICK, UP_WITHIN, Connection, Leg
from sideline.voice.webrtc.music import HoldMusic, shipped_music
from sideline.voice.webrtc.offer import read_offer
from sideline.voice.webrtc.patch import END_PREFIX, Patch, PcmEnd, end_of
from sideline.voice.webrtc.plans import PlanBook, leg_of

MAX_LEGS = 400
"""Legs of one process; 200 are measured to run clean on one core, more is refused in time."""

MAX_LEG_ID = 200
"""Characters of a leg id."""

_OVERTAKEN = "A newer offer of the same phone replaced this one, or the phone was disconnected."

_log = logging.getLogger(__name__)


class WebRtcEngine:
    """The built-in engine (implements ``VoiceEngine`` and ``BrowserLegs``).

    Make it inside a running event loop, which it uses for everything; none of
    its methods may be called from another thread. ``ice_servers`` are used to
    find its own addresses; ``loopback_only`` offers 127.0.0.1 alone; ``music``
    are 20 ms Opus packets, by default those that come with Sideline;
    ``up_within`` is how many seconds an answered offer has to become a
    connection.
    """

    def __init__(
        self,
        *,
        ice_servers: Sequence[IceServer] = (),
        loopback_only: bool = False,
        max_legs: int = MAX_LEGS,
        music: Sequence[bytes] | None = None,
        up_within: float = UP_WITHIN,
    ) -> None:
        self._ice_servers = tuple(ice_servers)
        self._loopback_only = loopback_only
        self._max_legs = max_legs
        self._up_within = up_within
        self._legs: dict[LegId, Leg] = {}
        self._patches: dict[LegId, Patch] = {}
        self._beat = Beat()
        self._book = PlanBook()
        self._table = ForwardingTable()
        self._music = HoldMusic(self._table.add_speaker(MUSIC), shipped_music() if music is None else music)
        self._facts = FactQueue()
        self._closings: set[asyncio.Task[None]] = set()
        self._is_closed = False
        self._loop = asyncio.get_running_loop()
        self._timer = self._loop.call_later(TICK, self._tick)
        self._facts.put(EngineUp())

    # -- VoiceEngine

    async def apply(self, call: CallId, wanted: CallPlan) -> None:
        """Make ``call`` match ``wanted``; see :class:`~sideline.voice.engine.VoiceEngine`."""
        self._check_open()
        self._match(self._book.accept(call, wanted))

    async def observe(self) -> EngineSnapshot:
        """Return the legs that are up, and of each call the routes that packets can take now."""
        up = frozenset(leg.id for leg in self._legs.values() if leg.current is not None and not leg.is_lost)
        calls = {call: self._in_force(call, plan, up) for call, plan in self._book.plans.items()}
        return EngineSnapshot(legs=up, calls=calls)

    def facts(self) -> AsyncIterator[EngineFact]:
        """Yield what happens, until the engine is closed; begins with what was not read yet."""
        return self._facts.read()

    async def aclose(self) -> None:
        """End every leg, task and timer; may be called again."""
        self._is_closed = True
        self._timer.cancel()
        self._music.stop()
        for patch in list(self._patches.values()):
            self._unplug(patch)
        for leg in list(self._legs.values()):
            self._remove(leg)
        while self._closings:
            await asyncio.wait(self._closings)
        self._facts.close()

    # -- BrowserLegs

    async def connect(self, leg_id: LegId, offer: str) -> str:
        """Answer a browser's offer; see :class:`~sideline.voice.engine.BrowserLegs`."""
        self._check_open()
        if not leg_id or len(leg_id) > MAX_LEG_ID or leg_id == MUSIC or leg_id.startswith(END_PREFIX):
            raise LegRefused(
                f"The phone's id must be 1 to {MAX_LEG_ID} characters, not '{MUSIC}' and not begin with '{END_PREFIX}'."
            )
        read = read_offer(offer)
        if leg_id not in self._legs and len(self._legs) >= self._max_legs:
            raise LegRefusedForNow(f"The voice engine is full: it carries {self._max_legs} phones.")
        leg = self._legs.setdefault(leg_id, Leg(leg_id))
        connection = Connection(
            leg_id,
            self,
            ice_servers=self._ice_servers,
            loopback_only=self._loopback_only,
            up_within=self._up_within,
        )
        overtaken, leg.pending = leg.pending, connection
        if overtaken is not None:
            self._end(overtaken)
        try:
            answer = await connection.answer(read)
        except ValueError as problem:
            is_overtaken = leg.pending is not connection
            self._drop_pending(connection)
            if is_overtaken:
                raise LegRefusedForNow(_OVERTAKEN) from problem
            raise LegRefused(f"The offer cannot be answered: {problem}") from problem
        except BaseException:
            self._drop_pending(connection)
            raise
        if leg.pending is not connection:
            raise LegRefusedForNow(_OVERTAKEN)
        return answer

    async def disconnect(self, leg_id: LegId) -> None:
        """End the leg on purpose; unknown ids are ignored."""
        leg = self._legs.get(leg_id)
        if leg is not None:
            self._remove(leg)
            self._facts.put(LegClosed(leg_id, "The phone was disconnected."))

    # -- patches

    def patch(self, leg_id: LegId, end: PcmEnd) -> Patch:
        """Let ``end`` hear what this leg's microphone says, and the leg hear what the end says; nobody else does.

        The leg may be lost or not connected yet. While it is patched, no plan
        lets it speak or hear: a leg belongs to one call. A leg that is patched
        already is parted from its former end, which is told so.
        """
        self._check_open()
        former = self._patches.get(leg_id)
        if former is not None:
            self._unplug(former)
        patch = Patch(leg_id, end, self._beat, self._unpatched)
        self._patches[leg_id] = patch
        self._table.add_listener(end_of(leg_id), [patch.outlet])
        patch.speaker = self._table.add_speaker(end_of(leg_id))
        self._match(self._concerned_by(leg_id))
        return patch

    # -- Watcher of connections

    def connection_up(self, connection: Connection) -> None:
        """Let a new connection carry its leg, in place of an older one."""
        leg = self._legs.get(connection.leg_id)
        if leg is None or leg.pending is not connection:
            return
        replaced, leg.current, leg.pending = leg.current, connection, None
        leg.is_lost = False
        if replaced is not None:
            self._end(replaced)
        self._table.add_listener(leg.id, connection.outlets)
        connection.speaker = self._table.add_speaker(leg.id)
        self._match(self._concerned_by(leg.id))
        self._facts.put(LegAnswered(leg.id))

    def connection_down(self, connection: Connection, reason: str) -> None:
        """Give up a connection; its leg is lost with it unless another carries it."""
        leg = self._legs.get(connection.leg_id)
        if leg is None or connection not in leg.connections:
            return
        if leg.pending is connection:
            self._drop_pending(connection)
            if leg.current is None:
                self._facts.put(LegClosed(leg.id, reason))
        else:
            self._end(connection)
            was_lost = leg.is_lost
            leg.is_lost = True
            leg.current = None
            if leg.pending is None:
                self._remove(leg)
            else:
                self._silence(leg)
            if not was_lost:
                self._facts.put(LegLost(leg.id, reason))

    def connection_silent(self, connection: Connection) -> None:
        """Tell that a leg is lost; its connection may still come back."""
        leg = self._legs.get(connection.leg_id)
        if leg is not None and leg.current is connection:
            leg.is_lost = True
            self._facts.put(LegLost(leg.id, "Nothing was heard from the phone for 3 seconds."))

    def connection_heard(self, connection: Connection) -> None:
        """Tell that a lost leg is back on the same connection."""
        leg = self._legs.get(connection.leg_id)
        if leg is not None and leg.current is connection:
            leg.is_lost = False
            self._facts.put(LegAnswered(leg.id))

    # -- within

    def _check_open(self) -> None:
        if self._is_closed:
            raise RuntimeError("The voice engine is closed.")

    def _match(self, listeners: Collection[LegId]) -> None:
        waiting = self._table.match({listener: self._heard_by(listener) for listener in listeners})
        for leg, speakers in waiting.items():
            _log.warning("leg %s has no slot left for %s", leg, ", ".join(speakers))
        self._music.match()

    def _heard_by(self, listener: str) -> frozenset[str]:
        """Return who may be heard by a leg or a patch's end; a patched leg and its end have each other alone."""
        if listener.startswith(END_PREFIX):
            return frozenset({listener.removeprefix(END_PREFIX)})
        if listener in self._patches:
            return frozenset({end_of(listener)})
        return self._book.heard_by(listener) - self._patches.keys()

    def _concerned_by(self, leg_id: LegId) -> frozenset[str]:
        """Return everyone whose hearing depends on whether this leg is up and patched."""
        ends = {end_of(leg_id)} if leg_id in self._patches else set()
        return self._book.listeners_of(leg_id) | {leg_id} | ends

    def _unpatched(self, patch: Patch) -> None:
        if self._patches.get(patch.leg_id) is patch:
            del self._patches[patch.leg_id]
            patch.speaker = None
            self._table.remove_listener(end_of(patch.leg_id))
            self._table.remove_speaker(end_of(patch.leg_id))
            self._match(self._concerned_by(patch.leg_id))

    def _unplug(self, patch: Patch) -> None:
        patch.close()
        patch.end.unplugged()

    def _in_force(self, call: CallId, plan: CallPlan, up: frozenset[LegId]) -> CallPlan:
        def is_open(route: Route) -> bool:
            speaker, listener = leg_of(plan, route.speaker), leg_of(plan, route.listener)
            if speaker is None or listener is None or listener not in up or self._book.call_of(listener) != call:
                return False
            return (speaker == MUSIC or speaker in up) and speaker in self._table.heard_by(listener)

        routes = frozenset(route for route in plan.routes if is_open(route))
        return CallPlan(version=plan.version, phones=plan.phones, routes=routes)

    def _silence(self, leg: Leg) -> None:
        self._table.remove_listener(leg.id)
        self._table.remove_speaker(leg.id)
        self._match(self._concerned_by(leg.id))

    def _remove(self, leg: Leg) -> None:
        for connection in leg.connections:
            self._end(connection)
        leg.current = leg.pending = None
        del self._legs[leg.id]
        self._silence(leg)

    def _drop_pending(self, connection: Connection) -> None:
        """End a connection that did not come up, and its leg if it has no other."""
        self._end(connection)
        leg = self._legs.get(connection.leg_id)
        if leg is not None and leg.pending is connection:
            leg.pending = None
            if leg.current is None:
                self._remove(leg)

    def _end(self, connection: Connection) -> None:
        connection.speaker = None
        task = self._loop.create_task(connection.close())
        self._closings.add(task)
        task.add_done_callback(self._closings.discard)

    def _tick(self) -> None:
        self._timer = self._loop.call_later(TICK, self._tick)
        for leg in list(self._legs.values()):
            for connection in leg.connections:
                connection.tick()
