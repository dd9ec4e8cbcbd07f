"""One set of processes for these tests; each test has a team, a queue and people of its own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.postgres import fresh_database
from tests.support.voice_stack import Stack, running_stack


@pytest.fixture(scope="package")
def stack_database(postgres_server: str, database_template: str) -> str:
    return fresh_database(postgres_server, database_template)


@pytest.fixture(scope="package")
async def processes(stack_database: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    async with running_stack(stack_database, tmp_path_factory.mktemp("stack")) as stack:
        yield stack


@pytest.fixture
async def stack(processes: Stack) -> AsyncIterator[Stack]:
    """Sideline with one voice process."""
    await processes.new_floor()
    yield processes
    await processes.everyone_leaves()


@pytest.fixture
async def two_voices(database_url: str, tmp_path: Path) -> AsyncIterator[Stack]:
    """Sideline with two voice processes."""
    async with running_stack(database_url, tmp_path, voices=2) as stack:
        await stack.new_floor()
        yield stack
