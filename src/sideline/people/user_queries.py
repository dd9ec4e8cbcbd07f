"""Users as read: a page of those one may see, or one of them."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, exists, func, literal, or_, select, tuple_
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from sideline.kit.abilities import Ability, ability, allowed
from sideline.kit.db import Tx
from sideline.kit.paging import Page, cut, decode_cursor
from sideline.kit.problems import NotFound
from sideline.people.grants import union_of
from sideline.people.identity import SignedIn
from sideline.people.models import (
    GroupMemberRow,
    GroupRow,
    RoleRow,
    TeamRow,
    TeamSupervisorRow,
    UserRoleRow,
    UserRow,
)
from sideline.people.scoping import sees_team, user_resource, visible_users
from sideline.people.sign_in.who import own_teams, team_parents
from sideline.people.user_schemas import Named, UserOut
from sideline.rules.permissions import Permission, can, may_assign

_NO_JSON = literal([], JSONB)


def _named(row: Any, link: Any, on: ColumnElement[bool]) -> Any:
    """Return {id, name} of the rows linked to the user, by name."""
    each = func.jsonb_build_object("id", row.id, "name", row.name)
    return (
        select(func.coalesce(func.jsonb_agg(aggregate_order_by(each, row.name)), _NO_JSON, type_=JSONB))
        .select_from(link)
        .join(row, on)
        .where(link.user_id == UserRow.id)
        .correlate(UserRow)
        .scalar_subquery()
    )


_GRANTS = (
    select(func.coalesce(func.jsonb_agg(RoleRow.grants), _NO_JSON, type_=JSONB))
    .join(UserRoleRow, UserRoleRow.role_id == RoleRow.id)
    .where(UserRoleRow.user_id == UserRow.id)
    .correlate(UserRow)
    .scalar_subquery()
)

_USERS = select(
    UserRow.id,
    UserRow.email,
    UserRow.name,
    UserRow.team_id,
    TeamRow.name.label("team_name"),
    UserRow.time_zone,
    UserRow.is_active,
    UserRow.password_hash.is_not(None).label("has_password"),
    UserRow.created_at,
    UserRow.version,
    _named(RoleRow, UserRoleRow, RoleRow.id == UserRoleRow.role_id).label("roles"),
    _named(GroupRow, GroupMemberRow, GroupRow.id == GroupMemberRow.group_id).label("groups"),
    _named(TeamRow, TeamSupervisorRow, TeamRow.id == TeamSupervisorRow.team_id).label("supervises"),
    _GRANTS.label("grants"),
).outerjoin(TeamRow, TeamRow.id == UserRow.team_id)


class UserFilters(msgspec.Struct, frozen=True):
    """What a list of users is narrowed to; None is no filter."""

    search: str | None = None
    """Part of a name or an e-mail address."""
    team_id: str | None = None
    role_id: str | None = None
    group_id: str | None = None
    is_active: bool | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """Return the filters as conditions on ``UserRow``."""
        found: list[ColumnElement[bool]] = []
        if self.search:
            found.append(
                or_(
                    UserRow.name.icontains(self.search, autoescape=True),
                    UserRow.email.icontains(self.search, autoescape=True),
                )
            )
        if self.team_id is not None:
            found.append(UserRow.team_id == self.team_id)
        if self.role_id is not None:
            found.append(exists().where(UserRoleRow.user_id == UserRow.id, UserRoleRow.role_id == self.role_id))
        if self.group_id is not None:
            found.append(exists().where(GroupMemberRow.user_id == UserRow.id, GroupMemberRow.group_id == self.group_id))
        if self.is_active is not None:
            found.append(UserRow.is_active == self.is_active)
        return found


async def list_users(
    connection: AsyncConnection, me: SignedIn, filters: UserFilters, cursor: str | None, size: int
) -> Page[UserOut]:
    """Return a page of the users that ``me`` may see, by name."""
    statement = _USERS.where(visible_users(me), *filters.conditions())
    if cursor is not None:
        name, last_id = decode_cursor(cursor, [str, uuid.UUID])
        statement = statement.where(tuple_(UserRow.name, UserRow.id) > (name, str(last_id)))
    rows = (await connection.execute(statement.order_by(UserRow.name, UserRow.id).limit(size + 1))).all()
    page, next_cursor = cut(rows, size, lambda row: (row.name, row.id))
    return Page(await _users_out(connection, me, page), next_cursor)


async def get_user(connection: AsyncConnection | AsyncSession, me: SignedIn, user_id: str) -> UserOut:
    """Return one user. Raises NotFound for one that ``me`` may not see."""
    row = (await connection.execute(_USERS.where(UserRow.id == user_id, visible_users(me)))).one_or_none()
    if row is None:
        raise NotFound("user")
    (user,) = await _users_out(connection, me, [row])
    return user


async def _users_out(connection: AsyncConnection | AsyncSession, me: SignedIn, rows: Sequence[Any]) -> list[UserOut]:
    parents = await team_parents(connection) if rows and me.may_at_all(Permission.MANAGE_USERS) else {}
    return [_user_out(me, row, parents) for row in rows]


def _user_out(me: SignedIn, row: Any, parents: Mapping[str, str | None]) -> UserOut:
    return UserOut(
        id=row.id,
        email=row.email,
        name=row.name,
        team_id=row.team_id,
        team_name=row.team_name,
        time_zone=row.time_zone,
        is_active=row.is_active,
        has_password=row.has_password,
        roles=msgspec.convert(row.roles, list[Named]),
        groups=msgspec.convert(row.groups, list[Named]),
        supervises=[team for team in msgspec.convert(row.supervises, list[Named]) if sees_team(me, team.id)],
        created_at=row.created_at,
        version=row.version,
        abilities=_abilities(me, row, parents),
    )


def _abilities(me: SignedIn, row: Any, parents: Mapping[str, str | None]) -> dict[str, Ability]:
    resource = user_resource(row.id, row.team_id)
    is_me = row.id == me.user_id
    abilities: dict[str, Ability] = {}
    if is_me:
        abilities |= {"set_own_time_zone": allowed(), "set_password": allowed(), "change_phones": allowed()}
    if can(me.actor, Permission.MANAGE_ROLES, resource):
        abilities["assign_roles"] = allowed()
    if can(me.actor, Permission.MANAGE_USERS, resource):
        abilities |= {"change": allowed(), "change_phones": allowed()}
        if not is_me:
            teams = own_teams(dict(parents), row.team_id, [team["id"] for team in row.supervises])
            abilities["set_password"] = ability(may_assign(me.actor, union_of(row.grants), teams))
            abilities["deactivate" if row.is_active else "activate"] = allowed()
    return abilities


async def locked_user(tx: Tx, me: SignedIn, user_id: str) -> UserRow:
    """Return a user's row, locked until the transaction ends. Raises NotFound for one that ``me`` may not see."""
    statement = (
        select(UserRow).where(UserRow.id == user_id, visible_users(me)).with_for_update(of=UserRow, key_share=True)
    )
    user = (await tx.session.execute(statement.execution_options(populate_existing=True))).scalar_one_or_none()
    if user is None:
        raise NotFound("user")
    return user
