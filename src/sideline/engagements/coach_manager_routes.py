"""HTTP: Coach Manager."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, get
from litestar.params import FromPath, FromQuery, QueryParameter
from litestar.response import Stream
from litestar.types import ControllerRouterHandler

from sideline.engagements import coach_manager
from sideline.engagements.coach_manager import CoachingUserOut, SelectedUserOut
from sideline.engagements.history import HistoryFilters, HistoryRowOut, every_row, history
from sideline.engagements.history_csv import csv_of
from sideline.kit.edge import database_of
from sideline.kit.paging import LARGEST_PAGE, SMALLEST_PAGE, Page
from sideline.kit.problems import Invalid
from sideline.people.identity import SignedIn
from sideline.rules.audibility import Mode
from sideline.rules.permissions import Permission

_TAGS = ["coach-manager"]

PageSize = Annotated[int, QueryParameter(ge=SMALLEST_PAGE, le=LARGEST_PAGE)]
Since = Annotated[datetime | None, QueryParameter(name="from", description="Started at this moment or later.")]
Before = Annotated[datetime | None, QueryParameter(name="to", description="Started before this moment.")]


@get("/api/coach-manager/users", tags=_TAGS)
async def get_coaching_users(request: Request[Any, Any, Any], me: SignedIn) -> list[CoachingUserOut]:
    """Return everyone who coaches, monitors or barges now, whoever began first first."""
    me.require_at_all(Permission.VIEW_ENGAGEMENTS)
    async with database_of(request).reading() as connection:
        return await coach_manager.coaching_users(connection, me)


@get("/api/coach-manager/users/{user_id:uuid}", tags=_TAGS)
async def get_coaching_user(request: Request[Any, Any, Any], me: SignedIn, user_id: FromPath[UUID]) -> SelectedUserOut:
    """Return the selected user: their presence, and their engagement while it lasts."""
    me.require_at_all(Permission.VIEW_ENGAGEMENTS)
    async with database_of(request).reading() as connection:
        return await coach_manager.selected_user(connection, me, str(user_id))


@get("/api/coach-manager/history", tags=_TAGS)
async def get_history(
    request: Request[Any, Any, Any],
    me: SignedIn,
    supervisor_id: FromQuery[UUID | None] = None,
    mode: FromQuery[Mode | None] = None,
    agent_id: FromQuery[UUID | None] = None,
    since: Since = None,
    before: Before = None,
    cursor: FromQuery[str | None] = None,
    size: PageSize = 50,
) -> Page[HistoryRowOut]:
    """Return who monitored, coached or barged, the newest first; ``from`` and ``to`` need their zone."""
    me.require_at_all(Permission.VIEW_ENGAGEMENT_HISTORY)
    filters = _filters(supervisor_id, mode, agent_id, since, before)
    async with database_of(request).reading() as connection:
        return await history(connection, me, filters, cursor, size)


@get("/api/coach-manager/history.csv", tags=_TAGS, media_type="text/csv")
async def get_history_csv(
    request: Request[Any, Any, Any],
    me: SignedIn,
    supervisor_id: FromQuery[UUID | None] = None,
    mode: FromQuery[Mode | None] = None,
    agent_id: FromQuery[UUID | None] = None,
    since: Since = None,
    before: Before = None,
) -> Stream:
    """Export the history as CSV (RFC 4180), with times in one's own zone; it is streamed, whatever its length."""
    me.require_at_all(Permission.VIEW_ENGAGEMENT_HISTORY)
    filters = _filters(supervisor_id, mode, agent_id, since, before)
    return Stream(
        csv_of(every_row(database_of(request), me, filters), me.time_zone),
        media_type="text/csv",
        headers={"content-disposition": 'attachment; filename="coaching-history.csv"'},
    )


def _filters(
    supervisor_id: UUID | None,
    mode: Mode | None,
    agent_id: UUID | None,
    since: datetime | None,
    before: datetime | None,
) -> HistoryFilters:
    faults = {
        name: "Give a time of this century with its zone, such as 2026-03-01T09:00:00+01:00."
        for name, moment in (("from", since), ("to", before))
        if moment is not None and (moment.tzinfo is None or not 2000 <= moment.year < 2100)
    }
    if faults:
        raise Invalid(faults)
    return HistoryFilters(
        supervisor_id=None if supervisor_id is None else str(supervisor_id),
        mode=mode,
        agent_id=None if agent_id is None else str(agent_id),
        since=since,
        before=before,
    )


ROUTES: Sequence[ControllerRouterHandler] = (get_coaching_users, get_coaching_user, get_history, get_history_csv)
