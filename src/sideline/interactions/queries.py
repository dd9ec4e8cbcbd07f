"""Reading interactions: lists by keyset, one by id, timelines; scope included.

Statements are built once for each shape of question and kept; only values
change from request to request.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any, Literal
from uuid import UUID

import msgspec
from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from sideline.interactions.call_facts import INTERACTION
from sideline.interactions.schemas import InteractionSummary, MarkOut, SegmentOut, TimelineOut
from sideline.interactions.summaries import SUMMARY_COLUMNS, SUMMARY_JOINS, summaries, with_participants
from sideline.kit.ids import is_id
from sideline.kit.paging import LARGEST_PAGE, SMALLEST_PAGE, Page, cut, decode_cursor
from sideline.kit.problems import Invalid, NotFound
from sideline.people.identity import SignedIn
from sideline.rules.call import LiveState, opens_the_call
from sideline.rules.permissions import Everything, Nothing, Permission, Reach, Resource, Teams, can, scope_of

Order = Literal["newest", "longest"]


class InteractionFilters(msgspec.Struct, frozen=True, kw_only=True):
    """What a list is narrowed to; None or empty: not at all."""

    state: Literal["live", "ended", "all"] = "live"
    team_ids: tuple[str, ...] | None = None
    """Interactions of any of these teams; the caller adds nested ones."""
    agent_id: str | None = None
    queue_id: str | None = None
    campaign: str | None = None
    medium: Literal["voice", "chat"] | None = None
    live_state: LiveState | None = None
    external_id: str | None = None


_CONDITIONS = {
    "live": "i.ended_at IS NULL",
    "ended": "i.ended_at IS NOT NULL",
    "team_ids": "i.team_ids && CAST(:team_ids AS uuid[])",
    "agent_id": "i.agent_id = CAST(:agent_id AS uuid)",
    "queue_id": "i.queue_id = CAST(:queue_id AS uuid)",
    # An empty campaign matches no partial index, and nobody asks for it.
    "campaign": "i.campaign = :campaign AND i.campaign <> ''",
    "medium": "i.medium = :medium",
    "live_state": "i.live_state = :live_state",
    "external_id": "i.external_id = :external_id AND i.external_id <> ''",
    "reach": "(i.team_ids && CAST(:reach_teams AS uuid[]) OR i.user_ids @> ARRAY[CAST(:reach_owner AS uuid)])",
    "after_newest": "(i.started_at, i.id) < (:after_at, CAST(:after_id AS uuid))",
    "after_longest": "(i.started_at, i.id) > (:after_at, CAST(:after_id AS uuid))",
}

_ORDERS: dict[str, str] = {
    "newest": "i.started_at DESC, i.id DESC",
    "longest": "i.started_at, i.id",
}


WINDOW = 20_000
"""Interactions that are looked through in the list's order before rare ones are looked up by what is asked for."""

_KEYED = frozenset({"live", "agent_id", "queue_id", "campaign", "external_id"})
"""Conditions that have an index in the list's order of their own."""


class Way(StrEnum):
    """How a page is found: by an index in its own order, in a window of all, or looked up and sorted."""

    KEYED = "keyed"
    WINDOW = "window"
    LOOK_UP = "look_up"


@lru_cache(maxsize=512)
def list_statement(conditions: frozenset[str], order: Order, way: Way) -> TextClause:
    """Return the statement of a list with these conditions (keys of ``_CONDITIONS``).

    Common things fill a page from the next ``WINDOW`` interactions in the
    list's order. In the way of ``LOOK_UP`` PostgreSQL may not walk that order:
    it finds the few matches by the other indexes.
    """
    where, by = " AND ".join(_CONDITIONS[name] for name in sorted(conditions)) or "TRUE", _ORDERS[order]
    source, walk = "interactions i", by
    match way:
        case Way.WINDOW:
            after = _CONDITIONS[f"after_{order}"] if f"after_{order}" in conditions else "TRUE"
            source = f"(SELECT * FROM interactions i WHERE {after} ORDER BY {by} LIMIT {WINDOW}) i"  # noqa: S608
        case Way.LOOK_UP:
            walk = by.replace("i.started_at", "(i.started_at + interval '0')")
        case Way.KEYED:
            pass
    return text(
        f"SELECT {SUMMARY_COLUMNS} FROM "  # noqa: S608 (only constants of this module are put in)
        f"(SELECT * FROM {source} WHERE {where} ORDER BY {walk} LIMIT :limit) i {SUMMARY_JOINS} ORDER BY {by}"
    )


def _ways(conditions: set[str], scope: Reach) -> tuple[Way, ...]:
    """Return the ways to try, the next one where the page isn't full."""
    if conditions & _KEYED:
        return (Way.KEYED,)
    if isinstance(scope, Teams) and not scope.team_ids:
        # What one was on oneself is little.
        return (Way.LOOK_UP,)
    return (Way.WINDOW, Way.LOOK_UP)


