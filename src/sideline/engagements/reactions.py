"""What engagements do, in the same transaction, when a call, a phone, a right or a sign-in changes.

The composition root registers :data:`REACTIONS`; the slices that tell of these
things know nothing of engagements.
"""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, select

from sideline.engagements.effects import changed, end
from sideline.engagements.facts import ENDED, Scene, agent_for, load_scene, team_of
from sideline.engagements.models import EngagementRow
from sideline.engagements.progress import lose, lose_until_told, reason_of_loss
from sideline.engagements.shown import tell_newcomers
from sideline.engagements.standing import BROWSER, with_agent_of
from sideline.interactions.call_nodes import is_live_node
from sideline.interactions.leg_moves import want_legs_on
from sideline.interactions.messages import CallMoved, CallStepped, LegChanged
from sideline.interactions.models import LegRow
from sideline.interactions.wake import wake_voice
from sideline.kit.db import Reactions, Tx
from sideline.people.messages import RightsChanged, SignedOut
from sideline.people.sign_in.who import actor_of
from sideline.rules.audibility import Mode, Purpose
from sideline.rules.engagement_end import EndReason, after_step
from sideline.rules.permissions import Permission, can


async def call_stepped(tx: Tx, told: CallStepped) -> None:
    """End the engagements that this step of the call ends, and let the others follow it (V15)."""
    if not await _live(tx, EngagementRow.interaction_id == told.interaction_id):
        return
    scene = await load_scene(tx, told.interaction_id)
    joined = (seat for seat in scene.call.seats if seat.is_joined and not _was_joined(told, seat.id))
    for row in list(scene.rows.values()):
        reason = after_step(
            scene.engagement(row), told.step, scene.policy, may_monitor_next=await _may_go_on_with_next(tx, scene, row)
        )
        if reason is not None:
            await end(tx, scene, row, reason)
        else:
            await _follow(tx, scene, row)
    await tell_newcomers(tx, scene.id, {seat.user_id for seat in joined if seat.user_id is not None})


async def call_moved(tx: Tx, told: CallMoved) -> None:
    """Bring the supervisors of a call to its new voice node; until they are there they hear nothing."""
    if not await _live(tx, EngagementRow.interaction_id == told.interaction_id):
        return
    scene = await load_scene(tx, told.interaction_id)
    for row in scene.rows.values():
        if row.phone_kind != BROWSER:
            # Its node's new life has begun without it (``PhoneExchange``), and may have found it already.
            continue
        await want_legs_on(tx, told.voice_node_id, user_ids=[row.supervisor_id])
        if not await _is_on(tx, row.supervisor_id, told.voice_node_id):
            await lose_until_told(tx, row)


async def leg_changed(tx: Tx, told: LegChanged) -> None:
    """Lose, look for, or end the engagement of the supervisor whose phone this is; one on another phone goes on."""
    if told.user_id is None:
        return
    for found in await _live(tx, EngagementRow.supervisor_id == told.user_id, EngagementRow.phone_kind == BROWSER):
        scene = await load_scene(tx, found.interaction_id)
        row = scene.rows.get(found.id)
        if row is None:
            continue
        match told.state:
            case "lost":
                await lose(tx, row)
            case "closed":
                await end(tx, scene, row, await reason_of_loss(tx, told.leg_id))
            case state:
                if state == "connecting":
                    # Also one that goes on elsewhere: nothing is heard until it is up where the call is.
                    await lose(tx, row)
                await _bring_to_call(tx, scene, row)
                wake_voice(tx, scene.loaded.row)


async def rights_changed(tx: Tx, told: RightsChanged) -> None:
    """End what these supervisors may no longer do; who took a call over keeps it, for the customer's sake."""
    for found in await _live(tx, EngagementRow.supervisor_id.in_(told.user_ids), EngagementRow.mode != Mode.BARGE_KICK):
        scene = await load_scene(tx, found.interaction_id)
        row = scene.rows.get(found.id)
        if row is not None and not await _may_go_on(tx, row):
            await end(tx, scene, row, EndReason.NOT_PERMITTED_ANY_MORE)


async def signed_out(tx: Tx, told: SignedOut) -> None:
    """End the engagement of someone who is no longer there; interactions takes them off a call they took over."""
    for found in await _live(tx, EngagementRow.supervisor_id == told.user_id):
        scene = await load_scene(tx, found.interaction_id)
        row = scene.rows.get(found.id)
        if row is not None:
            await end(tx, scene, row, EndReason.SIGNED_OUT)


REACTIONS: Reactions = {
    CallStepped: [call_stepped],
    CallMoved: [call_moved],
    LegChanged: [leg_changed],
    RightsChanged: [rights_changed],
    SignedOut: [signed_out],
}
"""For the composition root: ``Database(reactions=…)``."""


async def _bring_to_call(tx: Tx, scene: Scene, row: EngagementRow) -> None:
    """Ask the supervisor's phone to come where the call is; a call whose node is dead is waited for instead."""
    node_id = scene.loaded.row.voice_node_id
    if node_id is not None and await is_live_node(tx, node_id):
        await want_legs_on(tx, node_id, user_ids=[row.supervisor_id])


async def _is_on(tx: Tx, user_id: str, node_id: str) -> bool:
    on_node = select(LegRow.id).where(
        LegRow.user_id == user_id, LegRow.state != "closed", LegRow.voice_node_id == node_id
    )
    return await tx.session.scalar(on_node) is not None


async def _live(tx: Tx, *where: ColumnElement[bool]) -> Sequence[EngagementRow]:
    # Not locked yet: whoever acts on one loads its scene, which locks the call and reads it again.
    await tx.session.flush()
    found = await tx.session.scalars(
        select(EngagementRow).where(EngagementRow.state != ENDED, *where).order_by(EngagementRow.interaction_id)
    )
    return found.all()


def _was_joined(told: CallStepped, seat_id: str) -> bool:
    seat = told.before.seat(seat_id)
    return seat is not None and seat.is_joined


async def _may_go_on_with_next(tx: Tx, scene: Scene, row: EngagementRow) -> bool:
    """Return whether the supervisor may go on in this mode with whoever has the call now; True while nobody does."""
    seat = scene.seat(row.target_participant_id)
    agent = agent_for(scene.call, seat)
    if seat.purpose != Purpose.CUSTOMER or agent is None or agent.user_id in (None, row.agent_id, row.supervisor_id):
        return True
    actor = await actor_of(tx.session, row.supervisor_id)
    return can(actor, Permission(row.mode), with_agent_of(await team_of(tx, agent)))


async def _follow(tx: Tx, scene: Scene, row: EngagementRow) -> None:
    """Let an engagement with the customer be about the agent who has the call now."""
    seat = scene.seat(row.target_participant_id)
    agent = agent_for(scene.call, seat)
    if seat.purpose == Purpose.CUSTOMER and agent is not None and agent.user_id not in (None, row.agent_id):
        row.agent_id = agent.user_id
        row.team_id = await team_of(tx, agent)
        await changed(tx, scene, row)


async def _may_go_on(tx: Tx, row: EngagementRow) -> bool:
    actor = await actor_of(tx.session, row.supervisor_id)
    return can(actor, Permission(row.mode), with_agent_of(row.team_id))
