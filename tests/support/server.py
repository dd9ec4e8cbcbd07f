"""The real server for tests, and clients of its sockets.

``running_site(database_url)`` serves the whole site from a thread with a loop
of its own (uvloop, as in production), so tests share nothing with it but the
network and the database. ``LiveSocket`` speaks the protocol of ``/api/socket``.
"""

import asyncio
import contextlib
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import httpx
import msgspec
import uvloop
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from sideline.entry.composition import reactions
from sideline.entry.web import WebServer, make_server
from sideline.kit.clock import Clock
from sideline.kit.db import Database
from sideline.kit.processes import listening_socket
from sideline.kit.settings import Settings
from sideline.people.sign_in.authentication import CSRF_COOKIE, CSRF_HEADER, SESSION_COOKIE
from sideline.people.sign_in.sign_ins import OpenedSignIn, open_sign_in

PATIENCE = 20.0
"""Seconds after which something that should have happened has not."""


@dataclass
class Site:
    """A site that is being served."""

    port: int
    server: WebServer
    loop: asyncio.AbstractEventLoop
    thread: threading.Thread = field(repr=False)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def stop(self) -> None:
        """Stop as SIGTERM does, and return when it has stopped."""
        self.server.should_exit = True
        self.thread.join(PATIENCE)
        assert not self.thread.is_alive(), "the server did not stop"


@contextmanager
def running_site(database_url: str, *, clock: Clock | None = None, **settings: Any) -> Iterator[Site]:
    """Serve the site on a free port of 127.0.0.1 until the block ends."""
    listener = listening_socket("127.0.0.1", 0)
    chosen = Settings(**{"var": Path("/nonexistent"), "demo": False, **settings, "database_url": database_url})
    started: list[tuple[WebServer, asyncio.AbstractEventLoop]] = []
    is_listening = threading.Event()

    async def serve() -> None:
        database = Database(database_url, clock=clock, reactions=reactions())
        server = make_server(chosen, database)
        started.append((server, asyncio.get_running_loop()))
        told = asyncio.create_task(_tell(server, is_listening))
        try:
            await server.serve(sockets=[listener])
        finally:
            told.cancel()
            await database.aclose()

    def run() -> None:
        try:
            uvloop.run(serve())
        finally:
            is_listening.set()

    thread = threading.Thread(target=run, name="site")
    port = listener.getsockname()[1]
    thread.start()
    assert is_listening.wait(PATIENCE), "the server did not start"
    assert thread.is_alive(), "the server failed to start"
    server, loop = started[0]
    site = Site(port, server, loop, thread)
    try:
        yield site
    finally:
        if thread.is_alive():
            site.stop()


async def _tell(server: WebServer, is_listening: threading.Event) -> None:
    await server.is_listening.wait()
    is_listening.set()


async def sign_in_row(database: Database, user_id: str) -> OpenedSignIn:
    """Open a sign-in of the user without the cost of a password."""
    async with database.transaction() as tx:
        return await open_sign_in(tx, user_id, address="127.0.0.1", browser="test")


def cookies_of(opened: OpenedSignIn) -> dict[str, str]:
    """Return the cookies of a browser with this sign-in."""
    return {SESSION_COOKIE: opened.token, CSRF_COOKIE: opened.csrf_token}


def browser(site_url: str, opened: OpenedSignIn | None = None) -> httpx.AsyncClient:
    """Return an HTTP client, signed in if ``opened`` is given."""
    if opened is None:
        return httpx.AsyncClient(base_url=site_url)
    headers = {CSRF_HEADER: opened.csrf_token}
    return httpx.AsyncClient(base_url=site_url, cookies=cookies_of(opened), headers=headers)


class LiveSocket:
    """A client of ``/api/socket`` or ``/api/customer/socket``; ``heard`` keeps every event in order."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.heard: list[dict[str, Any]] = []
        self.frames: list[dict[str, Any]] = []
        self.position = ""

    async def next(self, *kinds: str) -> dict[str, Any]:
        """Return the next frame of one of ``kinds``; frames before it are kept in ``frames``."""
        async with asyncio.timeout(PATIENCE):
            while True:
                frame = msgspec.json.decode(await self.connection.recv())
                self.frames.append(frame)
                if frame["kind"] == "events":
                    self.heard += frame["events"]
                if "position" in frame:
                    self.position = frame["position"]
                if frame["kind"] in kinds:
                    return frame

    async def say(self, op: str, **members: Any) -> None:
        """Send one message."""
        await self.connection.send(msgspec.json.encode({"op": op, **members}).decode())

    async def subscribe(self, *topics: str) -> dict[str, Any]:
        """Subscribe, and return the server's answer."""
        await self.say("subscribe", topics=list(topics))
        return await self.next("subscribed")

    async def until(self, is_enough: Callable[[list[dict[str, Any]]], bool]) -> list[dict[str, Any]]:
        """Take frames until ``is_enough`` of all that was heard; return that."""
        while not is_enough(self.heard):
            await self.next("events")
        return self.heard

    async def closed(self) -> int:
        """Wait until the server has closed; return the close code."""
        async with asyncio.timeout(PATIENCE):
            with contextlib.suppress(ConnectionClosed):
                while True:
                    self.frames.append(msgspec.json.decode(await self.connection.recv()))
        return self.connection.close_code or 0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.connection.close()


