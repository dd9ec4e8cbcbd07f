"""What becomes of an engagement in the voice engine: heard, lost, heard again, given up.

Written by the voice process when its engine has confirmed a plan, by the
reactions to a phone's connection and to what became of a phone that was rung
(``phone_facts.py``), and by the worker when time is up. An engagement is
*active* only while its phone is up and the engine has confirmed the routes
that its row wants.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import and_, exists, func, or_, select, update

from sideline.engagements.effects import end
from sideline.engagements.events import (
    EngagementEvent,
    EngagementLost,
    EngagementResumed,
    EngagementStarted,
    EngagementSwitched,
)
from sideline.engagements.facts import ENDED, load_scene
from sideline.engagements.models import RINGING, UP, EngagementRow
from sideline.engagements.segments import LOST, begin_segment, end_segment, is_as_wanted, open_segment_of
from sideline.engagements.shown import telling_agents
from sideline.engagements.standing import BROWSER
from sideline.engagements.summaries import summary_of
from sideline.interactions import takeover_commands as interactions
from sideline.interactions.models import InteractionRow, LegRow, VoiceNodeRow
from sideline.kit.db import Tx
from sideline.rules.engagement_end import EndReason

_EVENT_FROM: Mapping[str, type[EngagementEvent]] = {
    "connecting": EngagementStarted,
    "lost": EngagementResumed,
    "active": EngagementSwitched,
}


async def confirm(tx: Tx, node_id: str, interaction_id: str, version: int, engaged: Mapping[str, int]) -> None:
    """Note that the engine of this node has the call's ``version`` in force, and what that makes of engagements.

    ``engaged`` maps the engagements of the plan to their versions: one that
    has changed since is confirmed with a later plan. One whose phone is not up
    stays as it is, whatever the engine was told about it.
    """
    campaign = await _applied(tx, node_id, interaction_id, version)
    if campaign is None or not engaged:
        return
    browser_is_up = and_(
        EngagementRow.phone_kind == BROWSER,
        exists().where(
            LegRow.user_id == EngagementRow.supervisor_id, LegRow.state == "up", LegRow.voice_node_id == node_id
        ),
    )
    heard = await tx.session.scalars(
        select(EngagementRow)
        .where(
            EngagementRow.interaction_id == interaction_id,
            EngagementRow.state != ENDED,
            or_(and_(EngagementRow.phone_kind != BROWSER, EngagementRow.phone_state == UP), browser_is_up),
        )
        .order_by(EngagementRow.id)
        .execution_options(populate_existing=True)
    )
    async with telling_agents(tx, interaction_id):
        for row in heard.all():
            if engaged.get(row.id) == row.version:
                await _hear(tx, row, campaign)


async def lose(tx: Tx, row: EngagementRow) -> None:
    """Note that the supervisor hears nothing for now; the mode is kept until they are back."""
    if row.state != "active":
        return
    async with telling_agents(tx, row.interaction_id):
        await end_segment(tx, row, LOST)
    row.lost_at = tx.now
    await _becomes(tx, row, "lost", EngagementLost)


async def lose_until_told(tx: Tx, row: EngagementRow) -> None:
    """Note that nobody can vouch for what the supervisor hears, until the engine tells of their phone again.

    A phone that it rings it tells of anew, whether it finds it connected or
    has to ring it once more; a browser's connection is known by itself.
    """
    if row.phone_kind != BROWSER:
        row.phone_state = RINGING
    await lose(tx, row)
    if row.lost_at is not None:
        # Until now there was nowhere to come back to.
        row.lost_at = tx.now


async def give_up(tx: Tx, engagement_id: str, reason: EndReason) -> None:
    """End an engagement whose phone did not come in time; one that has meanwhile come or ended stays as it is.

    Who had taken the call over leaves it: the customer waits in the queue
    again instead of in silence.
    """
    interaction_id = await tx.session.scalar(
        select(EngagementRow.interaction_id).where(EngagementRow.id == engagement_id)
    )
    if interaction_id is None:
        return
    scene = await load_scene(tx, interaction_id)
    row = scene.rows.get(engagement_id)
    if row is None or row.state == "active":
        return
    await end(tx, scene, row, reason)
    seat = scene.call.seat(row.id)
    if seat is not None and seat.is_live:
        await interactions.leave(tx, scene.id, seat.id, is_lost=True)


async def reason_of_loss(tx: Tx, leg_id: str | None) -> EndReason:
    """Return why a phone is gone for good: by itself, or with the voice node that it was on."""
    node_ended = select(VoiceNodeRow.id).where(
        VoiceNodeRow.id == LegRow.voice_node_id, VoiceNodeRow.ended_at.is_not(None), LegRow.id == leg_id
    )
    return EndReason.PHONE_LOST if await tx.session.scalar(node_ended) is None else EndReason.ENGINE_LOST


async def _applied(tx: Tx, node_id: str, interaction_id: str, version: int) -> str | None:
    """Lock the call and note its version in force; return its campaign, None if another node has it by now."""
    row: Any = (
        await tx.session.execute(
            update(InteractionRow)
            .where(InteractionRow.id == interaction_id, InteractionRow.voice_node_id == node_id)
            .values(applied_version=func.greatest(InteractionRow.applied_version, version))
            .returning(InteractionRow.campaign)
        )
    ).one_or_none()
    return None if row is None else row.campaign


async def _hear(tx: Tx, row: EngagementRow, campaign: str) -> None:
    segment = await open_segment_of(tx, row.id)
    if row.state == "active" and segment is not None and is_as_wanted(segment, row):
        return
    await begin_segment(tx, row, campaign)
    row.started_at = row.started_at or tx.now
    row.lost_at = None
    await _becomes(tx, row, "active", _EVENT_FROM[row.state])


async def _becomes(tx: Tx, row: EngagementRow, state: str, event: type[EngagementEvent]) -> None:
    row.state = state
    await tx.session.flush()
    tx.record(event(engagement=await summary_of(tx.session, row.id)))
