"""What becomes due on calls: an offer that nobody answers, a wrap-up that is over."""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from sideline.interactions.call_facts import granted, load_call, ring_until, ringing, save_step
from sideline.interactions.models import QueueRow
from sideline.kit.db import Tx
from sideline.kit.timers import Due, due_of, is_due
from sideline.people.presence_commands import end_wrap_up, presence_of
from sideline.rules.call_ringing import offer_timed_out
from sideline.rules.presence import Presence

_RINGING = text("""
    SELECT i.id::text AS key, i.offer_until AS at, p.invited_at AS began_at
    FROM interactions i JOIN participants p ON p.interaction_id = i.id AND p.state = 'ringing'
    WHERE i.offer_until IS NOT NULL
""")

_WRAPPING_UP = text(
    "SELECT user_id::text AS key, wrap_up_until AS at, since AS began_at FROM presences WHERE wrap_up_until IS NOT NULL"
)


class Missed:
    """The timer source of calls and consults that nobody answers; a key is an interaction's id."""

    name = "missed"

    async def due(self, connection: AsyncConnection, now: datetime) -> Due:
        """Return which calls have rung long enough."""
        return due_of((await connection.execute(_RINGING)).all(), now)

    async def run(self, tx: Tx, key: str) -> None:
        """Stop ringing; an offered call waits again, for the next agent."""
        loaded = await load_call(tx, key)
        seat, until = ringing(loaded.call), loaded.row.offer_until
        if seat is None or until is None:
            return
        if until <= tx.now:
            await save_step(tx, loaded, granted(offer_timed_out(loaded.call, seat.id)))
        elif is_due(until, loaded.participant(seat.id).invited_at, tx.now):
            # The clock was put back: it rings for its full time from now, as nobody has missed anything.
            queue = await tx.session.get(QueueRow, loaded.row.queue_id) if loaded.row.queue_id else None
            loaded.row.offer_until = ring_until(tx.now, queue)
            loaded.participant(seat.id).invited_at = tx.now


class WrapUps:
    """The timer source of wrap-ups that are over; a key is a user's id."""

    name = "wrap_ups"

    async def due(self, connection: AsyncConnection, now: datetime) -> Due:
        """Return whose wrap-up is over."""
        return due_of((await connection.execute(_WRAPPING_UP)).all(), now)

    async def run(self, tx: Tx, key: str) -> None:
        """Give the agent back what they had chosen."""
        presence = await presence_of(tx, key)
        until = presence.wrap_up_until
        if presence.status == Presence.WRAP_UP and until is not None and is_due(until, presence.since, tx.now):
            await end_wrap_up(tx, key)
