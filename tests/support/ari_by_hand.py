"""ARI by hand, for tests of what lies beneath Sideline's own client: requests, and events to wait for."""

import asyncio
from contextlib import suppress
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import httpx
import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

APP = "by-hand"


class Ari:
    """One application of an Asterisk. ``url`` is ARI's address with user and password."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.user, self.password = parts.username or "", parts.password or ""
        self.base = f"{parts.scheme}://{parts.hostname}:{parts.port}{parts.path}"
        self._http = httpx.AsyncClient(auth=(self.user, self.password), trust_env=False, timeout=5)
        self._events: list[dict[str, Any]] = []
        self._news = asyncio.Condition()
        self._socket: ClientConnection | None = None
        self._reader: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        address = self.base.replace("http", "ws", 1)
        self._socket = await connect(
            f"{address}/events?app={APP}&api_key={self.user}:{self.password}", proxy=None, compression=None
        )
        self._reader = asyncio.create_task(self._read(self._socket))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._socket is not None:
            await self._socket.close()
        if self._reader is not None:
            await self._reader
        await self._http.aclose()

    async def request(self, method: str, path: str, query: dict[str, str] | None = None) -> Any:
        """Make a request; return the answer, None if it is empty. An error fails the test."""
        answer = await self._http.request(method, self.base + path, params=query)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    async def channels(self) -> list[str]:
        """Return the ids of all channels that there are."""
        return [channel["id"] for channel in await self.request("GET", "/channels")]

    async def event(self, kind: str, channel: str, within: float = 10.0) -> dict[str, Any]:
        """Return the first event of a kind about a channel, by its id."""

        def found() -> dict[str, Any] | None:
            chosen = (e for e in self._events if e["type"] == kind and e.get("channel", {}).get("id") == channel)
            return next(chosen, None)

        async with asyncio.timeout(within), self._news:
            await self._news.wait_for(lambda: found() is not None)
        event = found()
        assert event is not None
        return event

    async def _read(self, socket: ClientConnection) -> None:
        with suppress(ConnectionClosed):  # a test may kill the Asterisk
            async for message in socket:
                async with self._news:
                    self._events.append(msgspec.json.decode(message))
                    self._news.notify_all()
