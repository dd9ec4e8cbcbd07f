"""Presences of the people on a page, in one statement."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import any_, bindparam, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from sideline.kit.db import Id
from sideline.people.models import PresenceRow
from sideline.people.presence_commands import presence_out
from sideline.people.presence_schemas import PresenceOut

_PRESENCES = select(*PresenceRow.__table__.columns).where(
    PresenceRow.user_id == any_(bindparam("users", type_=ARRAY(Id)))
)


async def presences_of(connection: AsyncConnection, user_ids: Collection[str]) -> dict[str, PresenceOut]:
    """Return presences by user; users who never had one are left out."""
    rows: Any = (await connection.execute(_PRESENCES, {"users": list(user_ids)})).all()
    return {row.user_id: presence_out(row) for row in rows}
