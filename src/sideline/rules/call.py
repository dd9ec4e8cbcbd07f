"""A call as a plain value: who sits where, and what that means for sound.

A call has seats. The customer's seat and, one at a time, the seat of whoever
is *in control* (an agent, or a supervisor who took the call over) talk in the
group MAIN; a consulted agent talks with the controlling one in CONSULT. A held
or waiting customer sits alone in a group with music. The steps from one call
to the next are in ``call_ringing.py`` and ``call_control.py``.
"""

from collections.abc import Iterable
from enum import StrEnum

import msgspec

from sideline.rules.audibility import Listening, Party, Purpose, World
from sideline.rules.refusals import Refusal, RefusalCode

MAIN = "main"
"""Group of the customer and whoever is in control."""
CONSULT = "consult"
"""Group of whoever is in control and the consulted agent."""
HOLD = "hold"
"""Group of a customer whom someone put on hold; music."""
QUEUE = "queue"
"""Group of a customer whom nobody has answered (yet, or again); music."""

MUSIC_GROUPS = frozenset({HOLD, QUEUE})


class CallState(StrEnum):
    """Where a call stands; ``ENDED`` is final."""

    WAITING = "waiting"
    OFFERING = "offering"
    ACTIVE = "active"
    ENDED = "ended"


class SeatState(StrEnum):
    """Where a seat stands; ``LEFT`` is final."""

    RINGING = "ringing"
    JOINED = "joined"
    LEFT = "left"


class LiveState(StrEnum):
    """What a list shows of a call: its state, and what an active one is doing."""

    WAITING = "waiting"
    OFFERING = "offering"
    TALKING = "talking"
    HELD = "held"
    CONSULTING = "consulting"
    ENDED = "ended"


class Seat(msgspec.Struct, frozen=True):
    """A participant's place on a call; ``id`` is the participant's id.

    ``group`` is where the seat talks, or will once it is answered.
    ``is_consulted`` marks an agent whom the controlling one asks; it falls
    when the call is transferred to them.
    """

    id: str
    purpose: Purpose
    user_id: str | None = None
    state: SeatState = SeatState.RINGING
    group: str = MAIN
    is_muted: bool = False
    is_consulted: bool = False

    @property
    def is_live(self) -> bool:
        """Whether the seat rings or has joined."""
        return self.state != SeatState.LEFT

    @property
    def is_joined(self) -> bool:
        """Whether the seat has a voice on the call."""
        return self.state == SeatState.JOINED


class Call(msgspec.Struct, frozen=True):
    """One voice interaction: its state and all its seats, those who left included."""

    state: CallState
    seats: tuple[Seat, ...]

    def seat(self, seat_id: str) -> Seat | None:
        """Return the seat with this id, None if the call has none."""
        return next((seat for seat in self.seats if seat.id == seat_id), None)

    def live_seat_of(self, user_id: str) -> Seat | None:
        """Return the seat in which a user rings or sits now."""
        return next((seat for seat in self.seats if seat.user_id == user_id and seat.is_live), None)

    @property
    def customer(self) -> Seat:
        """The customer's seat; every call has exactly one."""
        return next(seat for seat in self.seats if seat.purpose == Purpose.CUSTOMER)

    @property
    def in_control(self) -> Seat | None:
        """The seat that holds, transfers and ends; None while nobody has answered."""
        return next((seat for seat in self.seats if is_in_control(seat.purpose, seat.state, seat.is_consulted)), None)

    @property
    def consulted(self) -> Seat | None:
        """The consulted agent's seat, ringing or joined."""
        return next((seat for seat in self._internal if seat.is_consulted), None)

    @property
    def offered(self) -> Seat | None:
        """The seat of the agent to whom the call is being offered."""
        return next((seat for seat in self._internal if not seat.is_joined and not seat.is_consulted), None)

    @property
    def _internal(self) -> Iterable[Seat]:
        return (seat for seat in self.seats if seat.purpose != Purpose.CUSTOMER and seat.is_live)


