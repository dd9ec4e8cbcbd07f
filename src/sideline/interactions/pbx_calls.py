"""Rows follow the calls that a PBX has: begun, taken up again by a new life of its node, changed, over.

A snapshot is followed as a whole, so what was missed does not matter; the same
one again changes nothing. Whose the customer is after a take-over stands in
``pbx_place.py``.
"""

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from sideline.interactions.call_facts import LoadedCall, load_call, save_step, touch
from sideline.interactions.call_news import record_start
from sideline.interactions.call_nodes import move_call
from sideline.interactions.leg_moves import VOICE_LOST
from sideline.interactions.models import InteractionRow, ParticipantRow, QueueRow, VoiceNodeRow
from sideline.interactions.new_call import UNNAMED
from sideline.interactions.node_tasks import NODE
from sideline.interactions.pbx_data import fields_of, follow_data, follow_result_code, queue_of
from sideline.interactions.pbx_place import queue_extension
from sideline.interactions.pbx_seats import add_participants, clean, customer_of, seat_of_party, seat_parties
from sideline.interactions.timeline import open_timeline
from sideline.interactions.wake import wake_voice
from sideline.kit.db import Tx
from sideline.kit.ids import new_id
from sideline.rules import pbx_call
from sideline.rules.audibility import Purpose
from sideline.rules.call import Seat, Step, live_state, new_call
from sideline.rules.pbx_call import Place
from sideline.voice.engine import PbxCall

PLACE = "place"
"""``change`` of an interaction whose customer is given back to the PBX."""


class Followed(msgspec.Struct, frozen=True):
    """What following a call leaves to do."""

    is_complete: bool = True
    """False while somebody on it is on another call still: look at it again when they may be free."""
    has_freed: bool = False
    """A user is on this call no longer, so they may take their place on another."""


async def follow_call(tx: Tx, node_id: str, seen: PbxCall, former: PbxCall | None = None) -> Followed:
    """Make rows say of a PBX's call what was seen; a call that is not known yet begins now.

    ``node_id`` is the life of the PBX's node that saw it; what an ended life
    saw is nobody's concern. ``former`` is what that life saw of the call
    before, if anything: a person's change of a field stands until the PBX
    tells another value than then.
    """
    pbx_name = await _pbx_of(tx, node_id)
    loaded = await _live_call(tx, pbx_name, seen.id)
    # Seats of one moment are told apart by their ids: the customer's first, the others' as they came.
    fresh_ids = sorted(new_id() for _ in range(len(seen.parties) + 1))
    if not await _is_alive(tx, node_id):
        return Followed()
    if loaded is None:
        if await _is_to_be_ended(tx, pbx_name, node_id, seen.id):
            return Followed()
        loaded = await _begin(tx, pbx_name, node_id, seen, fresh_ids.pop(0))
    else:
        if loaded.row.voice_node_id != node_id:
            await move_call(tx, loaded.row, loaded.call, node_id, reason=VOICE_LOST)
            await touch(tx, loaded, NODE)
        await follow_data(tx, loaded, seen, former)
    loaded.participant(loaded.call.customer.id).pbx_party_id = seen.customer
    await _follow_place(tx, loaded, seen)
    seating = await seat_parties(tx, loaded, seen, fresh_ids)
    step = pbx_call.follow(loaded.call, seating.seen)
    await add_participants(tx, loaded, step, seating)
    has_freed = _frees(loaded, step)
    await save_step(tx, loaded, step)
    is_waited_for = any(seat.is_live and seat.id in seating.busy for seat in step.call.seats)
    return Followed(is_complete=not is_waited_for, has_freed=has_freed)


async def call_gone(
    tx: Tx,
    node_id: str,
    call_id: str,
    ended_by: str = "",
    *,
    last: PbxCall | None = None,
    former: PbxCall | None = None,
) -> Followed:
    """Note that the line of a call's customer is gone; ``ended_by`` is the party who hung up, if that was seen.

    ``last`` is what was told of the call in the end, ``former`` what of that is in the rows.
    """
    loaded = await _live_call(tx, await _pbx_of(tx, node_id), call_id)
    if loaded is None or not await _is_alive(tx, node_id):
        return Followed()
    if last is not None:
        await follow_data(tx, loaded, last, former)
    step = pbx_call.gone(loaded.call, seat_of_party(loaded, ended_by))
    has_freed = _frees(loaded, step)
    await save_step(tx, loaded, step)
    return Followed(has_freed=has_freed)


async def live_calls(connection: AsyncConnection | AsyncSession, node_id: str) -> frozenset[str]:
    """Return the PBX's ids of the calls that are live here, of the PBX that this node is a life of."""
    name = select(VoiceNodeRow.name).where(VoiceNodeRow.id == node_id).scalar_subquery()
    found = await connection.execute(
        select(InteractionRow.pbx_call_id).where(
            InteractionRow.pbx_name == name, InteractionRow.pbx_name != "", InteractionRow.ended_at.is_(None)
        )
    )
    return frozenset(found.scalars())