async def open_socket(
    port: int,
    opened: OpenedSignIn | None = None,
    *,
    path: str = "/api/socket",
    headers: dict[str, str] | None = None,
    **options: Any,
) -> LiveSocket:
    """Open a socket; with ``opened`` it is that sign-in's. Raises ``InvalidStatus`` when it is refused."""
    sent = dict(headers or {})
    if opened is not None:
        sent["Cookie"] = f"{SESSION_COOKIE}={opened.token}"
    connection = await connect(
        f"ws://127.0.0.1:{port}{path}",
        additional_headers=sent,
        compression=None,
        max_size=None,
        ping_interval=None,
        **{"open_timeout": 3 * PATIENCE, **options},
    )
    return LiveSocket(connection)


@asynccontextmanager
async def live_socket(port: int, opened: OpenedSignIn, *topics: str) -> AsyncIterator[LiveSocket]:
    """Open a socket, hear its hello and subscribe to ``topics``."""
    async with await open_socket(port, opened) as live:
        await live.next("hello")
        if topics:
            answer = await live.subscribe(*topics)
            assert answer["refused"] == [], answer
        yield live


class RawSocket:
    """A websocket client that reads only when told to: a stopped reader, or one that breaks rules."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection

    @classmethod
    async def open(cls, port: int, headers: dict[str, str], path: str = "/api/socket", receive_buffer: int = 0) -> Self:
        """Make the handshake, and read its answer and nothing more."""
        loop = asyncio.get_running_loop()
        connection = socket.socket()
        connection.setblocking(False)
        if receive_buffer:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        await loop.sock_connect(connection, ("127.0.0.1", port))
        lines = [
            f"GET {path} HTTP/1.1",
            f"Host: 127.0.0.1:{port}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            "Sec-WebSocket-Version: 13",
            *(f"{name}: {value}" for name, value in headers.items()),
        ]
        await loop.sock_sendall(connection, ("\r\n".join(lines) + "\r\n\r\n").encode())
        answer = b""
        while b"\r\n\r\n" not in answer:
            chunk = await loop.sock_recv(connection, 1)
            if not chunk:
                break
            answer += chunk
        raw = cls(connection)
        raw.answer = answer
        return raw

    answer: bytes = b""

    async def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        await asyncio.get_running_loop().sock_sendall(self.connection, data)

    async def send_text(self, text: str) -> None:
        """Send one masked text frame."""
        await self.send(masked_frame(0x1, text.encode()))

    async def read_all(self) -> bytes:
        """Read until the server has closed the connection."""
        loop = asyncio.get_running_loop()
        read = bytearray()
        async with asyncio.timeout(PATIENCE):
            while True:
                try:
                    chunk = await loop.sock_recv(self.connection, 1 << 16)
                except ConnectionResetError:
                    return bytes(read)
                if not chunk:
                    return bytes(read)
                read += chunk

    async def read_until(self, words: bytes) -> bytes:
        """Read until ``words`` have come; fails when the connection is closed before."""
        loop = asyncio.get_running_loop()
        read = bytearray()
        async with asyncio.timeout(PATIENCE):
            while read.find(words, max(0, len(read) - (1 << 17))) < 0:
                chunk = await loop.sock_recv(self.connection, 1 << 16)
                assert chunk, "the server closed the connection"
                read += chunk
        return bytes(read)

    def close(self) -> None:
        """Close without a word."""
        self.connection.close()


def masked_frame(opcode: int, payload: bytes, *, fin: bool = True, mask: bytes = b"\1\2\3\4") -> bytes:
    """Return a client's frame (RFC 6455 section 5.2)."""
    size = len(payload)
    head = bytes([(0x80 if fin else 0) | opcode])
    if size < 126:
        head += bytes([0x80 | size])
    elif size < 65536:
        head += bytes([0x80 | 126]) + size.to_bytes(2, "big")
    else:
        head += bytes([0x80 | 127]) + size.to_bytes(8, "big")
    body = bytes(byte ^ mask[n % 4] for n, byte in enumerate(payload)) if size < 1 << 20 else payload
    return head + mask + body
