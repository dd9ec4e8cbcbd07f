"""The shipped roles as rows, with ids that are the same in every installation."""

import asyncio
import uuid

from sqlalchemy.dialects.postgresql import insert

from sideline.kit.db import Database, Tx
from sideline.people.grants import stored_grants
from sideline.people.models import RoleRow
from sideline.rules.shipped_roles import SHIPPED_ROLES

_NAMESPACE = uuid.UUID("6d1f8f2e-6f0b-5b6e-9c39-7d3a1a5b2c10")


def shipped_role_id(key: str) -> str:
    """Return the id of the shipped role with ``key``, such as ``agent``."""
    if key not in SHIPPED_ROLES:
        raise KeyError(key)
    return str(uuid.uuid5(_NAMESPACE, key))


async def ensure_shipped_roles(tx: Tx) -> None:
    """Write the shipped roles as this release has them; done after each migration, any number of times."""
    for key, role in SHIPPED_ROLES.items():
        values = {"name": role.name, "description": role.why, "grants": stored_grants(role.grants), "is_shipped": True}
        await tx.session.execute(
            insert(RoleRow)
            .values(id=shipped_role_id(key), version=1, field_versions={}, **values)
            .on_conflict_do_update(index_elements=[RoleRow.id], set_=values)
        )


def write_shipped_roles(database_url: str) -> None:
    """Write the shipped roles into the migrated database at ``database_url`` (blocking)."""

    async def write() -> None:
        database = Database(database_url, pool_size=1)
        try:
            async with database.transaction() as tx:
                await ensure_shipped_roles(tx)
        finally:
            await database.aclose()

    asyncio.run(write())
