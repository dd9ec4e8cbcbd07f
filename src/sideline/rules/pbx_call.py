"""A call that a PBX has: what was seen there becomes the next step of the call here.

Elsewhere in ``rules`` people step and sound follows. Here the PBX has stepped
already, so a whole snapshot is compared with the call as it was known, and the
difference is told in the same words. The exception is a customer whom a
supervisor took over (:class:`Place`): until they are given back, the PBX only
tells that they are still there.
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum

import msgspec

from sideline.rules import call_control
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
from sideline.rules.presence import Presence
from sideline.rules.refusals import Refusal, RefusalCode


class Place(StrEnum):
    """Whose a PBX's customer is meant to be; the tags of ``voice.engine.CustomerPlace``."""

    STAYS = "stays"
    TAKEN = "taken"
    GIVEN = "given"
    ENDED = "ended"


class SeenParty(msgspec.Struct, frozen=True, kw_only=True):
    """Someone beside the customer who was seen on the call.

    ``seat_id`` is that of the live seat the party has, else a new one; who has
    left and comes back gets another. ``group`` tells who hears whom on the
    PBX: the same word, the same talk; empty for nobody.
    """

    seat_id: str
    user_id: str | None = None
    group: str = ""
    is_with_customer: bool = False


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """A PBX's call as it was seen, those who came first, first."""

    parties: tuple[SeenParty, ...] = ()
    customer_group: str = ""
    is_held: bool = False
    is_taken: bool = False
    """The voice engine has the customer, for a supervisor who took over."""
    transferred_by: str | None = None
    """The seat of who gave the customer to somebody else and has left."""
    place: Place = Place.STAYS


def follow(call: Call, seen: Seen) -> Step:
    """Return the call as it was seen; nothing happens where it is so already, or has ended.

    The first who is with the customer is in control, everyone else is
    consulted by them: in a talk of their own, with the customer, or on hold for
    the moment.
    """
    if call.state == CallState.ENDED or not is_followed(seen.place, is_taken=seen.is_taken):
        return Step(call)
    after = _as_seen(call, seen)
    return Step(call) if after == call else Step(after, _happened(call, after, seen))


def is_followed(place: Place, *, is_taken: bool) -> bool:
    """Return whether the PBX decides who is on the call: not from a take-over until the customer is back there."""
    return place == Place.STAYS or (place == Place.GIVEN and not is_taken)


def gone(call: Call, by: str | None) -> Step:
    """Return the call after its customer's line is gone; ``by`` is the seat of who hung up, None where unknown.

    Nobody is said to have hung up of whom that was not seen: the PBX may have
    ended the call by itself, or may not be the one that it was.
    """
    seat = None if by is None else call.seat(by)
    if call.state == CallState.ENDED:
        return Step(call)
    ended = Call(CallState.ENDED, tuple(left(each) for each in call.seats))
    if seat is None or not seat.is_live:
        return Step(ended, (Happened(Happening.VANISHED, call.customer.id),))
    if seat.purpose != Purpose.CUSTOMER:
        return Step(ended, (Happened(Happening.ENDED, seat.id),))
    outcome = call_control.customer_left(call)
    return outcome if isinstance(outcome, Step) else Step(call)


def take_over(call: Call, target_seat_id: str, seat_id: str, user_id: str, *, is_muted: bool = False) -> Outcome:
    """Barge-kick on a PBX's call: the customer is taken to the supervisor, and nobody else comes along.

    A consult goes on without the call; the supervisor begins with the
    customer, held or not.
    """
    outcome = call_control.take_over(call, target_seat_id, seat_id, user_id, is_muted=is_muted)
    if isinstance(outcome, Refusal):
        return outcome
    others = [seat for seat in outcome.call.seats if seat.is_live and seat.purpose == Purpose.AGENT]
    taking = [moved(seat, MAIN) for seat in outcome.call.seats if seat.id == seat_id]
    after = with_seats(outcome.call, *map(left, others), *taking)
    return Step(after, (*(Happened(Happening.CONSULT_LEFT, seat.id) for seat in others), *outcome.happened))


