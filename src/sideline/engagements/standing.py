"""Where a supervisor stands when they want to supervise: presence, phone, calls, engagement."""

from typing import Any

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from sideline.rules.audibility import Mode
from sideline.rules.engagement import SupervisorFacts
from sideline.rules.permissions import Actor, Permission, Resource, can
from sideline.rules.presence import Presence

_STANDING = text("""
    SELECT coalesce((SELECT status FROM presences WHERE user_id = :user), 'offline') AS presence,
           EXISTS (SELECT FROM legs WHERE user_id = :user AND state = 'up')
               AND NOT EXISTS (SELECT FROM phones WHERE user_id = :user AND is_selected AND kind <> 'browser')
               AS has_phone,
           ARRAY(SELECT interaction_id::text FROM participants WHERE user_id = :user AND state <> 'left') AS calls,
           e.id::text AS engagement_id, e.mode,
           (SELECT team_id::text FROM users WHERE id = :agent) AS team_id
    FROM (VALUES (1)) AS one (n) LEFT JOIN engagements e ON e.supervisor_id = :user AND e.state <> 'ended'
""")


class SupervisorStanding(msgspec.Struct, frozen=True):
    """What is true of a supervisor whichever call they look at."""

    user_id: str
    presence: Presence
    has_phone: bool
    """Their selected phone is a browser's, and it is connected."""
    calls: frozenset[str]
    """Interactions on which they are a participant, ringing or joined."""
    engagement_id: str | None
    engaged_in: Mode | None

    def towards(self, interaction_id: str, permitted: frozenset[Mode]) -> SupervisorFacts:
        """Return the facts for a target on this interaction, on whom these modes are permitted."""
        return SupervisorFacts(
            self.user_id,
            self.presence,
            permitted,
            has_phone=self.has_phone,
            is_on_this_call=interaction_id in self.calls,
            is_on_another_call=bool(self.calls - {interaction_id}),
            engaged_in=self.engaged_in,
        )


async def read_standing(connection: AsyncConnection | AsyncSession, user_id: str) -> SupervisorStanding:
    """Return where a user stands now."""
    return (await read_standing_towards(connection, user_id, None))[0]


async def read_standing_towards(
    connection: AsyncConnection | AsyncSession, user_id: str, agent_id: str | None
) -> tuple[SupervisorStanding, str | None]:
    """Return where a user stands now, and the team of an agent whom they look at."""
    row: Any = (await connection.execute(_STANDING, {"user": user_id, "agent": agent_id})).one()
    standing = SupervisorStanding(
        user_id,
        Presence(row.presence),
        row.has_phone,
        frozenset(row.calls),
        row.engagement_id,
        None if row.mode is None else Mode(row.mode),
    )
    return standing, row.team_id


def with_agent_of(team_id: str | None) -> Resource:
    """Return what an engagement with an agent of this team is to permissions; it is nobody's own."""
    return Resource(frozenset({team_id} if team_id else ()))


def permitted_modes(actor: Actor, team_id: str | None) -> frozenset[Mode]:
    """Return the modes in which a person may supervise an agent of this team."""
    return frozenset(mode for mode in Mode if can(actor, Permission(mode.value), with_agent_of(team_id)))
