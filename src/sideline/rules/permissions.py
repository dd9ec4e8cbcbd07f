"""What a person may do, and to what: permissions as data.

:func:`can` answers for one resource, :func:`scope_of` for all of them (a query
turns it into WHERE); both say the same, which one property test ties. The
roles that ship are in ``shipped_roles.py``, the nesting of teams in
``teams.py``.
"""

from collections.abc import Collection, Iterable
from enum import StrEnum

import msgspec

from sideline.rules.refusals import Refusal, RefusalCode


class Permission(StrEnum):
    """One thing that a role may let a person do."""

    MONITOR = "monitor"
    COACH = "coach"
    BARGE = "barge"
    BARGE_KICK = "barge_kick"
    DISCONNECT_OTHERS = "disconnect_others"

    VIEW_INTERACTIONS = "view_interactions"
    VIEW_ENGAGEMENTS = "view_engagements"
    VIEW_ENGAGEMENT_HISTORY = "view_engagement_history"
    SEE_AUDIT = "see_audit"
    VIEW_DIRECTORY = "view_directory"
    VIEW_USERS = "view_users"
    VIEW_QUEUES = "view_queues"

    TAKE_CALLS = "take_calls"
    SET_INTERACTION_DATA = "set_interaction_data"

    CREATE_SUGGESTIONS = "create_suggestions"
    VIEW_SUGGESTIONS = "view_suggestions"

    MANAGE_USERS = "manage_users"
    MANAGE_TEAMS = "manage_teams"
    MANAGE_GROUPS = "manage_groups"
    MANAGE_ROLES = "manage_roles"
    MANAGE_QUEUES = "manage_queues"
    MANAGE_POLICIES = "manage_policies"


MEANINGS: dict[Permission, str] = {
    Permission.MONITOR: "Listen to a call without being heard",
    Permission.COACH: "Speak to the agent of a call, unheard by the customer",
    Permission.BARGE: "Join the conversation of a call",
    Permission.BARGE_KICK: "Take a call over from its agent",
    Permission.DISCONNECT_OTHERS: "End another person's monitoring, coaching or barging",
    Permission.VIEW_INTERACTIONS: "See interactions, their participants and their timeline",
    Permission.VIEW_ENGAGEMENTS: "See who is monitoring, coaching or barging now",
    Permission.VIEW_ENGAGEMENT_HISTORY: "See and export who monitored, coached or barged, and when",
    Permission.SEE_AUDIT: "See who listened to whom, from where and why, and who looked at that",
    Permission.VIEW_DIRECTORY: "See the names and the presence of colleagues, to consult or transfer to them",
    Permission.VIEW_USERS: "See users with their teams, groups, roles and what they are doing now",
    Permission.VIEW_QUEUES: "See queues, their members and who waits in them",
    Permission.TAKE_CALLS: "Go on queue, and be rung, consulted and transferred to",
    Permission.SET_INTERACTION_DATA: "Set an interaction's campaign, list, phone number and external id",
    Permission.CREATE_SUGGESTIONS: "Suggest a coaching session to a coach",
    Permission.VIEW_SUGGESTIONS: "See suggested coaching sessions",
    Permission.MANAGE_USERS: "Create, change and deactivate users",
    Permission.MANAGE_TEAMS: "Create, change, nest and delete teams",
    Permission.MANAGE_GROUPS: "Create, change and delete user groups",
    Permission.MANAGE_ROLES: "Create, change and delete roles, and give them to users",
    Permission.MANAGE_QUEUES: "Create and change queues, their members and their result codes",
    Permission.MANAGE_POLICIES: "Change the organisation's policies",
}
"""What each permission lets a person do, for the screen that makes roles."""


class Scope(StrEnum):
    """How far a grant reaches; each includes the ones after it."""

    ALL = "all"
    OWN_TEAMS = "own_teams"
    OWN = "own"


_WIDTH = {Scope.OWN: 0, Scope.OWN_TEAMS: 1, Scope.ALL: 2}


class Grant(msgspec.Struct, frozen=True):
    """A permission as a role gives it."""

    permission: Permission
    scope: Scope


class Actor(msgspec.Struct, frozen=True):
    """Whoever asks: a user (or an API key) with the grants of all their roles.

    ``own_team_ids`` are already expanded over nested teams (``teams.descendants``).
    """

    user_id: str
    grants: frozenset[Grant] = frozenset()
    own_team_ids: frozenset[str] = frozenset()


