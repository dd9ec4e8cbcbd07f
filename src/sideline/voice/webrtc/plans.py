"""What is wanted of all calls, by leg: which legs may be heard by which leg. Pure."""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import TypeVar

from sideline.rules.audibility import MUSIC
from sideline.voice.engine import BrowserPhone, CallId, CallPlan, LegId, ParticipantId

_T = TypeVar("_T")

ENDED_CALLS_REMEMBERED = 10_000
"""Versions kept of calls that ended, so that an older plan that comes late does not revive one."""


class PlanBook:
    """The newest plan of every call, and what follows from all of them for each leg.

    A leg may be named by the plans of two calls for a moment: its owner goes
    from one to the next, and the two plans come in either order. It belongs to
    one of them alone, the one whose participant is youngest (ids sort by age),
    and neither speaks nor hears in the other: nobody hears in one call what is
    said for another.
    """

    def __init__(self) -> None:
        self._plans: dict[CallId, CallPlan] = {}
        self._ended: OrderedDict[CallId, int] = OrderedDict()
        self._seats: dict[LegId, dict[CallId, ParticipantId]] = {}
        self._heard: dict[LegId, dict[CallId, frozenset[str]]] = {}

    @property
    def plans(self) -> Mapping[CallId, CallPlan]:
        """The plans of the calls that have not ended."""
        return self._plans

    def accept(self, call: CallId, wanted: CallPlan) -> frozenset[LegId]:
        """Take a plan unless a newer one is held; return the listening legs it may concern."""
        held = self._plans.get(call)
        version = held.version if held is not None else self._ended.get(call)
        if version is not None and wanted.version < version:
            return frozenset()
        former = frozenset(_seat_by_leg(held)) if held is not None else frozenset()
        concerned = self._listening_with(former)
        for leg in former:
            _forget(self._seats, leg, call)
            _forget(self._heard, leg, call)
        if not wanted.phones:
            self._plans.pop(call, None)
            self._ended[call] = wanted.version
            self._ended.move_to_end(call)
            if len(self._ended) > ENDED_CALLS_REMEMBERED:
                self._ended.popitem(last=False)
            return concerned | self._listening_with(former)
        self._ended.pop(call, None)
        self._plans[call] = wanted
        seats = _seat_by_leg(wanted)
        for leg, seat in seats.items():
            self._seats.setdefault(leg, {})[call] = seat
        for leg, speakers in _heard_by_leg(wanted).items():
            self._heard.setdefault(leg, {})[call] = speakers
        return concerned | self._listening_with(former | seats.keys())

    def call_of(self, leg: LegId) -> CallId | None:
        """Return the one call to which ``leg`` belongs, None without any."""
        seats = self._seats.get(leg)
        return max(seats, key=lambda call: (seats[call], call)) if seats else None

    def heard_by(self, leg: LegId) -> frozenset[str]:
        """Return the legs (or MUSIC) that ``leg`` may hear."""
        call = self.call_of(leg)
        wanted = self._heard.get(leg, {}).get(call, frozenset()) if call is not None else frozenset()
        return frozenset(speaker for speaker in wanted if speaker == MUSIC or self.call_of(speaker) == call)

    def listeners_of(self, speaker: str) -> frozenset[LegId]:
        """Return the legs that may hear ``speaker``, a leg or MUSIC."""
        return frozenset(leg for leg in self._heard if speaker in self.heard_by(leg))

    def _listening_with(self, legs: Iterable[LegId]) -> frozenset[LegId]:
        """Return every leg that listens in a call that names one of these: its rights depend on where they belong."""
        calls = {call for leg in legs for call in self._seats.get(leg, ())}
        return frozenset(leg for call in calls for leg in _seat_by_leg(self._plans[call]) if leg in self._heard)


def leg_of(plan: CallPlan, participant: str) -> str | None:
    """Return the leg by which a participant speaks and hears; None where it has none here."""
    if participant == MUSIC:
        return MUSIC
    phone = plan.phones.get(participant)
    return phone.leg_id if isinstance(phone, BrowserPhone) else None


def _forget(by_leg: dict[LegId, dict[CallId, _T]], leg: LegId, call: CallId) -> None:
    calls = by_leg.get(leg)
    if calls is not None:
        calls.pop(call, None)
        if not calls:
            del by_leg[leg]


def _seat_by_leg(plan: CallPlan) -> dict[LegId, ParticipantId]:
    seats: dict[LegId, ParticipantId] = {}
    for participant, phone in plan.phones.items():
        if isinstance(phone, BrowserPhone):
            seats[phone.leg_id] = max(participant, seats.get(phone.leg_id, participant))
    return seats


def _heard_by_leg(plan: CallPlan) -> dict[LegId, frozenset[str]]:
    heard: dict[LegId, set[str]] = {}
    for speaker, listener in plan.routes:
        by, to = leg_of(plan, speaker), leg_of(plan, listener)
        if by is not None and to is not None and to != MUSIC and by != to:
            heard.setdefault(to, set()).add(by)
    return {leg: frozenset(speakers) for leg, speakers in heard.items()}
