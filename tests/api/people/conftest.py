"""What the tests of people look at besides answers: the event log, and who waits for whom."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import msgspec
import pytest
from sqlalchemy import text

from sideline.kit.db import Database
from sideline.kit.event_log import Position, read_after

Recorded = Callable[..., Awaitable[list[dict[str, Any]]]]


@pytest.fixture
def recorded(database: Database) -> Recorded:
    """Return the payloads, with ``topics``, of all events of the given types so far."""

    async def read(*types: str) -> list[dict[str, Any]]:
        async with database.reading() as connection:
            events = await read_after(connection, Position(0, 0), limit=10_000)
        return [
            {**msgspec.json.decode(event.payload), "topics": event.topics} for event in events if event.type in types
        ]

    return read


_WAITING = text(
    "SELECT count(*) FROM pg_locks l JOIN pg_stat_activity a USING (pid) "
    "WHERE NOT l.granted AND a.datname = current_database()"
)


async def while_locked(
    database: Database, locking: str, *requests: Coroutine[Any, Any, Any], **values: str
) -> list[Any]:
    """Start the requests while ``locking`` (SQL) holds what they need; let go once all of them wait or are done.

    So they meet at their worst moment, every time. The locking transaction is committed.
    """
    async with database.engine.connect() as holder, database.reading() as watcher:
        await holder.execute(text(locking), values)
        tasks = [asyncio.create_task(request) for request in requests]
        while await watcher.scalar(_WAITING) < sum(not task.done() for task in tasks):
            pass
        await holder.commit()
        return list(await asyncio.gather(*tasks))
