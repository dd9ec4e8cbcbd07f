"""The event log is kept for a day: whoever was away for longer starts afresh."""

from datetime import timedelta

from sqlalchemy import text

from sideline.kit.db import Tx

KEPT_FOR = timedelta(days=1)

AT_ONCE = 20_000
"""Events dropped in one transaction, so that it stays short."""

_FORGET = text(
    "DELETE FROM events WHERE id IN (SELECT id FROM events WHERE at < :before ORDER BY at LIMIT :limit) RETURNING id"
)


async def forget_events(tx: Tx) -> int:
    """Drop events older than a day, the oldest first; return how many."""
    result = await tx.session.execute(_FORGET, {"before": tx.now - KEPT_FOR, "limit": AT_ONCE})
    return len(result.all())