class Resource(msgspec.Struct, frozen=True):
    """Anything that a permission is asked about.

    ``team_ids`` are the teams it belongs to (none: only an ALL grant or its
    owner reaches it); ``owner_id`` is the user whose own it is: the agent of
    an interaction, the user of a user record. Leave it None where owning a
    thing should give no right to it.
    """

    team_ids: frozenset[str] = frozenset()
    owner_id: str | None = None


class Everything(msgspec.Struct, frozen=True):
    """The scope that needs no WHERE."""

    def includes(self, resource: Resource) -> bool:
        """Return True, whatever the resource."""
        return True


class Teams(msgspec.Struct, frozen=True):
    """What belongs to one of the teams, or to ``owner_id`` (the actor) themself."""

    team_ids: frozenset[str]
    owner_id: str

    def includes(self, resource: Resource) -> bool:
        """Return whether the resource is of one of the teams or the owner's own."""
        return bool(self.team_ids & resource.team_ids) or resource.owner_id == self.owner_id


class Nothing(msgspec.Struct, frozen=True):
    """The scope of a permission that one does not hold."""

    def includes(self, resource: Resource) -> bool:
        """Return False, whatever the resource."""
        return False


Reach = Everything | Teams | Nothing
"""What :func:`scope_of` answers; ``includes(resource)`` is its membership."""


def widest(grants: Iterable[Grant], permission: Permission) -> Scope | None:
    """Return the widest scope in which ``grants`` hold ``permission``, None if they do not."""
    scopes = [grant.scope for grant in grants if grant.permission == permission]
    return max(scopes, key=_WIDTH.__getitem__, default=None)


def scope_of(actor: Actor, permission: Permission) -> Reach:
    """Return everything to which ``actor`` may do ``permission``."""
    match widest(actor.grants, permission):
        case None:
            return Nothing()
        case Scope.ALL:
            return Everything()
        case Scope.OWN_TEAMS:
            return Teams(actor.own_team_ids, actor.user_id)
        case Scope.OWN:
            return Teams(frozenset(), actor.user_id)


def can(actor: Actor, permission: Permission, resource: Resource) -> bool:
    """Return whether ``actor`` may do ``permission`` to ``resource``."""
    return scope_of(actor, permission).includes(resource)


def may_grant(actor: Actor, grants: Iterable[Grant]) -> Refusal | None:
    """Refuse a role (new or changed) that holds more than ``actor`` does.

    Ask it of the grants that are added; taking grants away gives nobody more.
    Whether the actor may manage roles at all is a question for :func:`can`.
    """
    for grant in sorted(grants, key=_by_name):
        held = widest(actor.grants, grant.permission)
        if held is None or _WIDTH[held] < _WIDTH[grant.scope]:
            return _more_than_held(grant)
    return None


def may_assign(actor: Actor, grants: Collection[Grant], receiver_team_ids: frozenset[str]) -> Refusal | None:
    """Refuse to give a user a role that lets them do what ``actor`` could not do.

    ``receiver_team_ids`` are the receiver's own teams, expanded: a grant for
    "own teams" reaches other teams in other hands, so an actor who holds it
    for their own teams gives it only within them. Ask it also when a user who
    holds such grants is put into a team.
    """
    if refusal := may_grant(actor, grants):
        return refusal
    if receiver_team_ids <= actor.own_team_ids:
        return None
    for grant in sorted(grants, key=_by_name):
        if grant.scope == Scope.OWN_TEAMS and widest(actor.grants, grant.permission) != Scope.ALL:
            return _more_than_held(grant)
    return None


def is_administrator(grants: Collection[Grant]) -> bool:
    """Return whether these grants can repair anything: they manage all users and all roles."""
    return all(widest(grants, needed) == Scope.ALL for needed in (Permission.MANAGE_USERS, Permission.MANAGE_ROLES))


def may_leave_administrators(grants_after: Iterable[Collection[Grant]]) -> Refusal | None:
    """Refuse a change after which no administrator would be left.

    ``grants_after`` are the grants of every active user who can sign in, as
    they would be once the change (of a role, a user's roles, a deactivation,
    a deletion) is made.
    """
    if any(is_administrator(grants) for grants in grants_after):
        return None
    return Refusal(RefusalCode.LAST_ADMINISTRATOR)


def _by_name(grant: Grant) -> tuple[str, str]:
    return grant.permission, grant.scope


def _more_than_held(grant: Grant) -> Refusal:
    return Refusal(
        RefusalCode.CANNOT_GRANT_MORE_THAN_HELD,
        {"permission": grant.permission, "scope": grant.scope},
    )
