"""Coach Manager's history (M5): segments by keyset, over a million rows as over ten."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Any

import msgspec
from sqlalchemy import Select, false, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from sideline.engagements.models import EngagementSegmentRow
from sideline.engagements.summaries import Agent, Supervisor
from sideline.interactions.models import InteractionRow
from sideline.interactions.schemas import Named
from sideline.kit.db import Database
from sideline.kit.ids import is_id
from sideline.kit.paging import Page, cut, decode_cursor
from sideline.people.identity import SignedIn
from sideline.rules.audibility import Mode
from sideline.rules.permissions import Everything, Nothing, Permission, scope_of

CHUNK = 1000
"""Rows that an export reads at a time; its memory doesn't grow with the history."""


Aware: Any = Annotated[datetime, msgspec.Meta(tz=True)]


class HistoryFilters(msgspec.Struct, frozen=True, kw_only=True):
    """What the history is narrowed to; None: not at all. ``since`` is included, ``before`` is not."""

    supervisor_id: str | None = None
    mode: Mode | None = None
    agent_id: str | None = None
    since: datetime | None = None
    before: datetime | None = None


class HistoryRowOut(msgspec.Struct, frozen=True, kw_only=True):
    """A mode that a supervisor held from … to …."""

    id: str
    engagement_id: str
    interaction_id: str
    interaction_number: int
    type: Mode
    supervisor: Named
    started_at: datetime
    ended_at: datetime
    length_seconds: float
    target_user: Named | None
    """The agent; for the customer's side, the agent who had the call."""
    target_campaign: str
    end_reason: str


_SEGMENTS: Select[*tuple[Any, ...]] = (
    select(
        EngagementSegmentRow.id,
        EngagementSegmentRow.engagement_id,
        EngagementSegmentRow.interaction_id,
        InteractionRow.number.label("interaction_number"),
        EngagementSegmentRow.mode,
        EngagementSegmentRow.supervisor_id,
        Supervisor.name.label("supervisor_name"),
        EngagementSegmentRow.started_at,
        EngagementSegmentRow.ended_at,
        EngagementSegmentRow.agent_id,
        Agent.name.label("agent_name"),
        EngagementSegmentRow.campaign,
        EngagementSegmentRow.end_reason,
    )
    .join(InteractionRow, InteractionRow.id == EngagementSegmentRow.interaction_id)
    .join(Supervisor, Supervisor.id == EngagementSegmentRow.supervisor_id)
    .outerjoin(Agent, Agent.id == EngagementSegmentRow.agent_id)
    .where(EngagementSegmentRow.ended_at.is_not(None))
    .order_by(EngagementSegmentRow.started_at.desc(), EngagementSegmentRow.id.desc())
)


async def history(
    connection: AsyncConnection, me: SignedIn, filters: HistoryFilters, cursor: str | None, size: int
) -> Page[HistoryRowOut]:
    """Return a page of the history that ``me`` may see, the newest first."""
    after = decode_cursor(cursor, [Aware, str]) if cursor is not None else None
    rows = (await connection.execute(_narrowed(me, filters, after).limit(size + 1))).all()
    page, following = cut(rows, size, lambda row: (row.started_at, row.id))
    return Page([_out(row) for row in page], following)


async def every_row(database: Database, me: SignedIn, filters: HistoryFilters) -> AsyncIterator[HistoryRowOut]:
    """Yield the whole history that ``me`` may see, the newest first; a chunk at a time is held, and no connection."""
    after: tuple[Any, ...] | None = None
    while True:
        async with database.reading() as connection:
            rows = (await connection.execute(_narrowed(me, filters, after).limit(CHUNK))).all()
        for row in rows:
            yield _out(row)
        if len(rows) < CHUNK:
            return
        after = (rows[-1].started_at, rows[-1].id)


def _narrowed(me: SignedIn, filters: HistoryFilters, after: Any) -> Select[*tuple[Any, ...]]:
    row = EngagementSegmentRow
    statement = _SEGMENTS
    match scope_of(me.actor, Permission.VIEW_ENGAGEMENT_HISTORY):
        case Everything():
            pass
        case Nothing():
            statement = statement.where(false())
        case reach:
            statement = statement.where(row.team_id.in_(sorted(reach.team_ids)))
    if filters.supervisor_id is not None:
        statement = statement.where(row.supervisor_id == filters.supervisor_id)
    if filters.mode is not None:
        statement = statement.where(row.mode == filters.mode)
    if filters.agent_id is not None:
        statement = statement.where(row.agent_id == filters.agent_id)
    if filters.since is not None:
        statement = statement.where(row.started_at >= filters.since)
    if filters.before is not None:
        statement = statement.where(row.started_at < filters.before)
    if after is not None:
        at, id_ = after
        statement = statement.where(tuple_(row.started_at, row.id) < (at, id_ if is_id(id_) else None))
    return statement


def _out(row: Any) -> HistoryRowOut:
    return HistoryRowOut(
        id=row.id,
        engagement_id=row.engagement_id,
        interaction_id=row.interaction_id,
        interaction_number=row.interaction_number,
        type=Mode(row.mode),
        supervisor=Named(row.supervisor_id, row.supervisor_name),
        started_at=row.started_at,
        ended_at=row.ended_at,
        length_seconds=round((row.ended_at - row.started_at).total_seconds(), 3),
        target_user=Named(row.agent_id, row.agent_name) if row.agent_id else None,
        target_campaign=row.campaign,
        end_reason=row.end_reason,
    )
