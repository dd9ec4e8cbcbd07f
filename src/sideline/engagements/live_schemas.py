"""The composed live views on the wire: interactions, agents and queues with who listens and what one may do."""

from datetime import datetime

import msgspec

from sideline.engagements.events import ShownSupervisor
from sideline.interactions.schemas import InteractionSummary, MarkOut, Named, ParticipantOut, SegmentOut
from sideline.kit.abilities import Abilities
from sideline.people.presence_schemas import PresenceOut
from sideline.rules.audibility import Mode


class ListenerOut(msgspec.Struct, frozen=True, kw_only=True):
    """A supervisor on an interaction, as far as the asking person may know."""

    engagement_id: str
    supervisor: Named
    target_participant_id: str
    mode: Mode
    state: str
    """connecting, active or lost."""


class InteractionRowOut(InteractionSummary, frozen=True, kw_only=True):
    """An interaction in a list, with who listens and what the asking person may begin with each participant."""

    listeners: list[ListenerOut]
    targets: dict[str, Abilities]
    """By participant id; modes that are not for this person are absent."""


class SupervisedParticipantOut(ParticipantOut, frozen=True, kw_only=True):
    """Someone on an interaction; a supervisor among them has a mode (V13)."""

    mode: Mode | None = None


class EngagementSegmentOut(msgspec.Struct, frozen=True, kw_only=True):
    """A mode held from … to …: a bar of the timeline (V14)."""

    id: str
    engagement_id: str
    supervisor: Named
    target_participant_id: str
    mode: Mode
    started_at: datetime
    ended_at: datetime | None
    end_reason: str


class InteractionDetailOut(InteractionRowOut, frozen=True, kw_only=True):
    """One interaction with its timeline; ``participants`` holds the supervisors that one may see."""

    participants: tuple[SupervisedParticipantOut, ...]  # type: ignore[reportIncompatibleVariableOverride]
    segments: list[SegmentOut]
    marks: list[MarkOut]
    """What happened; a switch of mode is one too (``monitor``, ``coach``, ``barge``, ``barge_kick``)."""
    engagement_segments: list[EngagementSegmentOut]


class AgentOut(msgspec.Struct, frozen=True, kw_only=True):
    """An agent as a name with a team."""

    id: str
    name: str
    team: Named | None


class AgentRowOut(msgspec.Struct, frozen=True, kw_only=True):
    """An agent with what they are doing now."""

    user: AgentOut
    presence: PresenceOut | None
    """None for someone who has never signed in."""
    queues: list[Named]
    interaction: InteractionRowOut | None
    """The one they are on or that rings for them, if the asking person may see it."""
    participant_id: str | None
    """The agent's participant on it: what ``abilities`` are about."""
    listeners: list[ListenerOut]
    abilities: Abilities


class QueueRowOut(msgspec.Struct, frozen=True, kw_only=True):
    """A queue with who waits in it and who works for it."""

    queue: Named
    is_open: bool
    waiting: int
    longest_waiting_since: datetime | None
    agents_on_queue: int
    on_calls: int
    """Calls of this queue that an agent has now."""


class ShownToMeOut(msgspec.Struct, frozen=True):
    """Whom an agent's own view of their call shows."""

    interaction_id: str | None
    supervisors: list[ShownSupervisor]
