"""Effects: what follows for others whenever an engagement begins, changes or ends."""

from sideline.engagements.events import EngagementEnded, EngagementEvent
from sideline.engagements.facts import ENDED, Scene
from sideline.engagements.models import EngagementRow
from sideline.engagements.segments import end_segment
from sideline.engagements.shown import telling_agents
from sideline.engagements.summaries import summary_of
from sideline.interactions.coached_mark import set_coached
from sideline.interactions.supervising_mark import set_supervising
from sideline.interactions.wake import wake_voice
from sideline.kit.clock import not_before
from sideline.kit.db import Tx
from sideline.people.presence_commands import presence_of
from sideline.rules.audibility import Mode, Purpose
from sideline.rules.engagement_end import EndReason


async def end(tx: Tx, scene: Scene, row: EngagementRow, reason: EndReason, *, ended_by_id: str | None = None) -> None:
    """End an engagement: history closed, supervisor free, agent and customer told, sound taken away."""
    async with telling_agents(tx, scene.id):
        await end_segment(tx, row, reason)
    row.state = ENDED
    row.ended_at = not_before(row.requested_at, tx.now)
    row.end_reason = reason
    row.ended_by_id = ended_by_id
    row.lost_at = None
    scene.rows.pop(row.id, None)
    await changed(tx, scene, row, EngagementEnded)
    await presence_of(tx, row.supervisor_id)
    await set_supervising(tx, row.supervisor_id, False)


async def changed(tx: Tx, scene: Scene, row: EngagementRow, event: type[EngagementEvent] | None = None) -> None:
    """Let everything follow the engagements as they are now: marks on the call, the voice engine, the event.

    The interaction itself keeps its version and tells nothing: a monitor
    leaves no trace where the agent could read it.
    """
    await tx.session.flush()
    await _mark_coached(tx, scene)
    wake_voice(tx, scene.loaded.row)
    if event is not None:
        tx.record(event(engagement=await summary_of(tx.session, row.id)))


async def _mark_coached(tx: Tx, scene: Scene) -> None:
    # From the request on: an agent about to be coached doesn't start a consult (V16).
    coached = {row.target_participant_id for row in scene.rows.values() if row.mode == Mode.COACH}
    for seat in scene.call.seats:
        if seat.purpose == Purpose.AGENT and seat.is_live:
            await set_coached(tx, scene.loaded, seat.id, seat.id in coached)
