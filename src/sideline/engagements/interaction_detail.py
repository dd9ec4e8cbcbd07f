"""One interaction in detail: its participants, supervisors among them, and its timeline (V13, V14)."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from sideline.engagements.live_rows import LiveFacts, compose_row, read_live_facts, viewer, visible_engagements
from sideline.engagements.live_schemas import (
    EngagementSegmentOut,
    InteractionDetailOut,
    InteractionRowOut,
    SupervisedParticipantOut,
)
from sideline.engagements.models import EngagementSegmentRow
from sideline.engagements.policy import read_engagement_policy
from sideline.engagements.summaries import Supervisor
from sideline.interactions.models import ParticipantRow
from sideline.interactions.queries import timeline, visible_interaction
from sideline.interactions.schemas import InteractionSummary, MarkOut, Named, ParticipantOut
from sideline.people.identity import SignedIn
from sideline.rules.audibility import Mode, Purpose
from sideline.rules.call import SeatState
from sideline.rules.engagement import Engagement, EngagementState, sees

_SEGMENTS = (
    select(
        EngagementSegmentRow.id,
        EngagementSegmentRow.engagement_id,
        EngagementSegmentRow.supervisor_id,
        Supervisor.name.label("supervisor_name"),
        EngagementSegmentRow.target_participant_id,
        ParticipantRow.purpose.label("target_purpose"),
        EngagementSegmentRow.team_id,
        EngagementSegmentRow.mode,
        EngagementSegmentRow.started_at,
        EngagementSegmentRow.ended_at,
        EngagementSegmentRow.end_reason,
    )
    .join(Supervisor, Supervisor.id == EngagementSegmentRow.supervisor_id)
    .join(ParticipantRow, ParticipantRow.id == EngagementSegmentRow.target_participant_id)
    .order_by(EngagementSegmentRow.started_at, EngagementSegmentRow.id)
)


async def interaction_detail(connection: AsyncConnection, me: SignedIn, interaction_id: str) -> InteractionDetailOut:
    """Return one interaction with its timeline; raises NotFound for one that ``me`` may not see."""
    call = await visible_interaction(connection, me, interaction_id)
    facts = await read_live_facts(connection, me, [call])
    row = compose_row(facts, call)
    happened = await timeline(connection, call.id)
    segments = await _engagement_segments(connection, me, call)
    fields = {name: getattr(row, name) for name in InteractionRowOut.__struct_fields__ if name != "participants"}
    return InteractionDetailOut(
        **fields,
        participants=_participants(facts, call),
        segments=happened.segments,
        marks=sorted([*happened.marks, *map(_mark, segments)], key=lambda mark: mark.at),
        engagement_segments=segments,
    )


async def _engagement_segments(
    connection: AsyncConnection, me: SignedIn, call: InteractionSummary
) -> list[EngagementSegmentOut]:
    rows: Any = (await connection.execute(_SEGMENTS.where(EngagementSegmentRow.interaction_id == call.id))).all()
    policy = await read_engagement_policy(connection)
    return [
        EngagementSegmentOut(
            id=row.id,
            engagement_id=row.engagement_id,
            supervisor=Named(row.supervisor_id, row.supervisor_name),
            target_participant_id=row.target_participant_id,
            mode=Mode(row.mode),
            started_at=row.started_at,
            ended_at=row.ended_at,
            end_reason=row.end_reason,
        )
        for row in rows
        if sees(viewer(me, call, row.team_id), _held(row), policy)
    ]


def _held(row: Any) -> Engagement:
    return Engagement(
        row.engagement_id,
        row.supervisor_id,
        row.target_participant_id,
        Purpose(row.target_purpose),
        Mode(row.mode),
        EngagementState.ACTIVE,
    )


def _mark(segment: EngagementSegmentOut) -> MarkOut:
    return MarkOut(
        kind=segment.mode.value,
        at=segment.started_at,
        participant_id=segment.target_participant_id,
        text=segment.supervisor.name,
    )


_LEG_STATES = {"active": "up", "lost": "lost"}


def _participants(facts: LiveFacts, call: InteractionSummary) -> tuple[SupervisedParticipantOut, ...]:
    engaged = {each.id: each for each in visible_engagements(facts, call)}
    seated = [_with_mode(each, engaged.pop(each.id, None) and Mode.BARGE_KICK) for each in call.participants]
    listening = [
        SupervisedParticipantOut(
            id=each.id,
            purpose=Purpose.SUPERVISOR,
            user_id=each.supervisor.id,
            name=each.supervisor.name,
            state=SeatState.JOINED if each.started_at else SeatState.RINGING,
            talk_group="",
            is_muted=each.is_muted,
            is_held=False,
            is_consulted=False,
            joined_at=each.started_at,
            left_at=None,
            leg_state=_LEG_STATES.get(each.state, "none"),
            mode=each.mode,
        )
        for each in engaged.values()
    ]
    return (*seated, *listening)


def _with_mode(each: ParticipantOut, mode: Mode | None) -> SupervisedParticipantOut:
    fields = {name: getattr(each, name) for name in ParticipantOut.__struct_fields__}
    return SupervisedParticipantOut(**fields, mode=mode)
