"""Catching up: what a socket missed, read from the log, until the hub can take over without a gap."""

from collections.abc import Callable

from sqlalchemy.ext.asyncio import AsyncConnection

from sideline.kit.db import Database
from sideline.kit.event_log import LoggedEvent, Position, oldest, read_after
from sideline.realtime.frames import event_json, events_frame
from sideline.realtime.hub import Hub, Subscriber

PAGE = 200
"""Events read at a time, and most that one frame holds."""

MOST_MISSED = 5000
"""Rows of the log read for one socket; beyond, fetching everything again is cheaper."""


class TooFarBehind(Exception):
    """What was missed is not kept any more, or is too much: the client starts afresh."""


async def can_resume(connection: AsyncConnection, position: Position) -> bool:
    """Return whether everything after ``position`` is still in the log."""
    first = await oldest(connection)
    return first is not None and first <= position


async def catch_up(
    database: Database, hub: Hub, subscriber: Subscriber, since: Position, may_go_on: Callable[[], bool]
) -> Position:
    """Write what ``subscriber`` missed after ``since`` and join it to the hub.

    Returns the position up to which it has had everything: when that is before
    the hub's, ``may_go_on`` said no and the subscriber has not joined. Raises
    :class:`TooFarBehind`.
    """
    read = 0
    while subscriber.wire.is_open and may_go_on():
        goal = hub.position
        if since >= goal:
            hub.join(subscriber)
            return since
        async with database.reading() as connection:
            page = await read_after(connection, since, PAGE)
        if not may_go_on():
            return since
        missed = [event for event in page if event.position <= goal]
        read += len(missed)
        if read > MOST_MISSED:
            raise TooFarBehind
        since = missed[-1].position if len(missed) == PAGE else goal
        _write(subscriber, missed, since)
        await subscriber.wire.drained()
    return since


def _write(subscriber: Subscriber, events: list[LoggedEvent], position: Position) -> None:
    heard = [event_json(event) for event in events if not subscriber.topics.isdisjoint(event.topics)]
    if heard:
        subscriber.wire.write(events_frame(position, heard))
