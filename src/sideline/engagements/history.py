"""Coach Manager's history (M5): segments by keyset, over a million rows as over ten."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Annotated, Any

import msgspec
from sqlalchemy import Boolean, ColumnElement, Select, Text, any_, bindparam, select, tuple_
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from sideline.engagements.end_texts import past_end_text
from sideline.engagements.models import EngagementRow, EngagementSegmentRow
from sideline.engagements.own_calls import is_shown_of_own_call
from sideline.engagements.policy import read_engagement_policy
from sideline.engagements.summaries import Agent, EndedBy, Supervisor
from sideline.interactions.models import InteractionRow
from sideline.interactions.schemas import Named
from sideline.kit.db import Database, Id, Moment
from sideline.kit.paging import Page, cut, decode_cursor
from sideline.people.identity import SignedIn
from sideline.rules.audibility import Mode
from sideline.rules.engagement_end import EndReason
from sideline.rules.permissions import Everything, Nothing, Permission, scope_of

CHUNK = 1000
"""Rows that an export reads at a time; its memory doesn't grow with the history."""


Aware: Any = Annotated[datetime, msgspec.Meta(tz=True)]
AnId: Any = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]


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
    end_text: str
    """The end reason as a sentence."""
    ended_by: Named | None
    """Who disconnected the supervisor, where somebody did."""


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
        EndedBy.id.label("ended_by_id"),
        EndedBy.name.label("ended_by_name"),
    )
    .join(EngagementRow, EngagementRow.id == EngagementSegmentRow.engagement_id)
    .join(InteractionRow, InteractionRow.id == EngagementSegmentRow.interaction_id)
    .join(Supervisor, Supervisor.id == EngagementSegmentRow.supervisor_id)
    .outerjoin(Agent, Agent.id == EngagementSegmentRow.agent_id)
    .outerjoin(
        EndedBy,
        (EndedBy.id == EngagementRow.ended_by_id) & (EngagementSegmentRow.end_reason == EndReason.DISCONNECTED.value),
    )
    .where(EngagementSegmentRow.ended_at.is_not(None))
    .order_by(EngagementSegmentRow.started_at.desc(), EngagementSegmentRow.id.desc())
)


_ROW = EngagementSegmentRow

_CONDITIONS: dict[str, ColumnElement[bool]] = {
    "viewer_id": is_shown_of_own_call(
        bindparam("viewer_id", type_=Id), _ROW, bindparam("agents_see_monitors", type_=Boolean)
    ),
    "team_ids": _ROW.team_id == any_(bindparam("team_ids", type_=ARRAY(Id))),
    "supervisor_id": _ROW.supervisor_id == bindparam("supervisor_id", type_=Id),
    "mode": _ROW.mode == bindparam("mode", type_=Text),
    "agent_id": _ROW.agent_id == bindparam("agent_id", type_=Id),
    "since": _ROW.started_at >= bindparam("since", type_=Moment),
    "before": _ROW.started_at < bindparam("before", type_=Moment),
    "after_id": tuple_(_ROW.started_at, _ROW.id)
    < tuple_(bindparam("after_at", type_=Moment), bindparam("after_id", type_=Id)),
}


@lru_cache(maxsize=128)
def _statement(conditions: frozenset[str]) -> Select[*tuple[Any, ...]]:
    """Return the statement with these conditions; built once for each combination."""
    return _SEGMENTS.where(*(_CONDITIONS[name] for name in sorted(conditions))).limit(bindparam("limit"))


async def history(
    connection: AsyncConnection, me: SignedIn, filters: HistoryFilters, cursor: str | None, size: int
) -> Page[HistoryRowOut]:
    """Return a page of the history that ``me`` may see, the newest first."""
    values = _narrowed(me, filters)
    if values is None:
        return Page([])
    values["agents_see_monitors"] = (await read_engagement_policy(connection)).agents_see_monitors
    if cursor is not None:
        values["after_at"], values["after_id"] = decode_cursor(cursor, [Aware, AnId])
    rows = await _read(connection, values, size + 1)
    page, following = cut(rows, size, lambda row: (row.started_at, row.id))
    return Page([_out(row) for row in page], following)


async def every_row(database: Database, me: SignedIn, filters: HistoryFilters) -> AsyncIterator[HistoryRowOut]:
    """Yield the whole history that ``me`` may see, the newest first; a chunk at a time is held, and no connection."""
    values = _narrowed(me, filters)
    while values is not None:
        async with database.reading() as connection:
            values["agents_see_monitors"] = (await read_engagement_policy(connection)).agents_see_monitors
            rows = await _read(connection, values, CHUNK)
        for row in rows:
            yield _out(row)
        if len(rows) < CHUNK:
            return
        values["after_at"], values["after_id"] = rows[-1].started_at, rows[-1].id


def _narrowed(me: SignedIn, filters: HistoryFilters) -> dict[str, Any] | None:
    """Return the values of the conditions, by their names; None where ``me`` may see nothing."""
    values: dict[str, Any] = {
        name: value for name in HistoryFilters.__struct_fields__ if (value := getattr(filters, name)) is not None
    }
    values["viewer_id"] = me.user_id
    match scope_of(me.actor, Permission.VIEW_ENGAGEMENT_HISTORY):
        case Everything():
            pass
        case Nothing():
            return None
        case reach:
            values["team_ids"] = sorted(reach.team_ids)
    return values


async def _read(connection: AsyncConnection, values: dict[str, Any], limit: int) -> Sequence[Any]:
    conditions = frozenset(_CONDITIONS.keys() & values.keys())
    return (await connection.execute(_statement(conditions), {**values, "limit": limit})).all()


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
        end_text=past_end_text(row.end_reason, row.ended_by_name),
        ended_by=Named(row.ended_by_id, row.ended_by_name) if row.ended_by_id else None,
    )
