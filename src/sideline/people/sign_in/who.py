"""One SELECT from a sign-in or an API key to the user with all their grants."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Select, Text, bindparam, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from sideline.people.grants import union_of
from sideline.people.identity import SignedIn
from sideline.people.models import ApiKeyRow, RoleRow, SignInRow, TeamRow, TeamSupervisorRow, UserRoleRow, UserRow
from sideline.rules.permissions import Actor, Grant, Scope
from sideline.rules.teams import descendants

IDLE = timedelta(hours=12)
"""A sign-in that is not used for so long has ended."""

LONGEST = timedelta(days=7)
"""A sign-in ends after so long, used or not."""

UserSelect = Select[*tuple[Any, ...]]

NEVER = datetime(1970, 1, 1, tzinfo=UTC)


class Who(msgspec.Struct, frozen=True):
    """A user as authenticated, and the row (sign-in or API key) that proved it."""

    row_id: str
    csrf_token: str
    seen_at: datetime
    user_id: str
    name: str
    time_zone: str
    team_id: str | None
    actor: Actor

    def signed_in(self, address: str, sign_in_id: str | None) -> SignedIn:
        """Return the user as handlers get them."""
        return SignedIn(
            user_id=self.user_id,
            name=self.name,
            actor=self.actor,
            time_zone=self.time_zone,
            team_id=self.team_id,
            address=address,
            sign_in_id=sign_in_id,
        )


def is_running(now: datetime) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Return the conditions under which a sign-in row counts at ``now``."""
    return SignInRow.expires_at > now, SignInRow.last_seen_at > now - IDLE


_GRANTS = (
    select(func.coalesce(func.jsonb_agg(RoleRow.grants), literal([], JSONB)))
    .join(UserRoleRow, UserRoleRow.role_id == RoleRow.id)
    .where(UserRoleRow.user_id == UserRow.id)
    .correlate(UserRow)
    .scalar_subquery()
)

_SUPERVISED = (
    select(func.array_agg(TeamSupervisorRow.team_id, type_=ARRAY(TeamSupervisorRow.team_id.type)))
    .where(TeamSupervisorRow.user_id == UserRow.id)
    .correlate(UserRow)
    .scalar_subquery()
)

_USER = (
    UserRow.id.label("user_id"),
    UserRow.name,
    UserRow.time_zone,
    UserRow.team_id,
    func.coalesce(_GRANTS, literal([], JSONB), type_=JSONB).label("grants"),
    _SUPERVISED.label("supervised"),
)

_SIGN_IN = (
    SignInRow.id.label("row_id"),
    SignInRow.csrf_token,
    SignInRow.last_seen_at.label("seen_at"),
    *_USER,
)


def _of_sign_in(which: Any) -> UserSelect:
    return (
        select(*_SIGN_IN)
        .join(UserRow, UserRow.id == SignInRow.user_id)
        .where(
            which,
            SignInRow.expires_at > bindparam("now"),
            SignInRow.last_seen_at > bindparam("idle_since"),
            UserRow.is_active,
        )
    )


_BY_TOKEN = _of_sign_in(SignInRow.token_hash == bindparam("token_hash"))
_BY_ID = _of_sign_in(SignInRow.id == bindparam("sign_in_id"))

_BY_KEY = (
    select(
        ApiKeyRow.id.label("row_id"),
        literal("", Text).label("csrf_token"),
        func.coalesce(ApiKeyRow.last_used_at, NEVER).label("seen_at"),
        *_USER,
    )
    .join(UserRow, UserRow.id == ApiKeyRow.user_id)
    .where(ApiKeyRow.token_hash == bindparam("token_hash"), UserRow.is_active)
)

_BY_USER = select(*_USER).where(UserRow.id == bindparam("user_id"))

_TEAM_PARENTS = select(TeamRow.id, TeamRow.parent_id)


async def who_signed_in(connection: AsyncConnection, token_hash: bytes, now: datetime) -> Who | None:
    """Return the user whose running sign-in has this token, None if there is none."""
    return await _who(connection, _BY_TOKEN, {"token_hash": token_hash, "now": now, "idle_since": now - IDLE})


async def who_has_key(connection: AsyncConnection, token_hash: bytes) -> Who | None:
    """Return the active user whose API key this is, None if there is none."""
    return await _who(connection, _BY_KEY, {"token_hash": token_hash})


async def still_signed_in(connection: AsyncConnection, me: SignedIn, now: datetime) -> SignedIn | None:
    """Return ``me`` with the rights of now, None if the sign-in has ended; for open sockets."""
    if me.sign_in_id is None:
        return None
    parameters = {"sign_in_id": me.sign_in_id, "now": now, "idle_since": now - IDLE}
    who = await _who(connection, _BY_ID, parameters)
    return None if who is None else who.signed_in(me.address, me.sign_in_id)


async def actor_of(connection: AsyncConnection | AsyncSession, user_id: str) -> Actor:
    """Return a user as an actor, whether or not they are signed in; someone unknown holds nothing."""
    row: Any = (await connection.execute(_BY_USER, {"user_id": user_id})).one_or_none()
    return Actor(user_id) if row is None else await _actor(connection, row)


async def team_parents(connection: AsyncConnection | AsyncSession) -> dict[str, str | None]:
    """Return each team's parent."""
    rows: Any = (await connection.execute(_TEAM_PARENTS)).all()
    return {row.id: row.parent_id for row in rows}


def own_teams(parents: dict[str, str | None], team_id: str | None, supervised: Sequence[str]) -> frozenset[str]:
    """Return a user's own teams: theirs, those they answer for, and all that is nested in these."""
    return descendants(parents, [*supervised, *([team_id] if team_id else [])])


async def _who(connection: AsyncConnection, statement: UserSelect, parameters: dict[str, Any]) -> Who | None:
    row: Any = (await connection.execute(statement, parameters)).one_or_none()
    if row is None:
        return None
    return Who(
        row_id=row.row_id,
        csrf_token=row.csrf_token,
        seen_at=row.seen_at,
        user_id=row.user_id,
        name=row.name,
        time_zone=row.time_zone,
        team_id=row.team_id,
        actor=await _actor(connection, row),
    )


async def _actor(connection: AsyncConnection | AsyncSession, row: Any) -> Actor:
    grants: frozenset[Grant] = union_of(row.grants)
    if not any(grant.scope == Scope.OWN_TEAMS for grant in grants):
        return Actor(row.user_id, grants)
    parents = await team_parents(connection)
    return Actor(row.user_id, grants, own_teams(parents, row.team_id, row.supervised or ()))
