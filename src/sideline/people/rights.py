"""Giving and taking rights: the facts that ``rules.permissions`` asks for, and who is told."""

from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import or_, select, text

from sideline.kit.db import Tx
from sideline.kit.problems import Invalid, Refused
from sideline.people.events import RightsChanged
from sideline.people.grants import read_grants, union_of
from sideline.people.identity import SignedIn
from sideline.people.models import RoleRow, TeamSupervisorRow, UserRoleRow, UserRow
from sideline.people.sign_in.who import own_teams, team_parents
from sideline.rules.permissions import Grant, Permission, Scope, may_assign, may_leave_administrators

_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtext('administrators'))")

_REPAIRING = (Permission.MANAGE_USERS, Permission.MANAGE_ROLES)


async def grants_of_user(tx: Tx, user_id: str) -> frozenset[Grant]:
    """Return what the user's roles give together."""
    held = select(RoleRow.grants).join(UserRoleRow, UserRoleRow.role_id == RoleRow.id)
    return union_of((await tx.session.execute(held.where(UserRoleRow.user_id == user_id))).scalars())


async def grants_of_roles(tx: Tx, role_ids: Collection[str]) -> frozenset[Grant]:
    """Return what the roles give together. Raises Invalid for a role that isn't there."""
    found = (await tx.session.execute(select(RoleRow.id, RoleRow.grants).where(RoleRow.id.in_(role_ids)))).all()
    if len(found) != len(set(role_ids)):
        raise Invalid({"role_ids": "One of these roles isn't there any more; choose again."})
    return union_of(row.grants for row in found)


async def own_teams_of(tx: Tx, user_id: str | None, team_id: str | None) -> frozenset[str]:
    """Return the user's own teams if ``team_id`` is theirs, expanded over nested teams; None is a new user."""
    supervised: list[str] = []
    if user_id is not None:
        answered_for = select(TeamSupervisorRow.team_id).where(TeamSupervisorRow.user_id == user_id)
        supervised = list((await tx.session.execute(answered_for)).scalars())
    return own_teams(await team_parents(tx.session), team_id, supervised)


def check_assign(me: SignedIn, grants: Collection[Grant], receiver_team_ids: frozenset[str]) -> None:
    """Raise Refused if ``me`` would give what they don't hold themself."""
    if refusal := may_assign(me.actor, grants, receiver_team_ids):
        raise Refused(refusal)


def reaching(grants: Iterable[Grant]) -> frozenset[Grant]:
    """Return those grants that reach further when their holder gets a further team."""
    return frozenset(grant for grant in grants if grant.scope == Scope.OWN_TEAMS)


def may_repair(grants: Iterable[Grant]) -> bool:
    """Return whether taking these grants from somebody could leave nobody to manage users and roles."""
    return any(grant.permission in _REPAIRING and grant.scope == Scope.ALL for grant in grants)


async def keep_an_administrator(tx: Tx) -> None:
    """Raise Refused if, as the rows stand in this transaction, nobody could manage all users and roles.

    Call it after the change. Two such changes at once come one after the
    other here, so that they can't take each other's last administrator away.
    """
    await tx.session.flush()
    await tx.session.execute(_ONE_AT_A_TIME)
    repairs = or_(*(RoleRow.grants.contains([{"permission": needed, "scope": Scope.ALL}]) for needed in _REPAIRING))
    held = (
        select(UserRow.id, RoleRow.grants)
        .join(UserRoleRow, UserRoleRow.user_id == UserRow.id)
        .join(RoleRow, RoleRow.id == UserRoleRow.role_id)
        .where(UserRow.is_active, UserRow.password_hash.is_not(None), repairs)
    )
    by_user: dict[str, frozenset[Grant]] = {}
    rows: Any = (await tx.session.execute(held)).all()
    for row in rows:
        by_user[row.id] = by_user.get(row.id, frozenset()) | read_grants(row.grants)
    if refusal := may_leave_administrators(by_user.values()):
        raise Refused(refusal)


def tell_rights_changed(tx: Tx, user_ids: Iterable[str]) -> None:
    """Record that these users may do more or less than before."""
    if ids := tuple(sorted(set(user_ids))):
        tx.record(RightsChanged(user_ids=ids))
