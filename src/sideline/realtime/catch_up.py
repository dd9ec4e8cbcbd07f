"""Catching up: what a socket missed, read from the log, until the hub can take over without a gap."""

from collections.abc import Callable, Iterator

from sqlalchemy.ext.asyncio import AsyncConnection

from sideline.kit.db import Database
from sideline.kit.event_log import LoggedEvent, Position, oldest, read_after
from sideline.realtime.frames import event_json, events_frame
from sideline.realtime.hub import Hub
from sideline.realtime.protocol import Wire

PAGE = 200
"""Events read at a time."""

LARGEST_FRAME = 128 * 1024
"""Bytes of events in one frame, unless a single event is larger; the next waits until the peer has read."""

MOST_MISSED = 5000
"""Rows of the log read for one socket; beyond, fetching everything again is cheaper."""


class TooFarBehind(Exception):
    """What was missed is not kept any more, or is too much: the client starts afresh."""


async def can_resume(connection: AsyncConnection, position: Position) -> bool:
    """Return whether everything after ``position`` is still in the log."""
    first = await oldest(connection)
    return first is not None and first <= position


async def catch_up(
    database: Database, hub: Hub, wire: Wire, since: Position, may_go_on: Callable[[], bool]
) -> Position:
    """Write what ``wire`` missed after ``since`` and join it to the hub.

    Returns the position up to which it has had everything: when that is before
    the hub's, ``may_go_on`` said no and the wire has not joined. Raises
    :class:`TooFarBehind`.
    """
    read = 0
    while wire.is_open and may_go_on():
        goal = hub.settle()
        if since >= goal:
            hub.join(wire)
            return since
        async with database.reading() as connection:
            page = await read_after(connection, since, PAGE)
        if not may_go_on():
            return since
        missed = [event for event in page if event.position <= goal]
        read += len(missed)
        if read > MOST_MISSED:
            raise TooFarBehind
        for frame, position in _frames(wire, missed):
            wire.out.write(frame)
            since = position
            await wire.drained()
            if not may_go_on():
                return since
        since = missed[-1].position if len(missed) == PAGE else goal
    return since


def _frames(wire: Wire, events: list[LoggedEvent]) -> Iterator[tuple[bytes, Position]]:
    """Yield frames of those ``events`` that ``wire`` may hear, and the position each brings it to."""
    heard: list[bytes] = []
    size = 0
    for event in events:
        if not wire.topics.isdisjoint(event.topics) and wire.who not in event.kept_from:
            heard.append(event_json(event))
            size += len(heard[-1])
        if size >= LARGEST_FRAME:
            yield events_frame(event.position, heard), event.position
            heard, size = [], 0
    if heard:
        yield events_frame(events[-1].position, heard), events[-1].position
