"""Watching the PBX's calls: events in, and once a burst of them is over, what the calls are now out."""

import asyncio
from collections.abc import Callable, Iterable, Mapping

import msgspec

from sideline.voice.asterisk.calls import Memory, Seen, is_in_doubt, look
from sideline.voice.asterisk.names import Names
from sideline.voice.asterisk.switch import Line, Switch
from sideline.voice.asterisk.wire import Bridge, Channel, Event
from sideline.voice.engine import EngineFact, PartyId, PbxCall, PbxCallGone, PbxCallSeen, PbxCallsSeen

BURST_SECONDS = 0.01
"""So long after the last event it is told what the calls are now: a transfer is several events."""

LONGEST_BURST_SECONDS = 0.05
"""However many follow, it is told after this."""

LONGEST_DOUBT_SECONDS = 1.0
"""So long a call is not told from which somebody went though nobody hung up.

It is a transfer, as its own event will say: Asterisk's threads tell the going
and the transfer in no order, and on a busy machine not at once.
"""


class CallWatch:
    """The calls of one PBX. Nothing is told until it is known whose the phones are (:meth:`know`).

    ``tell`` takes facts; ``changed`` the parties of calls that are not as they
    were; ``appeared`` the id of a call that is new or not as it was, in more
    than its data.
    """

    def __init__(
        self,
        names: Names,
        tell: Callable[[EngineFact], None],
        changed: Callable[[set[PartyId]], None],
        appeared: Callable[[str], None],
    ) -> None:
        self._names = names
        self._switch = Switch(names)
        self._memory = Memory()
        self._tell = tell
        self._changed = changed
        self._appeared = appeared
        self._internal: frozenset[str] | None = None
        self._told: Mapping[str, Seen] = {}
        self._now: Mapping[str, Seen] = {}
        self._lines_of: Mapping[PartyId, tuple[Line, ...]] = {}
        self._is_dirty = True
        self._is_on = False
        self._burst_until = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._doubted_until: dict[str, float] = {}
        self._doubts_end: asyncio.TimerHandle | None = None

    @property
    def lines(self) -> Mapping[str, Line]:
        """Every line of the PBX, by its channel's id."""
        return self._switch.lines

    def know(self, endpoints: frozenset[str]) -> None:
        """Learn which endpoints are users' phones.

        One by which the customer of a call came that is told is none as long as
        that lasts: it may be a trunk that somebody entered for their phone.
        """
        is_first, self._internal = self._internal is None, endpoints
        if is_first and self._is_on:
            self._tell_all()
        else:
            self._look_soon()

    def begin(self, channels: Iterable[Channel], bridges: Iterable[Bridge]) -> None:
        """Take what there is now, and tell all of it."""
        self._switch.start_over(channels, bridges)
        self._memory.data.keep({**self._memory.calls, **self._switch.lines})
        self._is_on = True
        if self._internal is not None:
            self._tell_all()

    def pause(self) -> None:
        """Tell nothing until :meth:`begin`: events have stopped."""
        self._is_on = False

    def stop(self) -> None:
        """Tell nothing any more."""
        self._is_on = False
        for timer in (self._timer, self._doubts_end):
            if timer is not None:
                timer.cancel()

    def event(self, event: Event) -> None:
        """Take one event."""
        if self._switch.fold(event):
            self._look_soon()
        gone = event.channel if event.type == "ChannelDestroyed" else None
        if gone is not None and gone.id not in self._memory.calls:
            self._memory.data.forget(gone.id)

    def lines_of(self, party: PartyId) -> tuple[Line, ...]:
        """Return the lines that a party has now, which may not have been told yet."""
        if self._is_dirty:
            self._look()
        return self._lines_of.get(party, ())

    def is_customer(self, party: PartyId) -> bool:
        """Return whether a party is the customer of a call that was told."""
        return party in self._memory.calls

    def queue_of(self, call_id: str) -> str:
        """Return the queue that a call came by, empty if that is not known."""
        call = self._memory.calls.get(call_id)
        return call.queue if call is not None else ""

    def moment(self) -> int:
        """Return when it is now, for :meth:`note_data`: after everything that was noted."""
        return self._memory.data.moment()

    def note_data(self, line: str, data: Mapping[str, str], moment: int) -> None:
        """Take what a line's variables said at a moment, by field of ``PbxCall``: a customer's tell of their call."""
        if line in self._switch.lines and self._memory.data.note(line, data, moment):
            self._look_soon()

    # -- within

    def _look(self) -> None:
        self._is_dirty = False
        by = {self._switch.lines[call].endpoint for call in self._memory.calls if call in self._switch.lines}
        self._now = look(self._switch, (self._internal or frozenset()) - by, self._memory)
        self._lines_of = {party: lines for seen in self._now.values() for party, lines in seen.lines.items()}

    def _look_soon(self) -> None:
        self._is_dirty = True
        loop = asyncio.get_running_loop()
        if self._timer is None:
            self._burst_until = loop.time() + LONGEST_BURST_SECONDS
        else:
            self._timer.cancel()
        self._timer = loop.call_at(min(loop.time() + BURST_SECONDS, self._burst_until), self._burst_over)

    def _burst_over(self, *, is_all: bool = False) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not self._is_on or self._internal is None:
            return
        self._look()
        former, self._told = self._told, self._now
        self._memory.note(self._now)
        doubted = self._in_doubt()
        for call_id, seen in self._now.items():
            before = self._memory.calls.get(call_id)
            if call_id not in doubted and before != seen.call:
                self._memory.calls[call_id] = seen.call
                self._doubted_until.pop(call_id, None)
                self._tell(PbxCallSeen(seen.call))
            if is_all or (call_id not in doubted and self._is_otherwise(before, seen.call)):
                self._appeared(call_id)
        for call_id in self._memory.calls.keys() - self._now.keys():
            self._forget(call_id)
        parties: set[PartyId] = set()
        for call_id in former.keys() | self._now.keys():
            if former.get(call_id) != self._now.get(call_id):
                parties |= {party for each in (former, self._now) if call_id in each for party in each[call_id].lines}
        if parties:
            self._changed(parties)

    def _is_otherwise(self, before: PbxCall | None, now: PbxCall) -> bool:
        """Return whether a call is not as it was in more than what variables tell of it."""
        return before is None or msgspec.structs.replace(before, **self._memory.data.of(now.id)) != now

    def _in_doubt(self) -> set[str]:
        """Return the calls that are not told before it is known whether they were transferred; come back in time."""
        loop = asyncio.get_running_loop()
        self._doubted_until = {
            call_id: self._doubted_until.get(call_id, loop.time() + LONGEST_DOUBT_SECONDS)
            for call_id, seen in self._now.items()
            if is_in_doubt(seen, self._switch, self._memory)
        }
        doubted = {call_id for call_id, until in self._doubted_until.items() if until > loop.time()}
        if self._doubts_end is not None:
            self._doubts_end.cancel()
        if doubted:
            self._doubts_end = loop.call_at(min(self._doubted_until[each] for each in doubted), self._burst_over)
        return doubted

    def _tell_all(self) -> None:
        self._burst_over(is_all=True)
        self._tell(PbxCallsSeen(frozenset(self._now)))

    def _forget(self, call_id: str) -> None:
        ended_by = self._switch.ended_by(call_id)
        party = "" if self._names.is_ours(ended_by) else self._memory.party_of.get(ended_by, ended_by)
        # What a variable has told at the last moment is told with the end.
        last = msgspec.structs.replace(self._memory.calls[call_id], **self._memory.data.of(call_id))
        self._memory.forget(call_id)
        self._tell(PbxCallGone(call_id, party, last))
