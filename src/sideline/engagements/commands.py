"""What a supervisor does: start, switch, mute, stop; and what others do to them: disconnect.

Each command reads: facts, decision, effects. The facts lock the call, the
rules decide, and the effects are rows; the voice engine is made to match them
by the switchboard, which then writes back what is really heard. So nothing
here says that anybody hears anything yet.
"""

from sideline.engagements.abilities import of_own, switches_towards
from sideline.engagements.effects import changed, end
from sideline.engagements.events import EngagementMuted, EngagementRequested
from sideline.engagements.facts import (
    ENGAGEMENT,
    Aim,
    Scene,
    aim_at,
    scene_of,
    scene_to_start,
)
from sideline.engagements.models import RINGING, EngagementRow
from sideline.engagements.races import first_come
from sideline.engagements.schemas import (
    EngagementOut,
    MuteEngagement,
    StartEngagement,
    SwitchEngagement,
    engagement_out,
)
from sideline.engagements.standing import BROWSER, with_agent_of
from sideline.engagements.summaries import summary_of
from sideline.interactions import takeover_commands as interactions
from sideline.interactions.leg_moves import want_legs_on
from sideline.interactions.supervising_mark import set_supervising
from sideline.kit.db import Tx
from sideline.kit.ids import new_id
from sideline.kit.problems import NotFound, Refused
from sideline.people.identity import SignedIn
from sideline.people.presence_commands import presence_of
from sideline.rules import engagement as rules
from sideline.rules.audibility import Mode
from sideline.rules.engagement_end import EndReason
from sideline.rules.permissions import Permission, can
from sideline.rules.refusals import Refusal


async def start(tx: Tx, me: SignedIn, wanted: StartEngagement) -> EngagementOut:
    """Monitor, coach or join a participant of a live call, with the phone that I have selected."""
    scene = await scene_to_start(tx, me, wanted.interaction_id)
    # An offer takes the same lock, so nobody is rung and begins to listen at once.
    await presence_of(tx, me.user_id)
    aim = await aim_at(tx, me, scene, wanted.target_participant_id)

    _refuse(rules.may_start(wanted.mode, aim.supervisor, aim.target, scene.policy, reason=wanted.reason))

    row = EngagementRow(
        id=new_id(),
        interaction_id=scene.id,
        supervisor_id=me.user_id,
        agent_id=aim.agent_id,
        team_id=aim.team_id,
        target_participant_id=aim.seat.id,
        mode=wanted.mode,
        state="connecting",
        phone_kind=aim.phone.kind,
        phone_address=aim.phone.address,
        phone_auto_answer=aim.phone.auto_answer,
        phone_state="" if aim.phone.kind == BROWSER else RINGING,
        reason=wanted.reason.strip(),
        requested_at=tx.now,
        address=me.address,
    )
    async with first_come(tx, supervisor_id=me.user_id, agent_id=aim.agent_id):
        tx.session.add(row)
    scene.add(row, me.name)
    await set_supervising(tx, me.user_id, True)
    node_id = scene.loaded.row.voice_node_id
    if node_id is not None and row.phone_kind == BROWSER:
        await want_legs_on(tx, node_id, user_ids=[me.user_id])
    if wanted.mode == Mode.BARGE_KICK:
        await _take_over(tx, scene, row)
    await changed(tx, scene, row, EngagementRequested)
    return await _answer(tx, scene, row, aim)


async def switch(tx: Tx, me: SignedIn, engagement_id: str, wanted: SwitchEngagement) -> EngagementOut:
    """Go on in another mode, or towards another participant of the same call; my phone stays as it is."""
    scene, row = await _seen(tx, me, engagement_id)
    aim = await aim_at(tx, me, scene, wanted.target_participant_id or row.target_participant_id)

    _refuse(rules.may_switch(scene.engagement(row), wanted.mode, aim.supervisor, aim.target))

    if (row.mode, row.target_participant_id) != (wanted.mode, aim.seat.id):
        async with first_come(tx, supervisor_id=me.user_id, agent_id=aim.agent_id):
            row.mode, row.target_participant_id = wanted.mode, aim.seat.id
            row.agent_id, row.team_id = aim.agent_id, aim.team_id
        if wanted.mode == Mode.BARGE_KICK:
            await _take_over(tx, scene, row)
        await changed(tx, scene, row)
    return await _answer(tx, scene, row, aim)


async def mute(tx: Tx, me: SignedIn, engagement_id: str, wanted: MuteEngagement) -> EngagementOut:
    """Close my microphone towards everyone, or open it again."""
    scene, row = await _seen(tx, me, engagement_id)
    aim = await aim_at(tx, me, scene, row.target_participant_id)

    _refuse(rules.may_mute(scene.engagement(row), me.user_id))

    if row.is_muted != wanted.is_muted:
        row.is_muted = wanted.is_muted
        await changed(tx, scene, row, EngagementMuted)
    return await _answer(tx, scene, row, aim)


async def stop(tx: Tx, me: SignedIn, engagement_id: str) -> EngagementOut:
    """Leave the call; agent and customer go on undisturbed."""
    scene, row = await _seen(tx, me, engagement_id)

    _refuse(rules.may_stop(scene.engagement(row), me.user_id))

    await end(tx, scene, row, EndReason.SUPERVISOR_STOPPED)
    return engagement_out(await summary_of(tx.session, row.id), phone_address=row.phone_address)


async def disconnect(tx: Tx, me: SignedIn, engagement_id: str) -> EngagementOut:
    """End another's engagement at once; they are told that it was me.

    Who had taken the call over is taken off it, and the customer waits in the
    queue again.
    """
    scene, row = await _seen(tx, me, engagement_id)
    is_permitted = can(me.actor, Permission.DISCONNECT_OTHERS, with_agent_of(row.team_id))

    _refuse(rules.may_disconnect(scene.engagement(row), is_permitted=is_permitted))

    await end(tx, scene, row, EndReason.DISCONNECTED, ended_by_id=me.user_id)
    seat = scene.call.seat(row.id)
    if seat is not None and seat.is_live:
        await interactions.leave(tx, scene.id, seat.id)
    return engagement_out(await summary_of(tx.session, row.id))


async def _seen(tx: Tx, me: SignedIn, engagement_id: str) -> tuple[Scene, EngagementRow]:
    """Return an engagement that is mine or that I may see; any other does not exist."""
    scene, row = await scene_of(tx, engagement_id)
    viewer = rules.Viewer(
        me.user_id,
        is_permitted=can(me.actor, Permission.VIEW_ENGAGEMENTS, with_agent_of(row.team_id)),
        agent_seats=scene.agent_seats_of(me.user_id),
    )
    if not rules.sees(viewer, scene.engagement(row), scene.policy):
        raise NotFound(ENGAGEMENT)
    return scene, row


async def _take_over(tx: Tx, scene: Scene, row: EngagementRow) -> None:
    await tx.session.flush()
    scene.loaded = await interactions.take_over(
        tx, scene.id, row.target_participant_id, row.id, row.supervisor_id, is_muted=row.is_muted
    )


async def _answer(tx: Tx, scene: Scene, row: EngagementRow, aim: Aim) -> EngagementOut:
    own = scene.engagement(row)
    switches = switches_towards(own.target_purpose, own, aim.supervisor, aim.target)
    return engagement_out(await summary_of(tx.session, row.id), of_own(own, switches), row.phone_address)


def _refuse(refusal: Refusal | None) -> None:
    if refusal is not None:
        raise Refused(refusal)
