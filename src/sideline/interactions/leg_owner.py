"""Whose phone a leg is, and the call they are on."""

import msgspec
from sqlalchemy import ColumnElement, select, text

from sideline.interactions.call_facts import LoadedCall, load_call
from sideline.interactions.models import LegRow, ParticipantRow
from sideline.kit.db import Tx
from sideline.rules.call import Seat

CLOSED = "closed"


class LegOwner(msgspec.Struct, frozen=True):
    """A user, or the customer of one call: exactly one of the two is set."""

    user_id: str | None = None
    participant_id: str | None = None

    def seat_on(self, loaded: LoadedCall) -> Seat | None:
        """Return the seat in which the owner rings or sits on this call with their leg; not one of a PBX's party."""
        seat = loaded.call.seat(self.participant_id or "") if self.user_id is None else loaded.seat_of(self.user_id)
        is_here = seat is not None and seat.is_live and not loaded.participant(seat.id).pbx_party_id
        return seat if is_here else None


def owner_of(leg: LegRow) -> LegOwner:
    """Return whose phone this is."""
    return LegOwner(leg.user_id, leg.participant_id)


_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtextextended(:owner, 7))")


async def lock_owner(tx: Tx, owner: LegOwner) -> LoadedCall | None:
    """Let one transaction at a time change the owner's leg; return the call they are on, locked, if any.

    The call is locked before the leg, as everywhere. A call they joined comes
    before one that only rings.
    """
    await tx.session.execute(_ONE_AT_A_TIME, {"owner": f"leg:{owner.user_id or owner.participant_id}"})
    on_call = select(ParticipantRow.interaction_id).where(
        ParticipantRow.state != "left", ParticipantRow.pbx_party_id == ""
    )
    if owner.user_id is not None:
        on_call = on_call.where(ParticipantRow.user_id == owner.user_id)
    else:
        on_call = on_call.where(ParticipantRow.id == owner.participant_id)
    found = await tx.session.scalar(on_call.order_by(ParticipantRow.state != "joined").limit(1))
    if found is None:
        return None
    loaded = await load_call(tx, found)
    return loaded if owner.seat_on(loaded) is not None else None


def legs_of(owner: LegOwner) -> ColumnElement[bool]:
    """Return the condition that a ``LegRow`` is the owner's."""
    if owner.user_id is not None:
        return LegRow.user_id == owner.user_id
    return LegRow.participant_id == owner.participant_id


async def open_leg_of(tx: Tx, owner: LegOwner) -> LegRow | None:
    """Return the owner's leg that is not closed, locked."""
    return await tx.session.scalar(
        select(LegRow)
        .where(legs_of(owner), LegRow.state != CLOSED)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )


async def locked_leg(tx: Tx, leg_id: str) -> tuple[LegRow, LoadedCall | None] | None:
    """Return a leg that is not closed, locked, with the call its owner is on; None if there is none."""
    leg = await tx.session.get(LegRow, leg_id, populate_existing=True)
    if leg is None or leg.state == CLOSED:
        return None
    loaded = await lock_owner(tx, owner_of(leg))
    leg = await tx.session.get(LegRow, leg_id, with_for_update=True, populate_existing=True)
    return None if leg is None or leg.state == CLOSED else (leg, loaded)