def take_failed(call: Call) -> Step:
    """Return the call after the PBX kept the customer whom a supervisor took over: that supervisor is off it."""
    supervisor = _supervisor_of(call)
    if supervisor is None:
        return Step(call)
    after = with_seats(call, left(supervisor), moved(call.customer, QUEUE), state=CallState.WAITING)
    return Step(after, (Happened(Happening.TAKE_OVER_FAILED, supervisor.id),))


def give(call: Call, by: str) -> Outcome:
    """Give a customer who was taken over back to the PBX, which dials somebody for them; who does leaves."""
    giving = control_of(call, by)
    if isinstance(giving, Refusal):
        return giving
    after = with_seats(call, left(giving), moved(call.customer, QUEUE), state=CallState.WAITING)
    return Step(after, (Happened(Happening.BLIND_TRANSFERRED, by),))


def place_after(place: Place, call: Call) -> Place:
    """Return whose the customer is to be after a step to ``call``.

    Who took over has the customer until they end the call or leave it, in
    whatever way; then the PBX gets the customer back.
    """
    if _supervisor_of(call) is not None:
        return Place.TAKEN
    if place != Place.TAKEN:
        return place
    return Place.ENDED if call.state == CallState.ENDED else Place.GIVEN


def may_use(control: str, seat: Seat) -> Refusal | None:
    """Refuse a control of a PBX's call to someone who has it at hand: on their telephone.

    A supervisor who took the call over has the controls here, except that
    nobody can be consulted through the PBX.
    """
    if not seat.is_live or control == "set_result_code":
        return None
    if seat.purpose == Purpose.AGENT:
        return Refusal(RefusalCode.ON_THE_TELEPHONE)
    return Refusal(RefusalCode.NO_CONSULT_AFTER_TAKE_OVER) if control == "consult" else None


def may_be_dialled(presence: Presence, *, is_supervising: bool, has_desk_phone: bool) -> Refusal | None:
    """Refuse to have the PBX ring someone without a desk phone, busy or not ready.

    Who is offline may well sit beside their telephone. As in
    ``presence.may_be_reached`` nobody learns who supervises.
    """
    if not has_desk_phone:
        return Refusal(RefusalCode.NO_TELEPHONE)
    if presence in (Presence.INTERACTING, Presence.WRAP_UP, Presence.NOT_READY):
        return Refusal(RefusalCode.UNREACHABLE, {"presence": presence})
    return Refusal(RefusalCode.UNREACHABLE, {"presence": Presence.NOT_READY}) if is_supervising else None


def told(now: str, before: str | None, stored: str) -> str:
    """Return what to store of a field that the PBX tells as ``now`` and told as ``before`` (None: unknown).

    What the PBX does not tell stays. What somebody else changed stays as well,
    until the PBX tells something new; of a field whose last telling is unknown
    nobody knows who set it, so only an empty one is filled.
    """
    if not now or (before is None and stored):
        return stored
    return stored if now == before else now


def _supervisor_of(call: Call) -> Seat | None:
    seat = call.in_control
    return seat if seat is not None and seat.purpose == Purpose.SUPERVISOR else None


def _as_seen(call: Call, seen: Seen) -> Call:
    present = _present(call, seen)
    groups = _groups(seen, present)
    leading = next((each.seat_id for each in present if _is_with_customer(seen, each)), None)
    here = {each.seat_id for each in present}
    absent = [
        left(seat) for seat in call.seats if seat.purpose != Purpose.CUSTOMER and seat.is_live and seat.id not in here
    ]
    seats = [
        Seat(
            each.seat_id,
            Purpose.AGENT,
            _user_of(call, each),
            SeatState.JOINED,
            groups[each.seat_id],
            is_consulted=each.seat_id != leading,
        )
        for each in present
    ]
    customer = moved(call.customer, _customers_group(seen, present))
    state = CallState.WAITING if leading is None else CallState.ACTIVE
    return with_seats(call, customer, *absent, *seats, state=state)


def _present(call: Call, seen: Seen) -> tuple[SeenParty, ...]:
    """Return who is on the call: everyone seen on it, as long as somebody is with the customer."""
    here = tuple(each for each in seen.parties if not _has_left(call, each))
    return here if any(_is_with_customer(seen, each) for each in here) else ()


def _is_with_customer(seen: Seen, party: SeenParty) -> bool:
    return party.is_with_customer or (party.group != "" and party.group == seen.customer_group)


