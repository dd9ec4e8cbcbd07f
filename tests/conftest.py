"""Fixtures of all tests: a real PostgreSQL, and for each test a database of its own."""

import os
from collections.abc import AsyncIterator, Iterator

import pytest

from sideline.kit.db import Database, database_name
from tests.support.postgres import execute, fresh_database, make_template, running_server

pytest_plugins = ["tests.support.promises_plugin", "tests.support.asterisk_fixtures"]

# Everything that tests talk to is on this machine: a proxy that the environment names is not for it.
os.environ["NO_PROXY"] = os.environ["no_proxy"] = "*"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    with running_server() as url:
        yield url


@pytest.fixture(scope="session")
def database_template(postgres_server: str) -> str:
    return make_template(postgres_server)


@pytest.fixture
def database_url(postgres_server: str, database_template: str) -> Iterator[str]:
    """A migrated, empty database that only this test uses."""
    url = fresh_database(postgres_server, database_template)
    yield url
    # A thousand tests would otherwise fill the disk.
    execute(postgres_server, f'DROP DATABASE "{database_name(url)}" WITH (FORCE)')


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    db = Database(database_url)
    yield db
    await db.aclose()
