"""Presences of the people on a page, in one statement."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from sideline.people.models import PresenceRow
from sideline.people.presence_commands import presence_out
from sideline.people.presence_schemas import PresenceOut

_PRESENCES = select(*PresenceRow.__table__.columns)


async def presences_of(connection: AsyncConnection, user_ids: Collection[str]) -> dict[str, PresenceOut]:
    """Return presences by user; users who never had one are left out."""
    rows: Any = (await connection.execute(_PRESENCES.where(PresenceRow.user_id.in_(user_ids)))).all()
    return {row.user_id: presence_out(row) for row in rows}
