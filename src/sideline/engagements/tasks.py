"""What becomes due on engagements: a phone that never came, one that stayed away."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from sideline.engagements.models import EngagementRow
from sideline.engagements.progress import give_up
from sideline.kit.db import Tx
from sideline.kit.timers import Due
from sideline.people.policies import read_policies
from sideline.rules.engagement_end import EndReason

ANSWER_WITHIN = timedelta(seconds=20)
"""How long a supervisor's phone may take to come to the call; a connected browser takes a tenth of a second."""

_WAITING = select(EngagementRow.id, EngagementRow.state, EngagementRow.requested_at, EngagementRow.lost_at).where(
    EngagementRow.state.in_(("connecting", "lost"))
)


class PhonesThatStayAway:
    """The timer source of engagements without a phone; a key is an engagement's id."""

    name = "engagements_without_a_phone"

    async def due(self, connection: AsyncConnection, now: datetime) -> Due:
        """Return which engagements have waited long enough."""
        rows: Any = (await connection.execute(_WAITING)).all()
        grace = await _grace(connection) if rows else timedelta()
        over = [row for row in rows if _is_over(row, grace, now)]
        later = [_deadline(row, grace) for row in rows if row not in over]
        over.sort(key=lambda row: _deadline(row, grace))
        return Due(tuple(row.id for row in over), min(later, default=None))

    async def run(self, tx: Tx, key: str) -> None:
        """End it, unless the phone has come meanwhile."""
        row: Any = (await tx.session.execute(_WAITING.where(EngagementRow.id == key))).one_or_none()
        if row is not None and _is_over(row, await _grace(tx.session), tx.now):
            await give_up(tx, key, EndReason.PHONE_LOST if row.state == "lost" else EndReason.NO_ANSWER)


async def _grace(connection: AsyncConnection | AsyncSession) -> timedelta:
    return timedelta(seconds=(await read_policies(connection)).leg_grace_seconds)


def _is_over(row: Any, grace: timedelta, now: datetime) -> bool:
    at = _deadline(row, grace)
    # Further ahead than a deadline is ever set: the clock was put back.
    return at <= now or at - now > max(grace, ANSWER_WITHIN)


def _deadline(row: Any, grace: timedelta) -> datetime:
    return row.lost_at + grace if row.state == "lost" else row.requested_at + ANSWER_WITHIN
