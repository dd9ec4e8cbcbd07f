"""Tables of the engagements slice."""

from datetime import datetime
from typing import ClassVar

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from sideline.kit.db import Base, Id

LIVE = text("state <> 'ended'")

RINGING, UP = "ringing", "up"
"""``phone_state`` of a phone that the voice engine rings."""


class EngagementRow(Base):
    """A supervisor's presence on an interaction, from request to end.

    ``connecting``: wanted, not yet heard; ``active``: the engine confirmed its
    routes; ``lost``: the phone or the voice node is gone and may come back;
    ``ended``: over, ``end_reason`` says why.
    """

    __tablename__ = "engagements"
    __table_args__ = (
        CheckConstraint("mode IN ('monitor','coach','barge','barge_kick')", name="mode"),
        CheckConstraint("state IN ('connecting','active','lost','ended')", name="state"),
        CheckConstraint("(state = 'ended') = (ended_at IS NOT NULL)", name="ended"),
        CheckConstraint("phone_kind IN ('browser','sip','number')", name="phone_kind"),
        CheckConstraint("phone_state IN ('','ringing','up')", name="phone_state"),
        Index("uq_engagements_supervisor_live", "supervisor_id", unique=True, postgresql_where=LIVE),
        Index(
            "uq_engagements_coach_live",
            "agent_id",
            unique=True,
            postgresql_where=text("state <> 'ended' AND mode = 'coach'"),
        ),
        Index("ix_engagements_interaction_id", "interaction_id"),
        Index("ix_engagements_interaction_live", "interaction_id", postgresql_where=LIVE),
        Index("ix_engagements_supervisor_requested", "supervisor_id", "requested_at", "id"),
        Index("ix_engagements_live", "requested_at", "id", postgresql_where=LIVE),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    interaction_id: Mapped[str] = mapped_column(Id, ForeignKey("interactions.id"))
    supervisor_id: Mapped[str] = mapped_column(Id, ForeignKey("users.id"))
    agent_id: Mapped[str | None] = mapped_column(Id, ForeignKey("users.id"))
    """The agent listened to or coached; for the customer's side, the agent who has the call."""
    team_id: Mapped[str | None] = mapped_column(Id, ForeignKey("teams.id", ondelete="SET NULL"))
    """That agent's team when it began: whose supervisors see it."""
    target_participant_id: Mapped[str] = mapped_column(Id, ForeignKey("participants.id"))
    mode: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    phone_kind: Mapped[str] = mapped_column(Text, default="browser")
    """browser, sip, number: the phone that was selected when it began, and is used for all of it."""
    phone_address: Mapped[str] = mapped_column(Text, default="")
    """What the engine rings; empty for a browser."""
    phone_auto_answer: Mapped[bool] = mapped_column(default=False)
    phone_state: Mapped[str] = mapped_column(Text, default="")
    """ringing or up, of a phone that the engine rings; a browser's is its leg's."""
    is_muted: Mapped[bool] = mapped_column(default=False)
    reason: Mapped[str] = mapped_column(Text, default="")
    requested_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    lost_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str] = mapped_column(Text, default="")
    ended_by_id: Mapped[str | None] = mapped_column(Id, ForeignKey("users.id"))
    address: Mapped[str] = mapped_column(Text, default="")
    version: Mapped[int] = mapped_column(default=1)
    """Grows by itself with every change that is saved."""

    __mapper_args__: ClassVar = {"version_id_col": version}


class EngagementSegmentRow(Base):
    """A mode held from … to …: a row of Coach Manager's history and a bar of the timeline.

    It opens when the voice engine has confirmed that mode towards that target,
    and closes when another is confirmed, when the phone is lost, or at the end:
    what stands here was heard, whatever was asked for meanwhile.
    """

    __tablename__ = "engagement_segments"
    __table_args__ = (
        Index("ix_engagement_segments_engagement_id", "engagement_id"),
        Index("ix_engagement_segments_interaction_id", "interaction_id"),
        Index("ix_engagement_segments_started", "started_at", "id"),
        Index("ix_engagement_segments_agent_started", "agent_id", "started_at", "id"),
        Index("ix_engagement_segments_supervisor_started", "supervisor_id", "started_at", "id"),
        Index("ix_engagement_segments_supervisor_mode_started", "supervisor_id", "mode", "started_at", "id"),
        Index("ix_engagement_segments_supervisor_agent_started", "supervisor_id", "agent_id", "started_at", "id"),
        Index("uq_engagement_segments_open", "engagement_id", unique=True, postgresql_where=text("ended_at IS NULL")),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    engagement_id: Mapped[str] = mapped_column(Id, ForeignKey("engagements.id"))
    interaction_id: Mapped[str] = mapped_column(Id, ForeignKey("interactions.id"))
    supervisor_id: Mapped[str] = mapped_column(Id, ForeignKey("users.id"))
    target_participant_id: Mapped[str] = mapped_column(Id, ForeignKey("participants.id"))
    agent_id: Mapped[str | None] = mapped_column(Id, ForeignKey("users.id"))
    team_id: Mapped[str | None] = mapped_column(Id, ForeignKey("teams.id", ondelete="SET NULL"))
    mode: Mapped[str] = mapped_column(Text)
    campaign: Mapped[str] = mapped_column(Text, default="")
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str] = mapped_column(Text, default="")
