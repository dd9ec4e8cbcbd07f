"""What happened to people; payloads of the organisation's events hold ids only.

Anyone signed in hears ``organisation``, so its events say that something
changed, never what: a page that shows it reads it again, with its own rights.
"""

from datetime import datetime

from sideline.kit.event_log import Event

ORGANISATION = "organisation"
PRESENCES = "presences"


def user_topic(user_id: str) -> str:
    """Return the topic of what concerns one user, which only they hear."""
    return f"user:{user_id}"


def team_presences_topic(team_id: str) -> str:
    """Return the topic of the presences of one team's users."""
    return f"team-presences:{team_id}"


class PresenceChanged(Event, frozen=True, kw_only=True, tag="presence.changed"):
    """A user's presence, or what it will be after the call they are on, changed."""

    user_id: str
    name: str
    status: str
    reason: str
    since: datetime
    wrap_up_until: datetime | None
    then: str | None
    """What the user returns to after the call or the wrap-up; None outside of one."""
    team_id: str | None

    def topics(self) -> tuple[str, ...]:
        """Return the audience: who sees everyone's presence, the team's, and the user."""
        team = (team_presences_topic(self.team_id),) if self.team_id else ()
        return (PRESENCES, *team, user_topic(self.user_id))


class UserChanged(Event, frozen=True, kw_only=True, tag="user.changed"):
    """A user was created, changed, activated or deactivated."""

    user_id: str
    version: int

    def topics(self) -> tuple[str, ...]:
        """Return the audience: anyone signed in."""
        return (ORGANISATION,)


class TeamChanged(Event, frozen=True, kw_only=True, tag="team.changed"):
    """A team was created, changed or deleted."""

    team_id: str

    def topics(self) -> tuple[str, ...]:
        """Return the audience: anyone signed in."""
        return (ORGANISATION,)


class GroupChanged(Event, frozen=True, kw_only=True, tag="group.changed"):
    """A group was created, changed or deleted."""

    group_id: str

    def topics(self) -> tuple[str, ...]:
        """Return the audience: anyone signed in."""
        return (ORGANISATION,)


class RoleChanged(Event, frozen=True, kw_only=True, tag="role.changed"):
    """A role was created, changed or deleted."""

    role_id: str

    def topics(self) -> tuple[str, ...]:
        """Return the audience: anyone signed in."""
        return (ORGANISATION,)


class PolicyChanged(Event, frozen=True, kw_only=True, tag="policy.changed"):
    """A policy has another value."""

    key: str

    def topics(self) -> tuple[str, ...]:
        """Return the audience: anyone signed in."""
        return (ORGANISATION,)


class PhonesChanged(Event, frozen=True, kw_only=True, tag="phones.changed"):
    """A user's phones, or which of them is selected, changed."""

    user_id: str

    def topics(self) -> tuple[str, ...]:
        """Return the audience: the user."""
        return (user_topic(self.user_id),)


class RightsChanged(Event, frozen=True, kw_only=True, tag="rights.changed"):
    """What these users may do or see changed; open sockets are rechecked."""

    user_ids: tuple[str, ...]

    def topics(self) -> tuple[str, ...]:
        """Return the audience: each of the users."""
        return tuple(user_topic(user_id) for user_id in self.user_ids)


class SignInEnded(Event, frozen=True, kw_only=True, tag="sign_in.ended"):
    """A sign-in is over; its sockets are closed.

    ``sign_in_id`` is None for all of the user's. ``reason`` is one of
    ``sign_in.sign_ins.EndReason``.
    """

    user_id: str
    sign_in_id: str | None
    reason: str

    def topics(self) -> tuple[str, ...]:
        """Return the audience: the user."""
        return (user_topic(self.user_id),)
