"""What the voice engine tells of phones that it rings for supervisors, and of a PBX that it can't reach.

Written by the voice process (``phone_exchange.py``). Each life of a PBX's node
begins as if the PBX had been out of reach, so what an earlier life said of a
phone counts no more. A fact that comes late,
of an engagement that has ended or of another call, changes nothing.
"""

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from sideline.engagements.effects import end
from sideline.engagements.facts import ENDED, Scene, load_scene
from sideline.engagements.models import UP, EngagementRow
from sideline.engagements.progress import lose_until_told
from sideline.interactions import takeover_commands as interactions
from sideline.interactions.wake import wake_voice
from sideline.kit.db import Tx
from sideline.kit.ids import is_id
from sideline.rules.engagement_end import EndReason, PhoneEvent, after_phone
from sideline.voice.engine import PhoneOutcome

_SUPERVISED = text("""
    SELECT DISTINCT i.id FROM voice_nodes n
    JOIN interactions i ON i.pbx_name = n.name AND i.ended_at IS NULL
    JOIN engagements e ON e.interaction_id = i.id AND e.state <> 'ended'
    WHERE n.id = :node ORDER BY i.id
""")


async def phone_changed(tx: Tx, interaction_id: str, participant_id: str, outcome: PhoneOutcome) -> None:
    """Note what became of the phone of the engagement ``participant_id``: answered, or why it ends (V10).

    An answer makes nothing active yet: the call is looked at again, and what
    the engine then confirms is heard. Who had taken the call over leaves it.
    """
    found = await _phone_of(tx, interaction_id, participant_id, outcome)
    if found is None:
        return
    scene, row = found
    reason = after_phone(PhoneEvent(outcome.value))
    if reason is not None:
        await _end(tx, scene, row, reason)
    elif row.phone_state != UP:
        row.phone_state = UP
        await tx.session.flush()
        wake_voice(tx, scene.loaded.row)


async def supervised_calls_of_pbx(connection: AsyncConnection, node_id: str) -> list[str]:
    """Return the live calls of this node's PBX that somebody supervises, in whichever life of it they began."""
    return [str(each) for each in (await connection.execute(_SUPERVISED, {"node": node_id})).scalars()]


async def pbx_out_of_reach(tx: Tx, interaction_id: str) -> None:
    """Note that the PBX of this call can't be reached: what supervisors hear there is known again once it can."""
    scene = await load_scene(tx, interaction_id)
    for row in scene.rows.values():
        await lose_until_told(tx, row)
    # Should the engine be back before this is written, what it has in force is confirmed anew.
    wake_voice(tx, scene.loaded.row)


async def pbx_back(tx: Tx, interaction_id: str) -> None:
    """Give those who supervise this call, now that its PBX is back, the whole time to come back from now on."""
    scene = await load_scene(tx, interaction_id)
    for row in scene.rows.values():
        if row.lost_at is not None:
            row.lost_at = tx.now
    # What the engine confirmed meanwhile it confirmed of these rows as they were before.
    wake_voice(tx, scene.loaded.row)


async def _phone_of(
    tx: Tx, interaction_id: str, participant_id: str, outcome: PhoneOutcome
) -> tuple[Scene, EngagementRow] | None:
    """Return the live engagement on this call that an outcome is about, locked.

    None for any other, and for a browser, whose leg tells what becomes of it;
    unless the PBX can't be plugged into it at all.
    """
    kinds = ("browser", "sip", "number") if outcome == PhoneOutcome.UNREACHABLE else ("sip", "number")
    if not is_id(interaction_id) or not is_id(participant_id):
        return None
    found = await tx.session.scalar(
        select(EngagementRow.id).where(
            EngagementRow.id == participant_id,
            EngagementRow.interaction_id == interaction_id,
            EngagementRow.state != ENDED,
            EngagementRow.phone_kind.in_(kinds),
        )
    )
    if found is None:
        return None
    scene = await load_scene(tx, interaction_id)
    row = scene.rows.get(participant_id)
    return None if row is None else (scene, row)


async def _end(tx: Tx, scene: Scene, row: EngagementRow, reason: EndReason) -> None:
    await end(tx, scene, row, reason)
    seat = scene.call.seat(row.id)
    if seat is not None and seat.is_live:
        await interactions.leave(tx, scene.id, seat.id, is_lost=reason == EndReason.PHONE_LOST)
