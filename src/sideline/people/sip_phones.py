"""Users' SIP phones as a PBX knows them: by the user part of their address, whatever the host.

``sip:1001@pbx.example.com`` is the PBX's endpoint ``1001``. Where two users
have the same one it is the older user's.
"""

from collections.abc import Collection
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from sideline.kit.db import Tx
from sideline.kit.sip_addresses import user_part
from sideline.people.models import PhoneRow

PHONES = "phones"
"""NOTIFY channel: users' SIP phones, or who is active, may have changed; no payload."""

_ENDPOINT = "lower(split_part(regexp_replace(p.address, '^sips?:', '', 'i'), '@', 1))"

_USERS = (
    f"SELECT DISTINCT ON (1) {_ENDPOINT} AS endpoint, u.id::text AS user_id "  # noqa: S608 (only a constant is put in)
    "FROM phones p JOIN users u ON u.id = p.user_id AND u.is_active WHERE p.kind = 'sip'"
)
_ALL = text(f"{_USERS} ORDER BY 1, u.id")
_SOME = text(f"{_USERS} AND {_ENDPOINT} = ANY(:endpoints) ORDER BY 1, u.id")


def wake_phones(tx: Tx) -> None:
    """Let those who watch a PBX read the phones again, once this transaction commits."""
    tx.wake(PHONES)


async def users_by_endpoint(
    connection: AsyncConnection | AsyncSession, endpoints: Collection[str] | None = None
) -> dict[str, str]:
    """Return the active users' ids by their phones' endpoints in lower case; all, or of ``endpoints`` alone."""
    found = (
        await connection.execute(_ALL)
        if endpoints is None
        else await connection.execute(_SOME, {"endpoints": sorted(endpoints)})
    )
    rows: Any = found.all()
    return {row.endpoint: row.user_id for row in rows}


_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtextextended(:endpoint, 13))")


async def is_anothers(tx: Tx, user_id: str, address: str) -> bool:
    """Return whether a SIP address is the desk phone of another active user; nobody else becomes it meanwhile."""
    endpoint = user_part(address).lower()
    await tx.session.execute(_ONE_AT_A_TIME, {"endpoint": endpoint})
    await tx.session.flush()
    return (await users_by_endpoint(tx.session, {endpoint})).get(endpoint, user_id) != user_id


async def extension_of(connection: AsyncConnection | AsyncSession, user_id: str) -> str | None:
    """Return what a PBX dials to ring a user: their selected SIP phone's user part, else that of their first one."""
    address = await connection.scalar(
        select(PhoneRow.address)
        .where(PhoneRow.user_id == user_id, PhoneRow.kind == "sip")
        .order_by(PhoneRow.is_selected.desc(), PhoneRow.id)
        .limit(1)
    )
    return None if address is None else user_part(address) or None
