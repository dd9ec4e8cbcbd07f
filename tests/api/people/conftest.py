"""What the tests of people look at besides answers: the event log."""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import pytest

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
