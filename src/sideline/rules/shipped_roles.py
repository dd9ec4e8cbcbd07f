"""The five roles that every organisation starts with, and why each holds what it holds."""

import msgspec

from sideline.rules.permissions import Grant, Permission, Scope


class ReasonedGrant(msgspec.Struct, frozen=True):
    """A grant of a shipped role with the sentence that justifies it."""

    grant: Grant
    why: str


class ShippedRole(msgspec.Struct, frozen=True):
    """A role as it ships; an organisation may copy it and change the copy."""

    name: str
    why: str
    reasoned: tuple[ReasonedGrant, ...]

    @property
    def grants(self) -> frozenset[Grant]:
        """The grants without their reasons, as a role row stores them."""
        return frozenset(each.grant for each in self.reasoned)


def _grant(permission: Permission, scope: Scope, why: str) -> ReasonedGrant:
    return ReasonedGrant(Grant(permission, scope), why)


_P = Permission
_ALL, _OWN_TEAMS, _OWN = Scope.ALL, Scope.OWN_TEAMS, Scope.OWN

_ADMINISTRATOR = ShippedRole(
    "Administrator",
    "Sets the organisation up, and must be able to repair whatever anyone else did.",
    tuple(
        _grant(permission, _ALL, "Nobody can give what they do not hold, and somebody must be able to give everything.")
        for permission in Permission
    ),
)

_QUALITY_MANAGER = ShippedRole(
    "Quality manager",
    "Coaches anyone in the organisation and watches over coaching itself.",
    (
        _grant(_P.MONITOR, _ALL, "Quality is judged on the calls of every team."),
        _grant(_P.COACH, _ALL, "Coaches agents of any team while they talk."),
        _grant(_P.DISCONNECT_OTHERS, _ALL, "Runs the Coach Manager, where a stray engagement is ended."),
        _grant(_P.VIEW_INTERACTIONS, _ALL, "Finds the calls to listen to and to evaluate."),
        _grant(_P.VIEW_ENGAGEMENTS, _ALL, "Sees who is coached now, so that two do not coach the same agent."),
        _grant(_P.VIEW_ENGAGEMENT_HISTORY, _ALL, "Answers for how much coaching takes place, and by whom."),
        _grant(_P.VIEW_DIRECTORY, _ALL, "Picks people by name."),
        _grant(_P.VIEW_USERS, _ALL, "Sees which agents are on queue and what they are doing."),
        _grant(_P.VIEW_QUEUES, _ALL, "Sees where the calls come from."),
        _grant(_P.CREATE_SUGGESTIONS, _ALL, "Nominates agents of any team."),
        _grant(_P.VIEW_SUGGESTIONS, _ALL, "Schedules or declines what supervisors suggest."),
    ),
)

_SUPERVISOR = ShippedRole(
    "Supervisor",
    "Answers for the agents of their own teams, and steps in when a call goes wrong.",
    (
        _grant(_P.MONITOR, _OWN_TEAMS, "Hears how the team's calls go."),
        _grant(_P.COACH, _OWN_TEAMS, "Helps the team's agents while they talk."),
        _grant(_P.BARGE, _OWN_TEAMS, "Joins when the agent alone cannot help the customer."),
        _grant(_P.BARGE_KICK, _OWN_TEAMS, "Takes a call over when the agent must not go on."),
        _grant(_P.DISCONNECT_OTHERS, _OWN_TEAMS, "Frees the team's agents from an engagement that disturbs them."),
        _grant(_P.VIEW_INTERACTIONS, _OWN_TEAMS, "Watches the team's board."),
        _grant(_P.VIEW_ENGAGEMENTS, _OWN_TEAMS, "Knows who is listening to the team."),
        _grant(_P.VIEW_ENGAGEMENT_HISTORY, _OWN_TEAMS, "Knows who has listened to the team."),
        _grant(_P.VIEW_DIRECTORY, _ALL, "Transfers a call that was taken over to anyone who can help."),
        _grant(_P.VIEW_USERS, _OWN_TEAMS, "Sees what each of the team's agents is doing."),
        _grant(_P.VIEW_QUEUES, _OWN_TEAMS, "Sees who waits for the team."),
        _grant(_P.TAKE_CALLS, _OWN, "Can be consulted, and helps out on queue."),
        _grant(_P.CREATE_SUGGESTIONS, _OWN_TEAMS, "Nominates the team's agents to a coach."),
        _grant(_P.VIEW_SUGGESTIONS, _OWN_TEAMS, "Follows what became of a suggestion."),
    ),
)

_AUDITOR = ShippedRole(
    "Auditor",
    "Looks at what happened, changes nothing and is never on a call.",
    (
        _grant(_P.SEE_AUDIT, _ALL, "Checks who listened to whom, and why."),
        _grant(_P.VIEW_INTERACTIONS, _ALL, "Puts an audit entry beside the interaction it is about."),
        _grant(_P.VIEW_ENGAGEMENTS, _ALL, "Sees supervision while it happens."),
        _grant(_P.VIEW_ENGAGEMENT_HISTORY, _ALL, "Compares the history with the audit."),
        _grant(_P.VIEW_DIRECTORY, _ALL, "Picks people by name."),
        _grant(_P.VIEW_USERS, _ALL, "Sees which teams and roles a person had."),
    ),
)

_AGENT = ShippedRole(
    "Agent",
    "Talks with customers and sees what is their own.",
    (
        _grant(_P.TAKE_CALLS, _OWN, "Takes calls."),
        _grant(_P.VIEW_INTERACTIONS, _OWN, "Sees the calls they were on."),
        _grant(_P.VIEW_DIRECTORY, _ALL, "Finds a colleague to consult or transfer to."),
    ),
)

SHIPPED_ROLES: dict[str, ShippedRole] = {
    "administrator": _ADMINISTRATOR,
    "quality_manager": _QUALITY_MANAGER,
    "supervisor": _SUPERVISOR,
    "auditor": _AUDITOR,
    "agent": _AGENT,
}
"""Role key to role; the keys are stable and may stand in code and migrations."""
