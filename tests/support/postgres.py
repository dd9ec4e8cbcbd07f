"""One real PostgreSQL for a test run; each database is a copy of a migrated template."""

import asyncio
import itertools
import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg

from sideline.kit.db import migrate
from sideline.kit.postgres import Postgres
from sideline.people.shipped_role_rows import write_shipped_roles

_numbers = itertools.count(1)


def execute(url: str, statement: str) -> None:
    """Run one statement outside a transaction."""

    async def go() -> None:
        connection = await asyncpg.connect(url)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    asyncio.run(go())


@contextmanager
def running_server() -> Iterator[str]:
    """Start a PostgreSQL that nothing else uses; yield the URL of its ``postgres`` database."""
    with tempfile.TemporaryDirectory(prefix="sideline-pg-", ignore_cleanup_errors=True) as folder, _loop() as loop:
        server = Postgres(Path(folder) / "server", fast=True)
        asyncio.run_coroutine_threadsafe(server.start(), loop).result()
        try:
            yield server.url("postgres")
        finally:
            asyncio.run_coroutine_threadsafe(server.stop(hurry=True), loop).result()


@contextmanager
def _loop() -> Iterator[asyncio.AbstractEventLoop]:
    """Run an event loop in a thread: the server outlives each test's own loop."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="postgres", daemon=True)
    thread.start()
    try:
        yield loop
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def with_database(url: str, name: str) -> str:
    """Return ``url`` with another database's name."""
    head, _, query = url.partition("?")
    base = head.rsplit("/", 1)[0]
    return f"{base}/{name}" + (f"?{query}" if query else "")


def make_template(server_url: str) -> str:
    """Create and migrate the template database, with the shipped roles; return its name."""
    execute(server_url, "CREATE DATABASE sideline_template")
    url = with_database(server_url, "sideline_template")
    migrate(url)
    write_shipped_roles(url)
    return "sideline_template"


def fresh_database(server_url: str, template: str) -> str:
    """Return the URL of a new, migrated, empty database."""
    name = f"sideline_{os.getpid()}_{next(_numbers)}"
    execute(server_url, f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    return with_database(server_url, name)
