"""When a voice node dies: its calls go to another, and their people are asked to connect there.

A node is dead when its lease stays the same for a lease's length of this
worker's own steady time. So no jump of the wall clock kills a node, and a
worker that could not look for a while begins to count anew.
"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from sideline.interactions.call_facts import load_call, touch
from sideline.interactions.call_nodes import is_live_node, least_loaded_node, move_call
from sideline.interactions.events import LegReconnectWanted
from sideline.interactions.leg_moves import VOICE_LOST
from sideline.interactions.leg_owner import locked_leg
from sideline.interactions.leg_states import lose
from sideline.interactions.models import VoiceNodeRow
from sideline.interactions.voice_nodes import LEASE_SECONDS, end_life
from sideline.kit.db import Tx
from sideline.kit.timers import SAFETY_SECONDS, Due

LONGEST_GAP_SECONDS = SAFETY_SECONDS + 1.0
"""A worker that looked less often than this could not look, and has seen no node's silence."""

NODE = "node"
"""``change`` of an interaction that another voice node serves now."""


class _Seen(msgspec.Struct, frozen=True):
    lease_until: datetime
    at: float


class SilentNodes:
    """The timer source of nodes that stopped renewing; a key is a node's id.

    ``steady`` gives this process's monotonic seconds.
    """

    name = "silent_nodes"

    def __init__(self, steady: Callable[[], float] = time.monotonic) -> None:
        self._steady = steady
        self._seen: dict[str, _Seen] = {}
        self._looked_at = steady()

    async def due(self, connection: AsyncConnection, now: datetime) -> Due:
        """Return which nodes have been silent for a lease's length."""
        alive = select(VoiceNodeRow.id, VoiceNodeRow.lease_until).where(VoiceNodeRow.ended_at.is_(None))
        rows: Any = (await connection.execute(alive)).all()
        at = self._steady()
        former = self._seen if at - self._looked_at <= LONGEST_GAP_SECONDS else {}
        self._looked_at = at
        self._seen = {row.id: self._still(former.get(row.id), row.lease_until, at) for row in rows}
        silent = {id_: at - seen.at for id_, seen in self._seen.items()}
        soonest = min((LEASE_SECONDS - each for each in silent.values() if each < LEASE_SECONDS), default=None)
        return Due(
            tuple(id_ for id_, each in silent.items() if each >= LEASE_SECONDS),
            None if soonest is None else now + timedelta(seconds=soonest),
        )

    @staticmethod
    def _still(former: _Seen | None, lease_until: datetime, at: float) -> _Seen:
        return former if former is not None and former.lease_until == lease_until else _Seen(lease_until, at)

    async def run(self, tx: Tx, key: str) -> None:
        """End the node's life, unless it renewed at the last moment."""
        row = await tx.session.get(VoiceNodeRow, key, with_for_update=True, populate_existing=True)
        seen = self._seen.get(key)
        if row is not None and seen is not None and row.lease_until == seen.lease_until:
            await end_life(tx, key)


_ORPHANED_CALLS = text("""
    SELECT i.id::text AS key FROM interactions i JOIN voice_nodes n ON n.id = i.voice_node_id
    WHERE i.ended_at IS NULL AND n.ended_at IS NOT NULL AND i.pbx_name = ''
        AND EXISTS (SELECT 1 FROM voice_nodes a WHERE a.ended_at IS NULL AND a.lease_until > :now)
    ORDER BY i.id
""")


class OrphanedCalls:
    """The timer source of live calls whose node is gone; a key is an interaction's id.

    A PBX's call goes on there and is not among them: the next life of its
    PBX's node takes it up (``pbx_calls.py``).
    """

    name = "orphaned_calls"

    async def due(self, connection: AsyncConnection, now: datetime) -> Due:
        """Return the calls that another node, if there is one, must serve."""
        return Due(tuple((await connection.execute(_ORPHANED_CALLS, {"now": now})).scalars()))

    async def run(self, tx: Tx, key: str) -> None:
        """Move the call to the least loaded node; everyone on it is asked to connect there."""
        loaded = await load_call(tx, key)
        row = loaded.row
        if row.ended_at is not None or row.pbx_name or await is_live_node(tx, row.voice_node_id):
            return
        node_id = await least_loaded_node(tx)
        if node_id is not None:
            await move_call(tx, row, loaded.call, node_id, reason=VOICE_LOST)
            await touch(tx, loaded, NODE)


_ORPHANED_LEGS = text("""
    SELECT l.id::text AS key FROM legs l
    JOIN voice_nodes n ON n.id = l.voice_node_id
    LEFT JOIN voice_nodes w ON w.id = l.wanted_node_id
    WHERE l.state <> 'closed' AND n.ended_at IS NOT NULL
        AND (l.state <> 'lost' OR (
            (w.id IS NULL OR w.ended_at IS NOT NULL)
            AND EXISTS (SELECT 1 FROM voice_nodes a WHERE a.ended_at IS NULL AND a.lease_until > :now)))
    ORDER BY l.id
""")


class OrphanedLegs:
    """The timer source of legs whose node is gone; a key is a leg's id. Comes after :class:`OrphanedCalls`."""

    name = "orphaned_legs"

    async def due(self, connection: AsyncConnection, now: datetime) -> Due:
        """Return the legs that nobody serves."""
        return Due(tuple((await connection.execute(_ORPHANED_LEGS, {"now": now})).scalars()))

    async def run(self, tx: Tx, key: str) -> None:
        """Mark the leg as lost; its grace begins when there is a node to come back to."""
        found = await locked_leg(tx, key)
        if found is None:
            return
        leg, loaded = found
        if await is_live_node(tx, leg.voice_node_id):
            return
        await lose(tx, leg, loaded)
        if not await is_live_node(tx, leg.wanted_node_id):
            of_call = loaded.row.voice_node_id if loaded else None
            leg.wanted_node_id = of_call if await is_live_node(tx, of_call) else await least_loaded_node(tx)
            if leg.wanted_node_id is not None:
                tx.record(
                    LegReconnectWanted(
                        leg_id=leg.id, user_id=leg.user_id, participant_id=leg.participant_id, reason=VOICE_LOST
                    )
                )
        leg.lost_at = tx.now
