"""Whether a person can be rung now: the facts that ``rules.presence`` and ``rules.offering`` ask for."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from sideline.kit.db import Tx
from sideline.people.grants import union_of
from sideline.people.presence_commands import presence_of
from sideline.rules.pbx_call import may_be_dialled
from sideline.rules.permissions import Permission, widest
from sideline.rules.presence import Presence, may_be_offered, may_be_reached
from sideline.rules.refusals import Refusal


class RingFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What matters about someone who might be rung."""

    user_id: str
    name: str
    team_name: str
    presence: Presence
    idle_since: datetime | None
    is_supervising: bool
    has_phone: bool
    """Their phone is connected."""
    has_desk_phone: bool
    """They have a SIP phone, which a PBX may ring."""
    is_ringing: bool
    takes_calls: bool
    """They are active and their roles let them take calls."""

    def may_be_reached(self) -> Refusal | None:
        """Return why nobody can consult or transfer to them now, None if one can."""
        return may_be_reached(
            self.presence, is_supervising=self.is_supervising, has_phone=self.has_phone, is_ringing=self.is_ringing
        )

    def may_be_dialled(self) -> Refusal | None:
        """Return why a PBX can't ring them for a call that is transferred to them, None if it can."""
        return may_be_dialled(self.presence, is_supervising=self.is_supervising, has_desk_phone=self.has_desk_phone)

    def may_be_offered(self) -> Refusal | None:
        """Return why no queue can ring them now, None if one can."""
        return may_be_offered(
            self.presence, is_supervising=self.is_supervising, has_phone=self.has_phone, is_ringing=self.is_ringing
        )


HAS_PHONE = (
    "EXISTS (SELECT 1 FROM legs l JOIN voice_nodes n ON n.id = l.voice_node_id "
    "WHERE l.user_id = {user} AND l.state = 'up' AND n.ended_at IS NULL AND n.lease_until > :now)"
)
"""The condition that ``{user}`` has a connected phone, on a node that lives; its parameter is ``now``."""

FACTS_COLUMNS = f"""
    u.id::text AS user_id, u.name, COALESCE(t.name, '') AS team_name,
    COALESCE(pr.status, 'offline') AS presence, pr.idle_since,
    s.user_id IS NOT NULL AS is_supervising,
    {HAS_PHONE.format(user="u.id")} AS has_phone,
    EXISTS (SELECT 1 FROM phones ph WHERE ph.user_id = u.id AND ph.kind = 'sip') AS has_desk_phone,
    EXISTS (SELECT 1 FROM participants p WHERE p.user_id = u.id AND p.state = 'ringing') AS is_ringing,
    u.is_active,
    (SELECT COALESCE(json_agg(r.grants), '[]') FROM user_roles ur JOIN roles r ON r.id = ur.role_id
     WHERE ur.user_id = u.id) AS grants
"""  # noqa: S608 (only a constant is put in)
"""What ``facts_of_row`` reads, of users ``u`` joined as in ``FACTS_JOINS``; its parameter is ``now``."""

FACTS_JOINS = """
    LEFT JOIN teams t ON t.id = u.team_id
    LEFT JOIN presences pr ON pr.user_id = u.id
    LEFT JOIN supervising_users s ON s.user_id = u.id
"""

IF_TAKES_CALLS = (
    "EXISTS (SELECT 1 FROM user_roles ur JOIN roles r ON r.id = ur.role_id "
    "WHERE ur.user_id = u.id AND r.grants @> CAST(:takes_calls AS jsonb))"
)
"""The condition that a user ``u`` holds the permission to take calls; its parameter is ``TAKES_CALLS``."""

TAKES_CALLS = f'[{{"permission": "{Permission.TAKE_CALLS}"}}]'

_BY_ID = text(f"SELECT {FACTS_COLUMNS} FROM users u {FACTS_JOINS} WHERE u.id = ANY(CAST(:ids AS uuid[]))")  # noqa: S608


def facts_of_row(row: Any) -> RingFacts:
    """Return the facts of a result row with ``FACTS_COLUMNS``."""
    grants = union_of(row.grants if isinstance(row.grants, list) else msgspec.json.decode(row.grants))
    return RingFacts(
        user_id=row.user_id,
        name=row.name,
        team_name=row.team_name,
        presence=Presence(row.presence),
        idle_since=row.idle_since,
        is_supervising=row.is_supervising,
        has_phone=row.has_phone,
        has_desk_phone=row.has_desk_phone,
        is_ringing=row.is_ringing,
        takes_calls=row.is_active and widest(grants, Permission.TAKE_CALLS) is not None,
    )


async def ring_facts(
    connection: AsyncConnection | AsyncSession, user_ids: Sequence[str], now: datetime
) -> dict[str, RingFacts]:
    """Return the facts by user at ``now``; unknown users are left out."""
    rows: Any = (await connection.execute(_BY_ID, {"ids": list(user_ids), "now": now})).all()
    return {row.user_id: facts_of_row(row) for row in rows}


async def locked_ring_facts(tx: Tx, user_id: str) -> RingFacts:
    """Return the facts of a known user, whose presence is locked until the transaction ends.

    Whoever rings a person, and whoever lets them supervise, takes this lock,
    so only one of them finds the person free.
    """
    await presence_of(tx, user_id)
    await tx.session.flush()
    return (await ring_facts(tx.session, [user_id], tx.now))[user_id]
