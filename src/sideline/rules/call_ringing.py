"""How a call reaches an agent: offered, answered, declined, missed."""

import msgspec

from sideline.rules.audibility import Purpose
from sideline.rules.call import (
    MAIN,
    Call,
    CallState,
    Happened,
    Happening,
    Outcome,
    Seat,
    SeatState,
    Step,
    left,
    moved,
    with_seats,
)
from sideline.rules.refusals import Refusal, RefusalCode


def offer(call: Call, seat_id: str, user_id: str) -> Outcome:
    """Ring an agent for a waiting call; ``seat_id`` is new. Done by the queue."""
    if call.state == CallState.ENDED:
        return Refusal(RefusalCode.CALL_ENDED)
    if call.state != CallState.WAITING:
        return Refusal(RefusalCode.CALL_NOT_WAITING)
    agent = Seat(seat_id, Purpose.AGENT, user_id)
    return Step(with_seats(call, agent, state=CallState.OFFERING), (Happened(Happening.OFFERED, seat_id),))


def answer(call: Call, by: str) -> Outcome:
    """Answer a ringing seat: an offered call or a consult. Done by the agent whose seat it is."""
    seat = _ringing(call, by)
    if isinstance(seat, Refusal):
        return seat
    joined = msgspec.structs.replace(seat, state=SeatState.JOINED)
    if seat.is_consulted:
        return Step(with_seats(call, joined), (Happened(Happening.CONSULT_ANSWERED, by),))
    after = with_seats(call, joined, moved(call.customer, MAIN), state=CallState.ACTIVE)
    return Step(after, (Happened(Happening.ANSWERED, by),))


def decline(call: Call, by: str) -> Outcome:
    """Turn down a ringing call or consult. Done by the agent whose seat it is.

    An offered call waits again, to be offered to the next; a consult ends and
    the customer stays on hold until the one in control resumes.
    """
    return _unanswered(call, by, Happening.DECLINED, Happening.CONSULT_DECLINED)


def offer_timed_out(call: Call, seat_id: str) -> Outcome:
    """Stop ringing a seat that did not answer in time or lost its phone; as :func:`decline`."""
    return _unanswered(call, seat_id, Happening.MISSED, Happening.CONSULT_MISSED)


def _unanswered(call: Call, seat_id: str, of_offer: Happening, of_consult: Happening) -> Outcome:
    seat = _ringing(call, seat_id)
    if isinstance(seat, Refusal):
        return seat
    if seat.is_consulted:
        return Step(without_consulted(call, seat), (Happened(of_consult, seat_id),))
    return Step(with_seats(call, left(seat), state=CallState.WAITING), (Happened(of_offer, seat_id),))


def without_consulted(call: Call, consulted: Seat) -> Call:
    """Return the call after the consulted agent went: the one in control is back, the customer still held.

    Nobody is made audible to the customer by what somebody else did.
    """
    in_control = [moved(call.in_control, MAIN)] if call.in_control else []
    return with_seats(call, left(consulted), *in_control)


def _ringing(call: Call, seat_id: str) -> Seat | Refusal:
    if call.state == CallState.ENDED:
        return Refusal(RefusalCode.CALL_ENDED)
    seat = call.seat(seat_id)
    if seat is None or seat.state != SeatState.RINGING:
        return Refusal(RefusalCode.NOT_RINGING)
    return seat
