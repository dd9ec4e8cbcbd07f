"""A way to the database that can fall silent: connections stay, and nothing comes through them any more."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit


class SilentProxy:
    """Passes bytes on to PostgreSQL's socket; after :meth:`fall_silent` only for connections made later."""

    def __init__(self, database_url: str) -> None:
        self._parts = urlsplit(database_url)
        folder = parse_qs(self._parts.query)["host"][0]
        self._socket = next(Path(folder).glob(".s.PGSQL.[0-9]*[0-9]"))
        self._server: asyncio.Server | None = None
        self._passing: set[asyncio.Task[None]] = set()
        self._writers: list[asyncio.StreamWriter] = []
        self.opened = 0

    @property
    def url(self) -> str:
        """The database's URL, by way of this proxy."""
        assert self._server is not None
        port = self._server.sockets[0].getsockname()[1]
        return f"postgresql://{self._parts.username}@127.0.0.1:{port}{self._parts.path}"

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)

    def fall_silent(self) -> None:
        """Let nothing through the connections that there are, without closing them."""
        for task in self._passing:
            task.cancel()
        self._passing = set()

    async def aclose(self) -> None:
        self.fall_silent()
        for writer in self._writers:
            writer.transport.abort()
        if self._server is not None:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there_reader, there_writer = await asyncio.open_unix_connection(self._socket)
        self._writers += [writer, there_writer]
        self.opened += 1
        for source, target in ((reader, there_writer), (there_reader, writer)):
            task = asyncio.create_task(_pass_on(source, target))
            self._passing.add(task)
            task.add_done_callback(self._passing.discard)


async def _pass_on(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    while data := await source.read(65536):
        target.write(data)
        await target.drain()
    target.close()


@asynccontextmanager
async def silent_proxy(database_url: str) -> AsyncIterator[SilentProxy]:
    """Run a proxy until the block ends."""
    proxy = SilentProxy(database_url)
    await proxy.start()
    try:
        yield proxy
    finally:
        await proxy.aclose()
