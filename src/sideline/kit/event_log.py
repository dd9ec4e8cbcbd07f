"""The event log: what happened, in an order that never skips a late commit.

An event is a row written in the transaction of the command that caused it.
Readers take rows by (transaction id, id), never past the oldest transaction
that still runs (``pg_snapshot_xmin``), so a row that commits late is delivered
late, not lost. NOTIFY ``events`` is a wake-up only.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="type"):
    """Something that happened; subclasses carry a ``tag`` such as ``engagement.started``.

    ``topics()`` is its audience as data: whoever subscribed to one of them
    (checked by permission at subscription) receives it.
    """

    def topics(self) -> tuple[str, ...]:
        """Return the topics that this event is told to."""
        raise NotImplementedError


KEPT_FROM = "!"
"""Begins an entry of an event's topics that names whom it is kept from: ``!user:<id>``."""


class Position(NamedTuple):
    """A place in the log: everything at or before it has been seen."""

    transaction: int
    id: int

    def __str__(self) -> str:
        return f"{self.transaction}.{self.id}"


class LoggedEvent(msgspec.Struct, frozen=True):
    """An event as read back: ``payload`` is the JSON object as it was written."""

    position: Position
    at: datetime
    type: str
    topics: tuple[str, ...]
    payload: msgspec.Raw

    @property
    def kept_from(self) -> tuple[str, ...]:
        """Return who must not learn of it, although a topic of theirs has it."""
        return tuple(topic[1:] for topic in self.topics if topic.startswith(KEPT_FROM))


class Reading(NamedTuple):
    """What a reader gets: settled events, and whether committed ones wait for an older transaction to end.

    Nobody is notified when that transaction ends without an event of its own,
    so a reader that is told ``is_held_back`` looks again soon.
    """

    events: list[LoggedEvent]
    is_held_back: bool


def parse_position(words: str) -> Position | None:
    """Return the position written as ``transaction.id``, or None if it isn't one."""
    transaction, dot, id_ = words.partition(".")
    if not dot or not transaction.isdecimal() or not id_.isdecimal() or len(words) > 40:
        return None
    return Position(int(transaction), int(id_))


_APPEND = text(
    "INSERT INTO events (at, type, topics, payload) "
    "SELECT :at, e.type, ARRAY(SELECT jsonb_array_elements_text(e.topics)), e.payload "
    "FROM jsonb_to_recordset(CAST(:events AS jsonb)) AS e(n int, type text, topics jsonb, payload jsonb) ORDER BY e.n"
)

_HEAD = text(
    "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint - 1 AS transaction, 9223372036854775807 AS id"
)

_AFTER = text(
    "SELECT xid::text::bigint AS transaction, id, at, type, topics, payload::text AS payload, "
    "xid < (SELECT pg_snapshot_xmin(pg_current_snapshot())) AS is_settled FROM events "
    "WHERE (xid, id) > (CAST(CAST(:transaction AS text) AS xid8), :id) ORDER BY xid, id LIMIT :limit"
)

_OLDEST = text("SELECT xid::text::bigint AS transaction, id FROM events ORDER BY xid, id LIMIT 1")


_BEGIN = text(
    "INSERT INTO events (at, type, topics, payload) SELECT :at, 'log.began', ARRAY[]::text[], '{}' "
    "WHERE NOT EXISTS (SELECT FROM events)"
)


async def begin_log(connection: AsyncConnection, at: datetime) -> None:
    """Write a first row, told to nobody, into an empty log.

    A position is good while a row at or before it is kept. Without this row the
    positions given out before the first event ever would look too old.
    """
    await connection.execute(_BEGIN, {"at": at})


async def append(session: AsyncSession, events: Sequence[Event], at: datetime) -> None:
    """Write ``events`` in order, in the session's transaction."""
    rows = [
        {
            "n": n,
            "type": event.__struct_config__.tag,
            "topics": list(dict.fromkeys(event.topics())),
            "payload": msgspec.to_builtins(event),
        }
        for n, event in enumerate(events)
    ]
    await session.execute(_APPEND, {"at": at, "events": msgspec.json.encode(rows).decode()})


async def head(connection: AsyncConnection) -> Position:
    """Return the position after which everything is still to come."""
    row: Any = (await connection.execute(_HEAD)).one()
    return Position(row.transaction, row.id)


async def oldest(connection: AsyncConnection) -> Position | None:
    """Return the position of the oldest event kept; a reader before it must start afresh."""
    row: Any = (await connection.execute(_OLDEST)).one_or_none()
    return None if row is None else Position(row.transaction, row.id)


async def read_after(connection: AsyncConnection, position: Position, limit: int = 500) -> list[LoggedEvent]:
    """Return up to ``limit`` events after ``position``, in order."""
    return (await read_on(connection, position, limit)).events


async def read_on(connection: AsyncConnection, position: Position, limit: int = 500) -> Reading:
    """Read up to ``limit`` events after ``position``, and tell whether others wait for an older transaction."""
    result = await connection.execute(
        _AFTER, {"transaction": str(position.transaction), "id": position.id, "limit": limit}
    )
    events: list[LoggedEvent] = []
    for row in result:
        if not row.is_settled:
            return Reading(events, True)
        events.append(
            LoggedEvent(
                position=Position(row.transaction, row.id),
                at=row.at,
                type=row.type,
                topics=tuple(row.topics),
                payload=msgspec.Raw(row.payload.encode()),
            )
        )
    return Reading(events, False)
