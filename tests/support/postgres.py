"""One real PostgreSQL for a test run; each database is a copy of a migrated template."""

import asyncio
import itertools
import os
import shutil
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

MEMORY = Path("/dev/shm")
ROOM_BYTES = 2 * 1024**3
"""What a run of every test may need at once, with room to spare (a container's default is 64 MB)."""

_OPTIONS = {
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "128MB",
    # In the folder, which is removed; POSIX segments stay behind after a hurried stop.
    "dynamic_shared_memory_type": "mmap",
}


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
    place = MEMORY if _has_room(MEMORY) else None
    with (
        tempfile.TemporaryDirectory(prefix="sideline-pg-", dir=place, ignore_cleanup_errors=True) as folder,
        _loop() as loop,
    ):
        server = Postgres(Path(folder) / "server", fast=True, options=_OPTIONS)
        asyncio.run_coroutine_threadsafe(server.start(), loop).result()
        try:
            yield server.url("postgres")
        finally:
            asyncio.run_coroutine_threadsafe(server.stop(hurry=True), loop).result()


def _has_room(folder: Path) -> bool:
    """Tell whether databases can be made in ``folder``; in memory one takes 20 ms instead of 80."""
    return folder.is_dir() and os.access(folder, os.W_OK) and shutil.disk_usage(folder).free >= ROOM_BYTES


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
    execute(server_url, f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')
    return with_database(server_url, name)
