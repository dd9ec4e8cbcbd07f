"""HTTP: roles and permissions."""

from typing import Any
from uuid import UUID

from litestar import Request, delete, get, patch, post
from litestar.params import FromPath, JSONBody

from sideline.kit.edge import database_of, run
from sideline.people import role_commands, role_queries
from sideline.people.identity import SignedIn
from sideline.people.role_schemas import NewRole, PermissionOut, RoleChange, RoleOut
from sideline.rules.permissions import Permission

_TAGS = ["roles"]


@get("/api/permissions", tags=_TAGS)
async def list_permissions(me: SignedIn) -> list[PermissionOut]:
    """Return every permission, what it means, and how far one may give it."""
    _require_seeing(me)
    return role_queries.permissions_for(me)


@get("/api/roles", tags=_TAGS)
async def list_roles(request: Request[Any, Any, Any], me: SignedIn) -> list[RoleOut]:
    """Return the roles, those that come with Sideline first."""
    _require_seeing(me)
    async with database_of(request).reading() as connection:
        return await role_queries.list_roles(connection, me)


@post("/api/roles", tags=_TAGS)
async def create_role(request: Request[Any, Any, Any], me: SignedIn, data: JSONBody[NewRole]) -> RoleOut:
    """Create a role; nobody can give it what they don't hold themself."""
    return await run(request, lambda tx: role_commands.create_role(tx, me, data), RoleOut)


@get("/api/roles/{role_id:uuid}", tags=_TAGS)
async def get_role(request: Request[Any, Any, Any], me: SignedIn, role_id: FromPath[UUID]) -> RoleOut:
    """Return one role."""
    async with database_of(request).reading() as connection:
        return await role_queries.get_role(connection, me, str(role_id))


@patch("/api/roles/{role_id:uuid}", tags=_TAGS)
async def change_role(
    request: Request[Any, Any, Any], me: SignedIn, role_id: FromPath[UUID], data: JSONBody[RoleChange]
) -> RoleOut:
    """Change the given fields, if the role is still as it was seen (``version``)."""
    return await run(request, lambda tx: role_commands.change_role(tx, me, str(role_id), data), RoleOut)


@delete("/api/roles/{role_id:uuid}", tags=_TAGS)
async def delete_role(request: Request[Any, Any, Any], me: SignedIn, role_id: FromPath[UUID]) -> None:
    """Delete a role that nobody has."""
    await run(request, lambda tx: role_commands.delete_role(tx, me, str(role_id)), type(None))


def _require_seeing(me: SignedIn) -> None:
    if not role_queries.sees_roles(me):
        me.require_at_all(Permission.VIEW_USERS)


HANDLERS = (list_permissions, list_roles, create_role, get_role, change_role, delete_role)