class Happening(StrEnum):
    """What a step did, for the timeline; ``Happened`` says to whom."""

    OFFERED = "offered"
    ANSWERED = "answered"
    DECLINED = "declined"
    MISSED = "missed"
    MUTED = "muted"
    UNMUTED = "unmuted"
    HELD = "held"
    RESUMED = "resumed"
    CONSULT_STARTED = "consult_started"
    CONSULT_ANSWERED = "consult_answered"
    CONSULT_DECLINED = "consult_declined"
    CONSULT_MISSED = "consult_missed"
    CONSULT_CANCELLED = "consult_cancelled"
    CONSULT_LEFT = "consult_left"
    TRANSFERRED = "transferred"
    BLIND_TRANSFERRED = "blind_transferred"
    TRANSFERRED_TO_QUEUE = "transferred_to_queue"
    LEFT = "left"
    TOOK_OVER = "took_over"
    TAKE_OVER_FAILED = "take_over_failed"
    ENDED = "ended"
    CUSTOMER_LEFT = "customer_left"
    VANISHED = "vanished"


class Happened(msgspec.Struct, frozen=True):
    """One entry of the timeline: who did it and, where there is one, the other seat.

    The other seat is the consulted one, the one transferred to, or the one
    whose place was taken.
    """

    kind: Happening
    seat_id: str
    other_seat_id: str | None = None


class Step(msgspec.Struct, frozen=True):
    """A call after a step, and what happened; nothing if it was so already."""

    call: Call
    happened: tuple[Happened, ...] = ()


Outcome = Step | Refusal


def new_call(customer_seat_id: str) -> Call:
    """Return the call of a customer who has just arrived and waits with music."""
    customer = Seat(customer_seat_id, Purpose.CUSTOMER, state=SeatState.JOINED, group=QUEUE)
    return Call(CallState.WAITING, (customer,))


def live_state(call: Call) -> LiveState:
    """Return what a list shows of this call."""
    if call.state != CallState.ACTIVE:
        return LiveState(call.state.value)
    if call.consulted is not None:
        return LiveState.CONSULTING
    return LiveState.HELD if call.customer.group == HOLD else LiveState.TALKING


def to_world(call: Call, listenings: Iterable[Listening]) -> World:
    """Return what decides who hears whom on this call.

    ``listenings`` are the engagements whose supervisor's phone has answered.
    Left out are seats that have not joined, listenings to them, and a
    supervisor who sits on the call themself (after taking it over).
    """
    parties = tuple(
        Party(seat.id, seat.purpose, seat.group, is_muted=seat.is_muted) for seat in call.seats if seat.is_joined
    )
    joined = {party.id for party in parties}
    heard = tuple(each for each in listenings if each.target in joined and each.supervisor not in joined)
    return World(parties, heard, MUSIC_GROUPS)


def with_seats(call: Call, *seats: Seat, state: CallState | None = None) -> Call:
    """Return the call with these seats in place of those with the same ids; new ones come last."""
    changed = {seat.id: seat for seat in seats}
    kept = tuple(changed.pop(seat.id, seat) for seat in call.seats)
    return Call(state or call.state, (*kept, *changed.values()))


def left(seat: Seat) -> Seat:
    """Return the seat as it is once its participant has gone."""
    return msgspec.structs.replace(seat, state=SeatState.LEFT)


def moved(seat: Seat, group: str) -> Seat:
    """Return the seat in another talk group."""
    return msgspec.structs.replace(seat, group=group)


def is_in_control(purpose: Purpose, state: SeatState, is_consulted: bool) -> bool:
    """Return whether such a seat has the call: the agent's who answered, or the supervisor's who took over."""
    return purpose != Purpose.CUSTOMER and state == SeatState.JOINED and not is_consulted


def opens_the_call(state: SeatState, *, has_joined: bool) -> bool:
    """Return whether a seat shows the call to whoever has it: while it rings, and for good once it has joined."""
    return has_joined or state != SeatState.LEFT


def control_of(call: Call, by: str) -> Seat | Refusal:
    """Return the seat ``by`` if it is in control of an active call, else why it is not.

    In control is the agent who answered or was transferred to, or the
    supervisor who took over; not the customer, not a consulted agent.
    """
    if call.state == CallState.ENDED:
        return Refusal(RefusalCode.CALL_ENDED)
    seat = call.seat(by)
    if seat is None or not seat.is_live:
        return Refusal(RefusalCode.NOT_ON_CALL)
    if call.in_control != seat:
        return Refusal(RefusalCode.NOT_IN_CONTROL)
    return seat
