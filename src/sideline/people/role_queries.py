"""Roles as read."""

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from sideline.kit.abilities import Ability, allowed
from sideline.kit.db import Tx
from sideline.kit.problems import NotFound
from sideline.people.grants import read_grants
from sideline.people.identity import SignedIn
from sideline.people.models import RoleRow, UserRoleRow, UserRow
from sideline.people.permission_scopes import SCOPES
from sideline.people.role_schemas import PermissionOut, RoleOut
from sideline.people.scoping import may_any, visible_users
from sideline.rules.permissions import MEANINGS, Grant, Permission, Resource, can, may_grant


def sees_roles(me: SignedIn) -> bool:
    """Return whether ``me`` may see roles: who sees users does, and who gives roles."""
    return may_any(me, Permission.VIEW_USERS, Permission.MANAGE_USERS, Permission.MANAGE_ROLES)


def manages_roles(me: SignedIn) -> bool:
    """Return whether ``me`` may change roles: they belong to no team, so only everywhere."""
    return can(me.actor, Permission.MANAGE_ROLES, Resource())


async def list_roles(connection: AsyncConnection, me: SignedIn) -> list[RoleOut]:
    """Return every role, the shipped ones first, then by name."""
    return await _roles(connection, me)


async def get_role(connection: AsyncConnection | AsyncSession, me: SignedIn, role_id: str) -> RoleOut:
    """Return one role. Raises NotFound."""
    found = await _roles(connection, me, role_id) if sees_roles(me) else []
    if not found:
        raise NotFound("role")
    return found[0]


async def locked_role(tx: Tx, me: SignedIn, role_id: str) -> RoleRow:
    """Return a role's row, locked until the transaction ends. Raises NotFound."""
    role = await tx.session.get(RoleRow, role_id, with_for_update={"key_share": True}) if sees_roles(me) else None
    if role is None:
        raise NotFound("role")
    return role


def permissions_for(me: SignedIn) -> list[PermissionOut]:
    """Return every permission with what it means and how far ``me`` may give it."""
    return [
        PermissionOut(
            permission=permission,
            meaning=MEANINGS[permission],
            scopes=list(SCOPES[permission]),
            grantable=[scope for scope in SCOPES[permission] if not may_grant(me.actor, [Grant(permission, scope)])],
        )
        for permission in Permission
    ]


async def _roles(connection: AsyncConnection | AsyncSession, me: SignedIn, role_id: str | None = None) -> list[RoleOut]:
    count = (
        select(func.count())
        .select_from(UserRoleRow)
        .join(UserRow, UserRow.id == UserRoleRow.user_id)
        .where(UserRoleRow.role_id == RoleRow.id, UserRow.is_active, visible_users(me))
        .correlate(RoleRow)
        .scalar_subquery()
    )
    roles = select(
        RoleRow.id,
        RoleRow.name,
        RoleRow.description,
        RoleRow.is_shipped,
        RoleRow.grants,
        RoleRow.version,
        count.label("user_count"),
    ).order_by(RoleRow.is_shipped.desc(), RoleRow.name, RoleRow.id)
    if role_id is not None:
        roles = roles.where(RoleRow.id == role_id)
    rows: Any = (await connection.execute(roles)).all()
    return [
        RoleOut(
            id=row.id,
            name=row.name,
            description=row.description,
            is_shipped=row.is_shipped,
            grants=sorted(read_grants(row.grants), key=lambda grant: (grant.permission, grant.scope)),
            user_count=row.user_count,
            version=row.version,
            abilities=_abilities(me, row.is_shipped),
        )
        for row in rows
    ]


def _abilities(me: SignedIn, is_shipped: bool) -> dict[str, Ability]:
    return {"change": allowed(), "delete": allowed()} if manages_roles(me) and not is_shipped else {}
