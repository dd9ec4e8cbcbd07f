"""A call as someone on it is answered."""

from datetime import datetime

from sideline.interactions.call_facts import LoadedCall
from sideline.interactions.controls import call_abilities
from sideline.interactions.schemas import CallOut, InteractionSummary
from sideline.interactions.summaries import summary
from sideline.kit.db import Tx
from sideline.people.identity import SignedIn
from sideline.rules.call import Call, Seat, SeatState


async def call_out(tx: Tx, loaded: LoadedCall, me: SignedIn) -> CallOut:
    """Return the call, as just changed, for someone on it."""
    await tx.session.flush()
    seat = my_seat(loaded, me.user_id)
    if seat is None:
        raise AssertionError("only someone who is or was on a call is answered with it")
    participant = loaded.participant(seat.id)
    return compose_call(
        await summary(tx.session, loaded.row.id),
        loaded.call,
        seat,
        is_coached=participant.is_coached,
        has_joined=participant.joined_at is not None,
        offer_until=loaded.row.offer_until,
        is_on_pbx=bool(loaded.row.pbx_name),
        is_on_telephone=bool(participant.pbx_party_id),
    )


def compose_call(
    call_summary: InteractionSummary,
    call: Call,
    seat: Seat,
    *,
    is_coached: bool,
    has_joined: bool,
    offer_until: datetime | None,
    is_on_pbx: bool,
    is_on_telephone: bool,
) -> CallOut:
    """Return ``call_summary`` with what the person in ``seat`` may do."""
    fields = {name: getattr(call_summary, name) for name in InteractionSummary.__struct_fields__}
    return CallOut(
        **fields,
        my_participant_id=seat.id,
        offer_until=offer_until if seat.state == SeatState.RINGING else None,
        is_on_telephone=is_on_telephone,
        is_coached=is_coached,
        abilities=call_abilities(call, seat, is_coached=is_coached, has_joined=has_joined, is_on_pbx=is_on_pbx),
    )


def my_seat(loaded: LoadedCall, user_id: str) -> Seat | None:
    """Return the seat in which the user is on the call or, failing that, was last; being rung in vain counts least."""
    own = [seat for seat in loaded.call.seats if seat.user_id == user_id]
    joined = [seat for seat in own if loaded.participant(seat.id).joined_at is not None]
    return next((seat for seat in own if seat.is_live), (joined or own or [None])[-1])
