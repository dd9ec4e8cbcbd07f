"""Making a call: a customer arrives in a queue, with a secret that is theirs for this call alone."""

import secrets
from datetime import timedelta

import msgspec
from sqlalchemy import func, select

from sideline.interactions.bodies import CustomerCallIn, CustomerCallStarted, DialledCallIn
from sideline.interactions.call_facts import LOCK
from sideline.interactions.call_news import record_start
from sideline.interactions.models import InteractionRow, ParticipantRow, QueueRow
from sideline.interactions.timeline import open_timeline
from sideline.interactions.wake import wake_worker
from sideline.kit.db import Tx
from sideline.kit.ids import is_id, new_id
from sideline.kit.problems import NotFound, Problem
from sideline.people.identity import SignedIn
from sideline.people.sign_in.authentication import token_hash
from sideline.rules.audibility import Purpose
from sideline.rules.call import CallState, live_state, new_call
from sideline.rules.permissions import Permission, Resource

MOST_WAITING = 200
"""Customers who may wait in one queue; more are asked to try later, not left to wait for ever."""

CALLS_A_MINUTE = 30
"""Calls that may be started from one network address in a minute."""

UNNAMED = "Customer"

_QUEUED = (CallState.WAITING, CallState.OFFERING)


class NewCall(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a call when it is made."""

    direction: str = "inbound"
    customer_name: str = ""
    phone_number: str = ""
    campaign: str = ""
    list_name: str = ""
    external_id: str = ""
    origin_address: str = ""


async def call_in(tx: Tx, asked: CustomerCallIn, address: str) -> CustomerCallStarted:
    """Put a customer who came to a queue's page into the queue.

    Raises NotFound, Problem 409 ``queue_closed``, 429 ``too_many_calls`` from
    one address, 503 ``queue_full``.
    """
    found = select(QueueRow).where(QueueRow.slug == asked.queue_slug)
    queue = await tx.session.scalar(found.with_for_update(key_share=True))
    if queue is None:
        raise NotFound("queue")
    await _check_throttle(tx, address)
    return await _arrive(
        tx,
        queue,
        NewCall(customer_name=asked.name.strip(), phone_number=asked.phone_number.strip(), origin_address=address),
    )


async def dial(tx: Tx, me: SignedIn, asked: DialledCallIn) -> CustomerCallStarted:
    """Put the customer whom a dialer reached into a queue.

    Needs the permission to set interaction data for the queue's team. Raises
    NotFound, Refused, Problem 409 ``queue_closed``, 503 ``queue_full``.
    """
    queue = None
    if is_id(asked.queue_id):
        queue = await tx.session.get(QueueRow, asked.queue_id, with_for_update=LOCK)
    if queue is None:
        me.require_at_all(Permission.SET_INTERACTION_DATA)
        raise NotFound("queue")
    of_team = Resource(frozenset({queue.team_id}) if queue.team_id else frozenset())
    me.require(Permission.SET_INTERACTION_DATA, of_team, sees=Permission.VIEW_QUEUES, what="queue")
    return await _arrive(
        tx,
        queue,
        NewCall(
            direction=asked.direction,
            customer_name=asked.customer_name,
            phone_number=asked.phone_number,
            campaign=asked.campaign,
            list_name=asked.list_name,
            external_id=asked.external_id,
        ),
    )


async def _check_throttle(tx: Tx, address: str) -> None:
    started = await tx.session.scalar(
        select(func.count())
        .select_from(InteractionRow)
        .where(InteractionRow.origin_address == address, InteractionRow.started_at > tx.now - timedelta(minutes=1))
    )
    if (started or 0) >= CALLS_A_MINUTE:
        raise Problem(
            429,
            "too_many_calls",
            "Too many calls were started from your network in the last minute; wait a minute, then call again.",
            headers={"Retry-After": "60"},
        )


async def _arrive(tx: Tx, queue: QueueRow, new: NewCall) -> CustomerCallStarted:
    if not queue.is_open:
        raise Problem(409, "queue_closed", f"{queue.name} is closed now; call again when it is open.")
    waiting = await tx.session.scalar(
        select(func.count())
        .select_from(InteractionRow)
        .where(InteractionRow.queue_id == queue.id, InteractionRow.state.in_(_QUEUED))
    )
    if (waiting or 0) >= MOST_WAITING:
        raise Problem(
            503,
            "queue_full",
            f"So many people are waiting for {queue.name} that your call can't be taken now; call again later.",
            headers={"Retry-After": "120"},
        )
    participant_id, token = new_id(), secrets.token_urlsafe(32)
    call = new_call(participant_id)
    row = InteractionRow(
        id=new_id(),
        medium="voice",
        state=call.state,
        live_state=live_state(call),
        queue_id=queue.id,
        team_ids=[queue.team_id] if queue.team_id else [],
        user_ids=[],
        started_at=tx.now,
        priority_at=tx.now,
        **msgspec.structs.asdict(new),
    )
    customer = ParticipantRow(
        id=participant_id,
        interaction_id=row.id,
        purpose=Purpose.CUSTOMER,
        name=new.customer_name or new.phone_number or UNNAMED,
        state=call.customer.state,
        talk_group=call.customer.group,
        token_hash=token_hash(token),
        invited_at=tx.now,
        joined_at=tx.now,
    )
    tx.session.add(row)
    await tx.session.flush()
    tx.session.add(customer)
    await tx.session.flush()
    await open_timeline(tx, row.id, call)
    await record_start(tx, row)
    wake_worker(tx)
    return CustomerCallStarted(interaction_id=row.id, participant_id=customer.id, token=token, number=row.number)
