"""The one place that reaches into uvicorn: a websocket whose transport can be written to directly.

uvicorn takes a protocol class by its public ``ws=`` option. Ours is its
sans-I/O one plus a :class:`Wire`, which the ASGI endpoint finds in its scope
(``scope["extensions"]["sideline.wire"]``) and through which the hub writes
ready-made frames: no task, no queue and no encoding per socket. The transport's
write buffer is the only queue; whoever lets it grow past ``MOST_BEHIND`` bytes is
cut off. ``tests/realtime/test_protocol.py`` holds the versions that this was read
against.

What it mends beside that, because a peer that stops reading would otherwise hold
its socket, its buffer or the whole shutdown:

- every close has a deadline, after which the connection is aborted;
- pings are answered only while the peer reads the answers;
- a handshake that uvicorn's HTTP parser accepts and ``websockets`` does not is answered 400.
"""

import asyncio
import socket
from collections.abc import Callable
from typing import Any, ClassVar, Protocol

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.exceptions import InvalidState
from websockets.frames import Frame
from websockets.http11 import Request

from sideline.realtime.frames import bye_frame

EXTENSION = "sideline.wire"

MOST_BEHIND = 3 * 1024 * 1024
"""Bytes a socket may be behind before it is cut off."""

LARGEST_MESSAGE = 16 * 1024
"""Bytes of a message from a client."""

MOST_FRAGMENTS = 16
"""Frames that one message may come in; empty ones would otherwise cost memory for ever."""

KERNEL_BUFFER = 128 * 1024
"""Bytes that the kernel holds for a socket: it would otherwise take megabytes before we notice a stopped reader."""

PING_EVERY_SECONDS = 20.0
PONG_WITHIN_SECONDS = 20.0
CLOSE_WITHIN_SECONDS = 3.0
STOP_WITHIN_SECONDS = 0.5

POLICY = 1008
RESTARTING = 1012
TRY_AGAIN = 1013


class Writer(Protocol):
    """Takes ready-made frames."""

    def write(self, frame: bytes, /) -> None:
        """Write a ready-made frame."""
        ...


class Wire:
    """The outgoing half of one websocket. Nothing here waits except :meth:`drained`.

    Frames go to ``out``: the transport itself until it says that its buffer is
    filling; then each frame is weighed first, until the peer has caught up.
    ``topics``, ``who`` and ``is_behind`` belong to the hub: sending an event to
    thousands touches this object and the transport of each, and nothing else.
    """

    __slots__ = ("_on_lost", "_protocol", "_transport", "is_behind", "is_open", "out", "topics", "who")

    cut_offs: ClassVar[int] = 0
    """Sockets of this process that were cut off because they did not read."""

    def __init__(self, protocol: "SocketProtocol", transport: asyncio.Transport) -> None:
        self.out: Writer = transport
        self.topics: set[str] = set()
        """What is delivered; outlasts the hub's ``leave``, until it joins again."""
        self.who = ""
        """Who listens: the name of the audience."""
        self.is_behind = False
        """It has not had everything up to the hub's position."""
        self.is_open = True
        self._protocol = protocol
        self._transport = transport
        self._on_lost: Callable[[], None] | None = None

    def on_lost(self, told: Callable[[], None]) -> None:
        """Have ``told`` called once, as soon as nothing more can be written."""
        self._on_lost = told

    def weigh(self, is_filling: bool) -> None:
        """Weigh each frame from now on, or no more."""
        if self.is_open:
            self.out = _Weighed(self, self._transport) if is_filling else self._transport

    def backlog(self) -> int:
        """Return the bytes that wait in this process for the peer to read."""
        return self._transport.get_write_buffer_size()

    async def drained(self) -> None:
        """Wait until the peer has read most of what was written, or is gone."""
        await self._protocol.writable.wait()

    def close(self, code: int, reason: str) -> None:
        """Close with ``code``; the peer has ``CLOSE_WITHIN_SECONDS`` to agree."""
        self._protocol.close_with(code, reason)

    def cut_off(self) -> None:
        """End a socket whose peer does not read; it comes back and resumes, or starts afresh."""
        Wire.cut_offs += 1
        self.close(TRY_AGAIN, "too slow")

    def lose(self) -> None:
        """Note that nothing more can be written."""
        self.is_open = False
        self.out = _NOWHERE
        told, self._on_lost = self._on_lost, None
        if told is not None:
            told()


