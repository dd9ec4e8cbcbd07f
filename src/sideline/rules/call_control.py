"""What those on a call do with it: mute, hold, consult, transfer, leave, end, take over.

``by`` is the seat of whoever asks. Mute is for one's own seat. Hold, resume,
consult, transfer and end are for the seat in control: the agent, or the
supervisor who took over, who has the same controls. Taking over is for a
supervisor whom ``engagement.may_switch`` lets.
"""

import msgspec

from sideline.rules.audibility import Purpose
from sideline.rules.call import (
    CONSULT,
    HOLD,
    MAIN,
    QUEUE,
    Call,
    CallState,
    Happened,
    Happening,
    Outcome,
    Seat,
    SeatState,
    Step,
    control_of,
    left,
    moved,
    with_seats,
)
from sideline.rules.call_ringing import offer_timed_out, without_consulted
from sideline.rules.refusals import Refusal, RefusalCode


def mute(call: Call, by: str) -> Outcome:
    """Silence one's own seat to everyone; done already, it stays so."""
    return _set_muted(call, by, True, Happening.MUTED)


def unmute(call: Call, by: str) -> Outcome:
    """Let one's own seat be heard again; done already, it stays so."""
    return _set_muted(call, by, False, Happening.UNMUTED)


def hold(call: Call, by: str) -> Outcome:
    """Put the customer on hold, with music; done already, it stays so."""
    return _move_customer(call, by, HOLD, Happening.HELD)


def resume(call: Call, by: str) -> Outcome:
    """Talk with the held customer again; done already, it stays so."""
    return _move_customer(call, by, MAIN, Happening.RESUMED)


def may_set_result_code(*, has_joined: bool) -> Refusal | None:
    """Refuse the outcome of a call to someone who never talked on it; who did may set it afterwards too."""
    return None if has_joined else Refusal(RefusalCode.NOT_ON_CALL)


def start_consult(call: Call, by: str, seat_id: str, user_id: str, *, is_coached: bool) -> Outcome:
    """Hold the customer and ring another agent; ``seat_id`` is new.

    ``is_coached`` tells whether a supervisor coaches the asking agent now,
    counting one whose phone still rings: then it is refused (V16).
    """
    asking = _free_control_of(call, by)
    if isinstance(asking, Refusal):
        return asking
    if is_coached:
        return Refusal(RefusalCode.CONSULT_WHILE_COACHED)
    if call.live_seat_of(user_id) is not None:
        return Refusal(RefusalCode.ALREADY_ON_THIS_CALL)
    consulted = Seat(seat_id, Purpose.AGENT, user_id, group=CONSULT, is_consulted=True)
    after = with_seats(call, moved(asking, CONSULT), moved(call.customer, HOLD), consulted)
    return Step(after, (Happened(Happening.CONSULT_STARTED, by, seat_id),))


def cancel_consult(call: Call, by: str) -> Outcome:
    """Let the consulted agent go and talk with the customer again."""
    asking = control_of(call, by)
    if isinstance(asking, Refusal):
        return asking
    consulted = call.consulted
    if consulted is None:
        return Refusal(RefusalCode.NOT_CONSULTING)
    after = with_seats(call, left(consulted), moved(asking, MAIN), moved(call.customer, MAIN))
    return Step(after, (Happened(Happening.CONSULT_CANCELLED, by, consulted.id),))


def complete_transfer(call: Call, by: str) -> Outcome:
    """Leave the customer to the consulted agent, who must have answered."""
    giving = control_of(call, by)
    if isinstance(giving, Refusal):
        return giving
    consulted = call.consulted
    if consulted is None:
        return Refusal(RefusalCode.NOT_CONSULTING)
    if not consulted.is_joined:
        return Refusal(RefusalCode.CONSULT_NOT_ANSWERED)
    taking = msgspec.structs.replace(consulted, group=MAIN, is_consulted=False)
    after = with_seats(call, left(giving), taking, moved(call.customer, MAIN))
    return Step(after, (Happened(Happening.TRANSFERRED, by, consulted.id),))


def blind_transfer_to_agent(call: Call, by: str, seat_id: str, user_id: str) -> Outcome:
    """Leave, and offer the call to another agent; ``seat_id`` is new.

    The customer waits with music. If that agent does not answer, the call
    waits in its queue.
    """
    giving = _free_control_of(call, by)
    if isinstance(giving, Refusal):
        return giving
    if call.live_seat_of(user_id) is not None:
        return Refusal(RefusalCode.ALREADY_ON_THIS_CALL)
    taking = Seat(seat_id, Purpose.AGENT, user_id)
    after = with_seats(call, left(giving), moved(call.customer, QUEUE), taking, state=CallState.OFFERING)
    return Step(after, (Happened(Happening.BLIND_TRANSFERRED, by, seat_id),))


