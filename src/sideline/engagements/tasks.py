"""What becomes due on engagements: a phone that never came, one that stayed away.

As for every lost phone, no time runs while the voice engine is away.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from sideline.engagements.progress import give_up, reason_of_loss
from sideline.kit.db import Tx
from sideline.kit.timers import Due
from sideline.people.policies import read_policies
from sideline.rules.engagement_end import EndReason

ANSWER_WITHIN = timedelta(seconds=20)
"""How long a supervisor's browser may take to come to the call; a connected one takes a tenth of a second."""

RUNG_WITHIN = timedelta(seconds=45)
"""How long a phone that the voice engine rings may take, should the engine (which rings for 30 s) never tell."""

# Time runs only while there is a voice node to come to: the phone's (where it is wanted, else was) and the call's.
# A phone that is rung has no leg; the life of a node that rings it anew gives it the whole time.
_WAITING = text("""
    SELECT e.id::text AS id, e.state, l.id::text AS leg_id, e.phone_kind <> 'browser' AS is_rung,
           l.state = 'up' AND l.voice_node_id = i.voice_node_id AS is_at_call,
           c.away_since IS NOT NULL AS is_pbx_away,
           GREATEST(CASE e.state WHEN 'lost' THEN e.lost_at ELSE e.requested_at END, l.lost_at,
               CASE WHEN e.phone_kind <> 'browser' THEN c.started_at END) AS began_at
    FROM engagements e
    JOIN interactions i ON i.id = e.interaction_id
    LEFT JOIN legs l ON l.user_id = e.supervisor_id AND l.state <> 'closed' AND e.phone_kind = 'browser'
    LEFT JOIN voice_nodes p ON p.id = COALESCE(l.wanted_node_id, l.voice_node_id)
    LEFT JOIN voice_nodes c ON c.id = i.voice_node_id
    WHERE e.state IN ('connecting', 'lost')
        AND (p.id IS NULL OR (p.ended_at IS NULL AND p.lease_until > :now))
        AND (c.id IS NULL OR (c.ended_at IS NULL AND c.lease_until > :now))
        AND (CAST(:key AS uuid) IS NULL OR e.id = CAST(:key AS uuid))
""")


class PhonesThatStayAway:
    """The timer source of engagements without a phone; a key is an engagement's id."""

    name = "engagements_without_a_phone"

    async def due(self, connection: AsyncConnection, now: datetime) -> Due:
        """Return which engagements have waited long enough."""
        rows: Any = (await connection.execute(_WAITING, {"now": now, "key": None})).all()
        grace = await _grace(connection) if rows else timedelta()
        over = [row for row in rows if _is_over(row, grace, now)]
        later = [_deadline(row, grace) for row in rows if row not in over]
        over.sort(key=lambda row: _deadline(row, grace))
        return Due(tuple(row.id for row in over), min(later, default=None))

    async def run(self, tx: Tx, key: str) -> None:
        """End it, unless the phone has come meanwhile."""
        row: Any = (await tx.session.execute(_WAITING, {"now": tx.now, "key": key})).one_or_none()
        if row is not None and _is_over(row, await _grace(tx.session), tx.now):
            await give_up(tx, key, await _reason(tx, row))


async def _grace(connection: AsyncConnection | AsyncSession) -> timedelta:
    return timedelta(seconds=(await read_policies(connection)).leg_grace_seconds)


def _is_over(row: Any, grace: timedelta, now: datetime) -> bool:
    at = _deadline(row, grace)
    # Further ahead than a deadline is ever set: the clock was put back.
    return at <= now or at - now > max(grace, ANSWER_WITHIN, RUNG_WITHIN)


def _deadline(row: Any, grace: timedelta) -> datetime:
    if row.is_rung:
        return row.began_at + RUNG_WITHIN
    return row.began_at + (grace if row.state == "lost" else ANSWER_WITHIN)


async def _reason(tx: Tx, row: Any) -> EndReason:
    if row.state != "lost":
        return EndReason.PBX_AWAY if row.is_pbx_away else EndReason.NO_ANSWER
    if row.is_rung or row.is_at_call:
        # Of a phone the engine tells itself that it is lost; and a browser that is where the call is has lost nothing.
        return EndReason.ENGINE_LOST
    return await reason_of_loss(tx, row.leg_id)
