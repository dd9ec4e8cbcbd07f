"""HTTP: teams."""

from typing import Any
from uuid import UUID

from litestar import Request, delete, get, patch, post
from litestar.params import FromPath, JSONBody

from sideline.kit.edge import database_of, run
from sideline.people import team_commands, team_queries
from sideline.people.identity import SignedIn
from sideline.people.scoping import may_any
from sideline.people.team_schemas import NewTeam, TeamChange, TeamDetail, TeamOut
from sideline.rules.permissions import Permission

_TAGS = ["teams"]


@get("/api/teams", tags=_TAGS)
async def list_teams(request: Request[Any, Any, Any], me: SignedIn) -> list[TeamOut]:
    """Return the teams that one may see, by name."""
    if not may_any(me, Permission.MANAGE_TEAMS, Permission.MANAGE_USERS):
        me.require_at_all(Permission.VIEW_USERS)
    async with database_of(request).reading() as connection:
        return await team_queries.list_teams(connection, me)


@post("/api/teams", tags=_TAGS)
async def create_team(request: Request[Any, Any, Any], me: SignedIn, data: JSONBody[NewTeam]) -> TeamDetail:
    """Create a team."""
    return await run(request, lambda tx: team_commands.create_team(tx, me, data), TeamDetail)


@get("/api/teams/{team_id:uuid}", tags=_TAGS)
async def get_team(request: Request[Any, Any, Any], me: SignedIn, team_id: FromPath[UUID]) -> TeamDetail:
    """Return one team with its members."""
    async with database_of(request).reading() as connection:
        return await team_queries.get_team(connection, me, str(team_id))


@patch("/api/teams/{team_id:uuid}", tags=_TAGS)
async def change_team(
    request: Request[Any, Any, Any], me: SignedIn, team_id: FromPath[UUID], data: JSONBody[TeamChange]
) -> TeamDetail:
    """Change the given fields, if the team is still as it was seen (``version``)."""
    return await run(request, lambda tx: team_commands.change_team(tx, me, str(team_id), data), TeamDetail)


@delete("/api/teams/{team_id:uuid}", tags=_TAGS)
async def delete_team(request: Request[Any, Any, Any], me: SignedIn, team_id: FromPath[UUID]) -> None:
    """Delete a team that nobody and nothing belongs to."""
    await run(request, lambda tx: team_commands.delete_team(tx, me, str(team_id)), type(None))


HANDLERS = (list_teams, create_team, get_team, change_team, delete_team)
