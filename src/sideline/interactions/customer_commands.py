"""What a customer sees of their call, and hanging up."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from sideline.interactions.bodies import CustomerQueueOut
from sideline.interactions.call_facts import granted, load_call, save_step
from sideline.interactions.customer_access import Customer
from sideline.interactions.models import ParticipantRow, QueueRow
from sideline.interactions.schemas import CustomerCallOut
from sideline.interactions.summaries import customer_call, summary
from sideline.kit.db import Tx
from sideline.kit.problems import NotFound
from sideline.rules.call import CallState
from sideline.rules.call_control import customer_left


async def read_queue(connection: AsyncConnection, slug: str) -> CustomerQueueOut:
    """Return what a visitor may know of a queue; raises NotFound."""
    row = None
    if "\0" not in slug:
        found = await connection.execute(select(QueueRow.name, QueueRow.is_open).where(QueueRow.slug == slug))
        row = found.one_or_none()
    if row is None:
        raise NotFound("queue")
    return CustomerQueueOut(name=row.name, is_open=row.is_open)


async def read_own_call(connection: AsyncConnection | AsyncSession, customer: Customer) -> CustomerCallOut:
    """Return the customer's call as they may know it."""
    notice = (
        await connection.execute(select(ParticipantRow.notice).where(ParticipantRow.id == customer.participant_id))
    ).scalar_one()
    return customer_call(await summary(connection, customer.interaction_id), notice)


async def hang_up(tx: Tx, customer: Customer) -> CustomerCallOut:
    """End the call, whatever its state; it stays ended when asked again."""
    loaded = await load_call(tx, customer.interaction_id)
    if loaded.call.state != CallState.ENDED:
        await save_step(tx, loaded, granted(customer_left(loaded.call)))
    await tx.session.flush()
    return await read_own_call(tx.session, customer)
