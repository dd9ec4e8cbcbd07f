"""What the engagements slice does to a call: barge-kick, and taking a lost or removed person off it."""

from sideline.interactions.call_facts import LoadedCall, granted, load_call, save_step
from sideline.kit.db import Tx
from sideline.rules import call_control, pbx_call


async def take_over(
    tx: Tx, interaction_id: str, target_seat_id: str, seat_id: str, user_id: str, *, is_muted: bool = False
) -> LoadedCall:
    """Give the call to a supervisor in place of its agent, who is removed and wraps up (V7).

    ``seat_id`` is the engagement's id, which becomes the supervisor's
    participant id. Of a PBX's call it is asked that the customer be taken out
    of it (``pbx_place.py``). Raises Refused; ``engagement.may_switch`` is the
    caller's to ask.
    """
    loaded = await load_call(tx, interaction_id)
    rule = pbx_call.take_over if loaded.row.pbx_name else call_control.take_over
    outcome = rule(loaded.call, target_seat_id, seat_id, user_id, is_muted=is_muted)
    await save_step(tx, loaded, granted(outcome))
    return loaded


async def leave(tx: Tx, interaction_id: str, seat_id: str, *, is_lost: bool = False) -> LoadedCall:
    """Take a seat off the call: disconnected, signed out or, with ``is_lost``, their phone gone for good.

    Where nobody is left in control the customer waits in the queue again, at
    the place they had; a PBX's customer goes back to the PBX. Raises Refused for a seat that has left already.
    """
    loaded = await load_call(tx, interaction_id)
    await save_step(tx, loaded, granted(call_control.leave(loaded.call, seat_id)), is_lost=is_lost)
    return loaded
