"""Segments: from when to when a mode was heard; opened and closed as the voice engine confirms."""

from sqlalchemy import select

from sideline.engagements.models import EngagementRow, EngagementSegmentRow
from sideline.kit.clock import not_before
from sideline.kit.db import Tx
from sideline.kit.ids import new_id

SWITCHED = "switched"
"""End reason of a segment after which the engagement went on differently."""

LOST = "lost"
"""End reason of a segment after which the phone was gone for a while."""


async def open_segment_of(tx: Tx, engagement_id: str) -> EngagementSegmentRow | None:
    """Return what is heard now, None while nothing is."""
    statement = select(EngagementSegmentRow).where(
        EngagementSegmentRow.engagement_id == engagement_id, EngagementSegmentRow.ended_at.is_(None)
    )
    return (await tx.session.execute(statement)).scalar_one_or_none()


def is_as_wanted(segment: EngagementSegmentRow, row: EngagementRow) -> bool:
    """Return whether what is heard is what is wanted."""
    return (segment.mode, segment.target_participant_id, segment.agent_id) == (
        row.mode,
        row.target_participant_id,
        row.agent_id,
    )


async def begin_segment(tx: Tx, row: EngagementRow, campaign: str) -> None:
    """Note that from now on the engagement is heard as it is wanted; what was heard before ends with it."""
    await end_segment(tx, row, SWITCHED)
    tx.session.add(
        EngagementSegmentRow(
            id=new_id(),
            engagement_id=row.id,
            interaction_id=row.interaction_id,
            supervisor_id=row.supervisor_id,
            target_participant_id=row.target_participant_id,
            agent_id=row.agent_id,
            team_id=row.team_id,
            mode=row.mode,
            campaign=campaign,
            started_at=tx.now,
        )
    )
    await tx.session.flush()


async def end_segment(tx: Tx, row: EngagementRow, reason: str) -> None:
    """Note that from now on nothing of the engagement is heard; nothing was, nothing changes."""
    segment = await open_segment_of(tx, row.id)
    if segment is not None:
        segment.ended_at = not_before(segment.started_at, tx.now)
        segment.end_reason = reason
        await tx.session.flush()
