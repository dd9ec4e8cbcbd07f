"""An ARI that does as it is told, for what a real one does only on a bad day: it hangs, refuses, forgets to answer."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import parse_qsl, urlsplit

from sideline.voice.asterisk.client import AriAddress


class ScriptedAri:
    """Answers every request with 204, but for those that it was told to hang on or to refuse."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        """``POST /channels/some/variable 4``: what was asked, with the value that was to be set."""
        self.address = AriAddress("", "sideline", "secret")
        self._hanging: dict[str, asyncio.Event] = {}
        self._refused: set[str] = set()
        self._news = asyncio.Condition()

    def hang_on(self, words: str) -> asyncio.Event:
        """Answer nothing that has these words in it until the event is set."""
        self._hanging[words] = asyncio.Event()
        return self._hanging[words]

    def refuse(self, words: str) -> None:
        """Answer what has these words in it with a fault of the server's own."""
        self._refused.add(words)

    def relent(self) -> None:
        """Answer everything again."""
        self._refused.clear()

    async def heard(self, words: str, count: int = 1, within: float = 10.0) -> None:
        """Return once it was asked so often for what has these words in it."""
        async with asyncio.timeout(within), self._news:
            await self._news.wait_for(lambda: self.times(words) >= count)

    def times(self, words: str) -> int:
        """Return how often it was asked for what has these words in it."""
        return sum(words in each for each in self.asked)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection's requests, one after the other."""
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                await self._answer(head.decode(), reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()

    async def _answer(self, head: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first, *fields = head.split("\r\n")
        method, target, _ = first.split(" ")
        length = next((int(each[15:]) for each in fields if each.lower().startswith("content-length:")), 0)
        await reader.readexactly(length)
        parts = urlsplit(target)
        value = dict(parse_qsl(parts.query)).get("value", "")
        asked = f"{method} {parts.path.removeprefix('/ari')} {value}".strip()
        async with self._news:
            self.asked.append(asked)
            self._news.notify_all()
        for words, released in self._hanging.items():
            if words in asked:
                await released.wait()
        status = "500 Internal Server Error" if any(each in asked for each in self._refused) else "204 No Content"
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode())
        await writer.drain()


@asynccontextmanager
async def scripted_ari() -> AsyncIterator[ScriptedAri]:
    """Run one until the block ends."""
    ari = ScriptedAri()
    connections: set[asyncio.Task[None]] = set()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(ari.serve(reader, writer))
        connections.add(task)
        task.add_done_callback(connections.discard)

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    ari.address = AriAddress(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/ari", "sideline", "secret")
    try:
        yield ari
    finally:
        server.close()
        for task in connections:
            task.cancel()
        await asyncio.gather(*connections, return_exceptions=True)
