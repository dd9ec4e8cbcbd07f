"""Rows ⇄ ``rules.call``: the one place where a call is loaded and a step of it is saved.

Every step goes through :func:`save_step`: participants, the interaction,
timeline, presence, events, wake-ups and the news for the slices below, in the
caller's transaction. Locks are taken in the order interaction → leg →
presence, everywhere.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from sideline.interactions.call_news import record_change
from sideline.interactions.call_nodes import follow_agent
from sideline.interactions.call_presence import save_presences
from sideline.interactions.messages import CallStepped
from sideline.interactions.models import WRAP_UP_SECONDS, InteractionRow, ParticipantRow, QueueRow
from sideline.interactions.pbx_place import save_place
from sideline.interactions.timeline import save_timeline
from sideline.interactions.wake import wake_voice, wake_worker
from sideline.kit.clock import not_before
from sideline.kit.db import Tx
from sideline.kit.ids import is_id
from sideline.kit.problems import NotFound, Refused
from sideline.people.models import UserRow
from sideline.people.rights import tell_rights_changed
from sideline.rules.audibility import Purpose
from sideline.rules.call import Call, CallState, Happening, Outcome, Seat, SeatState, Step, live_state
from sideline.rules.offering import OfferingPolicy
from sideline.rules.refusals import Refusal

INTERACTION = "interaction"


class EndedBecause(StrEnum):
    """Why an interaction ended."""

    AGENT_ENDED = "agent_ended"
    SUPERVISOR_ENDED = "supervisor_ended"
    CUSTOMER_LEFT = "customer_left"
    CUSTOMER_LOST = "customer_lost"
    VANISHED = "vanished"
    """The PBX has the call no more, and nobody was seen to hang up."""


LOCK = {"key_share": True}
"""How a row is locked whose id others may go on referring to."""

LOST = "lost"
"""``leave_reason`` of a participant whose phone was gone for too long."""


@dataclass
class LoadedCall:
    """A call's rows, locked, and what they mean to the rules."""

    row: InteractionRow
    participants: dict[str, ParticipantRow]
    call: Call

    def seat_of(self, user_id: str) -> Seat | None:
        """Return the seat in which a user rings or sits now."""
        return self.call.live_seat_of(user_id)

    def participant(self, seat_id: str) -> ParticipantRow:
        """Return the row of a seat."""
        return self.participants[seat_id]


async def load_call(tx: Tx, interaction_id: str) -> LoadedCall:
    """Return the call, locked until the transaction ends; raises NotFound. Visibility is the caller's to check."""
    row = None
    if is_id(interaction_id):
        row = await tx.session.get(InteractionRow, interaction_id, with_for_update=LOCK, populate_existing=True)
    if row is None:
        raise NotFound(INTERACTION)
    rows = await tx.session.scalars(
        select(ParticipantRow)
        .where(ParticipantRow.interaction_id == row.id)
        .order_by(ParticipantRow.invited_at, ParticipantRow.id)
        .execution_options(populate_existing=True)
    )
    participants = {each.id: each for each in rows}
    return LoadedCall(row, participants, Call(CallState(row.state), tuple(map(seat_of_row, participants.values()))))


_SEATS = (
    select(
        InteractionRow.state.label("call_state"),
        ParticipantRow.id,
        ParticipantRow.purpose,
        ParticipantRow.user_id,
        ParticipantRow.state,
        ParticipantRow.talk_group,
        ParticipantRow.is_muted,
        ParticipantRow.is_consulted,
        ParticipantRow.interaction_id,
    )
    .join(ParticipantRow, ParticipantRow.interaction_id == InteractionRow.id)
    .order_by(ParticipantRow.invited_at, ParticipantRow.id)
)


async def read_calls(connection: AsyncConnection | AsyncSession, interaction_ids: list[str]) -> dict[str, Call]:
    """Return the calls by id, not locked; unknown ids are left out."""
    rows: Any = (await connection.execute(_SEATS.where(InteractionRow.id.in_(interaction_ids)))).all()
    states: dict[str, CallState] = {}
    seats: dict[str, list[Seat]] = {}
    for row in rows:
        states[row.interaction_id] = CallState(row.call_state)
        seats.setdefault(row.interaction_id, []).append(seat_of_row(row))
    return {id_: Call(state, tuple(seats[id_])) for id_, state in states.items()}


