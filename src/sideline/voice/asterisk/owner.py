"""One task a call: makes the PBX match what is wanted of the call, the newest plan first.

News (a plan, an event) that comes while it works falls together into one more
round. It waits for answers and arrivals only, never for time, but for the rest
that ``plan.Rest`` names.
"""

import asyncio
import math
from collections.abc import Iterable, Mapping
from typing import Protocol

import msgspec
import structlog

from sideline.kit.pauses import pause
from sideline.rules.audibility import MUSIC, Route, Routes
from sideline.voice.asterisk.client import AriAway, AriConflict, AriError, AriGone
from sideline.voice.asterisk.effects import LineId, Rig, Wires
from sideline.voice.asterisk.hands import Hands
from sideline.voice.asterisk.legs import Legs
from sideline.voice.asterisk.plan import (
    REST_SECONDS,
    MakeSnoop,
    PutIn,
    Remove,
    Rest,
    Step,
    TakeOut,
    after,
    aims,
    steps,
)
from sideline.voice.asterisk.rigs import RigBook, StandingRig
from sideline.voice.asterisk.switch import Line
from sideline.voice.engine import (
    CallId,
    CallPlan,
    EngineFact,
    ParticipantId,
    PartyId,
    PbxEnded,
    PbxGiven,
    PbxPhone,
    PbxTakeFailed,
    PbxTaken,
)

MOST_PASSES = 4
"""Rounds in which a match may find that the PBX has moved on; then events bring the next."""

RETRY_SECONDS = 0.25

_log = structlog.get_logger()


class Pbx(Protocol):
    """What an owner must know of the PBX as it is now."""

    hands: Hands
    rigs: RigBook
    legs: Legs

    def lines_of(self, party: PartyId) -> tuple[Line, ...]:
        """Return the lines that a party has, none if they are not on a call any more."""
        ...

    def wires(self, owners: Mapping[ParticipantId, PartyId]) -> Wires:
        """Return the lines of these participants and of everyone connected to them."""
        ...

    def bridges_of(self, lines: Iterable[LineId]) -> Mapping[str, set[LineId]]:
        """Return which of these lines are in which bridge."""
        ...

    def is_just_freed(self, lines: Iterable[LineId], seconds: float = ...) -> bool:
        """Return whether a snoop on one of these lines has gone within so many seconds."""
        ...

    def tell(self, fact: EngineFact) -> None:
        """Tell a fact."""
        ...


class NotThere(ConnectionError):
    """What a plan speaks of is not in the PBX (yet); the plan is to be applied again."""


