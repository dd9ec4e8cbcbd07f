"""What becomes of a leg: up, lost, back, given up. Each is told to its owner, the call, and the slices below.

A lost leg keeps its owner's place for a while (the policy
``leg_grace_seconds``); whoever comes back in time is where they were.
"""

from sideline.interactions.call_facts import LoadedCall, granted, save_step, touch
from sideline.interactions.events import LegStateChanged
from sideline.interactions.leg_owner import CLOSED, locked_leg, owner_of
from sideline.interactions.messages import LegChanged
from sideline.interactions.models import LegRow
from sideline.interactions.supervising_mark import is_supervising
from sideline.interactions.wake import wake_voice_for_leg, wake_worker
from sideline.kit.db import Tx
from sideline.rules import call_control
from sideline.rules.call import Seat

UP, LOST, CONNECTING = "up", "lost", "connecting"

LEG = "leg"
"""``change`` of an interaction one of whose legs came or went."""


async def leg_up(tx: Tx, leg_id: str, generation: int) -> bool:
    """Note that the leg's sound is up; return False if nobody wants this leg any more.

    What an older generation did concerns nobody: a newer offer is under way.
    """
    found = await locked_leg(tx, leg_id)
    if found is None:
        return False
    leg, loaded = found
    if leg.generation != generation or leg.state == UP:
        return True
    leg.state, leg.lost_at = UP, None
    leg.connected_at = leg.connected_at or tx.now
    await tell_leg(tx, leg, loaded)
    return True


async def leg_gone(tx: Tx, leg_id: str, generation: int, *, is_closed: bool) -> None:
    """Note that the leg's sound is gone: lost or, with ``is_closed``, given back by its owner.

    A leg that is needed (its owner is on a call or supervises) counts as lost
    either way, for a reload closes it too. What an older generation did
    concerns nobody.
    """
    found = await locked_leg(tx, leg_id)
    if found is None:
        return
    leg, loaded = found
    if leg.generation != generation:
        return
    if is_closed and loaded is None and not (leg.user_id and await is_supervising(tx, leg.user_id)):
        await close(tx, leg, None)
    else:
        await lose(tx, leg, loaded)


async def lose(tx: Tx, leg: LegRow, loaded: LoadedCall | None) -> None:
    """Mark a leg as lost, from now on."""
    if leg.state == LOST:
        return
    # One that never came up is lost since its first offer.
    leg.lost_at = leg.lost_at or tx.now
    leg.state = LOST
    await tell_leg(tx, leg, loaded)


async def give_up(tx: Tx, leg: LegRow, loaded: LoadedCall | None) -> None:
    """Take the owner of a lost leg off their call and close the leg.

    The customer's going ends the call; an agent's lets the customer wait in
    the queue again, at the place they had.
    """
    await close(tx, leg, loaded)
    seat = None if loaded is None else owner_of(leg).seat_on(loaded)
    if loaded is not None and seat is not None:
        await leave_lost(tx, loaded, seat)


async def leave_lost(tx: Tx, loaded: LoadedCall, seat: Seat) -> None:
    """Take a seat off its call whose phone is gone for good."""
    await save_step(tx, loaded, granted(call_control.leave(loaded.call, seat.id)), is_lost=True)


async def close(tx: Tx, leg: LegRow, loaded: LoadedCall | None) -> None:
    """End a leg for good."""
    leg.state, leg.closed_at = CLOSED, tx.now
    leg.wanted_node_id = None
    leg.offer, leg.answer = "", None
    await tell_leg(tx, leg, loaded)


async def tell_leg(tx: Tx, leg: LegRow, loaded: LoadedCall | None) -> None:
    """Tell everyone concerned how the leg stands now."""
    await tx.session.flush()
    tx.record(
        LegStateChanged(
            leg_id=leg.id,
            user_id=leg.user_id,
            participant_id=leg.participant_id,
            state=leg.state,
            generation=leg.generation,
            tab_id=leg.tab_id,
        )
    )
    wake_voice_for_leg(tx, leg.voice_node_id, leg.id)
    # Who is reachable, who may be offered a call, and what is due all depend on it.
    wake_worker(tx)
    if loaded is not None:
        await touch(tx, loaded, LEG, tell_customer=leg.participant_id is not None)
    tx.tell(LegChanged(leg.id, leg.user_id, leg.participant_id, leg.state))