async def read_call(connection: AsyncConnection | AsyncSession, interaction_id: str) -> Call:
    """Return one call, not locked; raises NotFound."""
    found = await read_calls(connection, [interaction_id]) if is_id(interaction_id) else {}
    if interaction_id not in found:
        raise NotFound(INTERACTION)
    return found[interaction_id]


def seat_of_row(row: Any) -> Seat:
    """Return the seat that a participant's row (or a result row with its columns) is."""
    return Seat(
        row.id,
        Purpose(row.purpose),
        row.user_id,
        SeatState(row.state),
        row.talk_group,
        is_muted=row.is_muted,
        is_consulted=row.is_consulted,
    )


def granted(outcome: Outcome) -> Step:
    """Return the step that a rule allowed; raises Refused for its refusal."""
    if isinstance(outcome, Refusal):
        raise Refused(outcome)
    return outcome


async def save_step(tx: Tx, loaded: LoadedCall, step: Step, *, is_lost: bool = False) -> None:
    """Save everything that ``step`` means, and tell it; ``loaded`` is the call after it.

    ``is_lost``: whoever leaves in this step lost their phone. A step in which
    nothing happened saves nothing.
    """
    if not step.happened:
        return
    before, after, row = loaded.call, step.call, loaded.row
    queue = None if row.queue_id is None else await tx.session.get(QueueRow, row.queue_id)
    await _save_seats(tx, loaded, step, is_lost=is_lost)
    _save_interaction(tx, loaded, step, queue, is_lost=is_lost)
    save_place(row, after, queue)
    loaded.call = after
    await tx.session.flush()
    await save_timeline(tx, row.id, before, step, _names(loaded))
    if _has_new_agent(before, after):
        await follow_agent(tx, row, after)
    await save_presences(tx, before, step, _wrap_up_seconds(row, queue))
    row.version += 1
    wake_voice(tx, row)
    if _concerns_worker(before, after):
        wake_worker(tx)
    await record_change(tx, row, str(step.happened[-1].kind), before=before, after=after)
    _close_to_rung_in_vain(tx, loaded, before)
    tx.tell(CallStepped(row.id, before, step))


async def touch(tx: Tx, loaded: LoadedCall, change: str, *, tell_customer: bool = False) -> None:
    """Tell a change of the call that is no step of the rules: data, a leg, a mark. Its version grows."""
    loaded.row.version += 1
    wake_voice(tx, loaded.row)
    await record_change(tx, loaded.row, change, before=loaded.call, after=loaded.call, tell_customer=tell_customer)


def _wrap_up_seconds(row: InteractionRow, queue: QueueRow | None) -> int | None:
    """Return the limit of the wrap-up: the queue's, or for a direct call of a PBX what a new queue has."""
    if queue is None:
        return WRAP_UP_SECONDS if row.pbx_name else None
    return queue.wrap_up_seconds


def ring_until(now: datetime, queue: QueueRow | None) -> datetime:
    """Return until when a seat rings that starts to ring now."""
    return now + timedelta(seconds=OfferingPolicy().ring_seconds if queue is None else queue.offer_seconds)


def ringing(call: Call) -> Seat | None:
    """Return the seat that rings: an offered call's or a consulted agent's; there is one at most."""
    return next((seat for seat in call.seats if seat.state == SeatState.RINGING), None)


def _close_to_rung_in_vain(tx: Tx, loaded: LoadedCall, before: Call) -> None:
    """Let open sockets of those who were only rung look again at what they may hear: this call no longer."""
    rang = {seat.id for seat in before.seats if seat.state == SeatState.RINGING}
    gone = [loaded.participant(seat.id) for seat in loaded.call.seats if seat.id in rang and not seat.is_live]
    tell_rights_changed(tx, (each.user_id for each in gone if each.user_id is not None))


async def _save_seats(tx: Tx, loaded: LoadedCall, step: Step, *, is_lost: bool) -> None:
    gone = [seat for seat in step.call.seats if not seat.is_live]
    staying = [seat for seat in step.call.seats if seat.is_live]
    for seat in gone:
        await _save_seat(tx, loaded, step, seat, is_lost=is_lost)
    # Someone may come back in another seat: nobody has joined twice, not for an instant.
    await tx.session.flush()
    for seat in staying:
        await _save_seat(tx, loaded, step, seat, is_lost=is_lost)


