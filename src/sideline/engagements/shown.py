"""What agents and customer of a call are shown of its supervisors (V4, V6, V13), told only when it changes.

It follows the segments, that is what the voice engine has confirmed: an agent
reads "Sam is coaching you" while they can hear Sam, not before and not after.
"""

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from sideline.engagements.events import EngagementShownToAgent, ShownSupervisor
from sideline.engagements.models import EngagementSegmentRow
from sideline.engagements.policy import read_engagement_policy
from sideline.interactions.customer_notice import set_notice
from sideline.interactions.models import ParticipantRow
from sideline.kit.db import Tx
from sideline.people.models import UserRow
from sideline.rules.audibility import Mode, Purpose
from sideline.rules.engagement import Engagement, EngagementPolicy, EngagementState, Viewer, sees

Shown = dict[str, tuple[ShownSupervisor, ...]]
"""Agent's user id to whom their view shows."""

_HEARD = (
    select(
        EngagementSegmentRow.engagement_id,
        EngagementSegmentRow.supervisor_id,
        EngagementSegmentRow.mode,
        EngagementSegmentRow.target_participant_id,
        ParticipantRow.purpose,
        UserRow.name,
    )
    .join(UserRow, UserRow.id == EngagementSegmentRow.supervisor_id)
    .join(ParticipantRow, ParticipantRow.id == EngagementSegmentRow.target_participant_id)
    .where(EngagementSegmentRow.ended_at.is_(None))
)

CUSTOMER_NOTICE = "A supervisor has joined the call."

_SPOKEN_TO_ALL = exists().where(
    EngagementSegmentRow.ended_at.is_(None),
    EngagementSegmentRow.mode.in_([Mode.BARGE.value, Mode.BARGE_KICK.value]),
)

_AGENT_SEATS = select(ParticipantRow.id, ParticipantRow.user_id, ParticipantRow.state).where(
    ParticipantRow.purpose == Purpose.AGENT
)


async def shown_to_agents(
    connection: AsyncConnection | AsyncSession, interaction_id: str, policy: EngagementPolicy
) -> Shown:
    """Return for each agent who is on the call now whom their view shows."""
    heard = (await connection.execute(_HEARD.where(EngagementSegmentRow.interaction_id == interaction_id))).all()
    seats = (await connection.execute(_AGENT_SEATS.where(ParticipantRow.interaction_id == interaction_id))).all()
    return {
        user_id: tuple(
            sorted(
                ShownSupervisor(row.name, Mode(row.mode))
                for row in heard
                if sees(_viewer(user_id, seats), _engagement(row), policy)
            )
        )
        for user_id in {seat.user_id for seat in seats if seat.state == "joined"}
    }


@asynccontextmanager
async def telling_agents(tx: Tx, interaction_id: str) -> AsyncIterator[None]:
    """Tell agents and customer of the call whom they are shown, if the block changed that."""
    policy = await read_engagement_policy(tx.session)
    before = await shown_to_agents(tx.session, interaction_id, policy)
    yield
    await tx.session.flush()
    after = await shown_to_agents(tx.session, interaction_id, policy)
    for user_id in sorted({*before, *after}):
        if before.get(user_id, ()) != after.get(user_id, ()):
            _tell(tx, interaction_id, user_id, after.get(user_id, ()))
    await _tell_customer(tx, interaction_id, policy)


async def _tell_customer(tx: Tx, interaction_id: str, policy: EngagementPolicy) -> None:
    is_shown = policy.barge_notice_to_customer and bool(
        await tx.session.scalar(select(_SPOKEN_TO_ALL.where(EngagementSegmentRow.interaction_id == interaction_id)))
    )
    await set_notice(tx, interaction_id, CUSTOMER_NOTICE if is_shown else "")


async def tell_newcomers(tx: Tx, interaction_id: str, user_ids: Collection[str]) -> None:
    """Tell agents who have just come onto the call whom they are shown, if anyone."""
    if not user_ids:
        return
    shown = await shown_to_agents(tx.session, interaction_id, await read_engagement_policy(tx.session))
    for user_id in sorted(user_ids):
        if shown.get(user_id):
            _tell(tx, interaction_id, user_id, shown[user_id])


def _tell(tx: Tx, interaction_id: str, user_id: str, supervisors: tuple[ShownSupervisor, ...]) -> None:
    tx.record(EngagementShownToAgent(user_id=user_id, interaction_id=interaction_id, supervisors=supervisors))


def _viewer(user_id: str, seats: Any) -> Viewer:
    return Viewer(user_id, agent_seats=frozenset(seat.id for seat in seats if seat.user_id == user_id))


def _engagement(row: Any) -> Engagement:
    return Engagement(
        row.engagement_id,
        row.supervisor_id,
        row.target_participant_id,
        Purpose(row.purpose),
        Mode(row.mode),
        EngagementState.ACTIVE,
    )
