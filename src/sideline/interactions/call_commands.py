"""The controls of those on a call: answer, decline, mute, hold, consult, transfer, end.

Each loads the call, asks its rule for the asking person's seat, and saves the
step. Who was never on the call is told that it isn't there, or, where they may
see it, that they are not on it.
"""

from collections.abc import Callable

from sqlalchemy import select

from sideline.interactions.bodies import TransferIn
from sideline.interactions.call_facts import LoadedCall, granted, load_call, save_step
from sideline.interactions.call_out import call_out, my_seat
from sideline.interactions.controls import hang_up
from sideline.interactions.models import ParticipantRow, QueueRow
from sideline.interactions.pbx_transfer import give_to_agent
from sideline.interactions.queries import visible_interaction
from sideline.interactions.queue_queries import queue_fault
from sideline.interactions.ring_facts import locked_ring_facts, ring_facts
from sideline.interactions.schemas import CallOut
from sideline.kit.db import Tx
from sideline.kit.ids import is_id, new_id
from sideline.kit.problems import Invalid, NotFound, Problem, Refused
from sideline.people.identity import SignedIn
from sideline.people.models import UserRow
from sideline.people.scoping import team_resource
from sideline.rules import call_control, call_ringing, pbx_call
from sideline.rules.call import Call, Outcome, Seat, SeatState
from sideline.rules.permissions import Permission, can
from sideline.rules.presence import Presence
from sideline.rules.refusals import Refusal, RefusalCode

Rule = Callable[[Call, str], Outcome]


async def answer(tx: Tx, me: SignedIn, interaction_id: str) -> CallOut:
    """Answer a call or consult that rings for me. Raises Refused, also where my phone is not connected."""
    loaded, seat = await _controlled(tx, me, interaction_id, "answer")
    step = granted(call_ringing.answer(loaded.call, seat.id))
    facts = await locked_ring_facts(tx, me.user_id)
    if facts.presence == Presence.INTERACTING:
        raise Refused(Refusal(RefusalCode.ON_ANOTHER_CALL))
    if facts.is_supervising:
        raise Refused(Refusal(RefusalCode.IS_SUPERVISING))
    if not facts.has_phone:
        raise Refused(Refusal(RefusalCode.NO_PHONE))
    await save_step(tx, loaded, step)
    return await call_out(tx, loaded, me)


async def decline(tx: Tx, me: SignedIn, interaction_id: str) -> CallOut:
    """Turn down a call or consult that rings for me."""
    return await _control(tx, me, interaction_id, "decline", call_ringing.decline)


async def mute(tx: Tx, me: SignedIn, interaction_id: str) -> CallOut:
    """Silence my own voice to everyone."""
    return await _control(tx, me, interaction_id, "mute", call_control.mute)


async def unmute(tx: Tx, me: SignedIn, interaction_id: str) -> CallOut:
    """Let my voice be heard again."""
    return await _control(tx, me, interaction_id, "unmute", call_control.unmute)


async def hold(tx: Tx, me: SignedIn, interaction_id: str) -> CallOut:
    """Put the customer on hold, with music."""
    return await _control(tx, me, interaction_id, "hold", call_control.hold)


async def resume(tx: Tx, me: SignedIn, interaction_id: str) -> CallOut:
    """Talk with the held customer again."""
    return await _control(tx, me, interaction_id, "resume", call_control.resume)


async def cancel_consult(tx: Tx, me: SignedIn, interaction_id: str) -> CallOut:
    """Let the consulted agent go and talk with the customer again."""
    return await _control(tx, me, interaction_id, "cancel_consult", call_control.cancel_consult)


async def complete_transfer(tx: Tx, me: SignedIn, interaction_id: str) -> CallOut:
    """Leave the customer to the consulted agent."""
    return await _control(tx, me, interaction_id, "complete_transfer", call_control.complete_transfer)


async def end(tx: Tx, me: SignedIn, interaction_id: str) -> CallOut:
    """End the call for everyone; a consulted agent leaves the consult with this, as hanging up does."""
    return await _control(tx, me, interaction_id, "end", hang_up)


async def consult(tx: Tx, me: SignedIn, interaction_id: str, user_id: str) -> CallOut:
    """Hold the customer and ring another agent.

    Raises Refused while I am coached (V16), or where the other can't be
    reached; NotFound for someone who takes no calls.
    """
    loaded, seat = await _controlled(tx, me, interaction_id, "consult")
    is_coached = loaded.participant(seat.id).is_coached
    step = granted(
        call_control.start_consult(loaded.call, seat.id, new_id(), await _known(tx, me, user_id), is_coached=is_coached)
    )
    await _require_reachable(tx, user_id)
    await save_step(tx, loaded, step)
    return await call_out(tx, loaded, me)


