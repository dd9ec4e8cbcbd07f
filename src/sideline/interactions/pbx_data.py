"""What a PBX knows of its call beside who is on it: queue, numbers, campaign, list, result code."""

from collections.abc import Mapping

from sqlalchemy import func, select

from sideline.interactions.call_facts import LoadedCall, touch
from sideline.interactions.data_commands import DATA, RESULT_CODE
from sideline.interactions.events import QueueChanged
from sideline.interactions.models import QueueRow, ResultCodeRow
from sideline.interactions.pbx_seats import clean, customer_of
from sideline.interactions.timeline import add_mark
from sideline.kit.db import Tx
from sideline.rules import pbx_call
from sideline.rules.call import CallState
from sideline.rules.pbx_call import Place, told
from sideline.voice.engine import PbxCall


def fields_of(call: PbxCall) -> Mapping[str, str]:
    """Return the columns of an interaction that a PBX tells; empty where it does not."""
    customer = customer_of(call)
    return {
        "direction": call.direction if call.direction in ("inbound", "outbound") else "",
        "customer_name": clean(customer.name),
        "phone_number": clean(customer.number),
        "campaign": clean(call.campaign),
        "list_name": clean(call.list_name),
        "external_id": clean(call.external_id),
    }


async def queue_of(tx: Tx, call: PbxCall) -> QueueRow | None:
    """Return the queue that the PBX's name stands for, None where none does."""
    name = clean(call.queue)
    if not name:
        return None
    return await tx.session.scalar(select(QueueRow).where(func.lower(QueueRow.pbx_queue) == name.lower()))


async def follow_data(tx: Tx, loaded: LoadedCall, call: PbxCall, former: PbxCall | None) -> None:
    """Store what the PBX tells anew; ``former`` is what it told before, None where that is not known."""
    row = loaded.row
    before = {} if former is None else fields_of(former)
    changed = False
    for name, now in fields_of(call).items():
        stored = getattr(row, name)
        value = told(now, before.get(name), stored)
        if value != stored:
            setattr(row, name, value)
            changed = True
    if row.customer_name and "customer_name" in before and changed:
        loaded.participant(loaded.call.customer.id).name = row.customer_name
    if await _follow_queue(tx, loaded, call, former) or changed:
        await touch(tx, loaded, DATA)
    await follow_result_code(tx, loaded, call, former)


async def follow_result_code(tx: Tx, loaded: LoadedCall, call: PbxCall, former: PbxCall | None) -> None:
    """Store the outcome that the PBX tells, if Sideline knows such a code."""
    code = clean(call.result_code)
    if not code or (former is not None and code == clean(former.result_code)):
        return
    if former is None and loaded.row.result_code_id is not None:
        return
    found = await tx.session.scalar(select(ResultCodeRow).where(ResultCodeRow.code == code, ResultCodeRow.is_active))
    if found is None or found.id == loaded.row.result_code_id:
        return
    loaded.row.result_code_id = found.id
    await add_mark(tx, loaded.row.id, RESULT_CODE, text=found.label)
    await touch(tx, loaded, RESULT_CODE)


async def _follow_queue(tx: Tx, loaded: LoadedCall, call: PbxCall, former: PbxCall | None) -> bool:
    """Let the call be in the queue that the PBX has it in; return whether it was in another."""
    row = loaded.row
    is_followed = pbx_call.is_followed(Place(row.pbx_place), is_taken=call.is_taken)
    if not is_followed or (former is not None and call.queue == former.queue):
        return False
    queue = await queue_of(tx, call)
    if queue is None or queue.id == row.queue_id:
        return False
    if loaded.call.state == CallState.WAITING:
        for queue_id in (row.queue_id, queue.id):
            if queue_id is not None:
                tx.record(QueueChanged(queue_id=queue_id))
    row.queue_id = queue.id
    if queue.team_id is not None and queue.team_id not in row.team_ids:
        row.team_ids = [*row.team_ids, queue.team_id]
    return True
