"""Telling what changed: the events of an interaction, its customer and its queue."""

from sqlalchemy import select

from sideline.interactions.events import (
    CustomerCallChanged,
    InteractionChanged,
    InteractionEnded,
    InteractionStarted,
    QueueChanged,
)
from sideline.interactions.models import InteractionRow, ParticipantRow
from sideline.interactions.schemas import InteractionSummary
from sideline.interactions.summaries import customer_call, customer_of, summary
from sideline.kit.db import Tx
from sideline.rules.call import Call, CallState

STARTED = "started"

_QUEUED = (CallState.WAITING, CallState.OFFERING)


async def record_start(tx: Tx, row: InteractionRow) -> None:
    """Tell of a call that has just been made."""
    await tx.session.flush()
    tx.record(InteractionStarted(interaction=await summary(tx.session, row.id), change=STARTED, told_user_ids=()))
    _record_queue(tx, row)


async def record_change(
    tx: Tx, row: InteractionRow, change: str, *, before: Call, after: Call, tell_customer: bool = False
) -> None:
    """Tell what changed of a call; its customer only what they may know, and only if it is news to them."""
    await tx.session.flush()
    call = await summary(tx.session, row.id)
    told = {seat.user_id for seat in (*before.seats, *after.seats) if seat.is_live and seat.user_id is not None}
    kind = InteractionEnded if after.state == CallState.ENDED else InteractionChanged
    tx.record(kind(interaction=call, change=change, told_user_ids=tuple(sorted(told))))
    if tell_customer or _seen_by_customer(before) != _seen_by_customer(after):
        await record_for_customer(tx, call)
    if (before.state in _QUEUED) != (after.state in _QUEUED):
        _record_queue(tx, row)


async def record_privately(tx: Tx, row: InteractionRow, change: str, user_id: str) -> None:
    """Tell one user alone what changed of their part in a call."""
    await tx.session.flush()
    call = await summary(tx.session, row.id)
    tx.record(InteractionChanged(interaction=call, change=change, told_user_ids=(user_id,), is_private=True))


async def record_for_customer(tx: Tx, call: InteractionSummary) -> None:
    """Tell the customer how their call stands."""
    participant_id = customer_of(call.participants).id
    notice = await tx.session.scalar(select(ParticipantRow.notice).where(ParticipantRow.id == participant_id))
    tx.record(CustomerCallChanged(participant_id=participant_id, call=customer_call(call, notice or "")))


def _seen_by_customer(call: Call) -> tuple[object, ...]:
    talking = call.in_control
    return call.state in _QUEUED, call.state == CallState.ENDED, call.customer.group, talking and talking.id


def _record_queue(tx: Tx, row: InteractionRow) -> None:
    if row.queue_id is not None:
        tx.record(QueueChanged(queue_id=row.queue_id))