async def _save_seat(tx: Tx, loaded: LoadedCall, step: Step, seat: Seat, *, is_lost: bool) -> None:
    row, before = loaded.row, loaded.call
    participant = loaded.participants.get(seat.id)
    if participant is None:
        participant = await _new_participant(tx, row, seat)
        loaded.participants[seat.id] = participant
    elif before.seat(seat.id) == seat:
        return
    if seat.state == SeatState.LEFT and participant.state != SeatState.LEFT:
        participant.left_at = not_before(participant.joined_at or participant.invited_at, tx.now)
        participant.leave_reason = _leave_reason(step, seat, is_lost=is_lost)
        participant.is_coached = False
    if participant.user_id is None and seat.user_id is not None:
        # Somebody who was on a PBX's call without being known.
        user = await tx.session.get_one(UserRow, seat.user_id)
        participant.user_id, participant.name = user.id, user.name
        await _belongs_to(tx, row, seat)
    if seat.state == SeatState.JOINED and participant.joined_at is None:
        participant.joined_at = tx.now
        await _belongs_to(tx, row, seat)
    participant.purpose = seat.purpose
    participant.state = seat.state
    participant.talk_group = seat.group
    participant.is_muted = seat.is_muted
    participant.is_consulted = seat.is_consulted


async def _new_participant(tx: Tx, row: InteractionRow, seat: Seat) -> ParticipantRow:
    user = await tx.session.get_one(UserRow, seat.user_id)
    participant = ParticipantRow(
        id=seat.id,
        interaction_id=row.id,
        purpose=seat.purpose,
        user_id=user.id,
        name=user.name,
        state=SeatState.RINGING,
        invited_at=tx.now,
        is_coached=False,
    )
    tx.session.add(participant)
    return participant


async def _belongs_to(tx: Tx, row: InteractionRow, seat: Seat) -> None:
    if seat.user_id is None:
        return
    user = await tx.session.get_one(UserRow, seat.user_id)
    if user.team_id is not None and user.team_id not in row.team_ids:
        row.team_ids = [*row.team_ids, user.team_id]
    if user.id not in row.user_ids:
        row.user_ids = [*row.user_ids, user.id]


def _leave_reason(step: Step, seat: Seat, *, is_lost: bool) -> str:
    mine = [each.kind for each in step.happened if seat.id in (each.seat_id, each.other_seat_id)]
    if is_lost and mine:
        return LOST
    return str((mine or [step.happened[-1].kind])[-1])


def _save_interaction(tx: Tx, loaded: LoadedCall, step: Step, queue: QueueRow | None, *, is_lost: bool) -> None:
    row, after = loaded.row, step.call
    row.state = after.state
    row.live_state = live_state(after)
    in_control = after.in_control
    if in_control is not None and after.state == CallState.ACTIVE:
        row.answered_at = row.answered_at or tx.now
        if in_control.purpose == Purpose.AGENT:
            row.agent_id = in_control.user_id
    rings, rang = ringing(after), ringing(loaded.call)
    if rings is None:
        row.offer_until = None
    elif rang is None or rang.id != rings.id:
        row.offer_until = ring_until(tx.now, queue)
    if after.state == CallState.ENDED:
        row.ended_at = not_before(max(row.started_at, row.answered_at or row.started_at), tx.now)
        row.end_reason = _ended_because(step, is_lost=is_lost)


def _ended_because(step: Step, *, is_lost: bool) -> EndedBecause:
    ended = step.happened[-1]
    if ended.kind == Happening.CUSTOMER_LEFT:
        return EndedBecause.CUSTOMER_LOST if is_lost else EndedBecause.CUSTOMER_LEFT
    if ended.kind == Happening.VANISHED:
        return EndedBecause.VANISHED
    seat = step.call.seat(ended.seat_id)
    is_supervisor = seat is not None and seat.purpose == Purpose.SUPERVISOR
    return EndedBecause.SUPERVISOR_ENDED if is_supervisor else EndedBecause.AGENT_ENDED


def _names(loaded: LoadedCall) -> dict[str, str]:
    return {id_: participant.name for id_, participant in loaded.participants.items()}


def _has_new_agent(before: Call, after: Call) -> bool:
    """Return whether somebody has the call, is offered it, or is consulted, who was not before."""
    new = {seat.id for seat in (after.in_control, after.offered, after.consulted) if seat is not None}
    return not new <= {seat.id for seat in (before.in_control, before.offered, before.consulted) if seat is not None}


def _concerns_worker(before: Call, after: Call) -> bool:
    """Return whether somebody waits or is rung, or has become free."""
    if after.state in (CallState.WAITING, CallState.OFFERING) or ringing(after) is not None:
        return True
    return {seat.id for seat in before.seats if seat.is_live} != {seat.id for seat in after.seats if seat.is_live}
