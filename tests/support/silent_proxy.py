"""Ways to the database and to other servers that can fall silent: connections stay, and nothing comes through them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit


class SilentWay:
    """Passes bytes on to a server; after :meth:`fall_silent` only for connections made later.

    While it holds back connections are made, and wait; while it refuses none are.
    """

    def __init__(self) -> None:
        self._server: asyncio.Server | None = None
        self._passing: dict[asyncio.Task[None], bytearray] = {}
        """Each with what its connection began with."""
        self._writers: list[asyncio.StreamWriter] = []
        self._is_open = asyncio.Event()
        self._is_open.set()
        self._port = 0
        self.opened = 0
        self.knocked = asyncio.Event()
        """Somebody has asked for a connection."""

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        raise NotImplementedError

    @property
    def port(self) -> int:
        """Where it can be reached on this machine."""
        return self._port

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    def fall_silent(self, *, for_all: bool = False, but_for: bytes | None = None) -> None:
        """Let nothing through the connections that there are, without closing them; ``for_all``: nor any later.

        Those that began with ``but_for`` go on.
        """
        if for_all:
            self.hold_back()
        for task, beginning in list(self._passing.items()):
            if but_for is None or not beginning.startswith(but_for):
                task.cancel()
                del self._passing[task]

    def hold_back(self) -> None:
        """Let connections made from now on wait."""
        self._is_open.clear()

    def open(self) -> None:
        """Let connections through from now on, those that wait as well."""
        self._is_open.set()

    def refuse(self) -> None:
        """Cut every connection, and let none be made until it is started again."""
        assert self._server is not None
        self._server.close()
        self.fall_silent()
        for writer in self._writers:
            writer.transport.abort()
        self._writers = []

    async def aclose(self) -> None:
        self.refuse()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        self.knocked.set()
        await self._is_open.wait()
        there_reader, there_writer = await self._open()
        self._writers.append(there_writer)
        self.opened += 1
        beginning = bytearray()
        for source, target, noted in ((reader, there_writer, beginning), (there_reader, writer, None)):
            task = asyncio.create_task(_pass_on(source, target, noted))
            self._passing[task] = beginning
            task.add_done_callback(lambda done: self._passing.pop(done, None))


class SilentProxy(SilentWay):
    """A way to PostgreSQL's socket."""

    def __init__(self, database_url: str) -> None:
        super().__init__()
        self._parts = urlsplit(database_url)
        folder = parse_qs(self._parts.query)["host"][0]
        self._socket = next(Path(folder).glob(".s.PGSQL.[0-9]*[0-9]"))

    @property
    def url(self) -> str:
        """The database's URL, by way of this proxy."""
        return f"postgresql://{self._parts.username}@127.0.0.1:{self.port}{self._parts.path}"

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_unix_connection(self._socket)


class SilentNetwork(SilentWay):
    """A way to a port of this machine."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self._target = port

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self._target)


async def _pass_on(source: asyncio.StreamReader, target: asyncio.StreamWriter, beginning: bytearray | None) -> None:
    while data := await source.read(65536):
        if beginning is not None and not beginning:
            beginning += data
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


@asynccontextmanager
async def silent_network(port: int) -> AsyncIterator[SilentNetwork]:
    """Run a way to a port of this machine until the block ends."""
    network = SilentNetwork(port)
    await network.start()
    try:
        yield network
    finally:
        await network.aclose()
