"""Where a supervisor stands when they want to supervise: presence, phone, calls, engagement."""

from collections.abc import Collection
from typing import Any

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from sideline.rules.audibility import Mode
from sideline.rules.engagement import SupervisorFacts, phone_standing
from sideline.rules.permissions import Actor, Permission, Resource, can
from sideline.rules.presence import Presence

_STANDING = text("""
    SELECT coalesce((SELECT status FROM presences WHERE user_id = :user), 'offline') AS presence,
           EXISTS (SELECT FROM legs WHERE user_id = :user AND state = 'up') AS is_browser_connected,
           p.kind AS phone_kind, p.address AS phone_address, p.auto_answer AS phone_auto_answer,
           ARRAY(SELECT id::text FROM interactions WHERE id = ANY(CAST(:interactions AS uuid[])) AND pbx_name <> '')
               AS on_pbx,
           ARRAY(SELECT i.id::text FROM interactions i WHERE i.id = ANY(CAST(:interactions AS uuid[]))
                 AND i.pbx_name <> '' AND NOT EXISTS (SELECT FROM voice_nodes n WHERE n.name = i.pbx_name
                 AND n.ended_at IS NULL AND n.away_since IS NULL)) AS of_away_pbx,
           ARRAY(SELECT interaction_id::text FROM participants WHERE user_id = :user AND state <> 'left') AS calls,
           e.id::text AS engagement_id, e.mode,
           (SELECT team_id::text FROM users WHERE id = :agent) AS team_id
    FROM (VALUES (1)) AS one (n)
    LEFT JOIN engagements e ON e.supervisor_id = :user AND e.state <> 'ended'
    LEFT JOIN phones p ON p.user_id = :user AND p.is_selected
""")


BROWSER = "browser"


class SelectedPhone(msgspec.Struct, frozen=True):
    """A phone as an engagement keeps it from its beginning on."""

    kind: str = BROWSER
    address: str = ""
    auto_answer: bool = False


class SupervisorStanding(msgspec.Struct, frozen=True):
    """What is true of a supervisor whichever call they look at."""

    user_id: str
    presence: Presence
    selected: SelectedPhone
    is_browser_connected: bool
    on_pbx: frozenset[str]
    """Of the interactions that they look at, those that a PBX has."""
    of_away_pbx: frozenset[str]
    """Of those, the ones of a PBX that no voice process reaches."""
    calls: frozenset[str]
    """Interactions on which they are a participant, ringing or joined."""
    engagement_id: str | None
    engaged_in: Mode | None

    def phone_on(self, interaction_id: str) -> SelectedPhone:
        """Return the phone with which they would hear this interaction."""
        return self.selected if interaction_id in self.on_pbx else SelectedPhone()

    def towards(self, interaction_id: str, permitted: frozenset[Mode]) -> SupervisorFacts:
        """Return the facts for a target on this interaction, on whom these modes are permitted."""
        return SupervisorFacts(
            self.user_id,
            self.presence,
            permitted,
            phone=phone_standing(
                is_browser_selected=self.selected.kind == BROWSER,
                is_browser_connected=self.is_browser_connected,
                is_on_pbx=interaction_id in self.on_pbx,
                is_pbx_away=interaction_id in self.of_away_pbx,
            ),
            is_on_this_call=interaction_id in self.calls,
            is_on_another_call=bool(self.calls - {interaction_id}),
            engaged_in=self.engaged_in,
        )


async def read_standing(
    connection: AsyncConnection | AsyncSession, user_id: str, interaction_ids: Collection[str]
) -> SupervisorStanding:
    """Return where a user stands now who looks at these interactions."""
    return (await read_standing_towards(connection, user_id, interaction_ids, None))[0]


async def read_standing_towards(
    connection: AsyncConnection | AsyncSession, user_id: str, interaction_ids: Collection[str], agent_id: str | None
) -> tuple[SupervisorStanding, str | None]:
    """Return where a user stands now, and the team of an agent whom they look at."""
    asked = {"user": user_id, "interactions": list(interaction_ids), "agent": agent_id}
    row: Any = (await connection.execute(_STANDING, asked)).one()
    phone = SelectedPhone()
    if row.phone_kind not in (None, BROWSER):
        phone = SelectedPhone(row.phone_kind, row.phone_address, row.phone_auto_answer)
    standing = SupervisorStanding(
        user_id,
        Presence(row.presence),
        phone,
        row.is_browser_connected,
        frozenset(row.on_pbx),
        frozenset(row.of_away_pbx),
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
