"""Groups as read; of their members, those one may see."""

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from sideline.kit.abilities import Ability, allowed
from sideline.kit.db import Tx
from sideline.kit.problems import NotFound
from sideline.people.group_schemas import GroupDetail, GroupOut
from sideline.people.identity import SignedIn
from sideline.people.models import GroupMemberRow, GroupRow, UserRow
from sideline.people.scoping import may_any, visible_users
from sideline.people.team_schemas import Member
from sideline.rules.permissions import Permission, Resource, can


def sees_groups(me: SignedIn) -> bool:
    """Return whether ``me`` may see groups at all; which members they see is another question."""
    return may_any(me, Permission.VIEW_USERS, Permission.MANAGE_USERS, Permission.MANAGE_GROUPS)


def manages_groups(me: SignedIn) -> bool:
    """Return whether ``me`` may change groups: they belong to no team, so only everywhere."""
    return can(me.actor, Permission.MANAGE_GROUPS, Resource())


async def list_groups(connection: AsyncConnection, me: SignedIn) -> list[GroupOut]:
    """Return every group, by name."""
    count = (
        select(func.count())
        .select_from(GroupMemberRow)
        .join(UserRow, UserRow.id == GroupMemberRow.user_id)
        .where(GroupMemberRow.group_id == GroupRow.id, UserRow.is_active, visible_users(me))
        .correlate(GroupRow)
        .scalar_subquery()
    )
    groups = select(GroupRow.id, GroupRow.name, GroupRow.version, count.label("member_count"))
    rows: Any = (await connection.execute(groups.order_by(GroupRow.name, GroupRow.id))).all()
    return [
        GroupOut(
            id=row.id,
            name=row.name,
            member_count=row.member_count,
            version=row.version,
            abilities=_abilities(me),
        )
        for row in rows
    ]


async def get_group(connection: AsyncConnection | AsyncSession, me: SignedIn, group_id: str) -> GroupDetail:
    """Return one group. Raises NotFound."""
    if not sees_groups(me):
        raise NotFound("group")
    groups = select(GroupRow.id, GroupRow.name, GroupRow.version).where(GroupRow.id == group_id)
    row: Any = (await connection.execute(groups)).one_or_none()
    if row is None:
        raise NotFound("group")
    found = (
        select(UserRow.id, UserRow.name, UserRow.is_active)
        .join(GroupMemberRow, GroupMemberRow.user_id == UserRow.id)
        .where(GroupMemberRow.group_id == group_id, visible_users(me))
        .order_by(UserRow.name, UserRow.id)
    )
    rows: Any = (await connection.execute(found)).all()
    members = [Member(id=each.id, name=each.name, is_active=each.is_active) for each in rows]
    return GroupDetail(
        id=row.id,
        name=row.name,
        member_count=sum(member.is_active for member in members),
        version=row.version,
        abilities=_abilities(me),
        members=members,
    )


async def locked_group(tx: Tx, me: SignedIn, group_id: str) -> GroupRow:
    """Return a group's row, locked until the transaction ends. Raises NotFound."""
    group = await tx.session.get(GroupRow, group_id, with_for_update={"key_share": True}) if sees_groups(me) else None
    if group is None:
        raise NotFound("group")
    return group


def _abilities(me: SignedIn) -> dict[str, Ability]:
    return {"change": allowed(), "delete": allowed()} if manages_groups(me) else {}