class CallOwner:
    """Keeps one call's supervisors as its plan wants them; :meth:`run` is its task."""

    def __init__(self, call: CallId, pbx: Pbx) -> None:
        self.call = call
        self.plan = CallPlan(-1, {}, frozenset())
        self.parties: dict[ParticipantId, PartyId] = {}
        self._pbx = pbx
        self._mine: set[ParticipantId] = set()
        self._changed = asyncio.Event()
        self._waiting: list[asyncio.Future[None]] = []
        self._failed_take: ParticipantId = ""
        self._told_reason = ""
        self._is_playing = False
        self._retry: asyncio.TimerHandle | None = None

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to look after."""
        return not self.plan.phones and not self._mine and not self._waiting and not self._changed.is_set()

    async def apply(self, plan: CallPlan) -> None:
        """Take a plan, and return once it is in force. Raises NotThere."""
        if not self.take(plan):
            return
        done = asyncio.get_running_loop().create_future()
        self._waiting.append(done)
        self._changed.set()
        await done

    def take(self, plan: CallPlan) -> bool:
        """Take a plan for the next match; return False for one that is older than what is known."""
        if plan.version < self.plan.version:
            return False
        self.plan = plan
        if plan.phones:
            self.parties = {who: phone.party for who, phone in plan.phones.items() if isinstance(phone, PbxPhone)}
        return True

    def look_again(self) -> None:
        """Match once more: something happened."""
        self._changed.set()

    async def run(self) -> None:
        """Work until cancelled."""
        try:
            while True:
                await self._changed.wait()
                self._changed.clear()
                waiting, self._waiting = self._waiting, []
                try:
                    await self._match()
                except (AriError, NotThere) as error:
                    self._disappoint(waiting, error)
                except Exception as error:
                    # What one call does to its owner must not leave a whisper that nobody can stop.
                    _log.error("call_not_matched", call_id=self.call, exc_info=error)
                    self._disappoint(waiting, NotThere(f"{type(error).__name__}: {error}"))
                else:
                    for done in waiting:
                        if not done.done():
                            done.set_result(None)
        finally:
            self._disappoint(self._waiting, AriAway("the engine was closed"))
            if self._retry is not None:
                self._retry.cancel()

    def _disappoint(self, waiting: list[asyncio.Future[None]], error: Exception) -> None:
        for done in waiting:
            if not done.done():
                done.set_exception(error if isinstance(error, NotThere) else NotThere(str(error)))
        if self.plan.phones:
            if str(error) != self._told_reason:
                self._told_reason = str(error)
                _log.info("call_not_matched", call_id=self.call, reason=str(error))
            self._retry = asyncio.get_running_loop().call_later(RETRY_SECONDS, self._changed.set)

    # -- one round

    async def _match(self) -> None:
        plan = self.plan
        ours = {who: phone for who, phone in plan.phones.items() if not isinstance(phone, PbxPhone)}
        await self._put_customer(plan)
        for supervisor in self._mine - ours.keys():
            rig = self._pbx.rigs.get(supervisor)
            if rig is not None:
                await self._pbx.legs.take_down(rig)
            self._mine.discard(supervisor)
        if ours:
            self._require_parties(plan, ours)
        for supervisor, phone in ours.items():
            self._mine.add(supervisor)
            await self._pbx.legs.bring(self.call, self._pbx.rigs.rig(supervisor), phone)
        await self._put_customer(plan)
        if ours:
            await self._listen_in(plan)

    async def _listen_in(self, plan: CallPlan) -> None:
        for _ in range(MOST_PASSES):
            wires = await self._with_fragile(self._pbx.wires(self.parties))
            self._note_peers(wires)
            rigs = self._views()
            # Who is about somebody that has just gone hears nobody until the rows have caught up: what is left of
            # their routes would be taken from a line that the next agent comes to.
            missing = self._missing(plan, rigs)
            listening = [who for who, rig in rigs.items() if rig.leg_is_in and who not in missing]
            chosen = aims(listening, self._heard_now(plan), rigs, wires)
            tired = frozenset(line for line in wires.owner if self._pbx.is_just_freed([line], REST_SECONDS))
            book = self._pbx.rigs
            todo = steps(chosen, rigs, wires, book.serials(len(rigs)), names=book.names, tired=tired)
            if not todo:
                break
            try:
                for step in todo:
                    await self._do(step)
            except (AriGone, AriConflict) as error:
                raise NotThere(f"the PBX moved on meanwhile: {error}") from error
        self._require_parties(plan, self._mine)

    def _require_parties(self, plan: CallPlan, ours: Iterable[ParticipantId]) -> None:
        """Raise NotThere where a plan is about people who are not on a call of the PBX: no phone is rung for it."""
        missing = {who for each in self._missing(plan, ours).values() for who in each}
        if missing:
            raise NotThere(f"{', '.join(sorted(missing))} of call {self.call} are not on a call of the PBX")

    def _missing(self, plan: CallPlan, ours: Iterable[ParticipantId]) -> dict[ParticipantId, set[ParticipantId]]:
        """Return by supervisor whom they should hear or be heard by, and who is not on a call of the PBX."""
        found: dict[ParticipantId, set[ParticipantId]] = {}
        for supervisor in ours:
            concerned = {each for route in plan.routes if supervisor in route for each in route} & self.parties.keys()
            gone = {who for who in concerned if not self._pbx.lines_of(self.parties[who])}
            if gone:
                found[supervisor] = gone
        return found

    async def _with_fragile(self, wires: Wires) -> Wires:
        """Return the wires with the lines that are better left alone until the customer is off hold.

        A first snoop turns a bridge that passes packets natively into one that
        can be listened to, and with that Asterisk forgets the music of hold.
        """
        holding = wires.holding | (wires.unsure if _has_music(self.plan.routes) else frozenset())
        if not holding:
            return wires
        snooped = {placed.snoop.line for who in self._mine if (rig := self._pbx.rigs.get(who)) for placed in rig.placed}
        fragile: set[LineId] = set()
        for bridge, lines in self._pbx.bridges_of(wires.owner).items():
            if not lines & holding or lines & snooped:
                continue
            if self._pbx.is_just_freed(lines) or await self._pbx.hands.is_native(bridge):
                fragile |= lines
        return msgspec.structs.replace(wires, fragile=frozenset(fragile))

    def _note_peers(self, wires: Wires) -> None:
        """Note whom an adopted snoop's line is connected to: from now on it can be seen that this changes."""
        for who in self._mine:
            rig = self._pbx.rigs.get(who)
            if rig is not None:
                rig.placed = [
                    msgspec.structs.replace(each, peers=wires.peers(each.snoop.line)) if each.peers is None else each
                    for each in rig.placed
                ]

    def _heard_now(self, plan: CallPlan) -> Routes:
        """Return the routes of a plan that may be in force by listening in.

        Not those of a supervisor who takes over and has not got the customer:
        the agent is still there, and would hear and be heard.
        """
        by = plan.place.by if isinstance(plan.place, PbxTaken) else ""
        return frozenset(route for route in plan.routes if not by or by not in route)

    def _views(self) -> dict[ParticipantId, Rig]:
        rigs = (self._pbx.rigs.get(supervisor) for supervisor in sorted(self._mine))
        return {rig.supervisor: rig.view() for rig in rigs if rig is not None}

    async def _do(self, step: Step) -> None:
        hands = self._pbx.hands
        match step:
            case Rest():
                # The one pause that the facts ask for: nothing tells when Asterisk has forgotten the former snoops.
                await pause(REST_SECONDS)
                return
            case MakeSnoop():
                await hands.snoop(step.placed)
            case PutIn():
                await hands.put_in(self._rig(step.supervisor).bridge, step.id)
            case TakeOut():
                await hands.take_out(self._rig(step.supervisor).bridge, step.id)
            case Remove():
                await hands.delete(step.id)
        rig = self._rig(step.supervisor)
        rig.placed = list(after(step, {step.supervisor: rig.view()})[step.supervisor].placed)

    def _rig(self, supervisor: ParticipantId) -> StandingRig:
        return self._pbx.rigs.rig(supervisor)

    # -- a customer who was taken over

    async def _put_customer(self, plan: CallPlan) -> None:
        match plan.place:
            case PbxTaken(customer, by):
                await self._take(plan, customer, by)
            case PbxGiven(customer, extension):
                if line := self._taken_line(customer):
                    await self._pbx.hands.give(line.id, extension)
            case PbxEnded(customer):
                if line := self._taken_line(customer):
                    await self._pbx.hands.delete(line.id)
            case _:
                self._failed_take = ""
                self._is_playing = False

    async def _take(self, plan: CallPlan, customer: ParticipantId, by: ParticipantId) -> None:
        lines = self._pbx.lines_of(self.parties.get(customer, ""))
        if not lines or self._failed_take == by:
            return
        line, rig = lines[0], self._pbx.rigs.get(by)
        if not line.is_taken:
            if rig is None or not rig.is_in:
                return
            try:
                await self._silence(rig)
                await self._pbx.hands.redirect(line.id, self._pbx.rigs.names.take(by, self._pbx.rigs.serials(1)))
            except AriAway:
                raise
            except AriError as error:
                self._failed_take = by
                self._pbx.tell(PbxTakeFailed(self.call, str(error)))
                return
        speaks, hears = Route(by, customer) in plan.routes, Route(customer, by) in plan.routes
        is_there = rig is not None and rig.is_in and (speaks or hears)
        await self._connect(line.id, rig if is_there else None, is_muted=not speaks)

    async def _connect(self, customer: LineId, rig: StandingRig | None, *, is_muted: bool) -> None:
        """Put a customer who was taken over to the supervisor of this rig; without one, let them hear music."""
        hands = self._pbx.hands
        for other in self._pbx.rigs:
            if other is not rig and other.supervisor in self._mine and other.has_customer:
                await hands.take_out(other.bridge, customer)
                other.has_customer = other.is_for_ever = False
        if rig is None:
            if not self._is_playing:
                await hands.music(customer, is_on=True)
            self._is_playing = True
            return
        if rig.is_muted != is_muted:
            await hands.mute(rig.leg, is_on=is_muted)
            rig.is_muted = is_muted
        if not rig.has_customer:
            if self._is_playing:
                await hands.music(customer, is_on=False)
            self._is_playing = False
            # From now on this phone is all that the customer has: it does not depend on us any more.
            rig.is_for_ever, rig.kept_at = True, math.inf
            try:
                await hands.keep(rig.leg, 0)
                await hands.put_in(rig.bridge, customer)
            except AriError:
                rig.is_for_ever = False
                raise
            rig.has_customer = True

    async def _silence(self, rig: StandingRig) -> None:
        for placed in list(rig.placed):
            if placed.is_in:
                await self._do(TakeOut(rig.supervisor, placed.id))

    def _taken_line(self, customer: ParticipantId) -> Line | None:
        return next((line for line in self._pbx.lines_of(self.parties.get(customer, "")) if line.is_taken), None)


def _has_music(routes: Routes) -> bool:
    return any(route.speaker == MUSIC for route in routes)
