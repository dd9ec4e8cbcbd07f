"""A voice engine in a process of its own, asked over a socket: what every voice bench measures.

Run as ``python bench/sound_house.py forwarder|mixer PATH``; it serves JSON lines
on the UNIX socket PATH until its parent closes the last connection.
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
import uvloop

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

from sideline.rules.audibility import Route  # noqa: E402
from sideline.voice.engine import BrowserPhone, CallPlan  # noqa: E402
from sideline.voice.webrtc.engine import WebRtcEngine  # noqa: E402


class House:
    """The bench's end of the socket; one request at a time is answered."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, pid: int) -> None:
        self.pid = pid
        self._reader = reader
        self._writer = writer
        self._lock = asyncio.Lock()

    async def ask(self, **request: object) -> Any:
        """Send a request; return its answer."""
        async with self._lock:
            self._writer.write(msgspec.json.encode(request) + b"\n")
            return msgspec.json.decode(await self._reader.readline())

    async def connect(self, leg: str, offer: str) -> str:
        """Carry an offer to the engine."""
        return await self.ask(connect=leg, offer=offer)

    async def apply(self, call: str, version: int, legs: list[str], routes: list[tuple[str, str]]) -> None:
        """Apply a plan whose participants are named like their legs."""
        await self.ask(apply=call, version=version, legs=legs, routes=routes)


@asynccontextmanager
async def house(kind: str) -> AsyncIterator[House]:
    """Start a house; yield it; end its process."""
    with TemporaryDirectory() as folder:
        path = f"{folder}/socket"
        process = await asyncio.create_subprocess_exec(
            sys.executable, __file__, kind, path, stdout=asyncio.subprocess.PIPE
        )
        try:
            assert process.stdout is not None
            await process.stdout.readline()
            reader, writer = await asyncio.open_unix_connection(path, limit=1 << 20)
            yield House(reader, writer, process.pid)
            writer.close()
        finally:
            process.terminate()
            await process.wait()


async def serve(kind: str, path: str) -> None:
    if kind == "mixer":
        from bench.sound_mixer import StockMixer

        engine = StockMixer()
    else:
        engine = WebRtcEngine(loopback_only=True)

    async def answer(request: dict[str, Any]) -> object:
        if "connect" in request:
            return await engine.connect(request["connect"], request["offer"])
        phones = {leg: BrowserPhone(leg) for leg in request["legs"]}
        routes = frozenset(Route(*pair) for pair in request["routes"])
        await engine.apply(request["apply"], CallPlan(version=request["version"], phones=phones, routes=routes))
        return None

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            writer.write(msgspec.json.encode(await answer(msgspec.json.decode(line))) + b"\n")
        writer.close()

    server = await asyncio.start_unix_server(talk, path, limit=1 << 20)
    os.write(1, b"ready\n")
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(sys.argv[1], sys.argv[2]))
