"""The worker and the exchange as they run: woken by NOTIFY, and through a database that goes away."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy import text

from sideline.entry.worker import run_worker
from sideline.kit.processes import READY_FD
from sideline.kit.timers import SAFETY_SECONDS
from tests.support.interactions import Caller, Line, Worker, heard, running_node

OFFER = {"offer": "v=0", "tab_id": "tab", "has_microphone": True}


@asynccontextmanager
async def running_worker(line: Line) -> AsyncIterator[None]:
    task = asyncio.create_task(run_worker(line.database))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})


async def rings(line: Line, agent: Worker, caller: Caller, events: "asyncio.Queue[str]") -> None:
    """Return once the call rings for the agent; looks again at each event."""
    while not any(call["id"] == caller.interaction_id for call in (await agent.desk())["current"]):
        await events.get()


async def cut_every_connection(line: Line) -> None:
    """Do to every process what a restart of the database does."""
    async with line.database.reading() as connection:
        await connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
    await line.database.engine.dispose()


async def test_worker_process_says_that_it_works_and_stops_when_told(line: Line, tmp_path: Path) -> None:
    reader, writer = os.pipe()
    environment = {
        **os.environ,
        "SIDELINE_DATABASE_URL": line.database.url,
        "SIDELINE_VAR": str(tmp_path),
        READY_FD: str(writer),
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "sideline.entry.cli", "worker", env=environment, pass_fds=(writer,)
    )
    os.close(writer)
    try:
        async with asyncio.timeout(60):
            assert await asyncio.to_thread(os.read, reader, 6) == b"ready\n"
            process.send_signal(signal.SIGTERM)
            assert await process.wait() == 0
    finally:
        os.close(reader)
        if process.returncode is None:
            process.kill()
            await process.wait()


async def test_customer_who_arrives_is_rung_through_long_before_the_safety_pass(line: Line) -> None:
    agent = await line.agent()
    async with running_worker(line), heard(line.database, "events") as events:
        # The first pass is over when the second one, that this customer wakes, is.
        await rings(line, agent, await line.caller(), events)
        began = asyncio.get_running_loop().time()
        second = await line.agent()
        await rings(line, second, await line.caller(), events)
    assert asyncio.get_running_loop().time() - began < SAFETY_SECONDS


async def test_worker_goes_on_after_the_database_was_restarted(line: Line) -> None:
    agent = await line.agent()
    async with running_worker(line):
        async with heard(line.database, "events") as events:
            await rings(line, agent, await line.caller(), events)
        await cut_every_connection(line)
        second = await line.agent()
        caller = await line.caller()
        async with heard(line.database, "events") as events, asyncio.timeout(15):
            await rings(line, second, caller, events)


async def test_phones_connect_again_after_the_database_was_restarted(line: Line) -> None:
    agent = await line.agent(has_phone=False)
    async with running_node(line.api, line.node_id):
        assert (await agent.http.post("/api/legs", json=OFFER)).status_code == 201
        await cut_every_connection(line)
        answer = await agent.http.post("/api/legs", json=OFFER)
        assert (answer.status_code, answer.json().get("generation")) == (201, 2)
