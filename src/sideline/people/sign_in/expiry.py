"""Sign-ins that run out: ended like any other, so that sockets close and the person is offline."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from sideline.kit.db import Tx
from sideline.kit.timers import MOST_KEYS, Due
from sideline.people.models import SignInRow
from sideline.people.sign_in.sign_ins import EndReason, end_sign_in
from sideline.people.sign_in.who import IDLE

_ENDS_AT = func.least(SignInRow.expires_at, SignInRow.last_seen_at + IDLE)


class SignInExpiry:
    """The timer source of sign-ins that were not used for long, or are old; a key is a sign-in's id."""

    name = "sign_in_expiry"

    async def due(self, connection: AsyncConnection, now: datetime) -> Due:
        """Return the sign-ins that have run out; each use of one puts its end off."""
        over = select(SignInRow.id).where(now >= _ENDS_AT).order_by(_ENDS_AT).limit(MOST_KEYS + 1)
        keys = tuple((await connection.execute(over)).scalars())
        return Due(keys, await connection.scalar(select(func.min(_ENDS_AT)).where(now < _ENDS_AT)))

    async def run(self, tx: Tx, key: str) -> None:
        """End the sign-in if it still has run out."""
        statement = select(SignInRow.user_id).where(SignInRow.id == key, tx.now >= _ENDS_AT)
        user_id = (await tx.session.execute(statement)).scalar_one_or_none()
        if user_id is not None:
            await end_sign_in(tx, user_id, key, EndReason.EXPIRED)