def _has_left(call: Call, party: SeenParty) -> bool:
    seat = call.seat(party.seat_id)
    return seat is not None and not seat.is_live


def _user_of(call: Call, party: SeenParty) -> str | None:
    """Return whose seat it is: once known, that stays."""
    seat = call.seat(party.seat_id)
    return party.user_id if seat is None or seat.user_id is None else seat.user_id


def _customers_group(seen: Seen, present: Sequence[SeenParty]) -> str:
    if seen.is_held:
        return HOLD
    return MAIN if present else QUEUE


def _groups(seen: Seen, present: Sequence[SeenParty]) -> dict[str, str]:
    """Return the talk group of each who is present: shared by those who hear each other, and by nobody else."""
    if not present:
        return {}
    leading = next(each for each in present if _is_with_customer(seen, each))
    named = {} if seen.is_held else {seen.customer_group: MAIN}
    if leading.group not in named:
        asks = any(each.group == leading.group and not _is_with_customer(seen, each) for each in present)
        # While the customer is on hold nobody else is in the conversation.
        named[leading.group] = MAIN if seen.is_held and not asks else CONSULT
    named.pop("", None)
    found: dict[str, str] = {}
    for each in present:
        if each.group == "":
            found[each.seat_id] = MAIN if seen.is_held and each is leading else _aside(each)
        else:
            found[each.seat_id] = named.setdefault(each.group, _aside(each))
    return found


def _aside(party: SeenParty) -> str:
    """Return the name of a talk that is neither with the customer nor with the one in control."""
    return f"aside:{party.seat_id}"


def _happened(before: Call, after: Call, seen: Seen) -> tuple[Happened, ...]:
    leading, led = after.in_control, before.in_control
    found = [
        _went(seat, before, after, seen)
        for seat in before.seats
        if seat.purpose != Purpose.CUSTOMER and seat.is_live and not _is_live_on(after, seat.id)
    ]
    if leading is not None and led is not None and leading.id != led.id and _is_live_on(after, led.id):
        found.append(Happened(Happening.TRANSFERRED, led.id, leading.id))
    for seat in after.seats:
        found += _came(seat, before.seat(seat.id), leading)
    found += _held_or_resumed(before, after, leading or led or before.customer)
    if not found:
        # People on the call changed whom they talk with, and nothing else.
        kind = Happening.CONSULT_STARTED if leading is not None and leading.group == CONSULT else Happening.RESUMED
        found.append(Happened(kind, (leading or before.customer).id))
    return tuple(found)


def _went(seat: Seat, before: Call, after: Call, seen: Seen) -> Happened:
    leading = after.in_control
    if seat.is_consulted:
        return Happened(Happening.CONSULT_LEFT, seat.id)
    if leading is not None and (seen.transferred_by == seat.id or _is_live_on(before, leading.id)):
        return Happened(Happening.TRANSFERRED, seat.id, leading.id)
    if seen.transferred_by == seat.id:
        return Happened(Happening.BLIND_TRANSFERRED, seat.id)
    return Happened(Happening.LEFT, seat.id)


def _came(seat: Seat, was: Seat | None, leading: Seat | None) -> Iterable[Happened]:
    """Return what a new seat means, and one of which it is known now whose it is."""
    is_new = was is None
    if seat.purpose == Purpose.CUSTOMER or not seat.is_live or not (is_new or was.user_id != seat.user_id):
        return
    if not seat.is_consulted:
        yield Happened(Happening.ANSWERED, seat.id)
        return
    if is_new and leading is not None:
        yield Happened(Happening.CONSULT_STARTED, leading.id, seat.id)
    yield Happened(Happening.CONSULT_ANSWERED, seat.id)


def _held_or_resumed(before: Call, after: Call, by: Seat) -> Iterable[Happened]:
    was, now = before.customer.group, after.customer.group
    if was != HOLD and now == HOLD:
        yield Happened(Happening.HELD, by.id)
    elif was == HOLD and now == MAIN:
        yield Happened(Happening.RESUMED, by.id)


def _is_live_on(call: Call, seat_id: str) -> bool:
    seat = call.seat(seat_id)
    return seat is not None and seat.is_live
