"""The websockets: ``/api/socket`` for who signed in, ``/api/customer/socket`` for a customer on a call.

One text message is one JSON object. The client says ``op``: ``subscribe`` and
``unsubscribe`` (``topics``), ``resume`` (``position``), ``pong``; a customer
first ``identify`` (``token``). Resume, then subscribe. The server says ``kind``: see ``frames.py``.
``docs/explanation/events.md`` has the whole conversation.
"""

import asyncio
from typing import Any

import msgspec
import structlog
from litestar.datastructures import Headers
from sqlalchemy.exc import SQLAlchemyError

from sideline.kit.db import Database
from sideline.kit.event_log import parse_position
from sideline.kit.problems import PROBLEM_JSON, Problem, problem_response
from sideline.people.identity import SignedIn
from sideline.people.sign_in.authentication import not_signed_in, token_hash
from sideline.realtime.audience import Audience, UserAudience, customer_with_token
from sideline.realtime.catch_up import can_resume
from sideline.realtime.frames import hello_frame, subscribed_frame
from sideline.realtime.hub import Hub
from sideline.realtime.open_sockets import OpenSocket, OpenSockets
from sideline.realtime.protocol import EXTENSION, POLICY, TRY_AGAIN, Wire

MOST_TOPICS = 250
"""Topics that one socket may be subscribed to."""

BURST = 60
MESSAGES_PER_SECOND = 10
"""Messages a client may send: ``BURST`` at once, then so many a second."""

IDENTIFY_WITHIN_SECONDS = 10
MOST_UNIDENTIFIED = 500
"""Customers' sockets that have not said yet whose they are."""

_log = structlog.get_logger()


class Subscribe(msgspec.Struct, tag_field="op", tag="subscribe"):
    """Deliver these topics from now on."""

    topics: list[str]


class Unsubscribe(msgspec.Struct, tag_field="op", tag="unsubscribe"):
    """Deliver these topics no more."""

    topics: list[str]


class Resume(msgspec.Struct, tag_field="op", tag="resume"):
    """Deliver what was missed of the subscribed topics since ``position``."""

    position: str


class Identify(msgspec.Struct, tag_field="op", tag="identify"):
    """A customer's secret."""

    token: str


class Pong(msgspec.Struct, tag_field="op", tag="pong"):
    """The client is alive."""


Op = Subscribe | Unsubscribe | Resume | Identify | Pong

_ops = msgspec.json.Decoder(Op)


class Gone(Exception):
    """The client has closed the socket, or it was closed here."""


