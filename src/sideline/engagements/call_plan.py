"""What is wanted of one call, read from rows in a single statement and so from a single snapshot.

Two statements could see a call half before and half after a commit, and open a
route that neither state allows.
"""

from typing import Any

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from sideline.rules.audibility import Listening, Mode, Purpose, routes
from sideline.rules.call import Call, CallState, Seat, SeatState, to_world
from sideline.voice.engine import BrowserPhone, CallPlan, Phone


class WantedEngagement(msgspec.Struct, frozen=True):
    """An engagement that this plan carries; ``is_confirmed`` if its row already says that it is heard as it stands."""

    id: str
    version: int
    is_connected: bool
    is_confirmed: bool


class WantedCall(msgspec.Struct, frozen=True):
    """A call as its rows want it on one voice node."""

    plan: CallPlan
    version: int
    """The interaction's; the plan's grows with the engagements' as well."""
    engagements: tuple[WantedEngagement, ...] = ()
    is_applied: bool = False
    """Its rows already say that the engine has confirmed this version."""
    is_over: bool = False
    """It has ended or moved to another node: once applied, nobody needs to look after it here."""

    @property
    def is_news(self) -> bool:
        """Whether applying this plan is something that the rows do not say yet."""
        return not self.is_applied or any(each.is_connected and not each.is_confirmed for each in self.engagements)


_READ = text("""
    SELECT i.version, i.applied_version, i.state AS call_state, i.voice_node_id,
           (SELECT coalesce(sum(g.version), 0) FROM engagements g WHERE g.interaction_id = i.id)::bigint AS changes,
           p.id, p.purpose, p.user_id, p.talk_group, p.is_muted,
           NULL::uuid AS target_id, NULL::text AS mode, NULL::int AS engagement_version, FALSE AS is_confirmed,
           l.id AS leg_id, l.state AS leg_state
    FROM interactions i
    LEFT JOIN participants p ON p.interaction_id = i.id AND p.state = 'joined'
    LEFT JOIN legs l ON (l.user_id = p.user_id OR l.participant_id = p.id)
        AND l.voice_node_id = :node AND l.state <> 'closed'
    WHERE i.id = :call
    UNION ALL
    SELECT i.version, i.applied_version, i.state, i.voice_node_id, 0,
           e.id, 'supervisor', e.supervisor_id, '', e.is_muted,
           e.target_participant_id, e.mode, e.version,
           e.state = 'active' AND s.mode = e.mode AND s.target_participant_id = e.target_participant_id
               AND s.agent_id IS NOT DISTINCT FROM e.agent_id,
           l.id, l.state
    FROM engagements e
    JOIN interactions i ON i.id = e.interaction_id
    LEFT JOIN engagement_segments s ON s.engagement_id = e.id AND s.ended_at IS NULL
    LEFT JOIN legs l ON l.user_id = e.supervisor_id AND l.voice_node_id = :node AND l.state <> 'closed'
    WHERE e.interaction_id = :call AND e.state <> 'ended'
""")

_CALLS_OF_NODE = text("SELECT id FROM interactions WHERE voice_node_id = :node AND ended_at IS NULL")


async def read_wanted(connection: AsyncConnection, node_id: str, call_id: str) -> WantedCall | None:
    """Return what is wanted of a call on this node; None for a call that does not exist."""
    rows: Any = (await connection.execute(_READ, {"call": call_id, "node": node_id})).all()
    if not rows:
        return None
    version, is_applied = rows[0].version, rows[0].applied_version >= rows[0].version
    # Engagements change without a trace on the interaction; their rows are kept, so the sum grows with each change.
    plan_version = version + max(row.changes for row in rows)
    if rows[0].call_state == CallState.ENDED or str(rows[0].voice_node_id) != node_id:
        return WantedCall(CallPlan(plan_version, {}, frozenset()), version, is_applied=is_applied, is_over=True)
    seats = [row for row in rows if row.id is not None and row.mode is None]
    engaged = [row for row in rows if row.mode is not None]
    call = Call(CallState(rows[0].call_state), tuple(_seat(row) for row in seats))
    world = to_world(call, (_listening(row) for row in engaged))
    phones: dict[str, Phone] = {
        str(row.id): BrowserPhone(str(row.leg_id)) for row in (*engaged, *seats) if row.leg_id is not None
    }
    return WantedCall(
        CallPlan(plan_version, phones, routes(world)),
        version,
        tuple(
            WantedEngagement(str(row.id), row.engagement_version, row.leg_state == "up", row.is_confirmed is True)
            for row in engaged
        ),
        is_applied=is_applied,
    )


async def calls_of_node(connection: AsyncConnection, node_id: str) -> list[str]:
    """Return the ids of all live calls of this node."""
    return [str(row.id) for row in (await connection.execute(_CALLS_OF_NODE, {"node": node_id})).all()]


def _seat(row: Any) -> Seat:
    return Seat(
        str(row.id),
        Purpose(row.purpose),
        None if row.user_id is None else str(row.user_id),
        SeatState.JOINED,
        row.talk_group,
        row.is_muted,
    )


def _listening(row: Any) -> Listening:
    return Listening(str(row.id), str(row.target_id), Mode(row.mode), row.is_muted)