async def take_failed(tx: Tx, interaction_id: str) -> str | None:
    """Take a supervisor off a call that the PBX did not let them take over; return the PBX's id of the call.

    The next snapshot brings back whom they had removed.
    """
    loaded = await load_call(tx, interaction_id)
    if loaded.row.pbx_place != Place.TAKEN:
        return None
    loaded.row.pbx_place = Place.STAYS
    await save_step(tx, loaded, pbx_call.take_failed(loaded.call))
    return loaded.row.pbx_call_id


async def _pbx_of(tx: Tx, node_id: str) -> str:
    """Return the name of the PBX whose node this is."""
    return (await tx.session.execute(select(VoiceNodeRow.name).where(VoiceNodeRow.id == node_id))).scalar_one()


async def _is_alive(tx: Tx, node_id: str) -> bool:
    """Return whether the life of a node goes on. Ask once the call is locked: then the next life writes after this."""
    ended = select(VoiceNodeRow.ended_at).where(VoiceNodeRow.id == node_id)
    return (await tx.session.execute(ended)).scalar_one() is None


async def _live_call(tx: Tx, pbx_name: str, call_id: str) -> LoadedCall | None:
    found = await tx.session.scalar(
        select(InteractionRow.id).where(
            InteractionRow.pbx_name == pbx_name,
            InteractionRow.pbx_call_id == call_id,
            InteractionRow.pbx_name != "",
            InteractionRow.ended_at.is_(None),
        )
    )
    loaded = None if found is None else await load_call(tx, found)
    return None if loaded is None or loaded.row.ended_at is not None else loaded


async def _is_to_be_ended(tx: Tx, pbx_name: str, node_id: str, call_id: str) -> bool:
    """Return whether a supervisor ended the call that the PBX still has; the engine is asked (again) to hang up."""
    ended = select(InteractionRow).where(
        InteractionRow.pbx_name == pbx_name,
        InteractionRow.pbx_call_id == call_id,
        InteractionRow.pbx_place == Place.ENDED,
    )
    row = await tx.session.scalar(ended.order_by(InteractionRow.id.desc()).limit(1).with_for_update(key_share=True))
    if row is None:
        return False
    row.voice_node_id = node_id
    wake_voice(tx, row)
    return True


async def _begin(tx: Tx, pbx_name: str, node_id: str, seen: PbxCall, seat_id: str) -> LoadedCall:
    queue, fields = await queue_of(tx, seen), dict(fields_of(seen))
    call = new_call(seat_id)
    row = InteractionRow(
        id=new_id(),
        medium="voice",
        state=call.state,
        live_state=live_state(call),
        queue_id=None if queue is None else queue.id,
        team_ids=[queue.team_id] if queue is not None and queue.team_id else [],
        user_ids=[],
        started_at=tx.now,
        priority_at=tx.now,
        voice_node_id=node_id,
        pbx_name=pbx_name,
        pbx_call_id=seen.id,
        pbx_place=Place.STAYS,
        **{**fields, "direction": fields["direction"] or "inbound"},
    )
    tx.session.add(row)
    await tx.session.flush()
    tx.session.add(_customer(tx, row, call.customer, seen))
    await tx.session.flush()
    await open_timeline(tx, row.id, call)
    await record_start(tx, row)
    loaded = await load_call(tx, row.id)
    await follow_result_code(tx, loaded, seen, None)
    return loaded


def _customer(tx: Tx, row: InteractionRow, seat: Seat, seen: PbxCall) -> ParticipantRow:
    party = customer_of(seen)
    return ParticipantRow(
        id=seat.id,
        interaction_id=row.id,
        purpose=Purpose.CUSTOMER,
        name=row.customer_name or row.phone_number or clean(party.endpoint) or UNNAMED,
        state=seat.state,
        talk_group=seat.group,
        pbx_party_id=party.id,
        invited_at=tx.now,
        joined_at=tx.now,
    )


async def _follow_place(tx: Tx, loaded: LoadedCall, seen: PbxCall) -> None:
    """Note that a customer who was given back is; give one back whom the engine has and nobody took over."""
    row = loaded.row
    if row.pbx_place == Place.GIVEN and not seen.is_taken:
        row.pbx_place = Place.STAYS
    elif row.pbx_place == Place.STAYS and seen.is_taken:
        queue = None if row.queue_id is None else await tx.session.get(QueueRow, row.queue_id)
        row.pbx_place = Place.GIVEN
        row.pbx_extension = row.pbx_extension or queue_extension(queue)
        await touch(tx, loaded, PLACE)


def _frees(loaded: LoadedCall, step: Step) -> bool:
    before = {seat.user_id for seat in loaded.call.seats if seat.is_live and seat.user_id is not None}
    return bool(before - {seat.user_id for seat in step.call.seats if seat.is_live})
