"""The sockets that are open, and what happens to them when rights change or a sign-in ends.

When ``rights.changed`` names a user, their sockets leave the hub at that place
of the log, before anything later is delivered; the rights are read again, the
topics no longer allowed are dropped, and what was missed of the others follows
from the log.
"""

import asyncio
import heapq
import math
from collections import defaultdict
from collections.abc import Collection
from typing import Any

import msgspec
import structlog
from sqlalchemy.exc import SQLAlchemyError

from sideline.kit.db import Database
from sideline.kit.event_log import LoggedEvent, Position
from sideline.people.events import RightsChanged, SignInEnded
from sideline.people.sign_in.sign_ins import EndReason
from sideline.realtime.audience import Audience, UserAudience
from sideline.realtime.catch_up import TooFarBehind, catch_up
from sideline.realtime.frames import bye_frame, resync_frame, subscribed_frame
from sideline.realtime.hub import Hub
from sideline.realtime.protocol import POLICY, TRY_AGAIN, Wire

MOST_PER_AUDIENCE = 30
"""Sockets that one user (all browsers and tabs) or one customer's call may hold."""

RECHECK_SECONDS = 300
"""Each socket's sign-in is looked at about this often, for those that simply run out."""

ROUND_SECONDS = 15

MOST_RECHECKS = 4
"""Rechecks that use the database at once."""

_log = structlog.get_logger()


class OpenSocket:
    """One open socket: who listens, and where it stands in the log while it is out of the hub."""

    def __init__(self, wire: Wire, audience: Audience) -> None:
        self.wire = wire
        self.audience = audience
        wire.who = audience.name
        self.turn = asyncio.Lock()
        """Held while something about the socket is decided with the database's help."""
        self.away_since: Position | None = None
        """Out of the hub: everything up to here was delivered. None: in the hub."""
        self.is_lost = False
        """What it missed is not kept any more; once it has topics again it is told to start afresh."""
        self.is_doubted = False
        """Its rights may have changed; nothing is delivered until they were read again."""
        self.checked_at = asyncio.get_running_loop().time()

    def say_bye(self, reason: str, code: int = POLICY) -> None:
        """Tell the client why, and close."""
        self.wire.out.write(bye_frame(reason))
        self.wire.close(code, reason)


