"""HTTP: groups."""

from typing import Any
from uuid import UUID

from litestar import Request, delete, get, patch, post
from litestar.params import FromPath, JSONBody

from sideline.kit.edge import database_of, run
from sideline.people import group_commands, group_queries
from sideline.people.group_schemas import GroupChange, GroupDetail, GroupOut, NewGroup
from sideline.people.identity import SignedIn
from sideline.rules.permissions import Permission

_TAGS = ["groups"]


@get("/api/groups", tags=_TAGS)
async def list_groups(request: Request[Any, Any, Any], me: SignedIn) -> list[GroupOut]:
    """Return the groups, by name."""
    if not group_queries.sees_groups(me):
        me.require_at_all(Permission.VIEW_USERS)
    async with database_of(request).reading() as connection:
        return await group_queries.list_groups(connection, me)


@post("/api/groups", tags=_TAGS)
async def create_group(request: Request[Any, Any, Any], me: SignedIn, data: JSONBody[NewGroup]) -> GroupDetail:
    """Create a group."""
    return await run(request, lambda tx: group_commands.create_group(tx, me, data), GroupDetail)


@get("/api/groups/{group_id:uuid}", tags=_TAGS)
async def get_group(request: Request[Any, Any, Any], me: SignedIn, group_id: FromPath[UUID]) -> GroupDetail:
    """Return one group with the members that one may see."""
    async with database_of(request).reading() as connection:
        return await group_queries.get_group(connection, me, str(group_id))


@patch("/api/groups/{group_id:uuid}", tags=_TAGS)
async def change_group(
    request: Request[Any, Any, Any], me: SignedIn, group_id: FromPath[UUID], data: JSONBody[GroupChange]
) -> GroupDetail:
    """Change the given fields, if the group is still as it was seen (``version``)."""
    return await run(request, lambda tx: group_commands.change_group(tx, me, str(group_id), data), GroupDetail)


@delete("/api/groups/{group_id:uuid}", tags=_TAGS)
async def delete_group(request: Request[Any, Any, Any], me: SignedIn, group_id: FromPath[UUID]) -> None:
    """Delete a group; its members stay."""
    await run(request, lambda tx: group_commands.delete_group(tx, me, str(group_id)), type(None))


HANDLERS = (list_groups, create_group, get_group, change_group, delete_group)