def blind_transfer_to_queue(call: Call, by: str) -> Outcome:
    """Leave, and let the customer wait in a queue (which one is the caller's to store)."""
    giving = _free_control_of(call, by)
    if isinstance(giving, Refusal):
        return giving
    return Step(_waiting_without(call, giving), (Happened(Happening.TRANSFERRED_TO_QUEUE, by),))


def leave(call: Call, seat_id: str) -> Outcome:
    """Take a seat off the call: its phone is lost for good, or its user was disconnected or signed out.

    The customer's going ends the call; a consulted agent's ends the consult;
    a ringing agent's counts as not answering. When the one in control goes, a
    consulted agent goes too and the customer waits in the queue: the call
    outlives a closed laptop.
    """
    if call.state == CallState.ENDED:
        return Refusal(RefusalCode.CALL_ENDED)
    seat = call.seat(seat_id)
    if seat is None or not seat.is_live:
        return Refusal(RefusalCode.NOT_ON_CALL)
    if seat.purpose == Purpose.CUSTOMER:
        return customer_left(call)
    if not seat.is_joined:
        return offer_timed_out(call, seat_id)
    if seat.is_consulted:
        return Step(without_consulted(call, seat), (Happened(Happening.CONSULT_LEFT, seat_id),))
    return Step(_waiting_without(call, seat), (Happened(Happening.LEFT, seat_id),))


def end(call: Call, by: str) -> Outcome:
    """End the call for everyone on it."""
    ending = control_of(call, by)
    if isinstance(ending, Refusal):
        return ending
    return Step(_ended(call), (Happened(Happening.ENDED, by),))


def customer_left(call: Call) -> Outcome:
    """End the call because the customer hung up, whatever its state."""
    if call.state == CallState.ENDED:
        return Refusal(RefusalCode.CALL_ENDED)
    return Step(_ended(call), (Happened(Happening.CUSTOMER_LEFT, call.customer.id),))


def take_over(call: Call, target_seat_id: str, seat_id: str, user_id: str, *, is_muted: bool = False) -> Outcome:
    """Barge-kick: a supervisor takes the seat of the agent in control, who is removed.

    The supervisor arrives where the agent was: with the customer, with the
    customer on hold, or in a consult, and goes on from there.
    """
    if call.state == CallState.ENDED:
        return Refusal(RefusalCode.CALL_ENDED)
    target = call.in_control
    if target is None or target.id != target_seat_id or target.purpose != Purpose.AGENT:
        return Refusal(RefusalCode.TARGET_NOT_IN_CONTROL)
    if call.live_seat_of(user_id) is not None:
        return Refusal(RefusalCode.ALREADY_ON_THIS_CALL)
    taking = Seat(seat_id, Purpose.SUPERVISOR, user_id, SeatState.JOINED, target.group, is_muted)
    after = with_seats(call, left(target), taking)
    return Step(after, (Happened(Happening.TOOK_OVER, seat_id, target.id),))


def _free_control_of(call: Call, by: str) -> Seat | Refusal:
    seat = control_of(call, by)
    if isinstance(seat, Seat) and call.consulted is not None:
        return Refusal(RefusalCode.CONSULTING)
    return seat


def _set_muted(call: Call, by: str, is_muted: bool, kind: Happening) -> Outcome:
    if call.state == CallState.ENDED:
        return Refusal(RefusalCode.CALL_ENDED)
    seat = call.seat(by)
    if seat is None or not seat.is_joined:
        return Refusal(RefusalCode.NOT_ON_CALL)
    if seat.is_muted == is_muted:
        return Step(call)
    return Step(with_seats(call, msgspec.structs.replace(seat, is_muted=is_muted)), (Happened(kind, by),))


def _move_customer(call: Call, by: str, group: str, kind: Happening) -> Outcome:
    seat = _free_control_of(call, by)
    if isinstance(seat, Refusal):
        return seat
    if call.customer.group == group:
        return Step(call)
    return Step(with_seats(call, moved(call.customer, group)), (Happened(kind, by),))


def _waiting_without(call: Call, going: Seat) -> Call:
    gone = [left(seat) for seat in (going, call.consulted) if seat is not None]
    return with_seats(call, *gone, moved(call.customer, QUEUE), state=CallState.WAITING)


def _ended(call: Call) -> Call:
    return Call(CallState.ENDED, tuple(left(seat) for seat in call.seats))
