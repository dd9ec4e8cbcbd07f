"""What becomes due on phones: a lost leg whose grace is over, a customer who never connected.

The grace runs only while there is a voice node to come back to: while voice
is being restarted nobody loses their place.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from sideline.interactions.call_facts import load_call
from sideline.interactions.call_nodes import is_live_node
from sideline.interactions.leg_owner import LegOwner, locked_leg, open_leg_of
from sideline.interactions.leg_states import UP, give_up, leave_lost
from sideline.kit.db import Tx
from sideline.kit.timers import Due, due_of, is_due
from sideline.people.policies import read_policies

CONNECT_WITHIN = timedelta(seconds=60)
"""How long a customer has to connect their phone: their browser asks for the microphone meanwhile."""

_LOST = text("""
    SELECT l.id::text AS key, l.lost_at + make_interval(secs => :grace) AS at, l.lost_at AS began_at
    FROM legs l JOIN voice_nodes n ON n.id = COALESCE(l.wanted_node_id, l.voice_node_id)
    WHERE l.lost_at IS NOT NULL AND l.state <> 'closed' AND n.ended_at IS NULL AND n.lease_until > :now
""")

_UNCONNECTED = text("""
    SELECT p.id::text AS key, GREATEST(p.joined_at, c.closed_at, n.began_at) + :within AS at, p.joined_at AS began_at
    FROM interactions i
    JOIN participants p ON p.interaction_id = i.id AND p.purpose = 'customer' AND p.state = 'joined'
    LEFT JOIN LATERAL (SELECT max(l.closed_at) AS closed_at FROM legs l WHERE l.participant_id = p.id) c ON TRUE
    CROSS JOIN (SELECT min(started_at) AS began_at FROM voice_nodes WHERE ended_at IS NULL AND lease_until > :now) n
    WHERE i.ended_at IS NULL AND i.pbx_name = '' AND n.began_at IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM legs l WHERE l.participant_id = p.id AND l.state <> 'closed')
""")

_CALL_OF = text("SELECT interaction_id::text FROM participants WHERE id = CAST(:id AS uuid)")


class LostLegs:
    """The timer source of legs that did not come back; a key is a leg's id."""

    name = "lost_legs"

    async def due(self, connection: AsyncConnection, now: datetime) -> Due:
        """Return which legs are lost for longer than the policy keeps them."""
        grace = (await read_policies(connection)).leg_grace_seconds
        return due_of((await connection.execute(_LOST, {"grace": float(grace), "now": now})).all(), now)

    async def run(self, tx: Tx, key: str) -> None:
        """Close the leg and take its owner off their call, unless it came back."""
        found = await locked_leg(tx, key)
        if found is None:
            return
        leg, loaded = found
        if leg.state == UP or leg.lost_at is None:
            return
        if not await is_live_node(tx, leg.wanted_node_id or leg.voice_node_id):
            return
        grace = timedelta(seconds=(await read_policies(tx.session)).leg_grace_seconds)
        if leg.lost_at + grace <= tx.now:
            await give_up(tx, leg, loaded)
        elif is_due(leg.lost_at + grace, leg.lost_at, tx.now):
            # The clock was put back: the grace begins anew, so that nothing hangs and nobody is cut off.
            leg.lost_at = tx.now


class UnconnectedCustomers:
    """The timer source of customers without any leg; a key is a participant's id."""

    name = "unconnected_customers"

    async def due(self, connection: AsyncConnection, now: datetime) -> Due:
        """Return which customers never connected, or gave their phone back and did not return."""
        rows: Any = (await connection.execute(_UNCONNECTED, {"within": CONNECT_WITHIN, "now": now})).all()
        return due_of(rows, now)

    async def run(self, tx: Tx, key: str) -> None:
        """End the call of a customer who is not there."""
        found = (await tx.session.execute(_CALL_OF, {"id": key})).scalar_one_or_none()
        if found is None:
            return
        loaded = await load_call(tx, found)
        seat = loaded.call.seat(key)
        if seat is not None and seat.is_live and await open_leg_of(tx, LegOwner(participant_id=key)) is None:
            await leave_lost(tx, loaded, seat)
