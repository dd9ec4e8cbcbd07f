"""Whether this web process does its work, for load balancers and people."""

import asyncio
from typing import Any, Literal

import msgspec
from litestar import Request, get
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from sideline import __version__
from sideline.kit.edge import database_of
from sideline.kit.problems import Problem
from sideline.realtime.live import Realtime
from sideline.realtime.tail import SAFETY_SECONDS

DATABASE_WITHIN_SECONDS = 2.0

MOST_BEHIND_SECONDS = 5 * SAFETY_SECONDS
"""The event log must have been read to its end this recently."""


class HealthOut(msgspec.Struct, frozen=True):
    """A process that can serve."""

    status: Literal["ok"]
    version: str


@get("/api/health", tags=["operations"], security=[])
async def health(request: Request[Any, Any, Any]) -> HealthOut:
    """Answer 200 when the database answers and events are flowing, else 503."""
    try:
        async with asyncio.timeout(DATABASE_WITHIN_SECONDS), database_of(request).reading() as connection:
            await connection.execute(text("SELECT 1"))
    except (SQLAlchemyError, OSError, TimeoutError) as error:
        raise Problem(503, "database_away", "The database does not answer.", headers={"Retry-After": "2"}) from error
    live: Realtime | None = request.app.state.get("realtime")
    if live is not None and asyncio.get_running_loop().time() - live.tail.read_at > MOST_BEHIND_SECONDS:
        raise Problem(503, "events_behind", "Events are not being read.", headers={"Retry-After": "2"})
    return HealthOut("ok", __version__)
