"""HTTP: the event log for programs, and the two websockets."""

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, WebSocket, get, websocket
from litestar.openapi import ResponseSpec
from litestar.params import FromQuery, QueryParameter
from litestar.types import ControllerRouterHandler

from sideline.kit.edge import database_of
from sideline.kit.event_log import head, parse_position, read_after
from sideline.kit.problems import Invalid, Problem, ProblemOut
from sideline.people.identity import SignedIn
from sideline.realtime.catch_up import can_resume
from sideline.realtime.event_union import AnyEvent
from sideline.realtime.frames import event_json
from sideline.realtime.live import Realtime
from sideline.realtime.sockets import MOST_TOPICS
from sideline.realtime.topics import allowed_topics

PAGE = 500
"""Rows of the log that one request looks through."""


class EventsOut(msgspec.Struct, frozen=True):
    """What happened after the asked position, oldest first."""

    position: str
    """Ask again with this one; everything up to it has been looked at."""
    events: list[AnyEvent]
    refused: list[str]
    """Topics that were asked for and are not for you, or do not exist."""
    is_more: bool
    """The log goes on: ask again at once."""


class _EventsWritten(msgspec.Struct):
    position: str
    events: list[msgspec.Raw]
    refused: list[str]
    is_more: bool


@get(
    "/api/events",
    tags=["events"],
    responses={410: ResponseSpec(ProblemOut, description="Too far back; nothing was skipped: read everything afresh")},
)
async def events(
    request: Request[Any, Any, Any],
    me: SignedIn,
    topics: FromQuery[list[str]],
    position: Annotated[str | None, QueryParameter(description="As answered before; absent: from now on.")] = None,
) -> Response[EventsOut]:
    """Read the event log from a position, as far as it was told to ``topics``; for programs."""
    if len(topics) > MOST_TOPICS:
        raise Invalid({"topics": f"At most {MOST_TOPICS} topics can be asked for at once."})
    since = None if position is None else parse_position(position)
    if position is not None and since is None:
        raise Invalid({"position": "This is no position; use the one that the last answer gave, or leave it out."})
    async with database_of(request).reading() as connection:
        allowed = await allowed_topics(connection, me, topics)
        refused = sorted(frozenset(topics) - allowed)
        if since is None:
            return _written(_EventsWritten(str(await head(connection)), [], refused, False))
        if not await can_resume(connection, since):
            raise Problem(
                410, "position_too_old", "Events after this position are no longer kept; read everything afresh."
            )
        page = await read_after(connection, since, PAGE)
    heard = [
        msgspec.Raw(event_json(event))
        for event in page
        if not allowed.isdisjoint(event.topics) and me.subject not in event.kept_from
    ]
    newest = page[-1].position if page else since
    return _written(_EventsWritten(str(newest), heard, refused, len(page) == PAGE))


def _written(answer: _EventsWritten) -> Response[EventsOut]:
    return Response(msgspec.json.encode(answer), media_type="application/json")  # type: ignore[return-value]


@websocket("/api/socket")
async def socket(socket: WebSocket[Any, Any, Any]) -> None:
    """Serve the pages of who signed in."""
    live: Realtime = socket.app.state.realtime
    await live.endpoint.serve_user(socket.scope, socket.receive, socket.send)


@websocket("/api/customer/socket")
async def customer_socket(socket: WebSocket[Any, Any, Any]) -> None:
    """Serve a customer's call page."""
    live: Realtime = socket.app.state.realtime
    await live.endpoint.serve_customer(socket.scope, socket.receive, socket.send)


ROUTES: Sequence[ControllerRouterHandler] = (events, socket, customer_socket)
