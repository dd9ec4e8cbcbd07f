"""From a permission's reach to WHERE: what a person may see or change of people."""

from sqlalchemy import ColumnElement, false, or_, true

from sideline.people.identity import SignedIn
from sideline.people.models import TeamRow, UserRow
from sideline.rules.permissions import Everything, Nothing, Permission, Reach, Resource, can, scope_of


def user_resource(user_id: str | None, team_id: str | None) -> Resource:
    """Return a user as permissions see them: of their team, and their own."""
    return Resource(frozenset({team_id}) if team_id else frozenset(), user_id)


def team_resource(team_id: str | None) -> Resource:
    """Return a team as permissions see it; None is the place above all teams."""
    return Resource(frozenset({team_id}) if team_id else frozenset())


def users_within(reach: Reach) -> ColumnElement[bool]:
    """Return the condition that a ``UserRow`` is within ``reach``."""
    match reach:
        case Everything():
            return true()
        case Nothing():
            return false()
        case _:
            return or_(UserRow.team_id.in_(reach.team_ids), UserRow.id == reach.owner_id)


def teams_within(reach: Reach) -> ColumnElement[bool]:
    """Return the condition that a ``TeamRow`` is within ``reach``."""
    match reach:
        case Everything():
            return true()
        case Nothing():
            return false()
        case _:
            return TeamRow.id.in_(reach.team_ids)


def visible_users(me: SignedIn) -> ColumnElement[bool]:
    """Return the condition that ``me`` may see a user: viewed, managed, or themself."""
    return or_(
        users_within(scope_of(me.actor, Permission.VIEW_USERS)),
        users_within(scope_of(me.actor, Permission.MANAGE_USERS)),
        UserRow.id == me.user_id,
    )


_SEE_TEAMS = (Permission.VIEW_USERS, Permission.MANAGE_USERS, Permission.MANAGE_TEAMS)


def visible_teams(me: SignedIn) -> ColumnElement[bool]:
    """Return the condition that ``me`` may see a team: where they see users, or manage users or teams."""
    return or_(*(teams_within(scope_of(me.actor, permission)) for permission in _SEE_TEAMS))


def sees_team(me: SignedIn, team_id: str) -> bool:
    """Return what :func:`visible_teams` says of one team."""
    return any(can(me.actor, permission, team_resource(team_id)) for permission in _SEE_TEAMS)


def may_any(me: SignedIn, *permissions: Permission) -> bool:
    """Return whether ``me`` holds one of the permissions in some scope."""
    return any(me.may_at_all(permission) for permission in permissions)
