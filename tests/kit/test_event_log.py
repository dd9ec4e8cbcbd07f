"""The event log's one promise: a late commit is delivered late, never skipped."""

import asyncio

from sideline.kit.db import Database, Tx
from sideline.kit.event_log import Event, head, read_after


class Happened(Event, frozen=True, kw_only=True, tag="test.happened"):
    name: str

    def topics(self) -> tuple[str, ...]:
        return ("a", "b")


class Echoed(Event, frozen=True, kw_only=True, tag="test.echoed"):
    name: str

    def topics(self) -> tuple[str, ...]:
        return ("a",)


async def names_after(database: Database, position) -> list[str]:
    async with database.reading() as connection:
        return [str(bytes(event.payload)) for event in await read_after(connection, position)]


async def test_an_event_that_commits_late_is_delivered_and_in_order(database: Database):
    async with database.reading() as connection:
        start = await head(connection)
    started, may_commit = asyncio.Event(), asyncio.Event()

    async def late() -> None:
        async with database.transaction() as tx:
            tx.record(Happened(name="late"))
            await tx.flush()
            started.set()
            await may_commit.wait()

    task = asyncio.create_task(late())
    await started.wait()
    async with database.transaction() as tx:
        tx.record(Happened(name="early"))
    assert await names_after(database, start) == []
    may_commit.set()
    await task
    seen = await names_after(database, start)
    assert ["late" in seen[0], "early" in seen[1], len(seen)] == [True, True, 2]


async def test_events_carry_topics_and_payload_as_recorded(database: Database):
    async with database.reading() as connection:
        start = await head(connection)
    async with database.transaction() as tx:
        tx.record(Happened(name="x"))
    async with database.reading() as connection:
        (event,) = await read_after(connection, start)
    assert (event.type, event.topics) == ("test.happened", ("a", "b"))
    assert b'"name": "x"' in bytes(event.payload)


async def test_a_rolled_back_command_leaves_no_event(database: Database):
    async with database.reading() as connection:
        start = await head(connection)
    try:
        async with database.transaction() as tx:
            tx.record(Happened(name="never"))
            await tx.flush()
            raise RuntimeError
    except RuntimeError:
        pass
    assert await names_after(database, start) == []


async def test_a_reaction_runs_in_the_same_transaction(database_url: str):
    async def react(tx: Tx, event: Happened) -> None:
        tx.record(Echoed(name=event.name))

    database = Database(database_url, reactions={Happened: [react]})
    async with database.reading() as connection:
        start = await head(connection)
    async with database.transaction() as tx:
        tx.record(Happened(name="x"))
    async with database.reading() as connection:
        events = await read_after(connection, start)
    await database.aclose()
    assert [event.type for event in events] == ["test.happened", "test.echoed"]
    assert len({event.position.transaction for event in events}) == 1
