"""Ringing agents for waiting customers: at once when a customer arrives or an agent becomes free.

Whom to ring is ``rules.offering``'s to say; here are its facts and its effect.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from sideline.interactions.call_facts import load_call, save_step
from sideline.interactions.ring_facts import HAS_PHONE, IF_TAKES_CALLS, TAKES_CALLS, locked_ring_facts
from sideline.kit.db import Tx
from sideline.kit.ids import new_id
from sideline.kit.timers import Due
from sideline.rules.call import CallState, Step
from sideline.rules.call_ringing import offer
from sideline.rules.offering import Candidate, OfferingPolicy, WaitingCall, look_again_at, offers
from sideline.rules.presence import Presence

POLICY = OfferingPolicy()

PASSED_OVER = timedelta(seconds=POLICY.pass_over_seconds)

# A customer whose sound is not up would be offered as a silent call; a PBX rings the agents of its own.
_WAITING = text("""
    SELECT i.id::text AS id, i.queue_id::text AS queue_id, i.priority_at
    FROM interactions i
    JOIN participants c ON c.interaction_id = i.id AND c.purpose = 'customer' AND c.state = 'joined'
    JOIN legs l ON l.participant_id = c.id AND l.state = 'up'
    WHERE i.ended_at IS NULL AND i.state = 'waiting' AND i.queue_id IS NOT NULL AND i.pbx_name = ''
""")

_UNANSWERED = text("""
    SELECT p.interaction_id::text AS interaction_id, p.user_id::text AS user_id, max(p.left_at) AS at
    FROM participants p
    WHERE p.interaction_id = ANY(CAST(:ids AS uuid[])) AND p.state = 'left'
        AND p.purpose = 'agent' AND p.joined_at IS NULL AND NOT p.is_consulted
    GROUP BY 1, 2
""")

_CANDIDATES = text(f"""
    SELECT pr.user_id::text AS user_id, pr.status, COALESCE(pr.idle_since, pr.since) AS idle_since,
        array_agg(m.queue_id::text) AS queue_ids,
        EXISTS (SELECT 1 FROM supervising_users s WHERE s.user_id = pr.user_id) AS is_supervising,
        {HAS_PHONE.format(user="pr.user_id")} AS has_phone,
        EXISTS (SELECT 1 FROM participants p WHERE p.user_id = pr.user_id AND p.state = 'ringing') AS is_ringing
    FROM presences pr
    JOIN users u ON u.id = pr.user_id AND u.is_active
    JOIN queue_members m ON m.user_id = pr.user_id AND m.queue_id = ANY(CAST(:queues AS uuid[]))
    WHERE pr.status = 'on_queue' AND {IF_TAKES_CALLS}
    GROUP BY pr.user_id, pr.status, pr.idle_since, pr.since
""")  # noqa: S608 (only a constant is put in)


class Offers:
    """The timer source of offers; a key is ``<interaction_id>:<user_id>``."""

    name = "offers"

    async def due(self, connection: AsyncConnection, now: datetime) -> Due:
        """Return whom to ring for which waiting customer now, and when one passed over comes into question again."""
        waiting: Any = (await connection.execute(_WAITING)).all()
        if not waiting:
            return Due()
        unanswered = await _unanswered(connection, [row.id for row in waiting], now)
        calls = [WaitingCall(row.id, row.queue_id, row.priority_at, unanswered.get(row.id, {})) for row in waiting]
        queues = sorted({row.queue_id for row in waiting})
        free: Any = (
            await connection.execute(_CANDIDATES, {"queues": queues, "takes_calls": TAKES_CALLS, "now": now})
        ).all()
        candidates = [
            Candidate(
                row.user_id,
                frozenset(row.queue_ids),
                Presence(row.status),
                row.idle_since,
                is_supervising=row.is_supervising,
                has_phone=row.has_phone,
                is_ringing=row.is_ringing,
            )
            for row in free
        ]
        made = offers(calls, candidates, now, POLICY)
        return Due(tuple(f"{each.call_id}:{each.user_id}" for each in made), look_again_at(calls, now, POLICY))

    async def run(self, tx: Tx, key: str) -> None:
        """Ring the agent, unless the customer no longer waits or the agent is no longer free."""
        call_id, _, user_id = key.partition(":")
        loaded = await load_call(tx, call_id)
        if loaded.call.state != CallState.WAITING or loaded.row.pbx_name:
            return
        facts = await locked_ring_facts(tx, user_id)
        if facts.may_be_offered() is not None:
            return
        step = offer(loaded.call, new_id(), user_id)
        if isinstance(step, Step):
            await save_step(tx, loaded, step)


async def _unanswered(
    connection: AsyncConnection, ids: list[str], now: datetime
) -> Mapping[str, Mapping[str, datetime]]:
    rows: Any = (await connection.execute(_UNANSWERED, {"ids": ids})).all()
    found: dict[str, dict[str, datetime]] = {}
    for row in rows:
        # Further ahead than anyone is passed over: the clock was put back since.
        if row.at - now <= PASSED_OVER:
            found.setdefault(row.interaction_id, {})[row.user_id] = row.at
    return found
