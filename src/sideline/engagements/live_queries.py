"""The live views: agents with what they are doing, queues with who waits."""

from collections.abc import Collection
from typing import Annotated, Any

import msgspec
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from sideline.engagements.live_rows import compose_rows
from sideline.engagements.live_schemas import AgentOut, AgentRowOut, InteractionRowOut, QueueRowOut, ShownToMeOut
from sideline.engagements.policy import read_engagement_policy
from sideline.engagements.presences import presences_of
from sideline.engagements.shown import shown_to_agents
from sideline.interactions.models import ParticipantRow
from sideline.interactions.queries import is_visible, live_interactions_of
from sideline.interactions.schemas import InteractionSummary, Named
from sideline.interactions.summaries import summaries
from sideline.kit.ids import is_id
from sideline.kit.paging import Page, cut, decode_cursor
from sideline.people.identity import SignedIn
from sideline.people.presence_schemas import PresenceOut
from sideline.rules.call import SeatState
from sideline.rules.permissions import Everything, Nothing, Permission, Reach, scope_of
from sideline.rules.presence import Presence

Shown: Any = Annotated[str, msgspec.Meta(pattern=r"^[^\x00]*$")]
"""A text that the database can hold."""


async def agents_view(
    connection: AsyncConnection,
    me: SignedIn,
    *,
    team_ids: Collection[str] | None,
    queue_id: str | None,
    status: Presence | None,
    cursor: str | None,
    size: int,
) -> Page[AgentRowOut]:
    """Return a page of the agents (members of a queue) that ``me`` may see, by name."""
    reach = _reach_parameters(scope_of(me.actor, Permission.VIEW_USERS))
    after = decode_cursor(cursor, [Shown, str]) if cursor is not None else None
    rows: Any = (
        await connection.execute(
            _AGENTS,
            {
                **reach,
                "in_teams": None if team_ids is None else list(team_ids),
                "queue": queue_id,
                "status": status,
                "after_name": after[0] if after else None,
                "after_id": after[1] if after and is_id(after[1]) else None,
                "limit": size + 1,
            },
        )
    ).all()
    page, following = cut(rows, size, lambda row: (row.name, row.id))
    on = await live_interactions_of(connection, [row.id for row in page])
    visible = await _visible(connection, me, list(on.values()))
    composed = {each.id: each for each in await compose_rows(connection, me, visible)}
    presences = await presences_of(connection, [row.id for row in page])
    return Page([_agent_row(row, presences.get(row.id), composed.get(on.get(row.id, ""))) for row in page], following)


async def queues_view(connection: AsyncConnection, me: SignedIn) -> list[QueueRowOut]:
    """Return the queues that ``me`` may see, by name, with who waits and who works for them now."""
    reach = _reach_parameters(scope_of(me.actor, Permission.VIEW_QUEUES))
    del reach["owner"]
    rows: Any = (await connection.execute(_QUEUES, reach)).all()
    return [
        QueueRowOut(
            queue=Named(row.id, row.name),
            is_open=row.is_open,
            waiting=row.waiting,
            longest_waiting_since=row.longest_waiting_since,
            agents_on_queue=row.agents_on_queue,
            on_calls=row.on_calls,
        )
        for row in rows
    ]


async def shown_to_me(connection: AsyncConnection, me: SignedIn) -> ShownToMeOut:
    """Return whom my own view of the call that I am on shows."""
    interaction_id = await connection.scalar(
        select(ParticipantRow.interaction_id).where(
            ParticipantRow.user_id == me.user_id, ParticipantRow.state == SeatState.JOINED
        )
    )
    if interaction_id is None:
        return ShownToMeOut(None, [])
    policy = await read_engagement_policy(connection)
    shown = await shown_to_agents(connection, interaction_id, policy)
    return ShownToMeOut(interaction_id, list(shown.get(me.user_id, ())))


async def _visible(connection: AsyncConnection, me: SignedIn, ids: list[str]) -> list[InteractionSummary]:
    found = await summaries(connection, list(dict.fromkeys(ids))) if ids else []
    return [call for call in found if is_visible(me, call)]


def _agent_row(row: Any, presence: PresenceOut | None, call: InteractionRowOut | None) -> AgentRowOut:
    seat = next((each for each in call.participants if each.user_id == row.id), None) if call else None
    return AgentRowOut(
        user=AgentOut(id=row.id, name=row.name, team=Named(row.team_id, row.team_name) if row.team_id else None),
        presence=presence,
        queues=[Named(id_, name) for id_, name in row.queues],
        interaction=call,
        participant_id=seat.id if seat else None,
        listeners=list(call.listeners) if call else [],
        abilities=call.targets.get(seat.id, {}) if call and seat else {},
    )


def _reach_parameters(reach: Reach) -> dict[str, Any]:
    match reach:
        case Everything():
            return {"is_all": True, "teams": [], "owner": None}
        case Nothing():
            return {"is_all": False, "teams": [], "owner": None}
        case _:
            return {"is_all": False, "teams": sorted(reach.team_ids), "owner": reach.owner_id}


_AGENTS = text("""
    SELECT u.id::text AS id, u.name, t.id::text AS team_id, t.name AS team_name,
           (SELECT array_agg(ARRAY[q.id::text, q.name] ORDER BY q.name) FROM queues q
            JOIN queue_members m ON m.queue_id = q.id WHERE m.user_id = u.id) AS queues
    FROM users u
    LEFT JOIN teams t ON t.id = u.team_id
    LEFT JOIN presences p ON p.user_id = u.id
    WHERE u.is_active
      AND (CAST(:is_all AS boolean) OR u.team_id = ANY(CAST(:teams AS uuid[])) OR u.id = CAST(:owner AS uuid))
      AND EXISTS (SELECT FROM queue_members m WHERE m.user_id = u.id
                  AND (CAST(:queue AS uuid) IS NULL OR m.queue_id = CAST(:queue AS uuid)))
      AND (CAST(:in_teams AS uuid[]) IS NULL OR u.team_id = ANY(CAST(:in_teams AS uuid[])))
      AND (CAST(:status AS text) IS NULL OR coalesce(p.status, 'offline') = CAST(:status AS text))
      AND (CAST(:after_name AS text) IS NULL
           OR (u.name, u.id) > (CAST(:after_name AS text), CAST(:after_id AS uuid)))
    ORDER BY u.name, u.id LIMIT :limit
""")

_QUEUES = text("""
    SELECT q.id::text AS id, q.name, q.is_open,
           coalesce(live.waiting, 0) AS waiting, live.longest_waiting_since, coalesce(live.on_calls, 0) AS on_calls,
           (SELECT count(*) FROM queue_members m JOIN presences p ON p.user_id = m.user_id
            WHERE m.queue_id = q.id AND p.status = 'on_queue') AS agents_on_queue
    FROM queues q
    LEFT JOIN (
        SELECT queue_id, count(*) FILTER (WHERE state IN ('waiting', 'offering')) AS waiting,
               min(priority_at) FILTER (WHERE state IN ('waiting', 'offering')) AS longest_waiting_since,
               count(*) FILTER (WHERE state = 'active') AS on_calls
        FROM interactions WHERE ended_at IS NULL GROUP BY queue_id
    ) live ON live.queue_id = q.id
    WHERE CAST(:is_all AS boolean) OR q.team_id = ANY(CAST(:teams AS uuid[]))
    ORDER BY q.name, q.id
""")
