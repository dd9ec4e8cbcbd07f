"""What interactions do, in the same transaction, when people change."""

from sideline.interactions.call_commands import leave_everything
from sideline.interactions.leg_owner import LegOwner, lock_owner, open_leg_of
from sideline.interactions.leg_states import close
from sideline.kit.db import Reactions, Tx
from sideline.people.messages import SignedOut


async def signed_out(tx: Tx, told: SignedOut) -> None:
    """Take someone who is no longer there off their calls, and close their phone."""
    await leave_everything(tx, told.user_id)
    owner = LegOwner(user_id=told.user_id)
    loaded = await lock_owner(tx, owner)
    leg = await open_leg_of(tx, owner)
    if leg is not None:
        await close(tx, leg, loaded)


REACTIONS: Reactions = {SignedOut: [signed_out]}
"""For the composition root."""
