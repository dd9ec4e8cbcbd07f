"""LISTEN: one connection that is woken by NOTIFY and comes back by itself.

A wake-up may be missed while the connection is away, so every listener is also
told ``on_connected`` after each (re)connection, and then reads the rows anew.
A server that is gone without a word (its machine lost power, a firewall forgot
the connection) is noticed by asking it something every few seconds.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import asyncpg
import structlog

from sideline.kit.db import asyncpg_url
from sideline.kit.pauses import pause

_log = structlog.get_logger()

FIRST_DELAY_SECONDS = 0.05
LONGEST_DELAY_SECONDS = 2.0

CONNECT_SECONDS = 10.0

ALIVE_EVERY_SECONDS = 5.0
"""How often the connection is asked whether it still is one."""

ALIVE_WITHIN_SECONDS = 5.0
"""How long the answer may take before the connection counts as lost."""


class Listener:
    """Owns one LISTEN connection; run it as a task of the composition root.

    ``channels`` maps a channel to a callback that takes the payload and must
    not block; ``on_connected`` is called after each successful (re)connection.
    """

    def __init__(
        self, url: str, channels: Mapping[str, Callable[[str], None]], on_connected: Callable[[], None] = lambda: None
    ) -> None:
        self._url = asyncpg_url(url)
        self._channels = dict(channels)
        self._on_connected = on_connected
        self.connected = asyncio.Event()

    async def run(self) -> None:
        """Listen until cancelled; reconnect with back-off whenever the connection is lost."""
        delay = FIRST_DELAY_SECONDS
        while True:
            try:
                async with asyncio.timeout(CONNECT_SECONDS):
                    connection: Any = await asyncpg.connect(self._url)
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                _log.warning("listen_connection_failed", reason=str(error), retry_in_seconds=delay)
                await pause(delay)
                delay = min(delay * 2, LONGEST_DELAY_SECONDS)
                continue
            delay = FIRST_DELAY_SECONDS
            try:
                await self._stay(connection)
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                _log.warning("listen_connection_lost", reason=str(error) or "The database does not answer.")
            finally:
                self.connected.clear()
                connection.terminate()

    async def _stay(self, connection: Any) -> None:
        lost = asyncio.Event()
        connection.add_termination_listener(lambda _: lost.set())

        def received(_: Any, __: int, channel: str, payload: str) -> None:
            self._channels[channel](payload)

        async with asyncio.timeout(CONNECT_SECONDS):
            for channel in self._channels:
                await connection.add_listener(channel, received)
        self.connected.set()
        self._on_connected()
        while not lost.is_set():
            try:
                async with asyncio.timeout(ALIVE_EVERY_SECONDS):
                    await lost.wait()
            except TimeoutError:
                async with asyncio.timeout(ALIVE_WITHIN_SECONDS):
                    await connection.execute("SELECT 1")
