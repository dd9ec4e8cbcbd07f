"""What becomes due on a PBX's calls: those of a PBX that nobody reaches any more."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from sideline.interactions.call_facts import load_call, save_step
from sideline.kit.db import Tx
from sideline.kit.timers import Due
from sideline.rules import pbx_call

UNFOLLOWED_FOR = timedelta(hours=12)
"""After so long without a voice process that reaches its PBX, a call is over: no conversation lasts that long."""

_UNFOLLOWED = text("""
    SELECT i.id::text AS key,
           COALESCE(
               (SELECT max(COALESCE(n.away_since, n.ended_at)) FROM voice_nodes n WHERE n.name = i.pbx_name),
               i.started_at
           ) AS since
    FROM interactions i
    WHERE i.ended_at IS NULL AND i.pbx_name <> ''
        AND NOT EXISTS (
            SELECT 1 FROM voice_nodes n WHERE n.name = i.pbx_name AND n.ended_at IS NULL AND n.away_since IS NULL
        )
    ORDER BY i.id
""")


class UnfollowedCalls:
    """The timer source of live calls whose PBX nobody follows any more; a key is an interaction's id.

    A process that can't reach its PBX doesn't follow it either. Where the PBX
    comes back sooner, its engine knows which calls go on. Until then their
    agents count as on a call.
    """

    name = "unfollowed_calls"

    async def due(self, connection: AsyncConnection, now: datetime) -> Due:
        """Return the calls that nobody has followed for too long."""
        rows: Any = (await connection.execute(_UNFOLLOWED)).all()
        until = {row.key: row.since + UNFOLLOWED_FOR for row in rows}
        later = [at for at in until.values() if at > now]
        return Due(tuple(key for key, at in until.items() if at <= now), min(later, default=None))

    async def run(self, tx: Tx, key: str) -> None:
        """End the call, unless its PBX has just come back."""
        loaded = await load_call(tx, key)
        if key in (await self.due(await tx.session.connection(), tx.now)).keys:
            await save_step(tx, loaded, pbx_call.gone(loaded.call, None))