class OpenSockets:
    """Every open socket of this process. ``run`` owns the tasks that recheck them."""

    def __init__(self, database: Database, hub: Hub) -> None:
        self._database = database
        self._hub = hub
        self._by_audience: dict[str, set[OpenSocket]] = defaultdict(set)
        self._doubted: set[OpenSocket] = set()
        self._woken = asyncio.Event()
        self._rechecks = asyncio.Semaphore(MOST_RECHECKS)

    def __len__(self) -> int:
        return sum(len(sockets) for sockets in self._by_audience.values())

    def has_room(self, audience: Audience) -> bool:
        """Return whether ``audience`` may open one more."""
        return len(self._by_audience.get(audience.name, ())) < MOST_PER_AUDIENCE

    def add(self, socket: OpenSocket) -> None:
        """Begin to deliver to ``socket``; it is forgotten by itself when its connection is lost."""
        name = socket.audience.name
        self._by_audience[name].add(socket)
        self._hub.greet(socket.wire)
        self._hub.join(socket.wire)

        def lost() -> None:
            self._hub.forget(socket.wire)
            self._doubted.discard(socket)
            self._by_audience[name].discard(socket)
            if not self._by_audience[name]:
                del self._by_audience[name]

        socket.wire.on_lost(lost)

    def heed(self, event: LoggedEvent) -> None:
        """Do what ``event``, which the hub is about to take, means for open sockets."""
        if event.type == _RIGHTS_CHANGED:
            for user_id in _decoded(event, RightsChanged).user_ids:
                self._doubt(self._of_user(user_id))
        elif event.type == _SIGN_IN_ENDED:
            ended = _decoded(event, SignInEnded)
            reason = bye_reason(ended.reason)
            for socket in self._of_user(ended.user_id):
                if isinstance(socket.audience, UserAudience) and _is_ended(socket.audience, ended):
                    socket.say_bye(reason)

    async def come_back(self, socket: OpenSocket) -> None:
        """Deliver what ``socket`` missed since it left the hub, and join it again. Its turn must be held."""
        if socket.away_since is None:
            return
        try:
            if socket.is_lost:
                raise TooFarBehind
            since = await catch_up(
                self._database, self._hub, socket.wire, socket.away_since, lambda: not socket.is_doubted
            )
        except TooFarBehind:
            socket.wire.out.write(resync_frame(self._hub.settle()))
            self._hub.join(socket.wire)
            socket.away_since, socket.is_lost = None, False
            return
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            _log.warning("socket_catch_up_failed", reason=str(error).partition("\n")[0])
            socket.say_bye("try_again", TRY_AGAIN)
            return
        socket.away_since = since if socket.is_doubted else None

    def leave(self, socket: OpenSocket, since: Position) -> None:
        """Take ``socket`` out of the hub; it stands at ``since``."""
        self._hub.leave(socket.wire)
        socket.away_since = since

    async def run(self) -> None:
        """Recheck sockets whose rights changed, at once, and all of them in turn, until cancelled."""
        loop = asyncio.get_running_loop()
        next_round = loop.time() + ROUND_SECONDS
        async with asyncio.TaskGroup() as tasks:
            while True:
                try:
                    async with asyncio.timeout_at(next_round):
                        await self._woken.wait()
                except TimeoutError:
                    next_round = loop.time() + ROUND_SECONDS
                    self._doubted.update(self._longest_unchecked())
                self._woken.clear()
                doubted, self._doubted = self._doubted, set()
                for socket in doubted:
                    tasks.create_task(self._recheck(socket), name=f"recheck-{socket.audience.name}")

    def _of_user(self, user_id: str) -> Collection[OpenSocket]:
        return tuple(self._by_audience.get(f"user:{user_id}", ()))

    def _doubt(self, sockets: Collection[OpenSocket]) -> None:
        for socket in sockets:
            if socket.away_since is None:
                self.leave(socket, self._hub.settle())
            socket.is_doubted = True
            self._doubted.add(socket)
        self._woken.set()

    def _longest_unchecked(self) -> list[OpenSocket]:
        every = [socket for sockets in self._by_audience.values() for socket in sockets]
        share = math.ceil(len(every) * ROUND_SECONDS / RECHECK_SECONDS)
        return heapq.nsmallest(share, every, key=lambda socket: socket.checked_at)

    async def _recheck(self, socket: OpenSocket) -> None:
        async with socket.turn:
            try:
                async with self._rechecks, self._database.reading() as connection:
                    socket.is_doubted = False
                    audience = await socket.audience.now(connection, self._database.clock.now())
                    topics = frozenset(socket.wire.topics)
                    allowed = await audience.allowed(connection, topics) if audience is not None else frozenset()
            except (SQLAlchemyError, OSError, TimeoutError) as error:
                # Rights that can't be read are no rights; the client comes back and is asked again.
                _log.warning("socket_recheck_failed", reason=str(error).partition("\n")[0])
                socket.say_bye("try_again", TRY_AGAIN)
                return
            if audience is None:
                socket.say_bye("session_ended")
                return
            socket.audience = audience
            socket.checked_at = asyncio.get_running_loop().time()
            if refused := topics - allowed:
                self._hub.unsubscribe(socket.wire, refused)
                socket.wire.out.write(subscribed_frame((), refused))
            if not socket.is_doubted:
                await self.come_back(socket)


def bye_reason(reason: str) -> str:
    """Return what a page is told of a sign-in's end."""
    if reason in {EndReason.SIGNED_OUT, EndReason.SIGNED_OUT_EVERYWHERE}:
        return "signed_out"
    return "deactivated" if reason == EndReason.DEACTIVATED else "session_ended"


def _is_ended(audience: UserAudience, ended: SignInEnded) -> bool:
    if ended.reason == EndReason.DEACTIVATED:
        return True
    sign_in_id = audience.me.sign_in_id
    return sign_in_id is not None and ended.sign_in_id in {None, sign_in_id}


_RIGHTS_CHANGED = RightsChanged.__struct_config__.tag
_SIGN_IN_ENDED = SignInEnded.__struct_config__.tag


def _decoded(event: LoggedEvent, kind: type[Any]) -> Any:
    return msgspec.json.decode(bytes(event.payload), type=kind)
