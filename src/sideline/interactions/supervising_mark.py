"""The mark that a user monitors, coaches or barges now, kept by the engagements slice (V11).

While it stands no queue offers them a call and nobody consults them.
"""

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from sideline.interactions.models import SupervisingUserRow
from sideline.interactions.wake import wake_worker
from sideline.kit.db import Tx


async def set_supervising(tx: Tx, user_id: str, is_supervising: bool) -> None:
    """Note that the user has a live engagement (from its request on), or has none any more.

    Lock the user's presence first (``presence_commands.presence_of``): an
    offer takes the same lock, so nobody is rung and starts to listen at once.
    """
    if is_supervising:
        await tx.session.execute(
            insert(SupervisingUserRow).values(user_id=user_id, since=tx.now).on_conflict_do_nothing()
        )
        return
    await tx.session.execute(delete(SupervisingUserRow).where(SupervisingUserRow.user_id == user_id))
    wake_worker(tx)


async def is_supervising(tx: Tx, user_id: str) -> bool:
    """Return whether the user has a live engagement."""
    return (
        await tx.session.scalar(select(SupervisingUserRow.user_id).where(SupervisingUserRow.user_id == user_id))
        is not None
    )
