"""What an agent is shown of their own calls, in lists, although their roles show it of others (V2, V13)."""

from sqlalchemy import ColumnElement, and_, exists, or_
from sqlalchemy.orm import aliased

from sideline.engagements.models import EngagementRow, EngagementSegmentRow
from sideline.interactions.models import ParticipantRow
from sideline.rules.audibility import Mode, Purpose
from sideline.rules.call import SeatState


def is_shown_of_own_call(
    viewer_id: str | ColumnElement[str],
    row: type[EngagementRow] | type[EngagementSegmentRow],
    agents_see_monitors: ColumnElement[bool],
) -> ColumnElement[bool]:
    """Return the condition that ``row`` is one's own, of a call on which the viewer was no agent, or shown to agents.

    ``rules.engagement.sees`` in SQL for viewers who are permitted, which is
    the caller's to ask; a test holds the two together.
    """
    seat = aliased(ParticipantRow)
    own_seat = exists().where(
        seat.interaction_id == row.interaction_id,
        seat.user_id == viewer_id,
        seat.purpose == Purpose.AGENT.value,
        or_(seat.joined_at.is_not(None), seat.state != SeatState.LEFT.value),
    )
    return or_(
        row.supervisor_id == viewer_id,
        ~own_seat,
        and_(row.mode == Mode.MONITOR.value, agents_see_monitors),
        and_(row.mode == Mode.COACH.value, own_seat.where(seat.id == row.target_participant_id)),
        row.mode.in_([Mode.BARGE.value, Mode.BARGE_KICK.value]),
    )
