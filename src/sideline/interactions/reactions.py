"""What interactions do, in the same transaction, when people change."""

from sideline.interactions.call_commands import leave_everything
from sideline.interactions.leg_owner import LegOwner, lock_owner, open_leg_of
from sideline.interactions.leg_states import close
from sideline.interactions.pbx_seats import is_on_telephone
from sideline.kit.db import Reactions, Tx
from sideline.people.messages import SignedOut
from sideline.people.presence_commands import call_joined


async def signed_out(tx: Tx, told: SignedOut) -> None:
    """Take someone who is no longer there off their calls, and close their phone.

    On a telephone's call they go on, as those do who never sign in.
    """
    await leave_everything(tx, told.user_id)
    if await is_on_telephone(tx, told.user_id):
        await call_joined(tx, told.user_id)
    owner = LegOwner(user_id=told.user_id)
    loaded = await lock_owner(tx, owner)
    leg = await open_leg_of(tx, owner)
    if leg is not None:
        await close(tx, leg, loaded)


REACTIONS: Reactions = {SignedOut: [signed_out]}
"""For the composition root."""
