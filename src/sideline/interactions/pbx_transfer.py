"""Transferring a PBX's customer whom a supervisor took over: the PBX dials the agent or the queue for them."""

from sideline.interactions.call_facts import LoadedCall, granted, save_step
from sideline.interactions.models import QueueRow
from sideline.interactions.ring_facts import locked_ring_facts
from sideline.kit.db import Tx
from sideline.kit.problems import Problem, Refused
from sideline.people.sip_phones import extension_of
from sideline.rules import pbx_call
from sideline.rules.call import Seat
from sideline.rules.refusals import Refusal, RefusalCode


async def give_to_agent(tx: Tx, loaded: LoadedCall, seat: Seat, user_id: str) -> None:
    """Leave, and let the PBX ring the desk phone of an agent. Raises Refused where they are busy or have none."""
    step = granted(pbx_call.give(loaded.call, seat.id))
    extension = await extension_of(tx.session, user_id)
    if extension is None:
        raise Refused(Refusal(RefusalCode.NO_TELEPHONE))
    facts = await locked_ring_facts(tx, user_id)
    refusal = pbx_call.may_be_dialled(facts.presence, is_supervising=facts.is_supervising)
    if refusal is not None:
        raise Refused(refusal)
    loaded.row.pbx_extension = extension
    await save_step(tx, loaded, step)


def give_to_queue(loaded: LoadedCall, queue: QueueRow) -> None:
    """Say where the PBX puts the customer once they are transferred to ``queue``. Raises Problem 409."""
    if not queue.pbx_queue:
        raise Problem(
            409,
            "queue_not_on_pbx",
            f"The telephone system does not know {queue.name}, so the call stays with you; choose another queue.",
        )
    loaded.row.pbx_extension = queue.pbx_queue
