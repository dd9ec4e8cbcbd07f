"""Teams as read: those one may see, each knowing the team above it if that may be seen too."""

from typing import Any

import msgspec
from sqlalchemy import exists, func, literal, select
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from sideline.kit.abilities import Ability, allowed
from sideline.kit.db import Tx
from sideline.kit.problems import NotFound
from sideline.people.identity import SignedIn
from sideline.people.models import TeamRow, TeamSupervisorRow, UserRow
from sideline.people.scoping import sees_team, team_resource, visible_teams, visible_users
from sideline.people.team_schemas import Member, TeamDetail, TeamOut
from sideline.people.user_schemas import Named
from sideline.rules.permissions import Permission, can

MOST_MEMBERS = 1000
"""Members told with a team; the list of users, filtered by it, has them all."""

_SUPERVISORS = (
    select(
        func.coalesce(
            func.jsonb_agg(
                aggregate_order_by(func.jsonb_build_object("id", UserRow.id, "name", UserRow.name), UserRow.name)
            ),
            literal([], JSONB),
            type_=JSONB,
        )
    )
    .select_from(TeamSupervisorRow)
    .join(UserRow, UserRow.id == TeamSupervisorRow.user_id)
    .where(TeamSupervisorRow.team_id == TeamRow.id)
    .correlate(TeamRow)
    .scalar_subquery()
)

_MEMBER_COUNT = (
    select(func.count())
    .select_from(UserRow)
    .where(UserRow.team_id == TeamRow.id, UserRow.is_active)
    .correlate(TeamRow)
    .scalar_subquery()
)

_TEAMS = select(
    TeamRow.id,
    TeamRow.name,
    TeamRow.parent_id,
    TeamRow.version,
    _SUPERVISORS.label("supervisors"),
    _MEMBER_COUNT.label("member_count"),
)


async def list_teams(connection: AsyncConnection, me: SignedIn) -> list[TeamOut]:
    """Return every team that ``me`` may see, by name."""
    rows = (await connection.execute(_TEAMS.where(visible_teams(me)).order_by(TeamRow.name, TeamRow.id))).all()
    return [TeamOut(**_fields(me, row)) for row in rows]


async def get_team(connection: AsyncConnection | AsyncSession, me: SignedIn, team_id: str) -> TeamDetail:
    """Return one team with the members that ``me`` may see. Raises NotFound."""
    row = (await connection.execute(_TEAMS.where(TeamRow.id == team_id, visible_teams(me)))).one_or_none()
    if row is None:
        raise NotFound("team")
    members = (
        select(UserRow.id, UserRow.name, UserRow.is_active)
        .where(UserRow.team_id == team_id, visible_users(me))
        .order_by(UserRow.name, UserRow.id)
        .limit(MOST_MEMBERS)
    )
    found: Any = (await connection.execute(members)).all()
    return TeamDetail(
        **_fields(me, row), members=[Member(id=each.id, name=each.name, is_active=each.is_active) for each in found]
    )


async def locked_team(tx: Tx, me: SignedIn, team_id: str) -> TeamRow:
    """Return a team's row, locked until the transaction ends. Raises NotFound for one that ``me`` may not see."""
    statement = (
        select(TeamRow).where(TeamRow.id == team_id, visible_teams(me)).with_for_update(of=TeamRow, key_share=True)
    )
    team = (await tx.session.execute(statement.execution_options(populate_existing=True))).scalar_one_or_none()
    if team is None:
        raise NotFound("team")
    return team


async def has_rows_below(tx: Tx, team_id: str) -> bool:
    """Return whether a team or a user belongs to the team."""
    below = exists().where(TeamRow.parent_id == team_id)
    users = exists().where(UserRow.team_id == team_id)
    return bool(await tx.session.scalar(select(below | users)))


def _fields(me: SignedIn, row: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "name": row.name,
        "parent_id": row.parent_id if row.parent_id and sees_team(me, row.parent_id) else None,
        "supervisors": msgspec.convert(row.supervisors, list[Named]),
        "member_count": row.member_count,
        "version": row.version,
        "abilities": _abilities(me, row.id),
    }


def _abilities(me: SignedIn, team_id: str) -> dict[str, Ability]:
    if not can(me.actor, Permission.MANAGE_TEAMS, team_resource(team_id)):
        return {}
    return {"change": allowed(), "delete": allowed(), "add_below": allowed()}
