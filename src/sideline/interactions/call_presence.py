"""What a step of a call does to the presence of those on it."""

from sideline.kit.db import Tx
from sideline.people.presence_commands import call_joined, call_left, call_missed
from sideline.rules.call import Call, Happening, Seat, Step


async def save_presences(tx: Tx, before: Call, step: Step, wrap_up_seconds: int | None) -> None:
    """Set the presence of everyone whom the step brings onto the call or takes off it.

    ``wrap_up_seconds`` is the queue's limit (None: none). Users are taken in
    the order of their ids, so that two calls that concern the same people
    cannot wait for each other.
    """
    after = step.call
    in_control = before.in_control
    missed = {each.seat_id for each in step.happened if each.kind == Happening.MISSED}
    for seat in sorted(after.seats, key=lambda each: each.user_id or ""):
        if seat.user_id is None:
            continue
        was = before.seat(seat.id)
        if seat.is_joined and (was is None or not was.is_joined or was.user_id is None):
            await call_joined(tx, seat.user_id)
        elif _is_joined(was) and not seat.is_joined:
            was_in_control = in_control is not None and in_control.id == seat.id
            await call_left(tx, seat.user_id, was_in_control=was_in_control, wrap_up_seconds=wrap_up_seconds)
        elif seat.id in missed:
            await call_missed(tx, seat.user_id)


def _is_joined(seat: Seat | None) -> bool:
    return seat is not None and seat.is_joined
