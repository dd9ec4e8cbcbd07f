"""The database: one engine per process, transactions for commands, plain reads for queries."""

from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

from sqlalchemy import DateTime, MetaData, Uuid, event, text
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase

from sideline.kit.clock import Clock, SystemClock
from sideline.kit.event_log import Event, append

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

Id = Uuid(as_uuid=False)
"""Column type of an id: ``uuid`` in the database, text in Python and on the wire."""

Moment = DateTime(timezone=True)
"""Column type of a ``*_at``: UTC."""


class Base(DeclarativeBase):
    """Root of every table."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar = {datetime: Moment}


class Tx:
    """One command's transaction: its session, its moment, its events.

    ``now`` is the same for the whole command. ``record`` adds an event that
    becomes visible with the commit, and wakes the tailers then. A slice that
    must act in the same transaction on what a lower slice recorded registers a
    reaction with the composition root (``Database(reactions=…)``); the lower
    slice never knows.
    """

    def __init__(self, session: AsyncSession, now: datetime, reactions: "Reactions | None" = None) -> None:
        self.session = session
        self.now = now
        self._reactions: Reactions = reactions or {}
        self._events: list[Event] = []
        self._unheard: deque[Any] = deque()
        self._wakes: set[tuple[str, str]] = set()

    def record(self, event: Event) -> None:
        """Add ``event`` to the log, in this transaction, and tell the reactions to its type."""
        self._events.append(event)
        self._unheard.append(event)

    def tell(self, message: Any) -> None:
        """Tell the reactions to ``type(message)``, in this transaction; nothing is logged."""
        self._unheard.append(message)

    def wake(self, channel: str, payload: str = "") -> None:
        """NOTIFY ``channel`` at commit: a wake-up, never the news itself."""
        self._wakes.add((channel, payload))

    async def flush(self) -> None:
        """Run the reactions, then write rows and events, still inside the transaction."""
        while self._unheard:
            event = self._unheard.popleft()
            for react in self._reactions.get(type(event), ()):
                await react(self, event)
        await self.session.flush()
        if self._events:
            events, self._events = self._events, []
            await append(self.session, events, self.now)
            self._wakes.add(("events", ""))
        wakes, self._wakes = self._wakes, set()
        for channel, payload in sorted(wakes):
            await self.session.execute(_NOTIFY, {"channel": channel, "payload": payload})


Reaction = Callable[[Tx, Any], Awaitable[None]]
"""Acts, in the same transaction, on an event or message of a lower slice; it may refuse the whole by raising."""

Reactions = Mapping[type[Any], Sequence[Reaction]]

_NOTIFY = text("SELECT pg_notify(:channel, :payload)")

STATEMENT_SECONDS = 30.0
"""How long a statement may take: a server that is gone without a word would hold its caller for a quarter of an
hour."""


class Database:
    """The process's connections to PostgreSQL."""

    def __init__(
        self, url: str, *, pool_size: int = 8, clock: Clock | None = None, reactions: Reactions | None = None
    ) -> None:
        self.url = url
        self._reactions = reactions or {}
        self.clock: Clock = clock or SystemClock()
        self.engine: AsyncEngine = create_async_engine(
            sqlalchemy_url(url),
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=10,
            pool_pre_ping=False,
            connect_args={
                "timeout": 10,
                "command_timeout": STATEMENT_SECONDS,
                "server_settings": {"timezone": "UTC", "jit": "off"},
            },
        )
        event.listen(self.engine.sync_engine, "handle_error", _give_up_silent)
        self._reader = self.engine.execution_options(isolation_level="AUTOCOMMIT")

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Tx]:
        """Open a transaction; commit when the block ends, roll back when it raises."""
        async with AsyncSession(self.engine, expire_on_commit=False) as session, session.begin():
            tx = Tx(session, self.clock.now(), self._reactions)
            yield tx
            await tx.flush()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """Borrow a connection for reads outside any transaction (AUTOCOMMIT)."""
        async with self._reader.connect() as connection:
            yield connection

    async def aclose(self) -> None:
        """Close every connection."""
        await self.engine.dispose()


def _give_up_silent(context: ExceptionContext) -> None:
    """Use a connection no more whose answer did not come in time."""
    if isinstance(context.original_exception, TimeoutError):
        context.is_disconnect = True


def sqlalchemy_url(url: str) -> str:
    """Return ``url`` (postgresql://…) with the asyncpg driver named."""
    scheme, _, rest = url.partition("://")
    return f"postgresql+asyncpg://{rest}" if scheme in {"postgresql", "postgres"} else url


def asyncpg_url(url: str) -> str:
    """Return ``url`` without a SQLAlchemy driver name, for asyncpg itself."""
    return "postgresql://" + url.partition("://")[2]


def database_name(url: str) -> str:
    """Return the database's name in ``url``."""
    return urlsplit(url).path.lstrip("/")


def migrate(url: str) -> None:
    """Bring the database at ``url`` to the newest revision (blocking; alembic)."""
    from alembic import command

    command.upgrade(alembic_config(url), "head")


def alembic_config(url: str) -> Any:
    """Return alembic's configuration for the migrations of this package."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).resolve().parents[1] / "migrations"))
    config.set_main_option("sqlalchemy.url", sqlalchemy_url(url).replace("%", "%%"))
    return config
