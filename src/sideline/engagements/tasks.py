"""What becomes due on engagements: a phone that never came, one that stayed away."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

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
        grace = timedelta(seconds=(await read_policies(connection)).leg_grace_seconds) if rows else timedelta()
        deadlines = {row.id: _deadline(row, grace) for row in rows}
        # A deadline further ahead than it was ever set: the clock was put back.
        longest = max(grace, ANSWER_WITHIN)
        over = {id_ for id_, at in deadlines.items() if at <= now or at - now > longest}
        later = [at for id_, at in deadlines.items() if id_ not in over]
        return Due(tuple(sorted(over, key=deadlines.__getitem__)), min(later, default=None))

    async def run(self, tx: Tx, key: str) -> None:
        """End it, unless the phone has come meanwhile."""
        state = await tx.session.scalar(select(EngagementRow.state).where(EngagementRow.id == key))
        await give_up(tx, key, EndReason.PHONE_LOST if state == "lost" else EndReason.NO_ANSWER)


def _deadline(row: Any, grace: timedelta) -> datetime:
    return row.lost_at + grace if row.state == "lost" else row.requested_at + ANSWER_WITHIN