async def transfer(tx: Tx, me: SignedIn, interaction_id: str, to: TransferIn) -> CallOut:
    """Leave, and give the customer to another agent's phone or to a queue (blind transfer).

    Raises Refused where the agent can't be reached or a consult is going on,
    NotFound for an unknown agent or queue.
    """
    if (to.user_id is None) == (to.queue_id is None):
        raise Invalid({"user_id": "Name either a person or a queue to transfer to."})
    loaded, seat = await _controlled(tx, me, interaction_id, "transfer")
    if to.user_id is not None:
        user_id = await _known(tx, me, to.user_id)
        if loaded.row.pbx_name:
            await give_to_agent(tx, loaded, seat, user_id)
            return await call_out(tx, loaded, me)
        step = granted(call_control.blind_transfer_to_agent(loaded.call, seat.id, new_id(), user_id))
        await _require_reachable(tx, user_id)
        await save_step(tx, loaded, step)
        return await call_out(tx, loaded, me)
    step = granted(call_control.blind_transfer_to_queue(loaded.call, seat.id))
    queue = await tx.session.get(QueueRow, to.queue_id) if is_id(to.queue_id or "") else None
    if queue is None:
        raise NotFound("queue")
    fault = queue_fault(queue.name, queue.pbx_queue, is_open=queue.is_open, is_on_pbx=bool(loaded.row.pbx_name))
    if fault is not None:
        raise Problem(409, fault.code, fault.text)
    if loaded.row.pbx_name:
        loaded.row.pbx_extension = queue.pbx_queue
    loaded.row.queue_id = queue.id
    if queue.team_id is not None and queue.team_id not in loaded.row.team_ids:
        loaded.row.team_ids = [*loaded.row.team_ids, queue.team_id]
    await save_step(tx, loaded, step)
    return await call_out(tx, loaded, me)


async def leave_everything(tx: Tx, user_id: str, *, is_lost: bool = False) -> None:
    """Take a user off every call they are on or rung for: signed out, or their phone gone for good.

    Whom a PBX has on a call stays on it: they speak with a telephone.
    """
    live = select(ParticipantRow.interaction_id).where(
        ParticipantRow.user_id == user_id, ParticipantRow.state != SeatState.LEFT, ParticipantRow.pbx_party_id == ""
    )
    for interaction_id in sorted(await tx.session.scalars(live)):
        loaded = await load_call(tx, interaction_id)
        seat = loaded.seat_of(user_id)
        if seat is not None and not loaded.participant(seat.id).pbx_party_id:
            await save_step(tx, loaded, granted(call_control.leave(loaded.call, seat.id)), is_lost=is_lost)


async def load_mine(tx: Tx, me: SignedIn, interaction_id: str) -> tuple[LoadedCall, Seat]:
    """Return a call that I am or was on, locked, and my seat.

    Raises NotFound for one I may not see, Refused ``not_on_call`` for another.
    """
    loaded = await load_call(tx, interaction_id)
    seat = my_seat(loaded, me.user_id)
    if seat is None:
        await visible_interaction(tx.session, me, interaction_id)
        raise Refused(Refusal(RefusalCode.NOT_ON_CALL))
    return loaded, seat


async def _controlled(tx: Tx, me: SignedIn, interaction_id: str, control: str) -> tuple[LoadedCall, Seat]:
    """As :func:`load_mine`; raises Refused also for a control that is on my telephone."""
    loaded, seat = await load_mine(tx, me, interaction_id)
    refusal = pbx_call.may_use(control, seat) if loaded.row.pbx_name else None
    if refusal is not None:
        raise Refused(refusal)
    return loaded, seat


async def _control(tx: Tx, me: SignedIn, interaction_id: str, control: str, rule: Rule) -> CallOut:
    loaded, seat = await _controlled(tx, me, interaction_id, control)
    await save_step(tx, loaded, granted(rule(loaded.call, seat.id)))
    return await call_out(tx, loaded, me)


async def _known(tx: Tx, me: SignedIn, user_id: str) -> str:
    """Return the id of someone whom I may find in the directory and who takes calls; raises NotFound, Refused."""
    me.require_at_all(Permission.VIEW_DIRECTORY)
    facts = (await ring_facts(tx.session, [user_id], tx.now)).get(user_id) if is_id(user_id) else None
    team_id = await tx.session.scalar(select(UserRow.team_id).where(UserRow.id == user_id)) if facts else None
    is_listed = can(me.actor, Permission.VIEW_DIRECTORY, team_resource(team_id))
    if facts is None or not facts.takes_calls or not is_listed:
        raise NotFound("person who takes calls")
    return user_id


async def _require_reachable(tx: Tx, user_id: str) -> None:
    refusal = (await locked_ring_facts(tx, user_id)).may_be_reached()
    if refusal is not None:
        raise Refused(refusal)
