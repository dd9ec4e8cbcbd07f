"""Engagements as everyone is told them: one statement for events, answers and lists."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, any_, bindparam, func, or_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession
from sqlalchemy.orm import aliased

from sideline.engagements.end_texts import end_text
from sideline.engagements.models import EngagementRow, EngagementSegmentRow
from sideline.engagements.schemas import EngagementSummary
from sideline.engagements.standing import BROWSER
from sideline.interactions.models import InteractionRow, ParticipantRow
from sideline.interactions.schemas import Named
from sideline.kit.db import Id
from sideline.people.models import UserRow
from sideline.rules.audibility import Mode, Purpose
from sideline.rules.call import SeatState

Supervisor = aliased(UserRow, name="supervisor")
Agent = aliased(UserRow, name="agent")
EndedBy = aliased(UserRow, name="ended_by")
Heard = aliased(EngagementSegmentRow, name="heard")
"""The open segment, if the voice engine has confirmed the engagement as it is wanted."""

_Seat = aliased(ParticipantRow, name="seat")
_AGENTS_OF_CALL: Any = func.array(
    select(_Seat.user_id)
    .where(
        _Seat.interaction_id == EngagementRow.interaction_id,
        _Seat.purpose == Purpose.AGENT.value,
        or_(_Seat.joined_at.is_not(None), _Seat.state != SeatState.LEFT.value),
    )
    .correlate(EngagementRow)
    .scalar_subquery(),
    type_=ARRAY(Id),
)

SELECT_SUMMARIES: Select[*tuple[Any, ...]] = (
    select(
        EngagementRow.id,
        EngagementRow.interaction_id,
        InteractionRow.number.label("interaction_number"),
        EngagementRow.supervisor_id,
        Supervisor.name.label("supervisor_name"),
        EngagementRow.agent_id,
        Agent.name.label("agent_name"),
        EngagementRow.team_id,
        EngagementRow.target_participant_id,
        ParticipantRow.purpose.label("target_purpose"),
        EngagementRow.mode,
        EngagementRow.state,
        EngagementRow.requested_at,
        EngagementRow.started_at,
        Heard.started_at.label("segment_started_at"),
        EngagementRow.ended_at,
        EngagementRow.end_reason,
        EngagementRow.ended_by_id,
        EndedBy.name.label("ended_by_name"),
        EngagementRow.is_muted,
        EngagementRow.phone_kind,
        EngagementRow.phone_auto_answer,
        EngagementRow.phone_state,
        EngagementRow.version,
        _AGENTS_OF_CALL.label("agent_user_ids"),
    )
    .join(InteractionRow, InteractionRow.id == EngagementRow.interaction_id)
    .join(ParticipantRow, ParticipantRow.id == EngagementRow.target_participant_id)
    .join(Supervisor, Supervisor.id == EngagementRow.supervisor_id)
    .outerjoin(Agent, Agent.id == EngagementRow.agent_id)
    .outerjoin(EndedBy, EndedBy.id == EngagementRow.ended_by_id)
    .outerjoin(
        Heard,
        and_(
            Heard.engagement_id == EngagementRow.id,
            Heard.ended_at.is_(None),
            Heard.mode == EngagementRow.mode,
            Heard.target_participant_id == EngagementRow.target_participant_id,
        ),
    )
)


def to_summary(row: Any) -> EngagementSummary:
    """Return a row of :data:`SELECT_SUMMARIES` as it is told."""
    return EngagementSummary(
        id=row.id,
        interaction_id=row.interaction_id,
        interaction_number=row.interaction_number,
        supervisor=Named(row.supervisor_id, row.supervisor_name),
        agent=Named(row.agent_id, row.agent_name) if row.agent_id else None,
        team_id=row.team_id,
        target_participant_id=row.target_participant_id,
        target_purpose=Purpose(row.target_purpose),
        mode=Mode(row.mode),
        state=row.state,
        requested_at=row.requested_at,
        started_at=row.started_at,
        segment_started_at=row.segment_started_at,
        ended_at=row.ended_at,
        end_reason=row.end_reason,
        end_text=end_text(row.end_reason, row.ended_by_name, is_rung=row.phone_kind != BROWSER),
        ended_by=Named(row.ended_by_id, row.ended_by_name) if row.ended_by_id else None,
        is_muted=row.is_muted,
        phone_kind=row.phone_kind,
        phone_auto_answer=row.phone_auto_answer,
        phone_state=row.phone_state,
        version=row.version,
        agent_user_ids=tuple(sorted(set(row.agent_user_ids))),
    )


_ORDERED = SELECT_SUMMARIES.order_by(EngagementRow.requested_at, EngagementRow.id)
_ONE = SELECT_SUMMARIES.where(EngagementRow.id == bindparam("id", type_=Id))
_LIVE_ON = _ORDERED.where(
    EngagementRow.state != "ended", EngagementRow.interaction_id == any_(bindparam("calls", type_=ARRAY(Id)))
)


async def read_summaries(
    connection: AsyncConnection | AsyncSession, *where: ColumnElement[bool]
) -> list[EngagementSummary]:
    """Return the engagements that match, the oldest first."""
    return [to_summary(row) for row in (await connection.execute(_ORDERED.where(*where))).all()]


async def live_summaries_on(connection: AsyncConnection, interaction_ids: Sequence[str]) -> list[EngagementSummary]:
    """Return the engagements on these interactions that have not ended, the oldest first."""
    return [to_summary(row) for row in (await connection.execute(_LIVE_ON, {"calls": list(interaction_ids)})).all()]


async def summary_of(connection: AsyncConnection | AsyncSession, engagement_id: str) -> EngagementSummary:
    """Return one engagement, which exists."""
    return to_summary((await connection.execute(_ONE, {"id": engagement_id})).one())
