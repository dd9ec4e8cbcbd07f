"""The application behind HTTP clients, on a database of its own, with a clock that tests move."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sideline.entry.composition import reactions
from sideline.entry.web import make_app
from sideline.kit.clock import SettableClock
from sideline.kit.db import Database
from sideline.kit.settings import Settings
from tests.support.people import Api


@pytest.fixture
def clock() -> SettableClock:
    """The database's clock: it stands still until a test moves it."""
    return SettableClock(datetime.now(UTC))


@pytest.fixture
async def database(database_url: str, clock: SettableClock) -> AsyncIterator[Database]:
    db = Database(database_url, clock=clock, reactions=reactions())
    yield db
    await db.aclose()


@pytest.fixture
async def api(database: Database, clock: SettableClock, tmp_path: Path) -> AsyncIterator[Api]:
    """The whole application; ``await api.sign_in(user)`` is a signed-in client."""
    app = make_app(Settings(var=tmp_path, database_url=database.url, demo=False), database)
    api = Api(app, database, clock)
    await api.start()
    yield api
    await api.aclose()
