"""Timers: woken, not polling; one failing thing costs the others nothing."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from sideline.kit.clock import SettableClock
from sideline.kit.db import Database, Tx
from sideline.kit.timers import MOST_KEYS, Due, Every, Timers, due_of, is_due

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


class Fixed:
    """A source whose keys are due until they are done."""

    name = "fixed"

    def __init__(self, *keys: str, failing: str = "", next_at: datetime | None = None) -> None:
        self.keys = list(keys)
        self.failing = failing
        self.next_at = next_at
        self.asked = asyncio.Event()
        self.done: list[str] = []

    async def due(self, connection: AsyncConnection, now: datetime) -> Due:
        self.asked.set()
        return Due(tuple(self.keys), self.next_at)

    async def run(self, tx: Tx, key: str) -> None:
        if key == self.failing:
            raise RuntimeError("this one always fails")
        self.keys.remove(key)
        self.done.append(key)


class Row:
    def __init__(self, key: str, began: int, at: int) -> None:
        self.key, self.began_at, self.at = key, NOW + began * SECOND, NOW + at * SECOND


def test_things_are_due_at_their_moment_soonest_first_and_the_next_is_known() -> None:
    rows = [Row("later", -1, 5), Row("second", -20, -1), Row("first", -20, -2), Row("much later", 0, 50)]
    assert due_of(rows, NOW) == Due(("first", "second"), NOW + 5 * SECOND)
    assert due_of([], NOW) == Due()


def test_what_seems_to_begin_in_the_future_is_due_because_the_clock_was_put_back() -> None:
    assert is_due(NOW + 3620 * SECOND, NOW + 3600 * SECOND, NOW)
    assert not is_due(NOW + 20 * SECOND, NOW + SECOND, NOW), "two machines' clocks differ a little"
    assert is_due(NOW, NOW - SECOND, NOW)


async def test_one_failing_thing_is_tried_again_soon_and_costs_the_others_nothing(database: Database) -> None:
    source = Fixed("a", "bad", "b", failing="bad")
    soon = await Timers(database, [source]).run_due()
    assert source.done == ["a", "b"]
    assert soon is not None
    assert soon - database.clock.now() < SECOND


async def test_what_fails_leaves_nothing_behind(database: Database) -> None:
    class Half(Fixed):
        async def run(self, tx: Tx, key: str) -> None:
            tx.wake("worker")
            await tx.session.execute(text("CREATE TABLE half (x int)"))
            raise RuntimeError("half done")

    await Timers(database, [Half("a")]).run_due()
    async with database.reading() as connection:
        found = await connection.exec_driver_sql("SELECT to_regclass('half')")
        assert found.scalar_one() is None


async def test_more_than_a_pass_takes_is_done_in_the_next_one_at_once(database: Database) -> None:
    source = Fixed(*(str(n) for n in range(MOST_KEYS + 1)))
    timers = Timers(database, [source])
    soon = await timers.run_due()
    assert len(source.done) == MOST_KEYS
    assert soon is not None and soon <= database.clock.now()
    await timers.run_due()
    assert len(source.done) == MOST_KEYS + 1


async def test_waking_makes_a_pass_without_waiting_for_the_safety_one(database: Database) -> None:
    source = Fixed(next_at=database.clock.now() + timedelta(hours=1))
    timers = Timers(database, [source])
    task = asyncio.create_task(timers.run())
    try:
        async with asyncio.timeout(4):
            await source.asked.wait()
            source.asked.clear()
            timers.wake()
            await source.asked.wait()
    finally:
        task.cancel()
        await asyncio.wait({task})


async def test_timers_outlive_a_database_that_is_away(database: Database) -> None:
    class Away(Fixed):
        away = True

        async def due(self, connection: AsyncConnection, now: datetime) -> Due:
            if self.away:
                self.away = False
                raise OSError("the database is restarting")
            return await super().due(connection, now)

    source = Away("a")
    task = asyncio.create_task(Timers(database, [source]).run())
    try:
        async with asyncio.timeout(4):
            await source.asked.wait()
    finally:
        task.cancel()
        await asyncio.wait({task})


async def test_every_so_often_is_counted_in_steady_time(database_url: str) -> None:
    clock = SettableClock(NOW)
    database = Database(database_url, clock=clock)
    steady, done = [0.0], []

    async def work(tx: Tx) -> None:
        done.append(tx.now)

    work_: Callable[[Tx], Awaitable[object]] = work
    timers = Timers(database, [Every("tidy", 60, work_, steady=lambda: steady[0])])
    await timers.run_due()
    clock.move(timedelta(hours=5))
    assert await timers.run_due() == clock.now() + timedelta(seconds=60)
    assert len(done) == 1
    steady[0] = 60.0
    await timers.run_due()
    assert len(done) == 2
    await database.aclose()


async def test_what_did_a_whole_portion_is_due_again_at_once(database_url: str) -> None:
    database = Database(database_url)
    left, done = [5], []

    async def work(tx: Tx) -> int:
        portion = min(2, left[0])
        left[0] -= portion
        done.append(portion)
        return portion

    timers = Timers(database, [Every("tidy", 60, work, portion=2, steady=lambda: 0.0)])
    for _ in range(5):
        await timers.run_due()
    assert done == [2, 2, 1], "the third portion was not whole, so the next is due in a minute"
    await database.aclose()
