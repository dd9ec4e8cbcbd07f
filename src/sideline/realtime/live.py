"""Realtime of one web process: LISTEN → tail → hub → sockets, and the tasks that run them."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import structlog

from sideline.kit.db import Database
from sideline.kit.event_log import LoggedEvent
from sideline.kit.listen import Listener
from sideline.realtime.hub import Hub
from sideline.realtime.open_sockets import OpenSockets
from sideline.realtime.signals import SIGNALS, pass_on
from sideline.realtime.sockets import SocketEndpoint
from sideline.realtime.tail import Tail, newest_position

EVENTS = "events"
"""NOTIFY channel that says that the log has grown."""

_log = structlog.get_logger()


class Realtime:
    """What a web process needs to tell its pages what happens; made by :func:`realtime`."""

    def __init__(self, database: Database, hub: Hub, tail: Tail, sockets: OpenSockets) -> None:
        self.hub = hub
        self.tail = tail
        self.sockets = sockets
        self.endpoint = SocketEndpoint(database, hub, sockets)


@asynccontextmanager
async def realtime(database: Database, *, failed: Callable[[], None]) -> AsyncIterator[Realtime]:
    """Run realtime for as long as the block lasts.

    ``database`` answers the sockets' questions; the tail and LISTEN have a
    connection each of their own. ``failed`` is called when one of the tasks
    ends by a fault of ours: the process should end then and be started again.
    """
    own = Database(database.url, pool_size=1, clock=database.clock)
    try:
        hub = Hub(await newest_position(own))
        sockets = OpenSockets(database, hub)

        def take(events: Sequence[LoggedEvent]) -> None:
            # Whose rights change or sign-in ends leaves the hub before anything of this batch is delivered.
            for event in events:
                sockets.heed(event)
            hub.take(events)

        tail = Tail(own, take, hub.position)
        listener = Listener(
            database.url,
            {EVENTS: lambda _: tail.wake(), SIGNALS: lambda payload: pass_on(hub, payload)},
            on_connected=tail.wake,
        )
        tasks = [
            asyncio.create_task(listener.run(), name="listen-events"),
            asyncio.create_task(tail.run(), name="tail"),
            asyncio.create_task(sockets.run(), name="rechecks"),
        ]
        for task in tasks:
            task.add_done_callback(lambda task: _ended(task, failed))
        try:
            yield Realtime(database, hub, tail, sockets)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            hub.close()
    finally:
        await own.aclose()


def _ended(task: "asyncio.Task[None]", failed: Callable[[], None]) -> None:
    if task.cancelled():
        return
    _log.error("realtime_task_failed", task=task.get_name(), exc_info=task.exception())
    failed()