class SocketEndpoint:
    """Serves the websockets of a process, as ASGI."""

    def __init__(self, database: Database, hub: Hub, sockets: OpenSockets) -> None:
        self._database = database
        self._hub = hub
        self._sockets = sockets
        self._unidentified = 0

    async def serve_user(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve ``/api/socket``; ``scope["user"]`` was set by the sign-in's middleware."""
        await receive()
        me = scope.get("user")
        audience = UserAudience(me, _api_key_hash(scope)) if isinstance(me, SignedIn) else None
        if not is_own_origin(scope):
            await _refuse(scope, send, _foreign_origin())
        elif audience is None:
            await _refuse(scope, send, not_signed_in())
        elif not self._sockets.has_room(audience):
            await _refuse(scope, send, _too_many())
        else:
            wire = await _accept(scope, send)
            await self._talk(wire, receive, audience)

    async def serve_customer(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve ``/api/customer/socket``: nothing is told before the customer has identified."""
        await receive()
        if not is_own_origin(scope):
            await _refuse(scope, send, _foreign_origin())
            return
        if self._unidentified >= MOST_UNIDENTIFIED:
            await _refuse(scope, send, _too_many())
            return
        wire = await _accept(scope, send)
        self._unidentified += 1
        try:
            audience = await self._identify(wire, receive)
        finally:
            self._unidentified -= 1
        if audience is not None:
            await self._talk(wire, receive, audience)

    async def _identify(self, wire: Wire, receive: Any) -> Audience | None:
        try:
            async with asyncio.timeout(IDENTIFY_WITHIN_SECONDS):
                op = await _next_op(receive)
            if isinstance(op, Identify):
                async with self._database.reading() as connection:
                    audience = await customer_with_token(connection, op.token)
                if audience is not None and self._sockets.has_room(audience):
                    return audience
        except (TimeoutError, msgspec.MsgspecError):
            pass
        except Gone:
            return None
        except (SQLAlchemyError, OSError) as error:
            _log.warning("socket_identify_failed", reason=str(error).partition("\n")[0])
            wire.close(TRY_AGAIN, "try again")
            return None
        wire.close(POLICY, "not identified")
        return None

    async def _talk(self, wire: Wire, receive: Any, audience: Audience) -> None:
        socket = OpenSocket(wire, audience)
        wire.out.write(hello_frame(self._hub.position, self._database.clock.now()))
        self._hub_topics(socket, audience.own_topics)
        self._sockets.add(socket)
        if audience.own_topics:
            wire.out.write(subscribed_frame(audience.own_topics, ()))
        allowance = _Allowance()
        try:
            while True:
                op = await _next_op(receive)
                if not allowance.take():
                    socket.say_bye("too_many_messages")
                    return
                await self._do(socket, op)
        except Gone:
            return
        except msgspec.MsgspecError:
            socket.say_bye("not_understood")
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            _log.warning("socket_failed", reason=str(error).partition("\n")[0])
            socket.say_bye("try_again", TRY_AGAIN)

    async def _do(self, socket: OpenSocket, op: Op) -> None:
        match op:
            case Subscribe(topics):
                async with socket.turn:
                    await self._subscribe(socket, frozenset(topics))
            case Unsubscribe(topics):
                self._hub.unsubscribe(socket.wire, topics)
            case Resume(position):
                async with socket.turn:
                    await self._resume(socket, position)
            case Identify() | Pong():
                pass

    async def _subscribe(self, socket: OpenSocket, topics: frozenset[str]) -> None:
        room = MOST_TOPICS - len(socket.wire.topics - topics)
        asked = sorted(topics)[: max(0, room)]
        async with self._database.reading() as connection:
            allowed = await socket.audience.allowed(connection, asked)
        self._hub_topics(socket, allowed)
        socket.wire.out.write(subscribed_frame(allowed, topics - allowed))
        if not socket.is_doubted:
            await self._sockets.come_back(socket)

    async def _resume(self, socket: OpenSocket, words: str) -> None:
        """Take note of where a client was; what it missed follows its subscriptions.

        A client that resumes first and then subscribes hears each event once and
        in order. The other way round it may hear again what came in between.
        """
        position = parse_position(words)
        if position is not None and position >= self._hub.settle() and socket.away_since is None:
            return
        if position is not None:
            async with self._database.reading() as connection:
                socket.is_lost = not await can_resume(connection, position)
        else:
            position, socket.is_lost = self._hub.position, True
        self._sockets.leave(socket, position if socket.away_since is None else min(position, socket.away_since))
        if socket.wire.topics and not socket.is_doubted:
            await self._sockets.come_back(socket)

    def _hub_topics(self, socket: OpenSocket, topics: frozenset[str]) -> None:
        if socket.away_since is None and socket.wire.is_open:
            self._hub.subscribe(socket.wire, topics)
        else:
            socket.wire.topics.update(topics)


class _Allowance:
    """How many messages a client may still send."""

    def __init__(self) -> None:
        self._left = float(BURST)
        self._at = asyncio.get_running_loop().time()

    def take(self) -> bool:
        now = asyncio.get_running_loop().time()
        self._left = min(BURST, self._left + (now - self._at) * MESSAGES_PER_SECOND)
        self._at = now
        self._left -= 1
        return self._left >= 0


def is_own_origin(scope: Any) -> bool:
    """Return whether the page that opened the socket is ours; a program names no origin.

    Browsers always send ``Origin`` with a websocket, and cookies too, whichever
    site the page is of; nothing else would keep other sites' pages out.
    """
    headers = Headers.from_scope(scope)
    origin = headers.get("origin")
    if origin is None:
        return True
    scheme, separator, host = origin.partition("://")
    return bool(separator) and scheme in {"http", "https"} and host.lower() == headers.get("host", "").lower()


def _api_key_hash(scope: Any) -> bytes | None:
    scheme, _, key = Headers.from_scope(scope).get("authorization", "").partition(" ")
    return token_hash(key.strip()) if scheme.lower() == "bearer" else None


async def _next_op(receive: Any) -> Op:
    message = await receive()
    if message["type"] == "websocket.disconnect":
        raise Gone
    text = message.get("text")
    if text is None:
        raise msgspec.DecodeError("binary")
    return _ops.decode(text)


async def _accept(scope: Any, send: Any) -> Wire:
    await send({"type": "websocket.accept"})
    return scope["extensions"][EXTENSION]


async def _refuse(scope: Any, send: Any, problem: Problem) -> None:
    """Answer the handshake with ``problem`` as HTTP (ASGI's Websocket Denial Response)."""
    content = problem_response(problem).content
    headers = [(b"content-type", PROBLEM_JSON.encode())]
    await send({"type": "websocket.http.response.start", "status": problem.status, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": msgspec.json.encode(content)})


def _foreign_origin() -> Problem:
    return Problem(403, "foreign_origin", "This socket is for Sideline's own pages; open it from there.")


def _too_many() -> Problem:
    return Problem(429, "too_many_sockets", "Too many connections are open already; close some tabs and try again.")
