"""What falls due among people, for the worker: wrap-ups, and sign-ins that ran out.

Each part tells when it is due next, and does what is due now in a transaction
of the caller's; done twice, or by two workers at once, it changes nothing more.
"""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from sideline.kit.db import Tx
from sideline.people import presence_commands
from sideline.people.models import PresenceRow, SignInRow
from sideline.people.sign_in.sign_ins import EndReason, end_sign_in
from sideline.people.sign_in.throttle import forget_old_attempts
from sideline.people.sign_in.who import IDLE

AT_ONCE = 100
"""Rows of one kind done in one transaction; the rest is due still."""


async def next_wrap_up_end(connection: AsyncConnection) -> datetime | None:
    """Return when the next wrap-up is over, None if none has a limit."""
    return await connection.scalar(select(func.min(PresenceRow.wrap_up_until)))


async def end_due_wrap_ups(tx: Tx) -> int:
    """End the wrap-ups whose time is up; return how many."""
    due = (
        select(PresenceRow.user_id)
        .where(PresenceRow.wrap_up_until <= tx.now)
        .order_by(PresenceRow.wrap_up_until)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    user_ids = (await tx.session.execute(due)).scalars().all()
    for user_id in user_ids:
        await presence_commands.end_wrap_up(tx, user_id)
    return len(user_ids)


async def next_sign_in_end(connection: AsyncConnection) -> datetime | None:
    """Return when the next sign-in runs out, if it isn't used until then."""
    ends = func.least(SignInRow.expires_at, SignInRow.last_seen_at + IDLE)
    return await connection.scalar(select(func.min(ends)))


async def end_due_sign_ins(tx: Tx) -> int:
    """End the sign-ins that ran out, and forget old sign-in attempts; return how many ended."""
    await forget_old_attempts(tx)
    due = (
        select(SignInRow.user_id, SignInRow.id)
        .where((SignInRow.expires_at <= tx.now) | (SignInRow.last_seen_at <= tx.now - IDLE))
        .order_by(SignInRow.user_id, SignInRow.id)
        .limit(AT_ONCE)
    )
    rows = (await tx.session.execute(due)).all()
    for user_id, sign_in_id in rows:
        await end_sign_in(tx, user_id, sign_in_id, EndReason.EXPIRED)
    return len(rows)
