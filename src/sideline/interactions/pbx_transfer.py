"""Transferring a PBX's customer whom a supervisor took over to an agent: the PBX dials them."""

from sideline.interactions.call_facts import LoadedCall, granted, save_step
from sideline.interactions.ring_facts import locked_ring_facts
from sideline.kit.db import Tx
from sideline.kit.problems import Refused
from sideline.people.sip_phones import extension_of
from sideline.rules import pbx_call
from sideline.rules.call import Seat


async def give_to_agent(tx: Tx, loaded: LoadedCall, seat: Seat, user_id: str) -> None:
    """Leave, and let the PBX ring the desk phone of an agent. Raises Refused where they are busy or have none."""
    step = granted(pbx_call.give(loaded.call, seat.id))
    refusal = (await locked_ring_facts(tx, user_id)).may_be_dialled()
    if refusal is not None:
        raise Refused(refusal)
    loaded.row.pbx_extension = await extension_of(tx.session, user_id) or ""
    await save_step(tx, loaded, step)
