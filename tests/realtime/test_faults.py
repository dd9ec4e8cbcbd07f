"""The web process, its database or its network go away, and events still arrive."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg

from sideline.kit.db import Database
from sideline.kit.processes import LISTEN_FD, READY_FD, listening_socket
from tests.realtime.conftest import Person, happen, signed_in
from tests.support.server import PATIENCE, LiveSocket, RawSocket, Site, browser, live_socket, open_socket

SOCKETS = 200
SOURCE = Path(__file__).resolve().parents[2] / "src"


async def kill_connections(url: str) -> int:
    """End every other connection to the database, as a restart of PostgreSQL does; return how many."""
    connection = await asyncpg.connect(url)
    try:
        ended = await connection.fetch(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return len(ended)
    finally:
        await connection.close()


async def test_events_go_on_after_every_database_connection_was_killed(
    site: Site, person: Person, database_url: str, database: Database
):
    async with live_socket(site.port, person.opened, "organisation") as live:
        await happen(database, "before")
        await live.until(lambda heard: len(heard) == 1)
        for number in range(3):
            await database.engine.dispose()
            # LISTEN, the tail, and what requests have used.
            assert await kill_connections(database_url) >= 2
            await happen(database, str(number))
            await live.until(lambda heard, number=number: len(heard) == number + 2)
    assert [event["user_id"] for event in live.heard] == ["before", "0", "1", "2"]


async def test_an_answer_while_the_database_is_away_is_a_problem_that_says_so(
    site: Site, person: Person, database_url: str
):
    async with browser(site.url, person.opened) as http:
        assert (await http.get("/api/health")).status_code == 200
        await kill_connections(database_url)
        statuses = [(await http.get("/api/health")).status_code for _ in range(3)]
    assert set(statuses) <= {200, 503}
    assert statuses[-1] == 200


async def test_the_server_stops_at_once_with_many_sockets_open(database: Database, site: Site):
    async with sockets(database, site.port, SOCKETS) as live, AsyncExitStack() as rest:
        stuck = await RawSocket.open(
            site.port, {"Cookie": f"sideline_session={live[0][0].opened.token}"}, receive_buffer=4096
        )
        rest.callback(stuck.close)
        loop = asyncio.get_running_loop()
        began = loop.time()
        await asyncio.to_thread(site.stop)
        took = loop.time() - began
        for _, each in live:
            assert await each.closed() == 1012
            assert each.frames[-1] == {"kind": "bye", "reason": "restarting"}
    assert took < 2, took


async def test_a_web_process_that_is_killed_loses_no_event_of_any_socket(database_url: str, database: Database):
    """Real processes: 200 sockets, kill -9, a new process on the same address; each resumes where it was."""
    listener = listening_socket("127.0.0.1", 0)
    port = listener.getsockname()[1]
    web = await start_web(database_url, listener.fileno())
    try:
        async with sockets(database, port, SOCKETS, "organisation") as live:
            await happen(database, "before")
            await asyncio.gather(*(each.until(lambda heard: len(heard) == 1) for _, each in live))
            web.send_signal(signal.SIGKILL)
            await web.wait()
            await happen(database, "while it was away", "and another")
            web = await start_web(database_url, listener.fileno())

            async def come_back(person: Person, was: LiveSocket) -> list[str]:
                async with await open_socket(port, person.opened) as back:
                    await back.say("resume", position=was.position)
                    await back.say("subscribe", topics=["organisation"])
                    await back.until(lambda heard: any(event["user_id"] == "after" for event in heard))
                    return [event["user_id"] for event in was.heard + back.heard]

            coming = [asyncio.create_task(come_back(person, was)) for person, was in live]
            await happen(database, "after")
            for told in await asyncio.gather(*coming):
                assert told == ["before", "while it was away", "and another", "after"]
    finally:
        if web.returncode is None:
            web.terminate()
            await web.wait()
        listener.close()


@asynccontextmanager
async def sockets(
    database: Database, port: int, count: int, *topics: str
) -> AsyncIterator[list[tuple[Person, LiveSocket]]]:
    """Open ``count`` sockets of ten users."""
    people = [await signed_in(database, "supervisor") for _ in range(10)]
    async with AsyncExitStack() as stack:

        async def one(number: int) -> tuple[Person, LiveSocket]:
            person = people[number % len(people)]
            live = await stack.enter_async_context(live_socket(port, person.opened, *topics))
            return person, live

        yield [await one(number) for number in range(count)]


async def start_web(database_url: str, listener: int) -> asyncio.subprocess.Process:
    """Start a web process on the listening socket and return when it is ready."""
    ready_read, ready_write = os.pipe()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "sideline.entry.cli",
        "web",
        env={
            **os.environ,
            "PYTHONPATH": str(SOURCE),
            "SIDELINE_DATABASE_URL": database_url,
            "SIDELINE_DEMO": "0",
            LISTEN_FD: str(listener),
            READY_FD: str(ready_write),
        },
        pass_fds=(listener, ready_write),
        stderr=asyncio.subprocess.DEVNULL,
    )
    os.close(ready_write)
    said: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    loop = asyncio.get_running_loop()
    loop.add_reader(ready_read, lambda: said.done() or said.set_result(os.read(ready_read, 16)))
    try:
        async with asyncio.timeout(PATIENCE):
            assert await said == b"ready\n"
    finally:
        loop.remove_reader(ready_read)
        os.close(ready_read)
    return process
