"""Bringing phones together: a call is heard on one voice node, so everyone's leg must be there."""

from collections.abc import Sequence

from sqlalchemy import or_, select

from sideline.interactions.events import LegReconnectWanted
from sideline.interactions.models import LegRow
from sideline.kit.db import Tx

CALL_MOVED = "call_moved"
VOICE_LOST = "voice_lost"


async def want_legs_on(
    tx: Tx,
    node_id: str,
    *,
    user_ids: Sequence[str] = (),
    participant_ids: Sequence[str] = (),
    reason: str = CALL_MOVED,
) -> int:
    """Ask the owners of legs that are on another node to connect to ``node_id``; return how many were asked.

    Their page makes a new offer for the same leg, which then goes there; the
    grace of one that is lost begins anew. Who has been asked already, or has no
    leg, is left alone.
    """
    legs = await tx.session.scalars(
        select(LegRow)
        .where(
            LegRow.state != "closed",
            or_(LegRow.user_id.in_(user_ids), LegRow.participant_id.in_(participant_ids)),
            or_(LegRow.voice_node_id != node_id, LegRow.wanted_node_id.is_not(None)),
            LegRow.wanted_node_id.is_distinct_from(node_id),
        )
        .order_by(LegRow.id)
        .with_for_update()
    )
    asked = 0
    for leg in legs:
        if leg.voice_node_id == node_id:
            leg.wanted_node_id = None
            continue
        leg.wanted_node_id = node_id
        if leg.lost_at is not None:
            # A lost phone had nowhere to come back to until now.
            leg.lost_at = tx.now
        asked += 1
        tx.record(
            LegReconnectWanted(leg_id=leg.id, user_id=leg.user_id, participant_id=leg.participant_id, reason=reason)
        )
    return asked
