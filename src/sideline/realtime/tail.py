"""The tail: reads the event log as it grows and hands every event on once, in order.

NOTIFY ``events`` wakes it. Beside that it looks by itself every
``SAFETY_SECONDS``, and soon again while committed events are held back by an
older transaction, whose end nobody announces. A lost connection costs time,
never an event: the position is ours.
"""

import asyncio
from collections.abc import Callable, Sequence

import structlog
from sqlalchemy.exc import SQLAlchemyError

from sideline.kit.db import Database
from sideline.kit.event_log import LoggedEvent, Position, begin_log, head, read_on

SAFETY_SECONDS = 2.0
FIRST_LOOK_SECONDS = 0.004
LONGEST_LOOK_SECONDS = 0.25
FIRST_RETRY_SECONDS = 0.05
LONGEST_RETRY_SECONDS = 1.0

BATCH = 100
"""Events taken at once; between two batches the sockets are written to."""

_log = structlog.get_logger()


class Tail:
    """Follows the log from ``position``; ``take`` gets each batch and must not block.

    Give it a ``database`` of its own with one connection, so that it never
    waits for a connection behind the requests.
    """

    def __init__(self, database: Database, take: Callable[[Sequence[LoggedEvent]], None], position: Position) -> None:
        self._database = database
        self._take = take
        self._woken = asyncio.Event()
        self.position = position
        self.read_at = asyncio.get_running_loop().time()
        """When the log was last read to its end, on the loop's clock."""

    def wake(self) -> None:
        """Look at the log now."""
        self._woken.set()

    async def run(self) -> None:
        """Follow the log until cancelled."""
        look = FIRST_LOOK_SECONDS
        retry = FIRST_RETRY_SECONDS
        while True:
            self._woken.clear()
            before = self.position
            try:
                is_held_back = await self._read_to_end()
            except (SQLAlchemyError, OSError, TimeoutError) as error:
                _log.warning("event_log_unreadable", reason=str(error).partition("\n")[0], retry_in_seconds=retry)
                await self._wait(retry)
                retry = min(retry * 2, LONGEST_RETRY_SECONDS)
                continue
            retry = FIRST_RETRY_SECONDS
            if not is_held_back:
                look = FIRST_LOOK_SECONDS
                await self._wait(SAFETY_SECONDS)
            else:
                look = FIRST_LOOK_SECONDS if self.position != before else min(look * 2, LONGEST_LOOK_SECONDS)
                await self._wait(look)

    async def _read_to_end(self) -> bool:
        """Take everything settled; return whether more is held back."""
        while True:
            async with self._database.reading() as connection:
                reading = await read_on(connection, self.position, BATCH)
            if reading.events:
                self.position = reading.events[-1].position
                self._take(reading.events)
            if len(reading.events) < BATCH:
                self.read_at = asyncio.get_running_loop().time()
                return reading.is_held_back

    async def _wait(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._woken.wait()
        except TimeoutError:
            pass


async def newest_position(database: Database) -> Position:
    """Return the position after which everything is still to come; a log that is empty begins."""
    async with database.reading() as connection:
        await begin_log(connection, database.clock.now())
        return await head(connection)