async def list_interactions(
    connection: AsyncConnection,
    scope: Reach,
    filters: InteractionFilters,
    order: Order = "newest",
    cursor: str | None = None,
    size: int = 50,
) -> Page[InteractionSummary]:
    """Return a page of the interactions in ``scope``, by keyset.

    ``longest`` puts those first that go on longest, so it is for live ones.
    Raises Invalid for an order or size that can't be, 400 for a foreign cursor.
    """
    conditions, values = _narrowed(filters, order, size)
    match scope:
        case Nothing():
            return Page([])
        case Everything():
            pass
        case _:
            conditions.add("reach")
            values |= {"reach_teams": sorted(scope.team_ids), "reach_owner": scope.owner_id}
    if cursor:
        conditions.add(f"after_{order}")
        after_at, after_id = decode_cursor(cursor, (datetime, UUID))
        values |= {"after_at": after_at, "after_id": str(after_id)}
    values["limit"] = size + 1
    rows: Any = []
    for way in _ways(conditions, scope):
        rows = (await connection.execute(list_statement(frozenset(conditions), order, way), values)).all()
        if len(rows) > size:
            break
    page, following = cut(rows, size, lambda row: (row.started_at, row.id))
    return Page(await with_participants(connection, page), following)


def _narrowed(filters: InteractionFilters, order: Order, size: int) -> tuple[set[str], dict[str, Any]]:
    faults: dict[str, str] = {}
    if order == "longest" and filters.state != "live":
        faults["order"] = "Only interactions in progress can be listed longest first; choose newest."
    if not SMALLEST_PAGE <= size <= LARGEST_PAGE:
        faults["size"] = f"A page has {SMALLEST_PAGE} to {LARGEST_PAGE} rows."
    conditions = set() if filters.state == "all" else {filters.state}
    values: dict[str, Any] = {}
    for name in ("agent_id", "queue_id", "campaign", "medium", "live_state", "external_id"):
        value = getattr(filters, name)
        if value:
            conditions.add(name)
            values[name] = value
            if "\0" in value:
                faults[name] = "A text can't hold this character."
            elif name.endswith("_id") and name != "external_id" and not is_id(value):
                faults[name] = "This is not an id that Sideline gave."
    if filters.team_ids is not None:
        conditions.add("team_ids")
        values["team_ids"] = list(filters.team_ids)
        if not all(map(is_id, filters.team_ids)):
            faults["team_id"] = "This is not an id that Sideline gave."
    if faults:
        raise Invalid(faults)
    return conditions, values


def resource_of(call: InteractionSummary, viewer_id: str) -> Resource:
    """Return the interaction as permissions see it: own is what the viewer was on."""
    owner_id = viewer_id if viewer_id in call.user_ids else call.agent.id if call.agent else None
    return Resource(frozenset(call.team_ids), owner_id)


def is_visible(me: SignedIn, call: InteractionSummary) -> bool:
    """Return whether the user may see the interaction: by permission, or because they are, were or are rung on it.

    Who was only rung, and no longer is, has no more to do with it.
    """
    return can(me.actor, Permission.VIEW_INTERACTIONS, resource_of(call, me.user_id)) or any(
        opens_the_call(each.state, has_joined=each.joined_at is not None)
        for each in call.participants
        if each.user_id == me.user_id
    )


async def visible_interaction(
    connection: AsyncConnection | AsyncSession, me: SignedIn, interaction_id: str
) -> InteractionSummary:
    """Return one interaction; raises NotFound for one that isn't there or that the user may not see."""
    found = await summaries(connection, [interaction_id]) if is_id(interaction_id) else []
    if not found or not is_visible(me, found[0]):
        raise NotFound(INTERACTION)
    return found[0]


def interactions_scope(me: SignedIn) -> Reach:
    """Return which interactions the user may see."""
    return scope_of(me.actor, Permission.VIEW_INTERACTIONS)


_SEGMENTS = text(
    "SELECT id::text AS id, participant_id::text AS participant_id, kind, started_at, ended_at "
    "FROM interaction_segments WHERE interaction_id = CAST(:id AS uuid) ORDER BY started_at, id"
)

_MARKS = text(
    "SELECT kind, at, participant_id::text AS participant_id, text "
    "FROM interaction_marks WHERE interaction_id = CAST(:id AS uuid) ORDER BY at, id"
)


async def timeline(connection: AsyncConnection, interaction_id: str) -> TimelineOut:
    """Return what happened on an interaction; visibility is the caller's to check."""
    segments: Any = (await connection.execute(_SEGMENTS, {"id": interaction_id})).all()
    marks: Any = (await connection.execute(_MARKS, {"id": interaction_id})).all()
    return TimelineOut(
        segments=[SegmentOut(**row._mapping) for row in segments], marks=[MarkOut(**row._mapping) for row in marks]
    )


_LIVE_OF_USERS = text(
    "SELECT user_id::text AS user_id, interaction_id::text AS interaction_id FROM participants "
    "WHERE user_id = ANY(CAST(:users AS uuid[])) AND state <> 'left' ORDER BY (state = 'joined'), invited_at"
)


async def live_interactions_of(connection: AsyncConnection | AsyncSession, user_ids: Sequence[str]) -> dict[str, str]:
    """Return, by user, the interaction they are on or, failing that, the one that rings for them."""
    rows: Any = (await connection.execute(_LIVE_OF_USERS, {"users": list(user_ids)})).all()
    return {row.user_id: row.interaction_id for row in rows}
