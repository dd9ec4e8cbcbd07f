"""The Asterisk engine in a process of its own, asked over a socket: its CPU time is its own, and it can be killed.

Run as ``python bench/asterisk_house.py PATH``; it serves JSON lines on the UNIX
socket PATH until its parent closes the last connection.
"""

import asyncio
import cProfile
import io
import os
import pstats
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
import structlog
import uvloop

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

from bench.asterisk_rooms import Watched, plan, watched  # noqa: E402
from sideline.voice.asterisk.client import AriClient, read_address  # noqa: E402
from sideline.voice.asterisk.engine import AsteriskEngine  # noqa: E402
from sideline.voice.asterisk.options import AsteriskOptions  # noqa: E402
from sideline.voice.engine import (  # noqa: E402
    EngineFact,
    PbxCallGone,
    PbxCallSeen,
    PbxCallsSeen,
    PhoneChanged,
    PhoneOutcome,
    SipPhone,
)
from sideline.voice.webrtc.engine import WebRtcEngine  # noqa: E402
from sideline.voice.webrtc.facts import FactQueue  # noqa: E402

MOST_TRIES = 50


class House:
    """The bench's end of the socket; one request at a time is answered."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, process: asyncio.subprocess.Process
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._process = process

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    async def ask(self, what: str, **words: object) -> Any:
        """Send a request; return its answer."""
        self._writer.write(msgspec.json.encode({"what": what, "words": words}) + b"\n")
        answer = msgspec.json.decode(await self._reader.readline())
        if "fault" in answer:
            raise RuntimeError(f"{what}: {answer['fault']}")
        return answer["answer"]

    async def kill(self) -> None:
        """End it as ``kill -9`` does."""
        self._process.kill()
        await self._process.wait()


@asynccontextmanager
async def house() -> AsyncIterator[House]:
    """Start a house; yield it; end its process."""
    with TemporaryDirectory() as folder:
        path = f"{folder}/socket"
        process = await asyncio.create_subprocess_exec(sys.executable, __file__, path, stdout=asyncio.subprocess.PIPE)
        try:
            assert process.stdout is not None
            await process.stdout.readline()
            reader, writer = await asyncio.open_unix_connection(path, limit=1 << 24)
            yield House(reader, writer, process)
            writer.close()
        finally:
            if process.returncode is None:
                process.terminate()
                await process.wait()


class Tenant:
    """What the house does when it is asked: each public method is a request."""

    def __init__(self) -> None:
        self._engine: AsteriskEngine | None = None
        self._news = asyncio.Condition()
        self._calls: dict[str, Watched] = {}
        self._answered: set[str] = set()
        self._moments: dict[str, float] = {}
        self._versions: dict[str, int] = {}
        self.retries = 0
        self._reader: asyncio.Task[None] | None = None
        self._profile = cProfile.Profile()

    async def start(self, ari: str, users: list[str], calls: int) -> dict[str, Any]:
        """Start the engine; return once it has told of all there is, with how long that took."""
        began = time.monotonic()
        facts = FactQueue()
        browsers = WebRtcEngine(loopback_only=True, facts=facts)
        engine = AsteriskEngine(AriClient(read_address(ari), "sideline"), AsteriskOptions(), browsers, facts)
        engine.know(frozenset(users))
        self._engine = engine
        self._moments["made"] = time.monotonic()
        self._reader = asyncio.create_task(self._read(engine))
        async with asyncio.timeout(60), self._news:
            await self._news.wait_for(lambda: "all" in self._moments and len(self._calls) >= calls)
        return {
            "seconds": {name: at - began for name, at in self._moments.items()},
            "calls": len(self._calls),
            "rigs": len(list(engine.rigs)),
        }

    async def supervise(self, agents: list[str], mode: str, version: int) -> float:
        """Give each agent's call the supervisor of the same number; return once all is in force, with the seconds."""
        assert self._engine is not None
        began = time.monotonic()
        await asyncio.gather(*(self._apply(each, mode, version) for each in agents))
        if mode != "nothing":
            wanted = {f"s{each[1:]}" for each in agents}
            async with asyncio.timeout(60), self._news:
                await self._news.wait_for(lambda: wanted <= self._answered)
            await asyncio.gather(*(self._apply(each, mode, version) for each in agents))
        return time.monotonic() - began

    async def tries(self) -> int:
        """Return how many plans had to be applied once more."""
        return self.retries

    async def profile(self, seconds: float) -> str:
        """Return where the time went in the next seconds."""
        self._profile.enable()
        await asyncio.sleep(seconds)
        self._profile.disable()
        text = io.StringIO()
        pstats.Stats(self._profile, stream=text).sort_stats("tottime").print_stats(35)
        return text.getvalue()

    async def leave(self) -> None:
        """Close the engine."""
        if self._engine is not None:
            await self._engine.aclose()

    async def _apply(self, agent: str, mode: str, version: int) -> None:
        assert self._engine is not None
        supervisor = f"s{agent[1:]}"
        phone = SipPhone(f"sip:{supervisor}@127.0.0.1", auto_answer=True)
        wanted = plan(self._calls[agent], supervisor, phone, mode, version)
        for _ in range(MOST_TRIES):
            try:
                await self._engine.apply(agent, wanted)
            except ConnectionError:
                # As whoever applies plans does: what the PBX has not (yet) is tried again.
                self.retries += 1
                await asyncio.sleep(0.1)
            else:
                return
        raise TimeoutError(f"the plan of {agent} did not come into force")

    async def _read(self, engine: AsteriskEngine) -> None:
        async for fact in engine.facts():
            async with self._news:
                self._take(fact)
                self._news.notify_all()

    def _take(self, fact: EngineFact) -> None:
        match fact:
            case PbxCallSeen(call):
                self._calls |= watched(call)
                self._moments.setdefault("first_call", time.monotonic())
                self._moments["last_call"] = time.monotonic()
            case PbxCallsSeen():
                self._moments.setdefault("all", time.monotonic())
            case PbxCallGone(call_id):
                self._calls = {agent: each for agent, each in self._calls.items() if each.customer != call_id}
            case PhoneChanged(_, supervisor, PhoneOutcome.ANSWERED):
                self._answered.add(supervisor)
            case PhoneChanged(_, supervisor, became):
                structlog.get_logger().warning("phone", supervisor=supervisor, became=became)


async def serve(path: str) -> None:
    tenant = Tenant()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            request = msgspec.json.decode(line)
            try:
                answer = {"answer": await getattr(tenant, request["what"])(**request["words"])}
            except Exception as error:
                answer = {"fault": repr(error)}
            writer.write(msgspec.json.encode(answer) + b"\n")
        writer.close()

    server = await asyncio.start_unix_server(talk, path, limit=1 << 24)
    os.write(1, b"ready\n")
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    uvloop.run(serve(sys.argv[1]))
