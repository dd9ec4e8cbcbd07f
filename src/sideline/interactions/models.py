"""Tables of the interactions slice."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, LargeBinary, Text, Uuid, func, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from sideline.kit.db import Base, Id

WRAP_UP_SECONDS = 30
"""The limit of the wrap-up after a call of a new queue, or of none."""


class QueueRow(Base):
    """A waiting line; customers reach it at ``/c/<slug>``."""

    __tablename__ = "queues"
    __table_args__ = (
        Index(
            "uq_queues_pbx_queue", func.lower(text("pbx_queue")), unique=True, postgresql_where=text("pbx_queue <> ''")
        ),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(Text, unique=True)
    slug: Mapped[str] = mapped_column(Text, unique=True)
    team_id: Mapped[str | None] = mapped_column(Id, ForeignKey("teams.id"))
    """The team that answers for it; its supervisors see who waits."""
    pbx_queue: Mapped[str] = mapped_column(Text, default="")
    """Its name (and extension) in the PBX whose calls it holds; empty for a queue of Sideline's own."""
    is_open: Mapped[bool] = mapped_column(default=True)
    offer_seconds: Mapped[int] = mapped_column(default=20)
    wrap_up_seconds: Mapped[int] = mapped_column(default=WRAP_UP_SECONDS)
    version: Mapped[int] = mapped_column(default=1)


