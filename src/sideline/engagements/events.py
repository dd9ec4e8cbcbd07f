"""What happened to engagements.

Each carries the whole engagement, so that a screen replaces the one it has.
None of these is told to an agent of the call, present or past, not even to one
whose roles let them see the engagements of their team: what the agent may know comes as
:class:`EngagementShownToAgent`, and only when it changes, so that a monitor
leaves no trace on the agent's wire.
"""

import msgspec

from sideline.engagements.schemas import EngagementSummary
from sideline.kit.event_log import KEPT_FROM, Event
from sideline.people.events import user_topic
from sideline.rules.audibility import Mode

ENGAGEMENTS = "engagements"


def team_engagements_topic(team_id: str) -> str:
    """Return the topic of the engagements with agents of one team."""
    return f"team-engagements:{team_id}"


class EngagementEvent(Event, frozen=True, kw_only=True):
    """What all events of an engagement have in common."""

    engagement: EngagementSummary

    def topics(self) -> tuple[str, ...]:
        """Return the audience: who sees all engagements, those of the agent's team, and the supervisor."""
        team = (team_engagements_topic(self.engagement.team_id),) if self.engagement.team_id else ()
        supervisor = self.engagement.supervisor.id
        agents = {*self.engagement.agent_user_ids, *([self.engagement.agent.id] if self.engagement.agent else [])}
        kept_from = (KEPT_FROM + user_topic(user_id) for user_id in sorted(agents - {supervisor}))
        return (ENGAGEMENTS, *team, user_topic(supervisor), *kept_from)


class EngagementRequested(EngagementEvent, frozen=True, kw_only=True, tag="engagement.requested"):
    """A supervisor asked for it; their phone is being connected."""


class EngagementStarted(EngagementEvent, frozen=True, kw_only=True, tag="engagement.started"):
    """The voice engine confirmed it: the supervisor is on the call."""


class EngagementSwitched(EngagementEvent, frozen=True, kw_only=True, tag="engagement.switched"):
    """The voice engine confirmed another mode, another target, or another agent on the same call."""


class EngagementMuted(EngagementEvent, frozen=True, kw_only=True, tag="engagement.muted"):
    """The supervisor's microphone was closed or opened."""


class EngagementLost(EngagementEvent, frozen=True, kw_only=True, tag="engagement.lost"):
    """The supervisor's phone or its voice node is gone; it may come back."""


class EngagementResumed(EngagementEvent, frozen=True, kw_only=True, tag="engagement.resumed"):
    """The phone came back, and the supervisor is on the call again in the same mode."""


class EngagementEnded(EngagementEvent, frozen=True, kw_only=True, tag="engagement.ended"):
    """It is over; ``end_reason`` says why and ``ended_by`` who disconnected it."""


class ShownSupervisor(msgspec.Struct, frozen=True, order=True):
    """A supervisor as an agent of the call is shown them."""

    name: str
    mode: Mode


class EngagementShownToAgent(Event, frozen=True, kw_only=True, tag="engagement.shown_to_agent"):
    """Whom the agent's own view of the call shows now; the whole list, empty for nobody."""

    user_id: str
    interaction_id: str
    supervisors: tuple[ShownSupervisor, ...]

    def topics(self) -> tuple[str, ...]:
        """Return the audience: the agent."""
        return (user_topic(self.user_id),)