class _Weighed:
    """Writes to a transport whose buffer is filling, and cuts the socket off before it holds too much."""

    def __init__(self, wire: Wire, transport: asyncio.Transport) -> None:
        self._wire = wire
        self._transport = transport

    def write(self, frame: bytes, /) -> None:
        if self._transport.get_write_buffer_size() + len(frame) > MOST_BEHIND:
            self._wire.cut_off()
        else:
            self._transport.write(frame)


class _Nowhere:
    """Where frames for a socket that is gone go."""

    def write(self, frame: bytes, /) -> None:
        pass


_NOWHERE = _Nowhere()


class SocketProtocol(WebSocketsSansIOProtocol):
    """uvicorn's sans-I/O websocket with a :class:`Wire` and with deadlines on everything a peer can hold up."""

    wire: Wire

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.close_timeout = CLOSE_WITHIN_SECONDS

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the connection over from the HTTP protocol."""
        super().connection_made(transport)
        self.wire = Wire(self, self.transport)
        connection = transport.get_extra_info("socket")
        if connection is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KERNEL_BUFFER)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self.wire.lose()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """Note that the peer does not keep up (more than the transport's high water mark, 64 KiB)."""
        super().pause_writing()
        self.wire.weigh(True)

    def resume_writing(self) -> None:
        """Note that the peer has caught up."""
        super().resume_writing()
        self.wire.weigh(False)

    def handle_connect(self, event: Request) -> None:
        """Begin the handshake and hand the wire to the endpoint."""
        super().handle_connect(event)
        if not self.close_sent:
            extensions: dict[str, Any] = self.scope["extensions"]  # type: ignore[assignment]
            extensions[EXTENSION] = self.wire

    def handle_cont(self, event: Frame) -> None:
        """Take a further fragment of a message."""
        if len(self.frames) >= MOST_FRAGMENTS:
            self.close_with(POLICY, "too many fragments")
            return
        super().handle_cont(event)

    def handle_ping(self) -> None:
        """Answer a ping, unless the peer does not read the answers."""
        if self.wire.backlog() > MOST_BEHIND:
            self.wire.cut_off()
            return
        super().handle_ping()

    def data_received(self, data: bytes) -> None:
        """Take what the peer sent; the first call brings the whole handshake."""
        super().data_received(data)
        if not self.handshake_initiated and not self.close_sent:
            self.handshake_complete = True
            self.close_sent = True
            self.transport.write(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
            self.transport.close()

    def handle_parser_exception(self) -> None:
        """Close on what can't be parsed, with the reason."""
        self.wire.lose()
        super().handle_parser_exception()
        self._abort_within(CLOSE_WITHIN_SECONDS)

    def handle_close(self, event: Frame) -> None:
        """Agree to the peer's close."""
        super().handle_close(event)
        self.wire.lose()
        self._abort_within(CLOSE_WITHIN_SECONDS)

    def keepalive_timeout(self) -> None:
        """Give a peer up that no longer answers pings; its buffer is dropped with it."""
        super().keepalive_timeout()
        self.transport.abort()

    def shutdown(self) -> None:
        """End the connection because the process stops; a peer that does not read can't delay that."""
        if self.transport.is_closing():
            self.transport.abort()
            return
        if self.handshake_complete and not self.close_sent:
            self.transport.write(bye_frame("restarting"))
        self.wire.lose()
        super().shutdown()
        self._abort_within(STOP_WITHIN_SECONDS)

    def close_with(self, code: int, reason: str) -> None:
        """Send a close frame and stop; abort when the peer has not agreed in time."""
        self.wire.lose()
        self.stop_keepalive()
        if self.close_sent or self.disconnected or self.transport.is_closing():
            return
        try:
            self.conn.send_close(code, reason)
        except InvalidState:
            self.transport.abort()
            return
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()
        self._abort_within(self.close_timeout)

    def _abort_within(self, seconds: float) -> None:
        if self.disconnected:
            return
        if self.close_timer is not None:
            self.close_timer.cancel()
        self.close_timer = self.loop.call_later(seconds, self.transport.abort)
