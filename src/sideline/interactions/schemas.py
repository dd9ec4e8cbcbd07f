"""What the interactions slice answers on the wire (what it takes: ``bodies.py``)."""

from datetime import datetime

import msgspec

from sideline.kit.abilities import Abilities
from sideline.people.presence_schemas import PresenceOut
from sideline.people.user_schemas import Named
from sideline.rules.audibility import Purpose
from sideline.rules.call import LiveState, SeatState


class ResultCodeNamed(msgspec.Struct, frozen=True):
    """The coded outcome of an interaction."""

    id: str
    code: str
    label: str


class ParticipantOut(msgspec.Struct, frozen=True, kw_only=True):
    """Someone on an interaction, those who left included."""

    id: str
    purpose: Purpose
    user_id: str | None
    """None for a customer, and for somebody on a telephone that is no user's."""
    name: str
    state: SeatState
    talk_group: str
    is_muted: bool
    is_held: bool
    """On hold, with music; of a customer alone."""
    is_consulted: bool
    joined_at: datetime | None
    left_at: datetime | None
    leg_state: str
    """``up``, ``lost`` (may come back for a while) or ``none``; a telephone on its PBX's call is ``up``."""


class InteractionSummary(msgspec.Struct, frozen=True, kw_only=True):
    """An interaction as lists, details and events carry it; the same for everyone who may see it."""

    id: str
    number: int
    """The Call ID that people read out to each other."""
    medium: str
    direction: str
    state: LiveState
    queue: Named | None
    agent: Named | None
    """Who has it now, an agent or a supervisor who took it over; of one that ended, the agent who had it last."""
    team_ids: tuple[str, ...]
    user_ids: tuple[str, ...]
    """Every user who was on it."""
    customer_name: str
    phone_number: str
    campaign: str
    list_name: str
    external_id: str
    result_code: ResultCodeNamed | None
    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    end_reason: str
    """One of ``call_facts.EndedBecause``; empty while it lasts."""
    version: int
    applied_version: int
    """The version whose routes the voice engine has confirmed."""
    participants: tuple[ParticipantOut, ...]


class CallOut(InteractionSummary, frozen=True, kw_only=True):
    """An interaction for someone on it, with the controls they have now.

    ``abilities`` has those of ``answer``, ``decline``, ``mute``, ``unmute``,
    ``hold``, ``resume``, ``consult``, ``cancel_consult``,
    ``complete_transfer``, ``transfer``, ``end``, ``set_result_code`` that mean
    something in this state.
    """

    my_participant_id: str
    offer_until: datetime | None
    """Until when it rings for the asking person; None if it doesn't."""
    is_on_telephone: bool
    """The asking person speaks with a telephone of a PBX, which has the controls and the microphone."""
    is_coached: bool
    """A supervisor coaches the asking person, or their phone rings to do so."""
    abilities: Abilities = {}


class DeskOut(msgspec.Struct, frozen=True, kw_only=True):
    """What an agent works on."""

    current: list[CallOut]
    wrap_up: CallOut | None
    """The call that the agent wraps up."""
    presence: PresenceOut


class CustomerCallOut(msgspec.Struct, frozen=True, kw_only=True):
    """A call as the customer on it may know it."""

    number: int
    state: str
    """``waiting``, ``talking``, ``held`` or ``ended``; a consult is nothing but hold to a customer."""
    queue_name: str
    agent_name: str | None
    """Who talks with the customer; None while nobody does."""
    is_held: bool
    notice: str | None
    """What the page says of someone who joined, where policy wants it said."""
    ended_reason: str
    leg_state: str
    """``up``, ``lost`` or ``none``, as of a participant."""


class SegmentOut(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of a participant's timeline."""

    id: str
    participant_id: str
    kind: str
    """``waiting``, ``ringing``, ``talk``, ``hold``, ``consult`` or ``mute``."""
    started_at: datetime
    ended_at: datetime | None


class MarkOut(msgspec.Struct, frozen=True, kw_only=True):
    """A moment of the timeline."""

    kind: str
    at: datetime
    participant_id: str | None
    text: str


class TimelineOut(msgspec.Struct, frozen=True, kw_only=True):
    """What happened on an interaction, oldest first."""

    segments: list[SegmentOut]
    marks: list[MarkOut]
