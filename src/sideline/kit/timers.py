"""Timers: what is due is a question to the database, asked when something may have become due.

A source tells what is due and when to ask again; each due thing is done in a
transaction of its own, which checks again that it still is. So nothing is lost
with a process, and several workers may run the same timers: the second finds
that there is nothing left to do. A NOTIFY wakes the worker; the safety pass
only covers what no NOTIFY told.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

import msgspec
import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from sideline.kit.db import Database, Tx

SAFETY_SECONDS = 5.0
"""The longest time between two passes."""

RETRY_SECONDS = 0.5
"""How soon a pass follows one in which something failed."""

MOST_KEYS = 200
"""Things of one source that are done in one pass; the rest follow in the next, at once."""

DATABASE_AWAY = (SQLAlchemyError, OSError, TimeoutError)

_log = structlog.get_logger()


class Due(msgspec.Struct, frozen=True):
    """What a source has to do now, and the moment of what comes next (None: nothing is planned)."""

    keys: tuple[str, ...] = ()
    next_at: datetime | None = None


CLOCK_SKEW = timedelta(seconds=2)
"""How far the clocks of two machines may differ without anything being made of it."""


def is_due(at: datetime, began_at: datetime, now: datetime) -> bool:
    """Return whether something that began at ``began_at`` is due by ``at``.

    Due is also what seems to begin later than now: the clock was put back
    since, and waiting for ``at`` would hang. Whoever does it then decides
    whether it is over or begins anew.
    """
    return at <= now or began_at > now + CLOCK_SKEW


def due_of(rows: Iterable[Any], now: datetime) -> Due:
    """Return which of ``rows`` (``key``, ``at``, ``began_at``) are due, and when the next one is."""
    ordered = sorted(rows, key=lambda row: row.at)
    keys = tuple(row.key for row in ordered if is_due(row.at, row.began_at, now))
    later = (row.at for row in ordered if not is_due(row.at, row.began_at, now))
    return Due(keys, next(later, None))


class TimerSource(Protocol):
    """One kind of thing that becomes due."""

    name: str

    async def due(self, connection: AsyncConnection, now: datetime) -> Due:
        """Return what is due at ``now``; ``next_at`` is about what is not."""
        ...

    async def run(self, tx: Tx, key: str) -> None:
        """Do one thing that was due; nothing if it is so no longer."""
        ...


class Timers:
    """Runs the sources' due things; :meth:`run` is a task of the composition root."""

    def __init__(self, database: Database, sources: Sequence[TimerSource]) -> None:
        self._database = database
        self._sources = tuple(sources)
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Make a pass now; may be called from LISTEN callbacks."""
        self._woken.set()

    async def run(self) -> None:
        """Pass again and again until cancelled; a database that is away is waited for."""
        while True:
            self._woken.clear()
            try:
                next_at = await self.run_due()
                seconds = self._until(next_at)
            except DATABASE_AWAY as error:
                _log.warning("database_away", reason=str(error), retry_in_seconds=RETRY_SECONDS)
                seconds = RETRY_SECONDS
            try:
                async with asyncio.timeout(seconds):
                    await self._woken.wait()
            except TimeoutError:
                pass

    async def run_due(self) -> datetime | None:
        """Do once what is due of every source, in their order; return when something is due next.

        A thing that fails is logged and tried again in the next pass; it costs
        the others nothing. Raises only where the database is away.
        """
        soonest: datetime | None = None
        for source in self._sources:
            next_at = await self._run_source(source)
            if next_at is not None and (soonest is None or next_at < soonest):
                soonest = next_at
        return soonest

    async def _run_source(self, source: TimerSource) -> datetime | None:
        async with self._database.reading() as connection:
            due = await source.due(connection, self._database.clock.now())
        failed = False
        for key in due.keys[:MOST_KEYS]:
            try:
                async with self._database.transaction() as tx:
                    await source.run(tx, key)
            except Exception as error:
                failed = True
                _log.error("timer_failed", source=source.name, key=key, exc_info=error)
        now = self._database.clock.now()
        if failed:
            return now + timedelta(seconds=RETRY_SECONDS)
        return now if len(due.keys) > MOST_KEYS else due.next_at

    def _until(self, next_at: datetime | None) -> float:
        if next_at is None:
            return SAFETY_SECONDS
        seconds = (next_at - self._database.clock.now()).total_seconds()
        return min(max(seconds, 0.0), SAFETY_SECONDS)


class Every:
    """A timer source that does one thing every so many seconds of this process's steady time.

    ``work`` may say how much it did; a whole ``portion`` means that there is
    more, and it is due again at once.
    """

    def __init__(
        self,
        name: str,
        seconds: float,
        work: Callable[[Tx], Awaitable[object]],
        *,
        portion: int | None = None,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = name
        self._portion = portion
        self._seconds = seconds
        self._work = work
        self._steady = steady
        self._next_at = steady()

    async def due(self, connection: AsyncConnection, now: datetime) -> Due:
        """Return the one key when it is time."""
        left = self._next_at - self._steady()
        return Due((self.name,)) if left <= 0 else Due((), now + timedelta(seconds=left))

    async def run(self, tx: Tx, key: str) -> None:
        """Do it; the next time is counted from now."""
        self._next_at = self._steady() + self._seconds
        done = await self._work(tx)
        if self._portion is not None and isinstance(done, int) and done >= self._portion:
            self._next_at = self._steady()
