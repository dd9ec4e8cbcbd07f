"""What an agent is not shown although their roles show it of others: who monitored their own calls (V2, V13)."""

from sqlalchemy import ColumnElement, exists, or_
from sqlalchemy.orm import aliased

from sideline.engagements.models import EngagementRow, EngagementSegmentRow
from sideline.interactions.models import ParticipantRow
from sideline.rules.audibility import Mode, Purpose


def not_of_own_call(
    viewer_id: str | ColumnElement[str], row: type[EngagementRow] | type[EngagementSegmentRow]
) -> ColumnElement[bool]:
    """Return the condition that ``row`` is no monitoring of a call on which the viewer is or was an agent.

    ``rules.engagement.sees`` in SQL, for lists; one's own engagements stay.
    """
    seat = aliased(ParticipantRow)
    is_on_it = exists().where(
        seat.interaction_id == row.interaction_id,
        seat.user_id == viewer_id,
        seat.purpose == Purpose.AGENT.value,
    )
    return or_(row.mode != Mode.MONITOR.value, row.supervisor_id == viewer_id, ~is_on_it)