class QueueMemberRow(Base):
    """An agent who takes a queue's interactions."""

    __tablename__ = "queue_members"

    queue_id: Mapped[str] = mapped_column(Id, ForeignKey("queues.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[str] = mapped_column(Id, ForeignKey("users.id"), primary_key=True, index=True)


class ResultCodeRow(Base):
    """A coded outcome."""

    __tablename__ = "result_codes"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    code: Mapped[str] = mapped_column(Text, unique=True)
    label: Mapped[str] = mapped_column(Text)
    is_active: Mapped[bool] = mapped_column(default=True)


class VoiceNodeRow(Base):
    """One life of a voice process or, where there are PBXes, of one process with one of them.

    ``name`` (of a PBX: ``asterisk:<host>:<port>``) survives restarts, ``id`` does not.
    """

    __tablename__ = "voice_nodes"
    __table_args__ = (
        Index("uq_voice_nodes_name_alive", "name", unique=True, postgresql_where=text("ended_at IS NULL")),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(Text, index=True)
    engine: Mapped[str] = mapped_column(Text)
    process: Mapped[str] = mapped_column(Text, default="")
    """The voice process that lives it; its name survives restarts too."""
    started_at: Mapped[datetime]
    lease_until: Mapped[datetime] = mapped_column(index=True)
    ended_at: Mapped[datetime | None]
    away_since: Mapped[datetime | None]
    """Since when the PBX can't be reached, in this life or earlier ones on end; null while it is reached."""


class InteractionRow(Base):
    """A call (or, later, a chat) between a customer and agents."""

    __tablename__ = "interactions"
    __table_args__ = (
        CheckConstraint("medium IN ('voice','chat')", name="medium"),
        CheckConstraint("direction IN ('inbound','outbound')", name="direction"),
        CheckConstraint("state IN ('waiting','offering','active','ended')", name="state"),
        CheckConstraint(
            "live_state IN ('waiting','offering','talking','held','consulting','ended')", name="live_state"
        ),
        CheckConstraint("(state = 'ended') = (ended_at IS NOT NULL)", name="ended"),
        CheckConstraint("pbx_place IN ('stays','taken','given','ended')", name="pbx_place"),
        CheckConstraint("(pbx_name = '') = (pbx_call_id = '')", name="pbx"),
        Index(
            "uq_interactions_pbx_call_live",
            "pbx_name",
            "pbx_call_id",
            unique=True,
            postgresql_where=text("pbx_name <> '' AND ended_at IS NULL"),
        ),
        Index(
            "ix_interactions_pbx_call_ended",
            "pbx_name",
            "pbx_call_id",
            postgresql_where=text("pbx_place = 'ended'"),
        ),
        Index("ix_interactions_started_at_id", "started_at", "id"),
        Index("ix_interactions_live", "started_at", "id", postgresql_where=text("ended_at IS NULL")),
        Index("ix_interactions_team_ids", "team_ids", postgresql_using="gin"),
        Index("ix_interactions_user_ids", "user_ids", postgresql_using="gin"),
        Index(
            "ix_interactions_origin_started",
            "origin_address",
            "started_at",
            postgresql_where=text("origin_address <> ''"),
        ),
        Index("ix_interactions_queue_started", "queue_id", "started_at", "id"),
        Index("ix_interactions_agent_started", "agent_id", "started_at", "id"),
        Index(
            "ix_interactions_campaign_started", "campaign", "started_at", "id", postgresql_where=text("campaign <> ''")
        ),
        Index("ix_interactions_external_id", "external_id", postgresql_where=text("external_id <> ''")),
        Index("ix_interactions_voice_node", "voice_node_id", postgresql_where=text("ended_at IS NULL")),
        Index("ix_interactions_offer_until", "offer_until", postgresql_where=text("offer_until IS NOT NULL")),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, Identity(start=1001), unique=True)
    """The Call ID that people read out to each other."""
    medium: Mapped[str] = mapped_column(Text, default="voice")
    direction: Mapped[str] = mapped_column(Text, default="inbound")
    state: Mapped[str] = mapped_column(Text)
    live_state: Mapped[str] = mapped_column(Text)
    """``rules.call.live_state`` of the call, kept so that a list can be filtered by it."""
    queue_id: Mapped[str | None] = mapped_column(Id, ForeignKey("queues.id"))
    agent_id: Mapped[str | None] = mapped_column(Id, ForeignKey("users.id"))
    """The agent who has it, or had it last."""
    team_ids: Mapped[list[str]] = mapped_column(ARRAY(Uuid(as_uuid=False)), default=list)
    """Teams it belongs to: its queue's, and those of every agent who was on it."""
    user_ids: Mapped[list[str]] = mapped_column(ARRAY(Uuid(as_uuid=False)), default=list)
    """Every user who was on it: whose own it is."""
    customer_name: Mapped[str] = mapped_column(Text, default="")
    phone_number: Mapped[str] = mapped_column(Text, default="")
    campaign: Mapped[str] = mapped_column(Text, default="")
    list_name: Mapped[str] = mapped_column(Text, default="")
    external_id: Mapped[str] = mapped_column(Text, default="")
    result_code_id: Mapped[str | None] = mapped_column(Id, ForeignKey("result_codes.id"))
    started_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str] = mapped_column(Text, default="")
    priority_at: Mapped[datetime]
    """Its place in the queue; a customer put back keeps the place."""
    offer_until: Mapped[datetime | None]
    voice_node_id: Mapped[str | None] = mapped_column(Id, ForeignKey("voice_nodes.id"))
    version: Mapped[int] = mapped_column(default=1)
    """Grows with every change that bears on who hears whom or on the screen."""
    applied_version: Mapped[int] = mapped_column(default=0)
    """The version whose routes the voice engine has confirmed."""
    origin_address: Mapped[str] = mapped_column(Text, default="")
    """Network address that a customer's page called from, for the throttle; empty for a dialer's call."""
    pbx_name: Mapped[str] = mapped_column(Text, default="")
    """Which PBX has the call: the name of its voice node, in whichever life; empty for a call of Sideline's own."""
    pbx_call_id: Mapped[str] = mapped_column(Text, default="")
    """``voice.engine.PbxCall.id``."""
    pbx_place: Mapped[str] = mapped_column(Text, default="stays")
    """Whose the customer is meant to be: the tags of ``voice.engine.CustomerPlace``."""
    pbx_extension: Mapped[str] = mapped_column(Text, default="")
    """Where a customer who was given back goes."""


class ParticipantRow(Base):
    """Someone on an interaction; the row of ``rules.call.Seat``."""

    __tablename__ = "participants"
    __table_args__ = (
        CheckConstraint("purpose IN ('customer','agent','supervisor')", name="purpose"),
        CheckConstraint("state IN ('ringing','joined','left')", name="state"),
        Index("ix_participants_interaction_id", "interaction_id"),
        Index("ix_participants_live_user", "user_id", postgresql_where=text("state <> 'left'")),
        Index("ix_participants_user_left", "user_id", "left_at", postgresql_where=text("user_id IS NOT NULL")),
        Index("uq_participants_user_joined", "user_id", unique=True, postgresql_where=text("state = 'joined'")),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    interaction_id: Mapped[str] = mapped_column(Id, ForeignKey("interactions.id"))
    purpose: Mapped[str] = mapped_column(Text)
    user_id: Mapped[str | None] = mapped_column(Id, ForeignKey("users.id"))
    name: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    talk_group: Mapped[str] = mapped_column(Text, default="")
    is_muted: Mapped[bool] = mapped_column(default=False)
    is_consulted: Mapped[bool] = mapped_column(default=False)
    pbx_party_id: Mapped[str] = mapped_column(Text, default="")
    """``voice.engine.PbxParty.id`` of a participant who is on a PBX's call there; empty for everyone else."""
    is_coached: Mapped[bool] = mapped_column(default=False)
    """Kept by the engagements slice through ``coached_mark.set_coached``: no consult meanwhile (V16)."""
    token_hash: Mapped[bytes | None] = mapped_column(LargeBinary, unique=True)
    """A customer's secret for this call, hashed; users have sign-ins instead."""
    notice: Mapped[str] = mapped_column(Text, default="")
    """What the customer's page says about who joined, kept through ``customer_notice.set_notice``."""
    invited_at: Mapped[datetime]
    joined_at: Mapped[datetime | None]
    left_at: Mapped[datetime | None]
    leave_reason: Mapped[str] = mapped_column(Text, default="")


class InteractionSegmentRow(Base):
    """A stretch of a participant's timeline: waiting, ringing, talk, hold, consult, mute."""

    __tablename__ = "interaction_segments"
    __table_args__ = (
        Index("ix_interaction_segments_interaction_id", "interaction_id"),
        Index(
            "uq_interaction_segments_open",
            "participant_id",
            "kind",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    interaction_id: Mapped[str] = mapped_column(Id, ForeignKey("interactions.id"))
    participant_id: Mapped[str] = mapped_column(Id, ForeignKey("participants.id"))
    kind: Mapped[str] = mapped_column(Text)
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class InteractionMarkRow(Base):
    """A moment on the timeline: answered, transferred, result code set …"""

    __tablename__ = "interaction_marks"
    __table_args__ = (Index("ix_interaction_marks_interaction_id", "interaction_id"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    interaction_id: Mapped[str] = mapped_column(Id, ForeignKey("interactions.id"))
    participant_id: Mapped[str | None] = mapped_column(Id, ForeignKey("participants.id"))
    kind: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    text: Mapped[str] = mapped_column(Text, default="")


class LegRow(Base):
    """A browser phone's connection to a voice node: a user's, or a customer's for one call.

    The offer and the answer pass through this row; NOTIFY wakes the node and
    the waiting web process.
    """

    __tablename__ = "legs"
    __table_args__ = (
        CheckConstraint("state IN ('connecting','up','lost','closed')", name="state"),
        CheckConstraint("(user_id IS NULL) <> (participant_id IS NULL)", name="owner"),
        Index("uq_legs_user_id_open", "user_id", unique=True, postgresql_where=text("state <> 'closed'")),
        Index("uq_legs_participant_id_open", "participant_id", unique=True, postgresql_where=text("state <> 'closed'")),
        Index("ix_legs_voice_node_id", "voice_node_id", postgresql_where=text("state <> 'closed'")),
        Index("ix_legs_lost_at", "lost_at", postgresql_where=text("lost_at IS NOT NULL AND state <> 'closed'")),
        CheckConstraint("(state = 'up') = (lost_at IS NULL) OR state = 'closed'", name="lost"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    user_id: Mapped[str | None] = mapped_column(Id, ForeignKey("users.id"))
    participant_id: Mapped[str | None] = mapped_column(Id, ForeignKey("participants.id"))
    voice_node_id: Mapped[str] = mapped_column(Id, ForeignKey("voice_nodes.id"))
    state: Mapped[str] = mapped_column(Text)
    has_microphone: Mapped[bool] = mapped_column(default=False)
    tab_id: Mapped[str] = mapped_column(Text, default="")
    """Names the browser tab, so that a second tab is told instead of stealing the phone."""
    generation: Mapped[int] = mapped_column(default=1)
    """Grows with every offer of the leg; an answer belongs to one generation."""
    offer: Mapped[str] = mapped_column(Text, default="")
    answer: Mapped[str | None] = mapped_column(Text)
    refusal: Mapped[str] = mapped_column(Text, default="")
    """Why the offer was not answered, a sentence; empty unless it was refused."""
    is_refusal_passing: Mapped[bool] = mapped_column(default=False)
    """The same offer may well be answered a moment later."""
    wanted_node_id: Mapped[str | None] = mapped_column(Id, ForeignKey("voice_nodes.id"))
    """Where the call is that its owner must hear: the next offer goes there."""
    connected_at: Mapped[datetime | None]
    lost_at: Mapped[datetime | None]
    """Since when it is without sound, from its first offer on; None while it is up."""
    closed_at: Mapped[datetime | None]


class SupervisingUserRow(Base):
    """A user with a live engagement, kept by the engagements slice through ``supervising_mark.set_supervising``."""

    __tablename__ = "supervising_users"

    user_id: Mapped[str] = mapped_column(Id, ForeignKey("users.id"), primary_key=True)
    since: Mapped[datetime]
