"""Which voice node serves a call: that of its agent's phone; everyone else comes there.

A PBX's call is served by its PBX's node, in whichever life, and stays there;
of those on it only a supervisor who took it over has a leg.
"""

from typing import Any

from sqlalchemy import select, text

from sideline.interactions.leg_moves import CALL_MOVED, want_legs_on
from sideline.interactions.messages import CallMoved
from sideline.interactions.models import InteractionRow, LegRow
from sideline.interactions.wake import wake_voice
from sideline.kit.db import Tx
from sideline.rules.audibility import Purpose
from sideline.rules.call import Call

_LEAST_LOADED = text("""
    SELECT n.id::text AS id FROM voice_nodes n
    LEFT JOIN legs l ON l.voice_node_id = n.id AND l.state <> 'closed'
    WHERE n.ended_at IS NULL AND n.lease_until > :now
    GROUP BY n.id ORDER BY count(l.id), n.started_at DESC, n.id LIMIT 1
""")

_IS_LIVE = text("SELECT 1 FROM voice_nodes WHERE id = :id AND ended_at IS NULL AND lease_until > :now")


async def least_loaded_node(tx: Tx) -> str | None:
    """Return the live voice node with the fewest legs, None if none is alive."""
    return (await tx.session.execute(_LEAST_LOADED, {"now": tx.now})).scalar_one_or_none()


async def is_live_node(tx: Tx, node_id: str | None) -> bool:
    """Return whether a voice node has its lease."""
    if node_id is None:
        return False
    return (await tx.session.execute(_IS_LIVE, {"id": node_id, "now": tx.now})).scalar_one_or_none() is not None


async def follow_agent(tx: Tx, row: InteractionRow, call: Call) -> None:
    """Serve the call where the phone of the agent is who has it or is rung for it; bring everyone there."""
    leading = call.offered or call.in_control
    if leading is not None and leading.user_id is not None and not row.pbx_name:
        found: Any = await tx.session.scalar(
            select(LegRow.voice_node_id).where(LegRow.user_id == leading.user_id, LegRow.state == "up")
        )
        if found is not None and found != row.voice_node_id and await is_live_node(tx, found):
            await move_call(tx, row, call, found)
            return
    await gather_legs(tx, row, call)


async def move_call(tx: Tx, row: InteractionRow, call: Call, node_id: str, *, reason: str = CALL_MOVED) -> None:
    """Serve the call on ``node_id`` from now on. The caller lets its version grow."""
    wake_voice(tx, row)
    row.voice_node_id = node_id
    wake_voice(tx, row)
    await gather_legs(tx, row, call, reason=reason)
    tx.tell(CallMoved(row.id, node_id))


async def gather_legs(tx: Tx, row: InteractionRow, call: Call, *, reason: str = CALL_MOVED) -> None:
    """Ask everyone on the call whose phone is on another voice node to connect to the call's."""
    if row.voice_node_id is None:
        return
    live = [seat for seat in call.seats if seat.is_live and (not row.pbx_name or seat.purpose == Purpose.SUPERVISOR)]
    await want_legs_on(
        tx,
        row.voice_node_id,
        user_ids=[seat.user_id for seat in live if seat.user_id is not None],
        participant_ids=[seat.id for seat in live if seat.user_id is None],
        reason=reason,
    )
