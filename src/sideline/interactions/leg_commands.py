"""Connecting a phone: a browser's offer becomes a row, which its voice node answers."""

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from sideline.interactions.bodies import LegIn, LegOut
from sideline.interactions.call_facts import LoadedCall, touch
from sideline.interactions.call_nodes import is_live_node, least_loaded_node, move_call
from sideline.interactions.leg_owner import LegOwner, legs_of, lock_owner, open_leg_of, owner_of
from sideline.interactions.leg_states import CONNECTING, LEG, LOST, UP, leg_gone, tell_leg
from sideline.interactions.models import LegRow
from sideline.interactions.wake import wake_voice_for_leg
from sideline.kit.db import Tx
from sideline.kit.ids import is_id, new_id
from sideline.kit.problems import NotFound, Problem

_ENDED_CALL = "The call has ended, so there is nothing to connect to; start a new one."


class Offered(msgspec.Struct, frozen=True):
    """An offer that waits for its answer."""

    leg_id: str
    generation: int


async def offer_leg(tx: Tx, owner: LegOwner, asked: LegIn) -> Offered:
    """Write the owner's offer for a voice node to answer; a reload goes on with the leg it had.

    Raises Problem 409 ``phone_in_other_tab`` unless the tab takes over, 409
    ``call_ended`` for a customer's, 503 ``no_voice``.
    """
    loaded = await lock_owner(tx, owner)
    if owner.participant_id is not None and loaded is None:
        raise Problem(409, "call_ended", _ENDED_CALL)
    leg = await open_leg_of(tx, owner)
    if leg is not None and leg.tab_id != asked.tab_id and leg.state != LOST and not asked.take_over:
        raise Problem(
            409,
            "phone_in_other_tab",
            "Your phone is connected in another tab or window, and stays there; use that one, or take it over here.",
        )
    node_id = await _choose_node(tx, leg, loaded)
    if leg is None:
        leg = await _new_leg(tx, owner, asked, node_id)
        await _bring_to_call(tx, leg, loaded)
    else:
        await _offer_again(tx, leg, asked, node_id, loaded)
    wake_voice_for_leg(tx, node_id, leg.id)
    return Offered(leg.id, leg.generation)


async def _choose_node(tx: Tx, leg: LegRow | None, loaded: LoadedCall | None) -> str:
    """Return the node of the owner's call, else where it was wanted, else where it was, else the least loaded."""
    wanted = [loaded.row.voice_node_id if loaded else None]
    if leg is not None:
        wanted += [leg.wanted_node_id, leg.voice_node_id]
    for node_id in wanted:
        if node_id is not None and await is_live_node(tx, node_id):
            return node_id
    node_id = await least_loaded_node(tx)
    if node_id is None:
        raise Problem(
            503,
            "no_voice",
            "No voice process is running, so your phone can't be connected yet; it is tried again by itself.",
            headers={"Retry-After": "1"},
        )
    return node_id


async def _new_leg(tx: Tx, owner: LegOwner, asked: LegIn, node_id: str) -> LegRow:
    leg = LegRow(
        id=new_id(),
        user_id=owner.user_id,
        participant_id=owner.participant_id,
        voice_node_id=node_id,
        state=CONNECTING,
        has_microphone=asked.has_microphone,
        tab_id=asked.tab_id,
        generation=1,
        offer=asked.offer,
        refusal="",
        is_refusal_passing=False,
        lost_at=tx.now,
    )
    tx.session.add(leg)
    await tx.session.flush()
    return leg


async def _offer_again(tx: Tx, leg: LegRow, asked: LegIn, node_id: str, loaded: LoadedCall | None) -> None:
    was_elsewhere, former_tab = leg.voice_node_id != node_id, leg.tab_id
    if was_elsewhere:
        # The node that had it ends its side.
        wake_voice_for_leg(tx, leg.voice_node_id, leg.id)
    if was_elsewhere or leg.state != UP:
        # On the same node the old transport carries the sound until the new one does.
        leg.state = CONNECTING
        leg.lost_at = leg.lost_at or tx.now
    leg.voice_node_id, leg.wanted_node_id = node_id, None
    leg.generation += 1
    leg.offer, leg.answer, leg.refusal = asked.offer, None, ""
    leg.tab_id, leg.has_microphone = asked.tab_id, asked.has_microphone
    await tx.session.flush()
    if was_elsewhere:
        await _bring_to_call(tx, leg, loaded)
    if was_elsewhere or former_tab != leg.tab_id:
        await tell_leg(tx, leg, None)


async def _bring_to_call(tx: Tx, leg: LegRow, loaded: LoadedCall | None) -> None:
    """Let the call know the leg: its plan names it, and a call that has no voice node yet gets the leg's."""
    if loaded is None:
        return
    is_served = loaded.row.voice_node_id is not None and await is_live_node(tx, loaded.row.voice_node_id)
    # A PBX's call waits for its PBX's node, and asks the leg to come there then.
    if not is_served and not loaded.row.pbx_name:
        await move_call(tx, loaded.row, loaded.call, leg.voice_node_id)
    await touch(tx, loaded, LEG)


async def hang_up_leg(tx: Tx, owner: LegOwner, leg_id: str, generation: int) -> None:
    """Note that the page of this leg goes away, by its own word.

    Whether it is a reload or a farewell only time tells, so whoever is on a
    call keeps their place for a while. What an older page says is ignored.
    Raises NotFound for another's leg.
    """
    leg = await tx.session.get(LegRow, leg_id) if is_id(leg_id) else None
    if leg is None or owner_of(leg) != owner:
        raise NotFound("phone connection")
    await leg_gone(tx, leg_id, generation, is_closed=True)


async def read_leg(connection: AsyncConnection, owner: LegOwner) -> LegOut | None:
    """Return where the owner's phone stands, None if it is not connected."""
    found = await connection.execute(
        select(
            LegRow.id, LegRow.state, LegRow.generation, LegRow.tab_id, LegRow.has_microphone, LegRow.wanted_node_id
        ).where(legs_of(owner), LegRow.state != "closed")
    )
    row = found.one_or_none()
    if row is None:
        return None
    return LegOut(
        leg_id=row.id,
        state=row.state,
        generation=row.generation,
        tab_id=row.tab_id,
        has_microphone=row.has_microphone,
        is_reconnect_wanted=row.wanted_node_id is not None,
    )
