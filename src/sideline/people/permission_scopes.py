"""In which scopes a permission means anything, for the screen that makes roles.

A permission about something that belongs to no team reaches everything or
nothing; one about a person's own calls can be limited to these.
"""

from sideline.rules.permissions import Permission, Scope

_P = Permission

_EVERYWHERE = (Scope.ALL,)
_BY_TEAM = (Scope.ALL, Scope.OWN_TEAMS)
_BY_OWNER = (Scope.ALL, Scope.OWN_TEAMS, Scope.OWN)
_SELF = (Scope.ALL, Scope.OWN)

SCOPES: dict[Permission, tuple[Scope, ...]] = {
    **dict.fromkeys(Permission, _BY_TEAM),
    _P.VIEW_INTERACTIONS: _BY_OWNER,
    _P.SET_INTERACTION_DATA: _BY_OWNER,
    _P.TAKE_CALLS: _SELF,
    _P.MANAGE_GROUPS: _EVERYWHERE,
    _P.MANAGE_POLICIES: _EVERYWHERE,
}
"""Scopes of each permission, widest first."""
