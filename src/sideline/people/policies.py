"""Policies: what an organisation decides, rows with defaults.

A policy is a :class:`PolicyKind` here and, once changed, a row. Reading is one
SELECT of the few changed rows.
"""

from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from sideline.people.models import PolicyRow
from sideline.rules.presence import Presence


class Policies(msgspec.Struct, frozen=True, kw_only=True):
    """Every policy with its default; a changed one comes from its row."""

    observe_first: bool = True
    """Coach only from an interaction that one is monitoring (V9)."""
    supervise_presences: tuple[Presence, ...] = (Presence.AVAILABLE, Presence.NOT_READY)
    """Presences in which supervising may start (V11)."""
    tell_agent_of_monitor: bool = False
    """The agent's own view shows who monitors (V2, V13)."""
    barge_notice: bool = False
    """The customer's page says that someone joined (V6)."""
    follow_on_transfer: bool = True
    """A monitor of the external side goes on with the new agent (V15)."""
    reason_required: bool = False
    """Starting an engagement asks why (M6)."""
    leg_grace_seconds: int = 15
    """How long a lost leg is kept before it counts as gone."""
    missed_offers_until_not_ready: int = 1
    """After so many unanswered offers in a row the agent goes Not Ready."""
    not_ready_reason_required: bool = False
    """Going Not Ready asks why."""


async def read_policies(connection: AsyncConnection | AsyncSession) -> Policies:
    """Return the policies in force."""
    rows: Any = (await connection.execute(select(PolicyRow.key, PolicyRow.value))).all()
    known = set(Policies.__struct_fields__)
    return msgspec.convert({row.key: row.value for row in rows if row.key in known}, Policies)
