"""A database that is gone without a word: its connections stay open and nothing comes through them."""

import asyncio

import asyncpg
import pytest
from sqlalchemy import text

from sideline.kit.db import Database
from sideline.kit.listen import Listener
from tests.support.silent_proxy import silent_proxy

PATIENCE = 20.0


async def notify(database_url: str, payload: str) -> None:
    connection = await asyncpg.connect(database_url)
    await connection.execute("SELECT pg_notify('news', $1)", payload)
    await connection.close()


async def test_a_listener_notices_and_hears_again(database_url: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("sideline.kit.listen.ALIVE_EVERY_SECONDS", 0.1)
    monkeypatch.setattr("sideline.kit.listen.ALIVE_WITHIN_SECONDS", 0.5)
    heard: asyncio.Queue[str] = asyncio.Queue()
    connected: asyncio.Queue[None] = asyncio.Queue()
    async with silent_proxy(database_url) as proxy, asyncio.timeout(PATIENCE):
        listener = Listener(proxy.url, {"news": heard.put_nowait}, lambda: connected.put_nowait(None))
        task = asyncio.create_task(listener.run())
        await connected.get()
        await notify(database_url, "before")
        assert await heard.get() == "before"

        proxy.fall_silent()
        await connected.get()
        await notify(database_url, "after")
        assert await heard.get() == "after"
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_statement_ends_in_time_and_the_next_one_has_another_connection(
    database_url: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("sideline.kit.db.STATEMENT_SECONDS", 0.5)
    async with silent_proxy(database_url) as proxy, asyncio.timeout(PATIENCE):
        database = Database(proxy.url, pool_size=1)
        async with database.reading() as connection:
            assert (await connection.execute(text("SELECT 1"))).scalar_one() == 1
        proxy.fall_silent()
        with pytest.raises(TimeoutError):
            async with database.reading() as connection:
                await connection.execute(text("SELECT 2"))
        async with database.reading() as connection:
            assert (await connection.execute(text("SELECT 3"))).scalar_one() == 3

        proxy.fall_silent()
        with pytest.raises(TimeoutError):
            async with database.transaction() as tx:
                await tx.session.execute(text("SELECT 4"))
        async with database.transaction() as tx:
            assert (await tx.session.execute(text("SELECT 5"))).scalar_one() == 5
        assert proxy.opened >= 3
        await database.aclose()
