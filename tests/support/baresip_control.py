"""Talking with a running baresip by its module ctrl_tcp: JSON in netstrings, commands in, events out."""

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any, NamedTuple


class CommandRefused(Exception):
    """The telephone can't do that now; ``str()`` is what it said."""


class PhoneEvent(NamedTuple):
    """What a telephone told: when (monotonic seconds), what (baresip's words), of which call, with whom."""

    at: float
    kind: str
    call_id: str
    peer: str
    reason: str


class BaresipControl:
    """One connection to a baresip's control port."""

    def __init__(self, on_event: Callable[[PhoneEvent], None]) -> None:
        self._on_event = on_event
        self._answers: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._writer: asyncio.StreamWriter | None = None
        self._task: asyncio.Task[None] | None = None
        self._number = 0

    async def connect(self, port: int) -> None:
        """Connect, and read from now on."""
        reader, self._writer = await asyncio.open_connection("127.0.0.1", port)
        self._task = asyncio.create_task(self._read(reader))

    async def command(self, name: str, words: str | None = None, within: float = 5.0) -> str:
        """Let the telephone do something; return what it says."""
        assert self._writer is not None, "the telephone isn't plugged in"
        self._number += 1
        token = str(self._number)
        order = {"command": name, "token": token} | ({"params": words} if words is not None else {})
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._answers[token] = answer
        self._writer.write(_netstring(json.dumps(order).encode()))
        async with asyncio.timeout(within):
            said = await answer
        if not said.get("ok"):
            raise CommandRefused(f"{name} {words or ''}: {said.get('data')}")
        return str(said.get("data", ""))

    def close(self) -> None:
        """Hang the connection up."""
        if self._task is not None:
            self._task.cancel()
        if self._writer is not None:
            self._writer.close()
        self._writer = self._task = None

    async def _read(self, reader: asyncio.StreamReader) -> None:
        try:
            while True:
                size = int((await reader.readuntil(b":"))[:-1])
                data = await reader.readexactly(size + 1)
                self._take(json.loads(data[:-1]))
        except (asyncio.IncompleteReadError, ConnectionError):
            for answer in self._answers.values():
                if not answer.done():
                    answer.set_exception(CommandRefused("the telephone is gone"))

    def _take(self, said: dict[str, Any]) -> None:
        if said.get("response"):
            answer = self._answers.pop(str(said.get("token")), None)
            if answer is not None and not answer.done():
                answer.set_result(said)
            return
        self._on_event(
            PhoneEvent(
                time.monotonic(),
                str(said.get("type", "")),
                str(said.get("id", "")),
                str(said.get("peeruri", "")),
                str(said.get("param", "")),
            )
        )


def _netstring(data: bytes) -> bytes:
    return b"%d:%s," % (len(data), data)
