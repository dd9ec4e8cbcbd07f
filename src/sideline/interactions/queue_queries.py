"""Reading queues, whom they ring, result codes, and whom a call can be given to."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, false, func, or_, select, text, true
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from sideline.interactions.models import InteractionRow, ParticipantRow, QueueMemberRow, QueueRow, ResultCodeRow
from sideline.interactions.queue_schemas import (
    ColleagueOut,
    QueueDetailOut,
    QueueOut,
    QueueTarget,
    ResultCodeOut,
)
from sideline.interactions.ring_facts import (
    FACTS_COLUMNS,
    FACTS_JOINS,
    IF_TAKES_CALLS,
    TAKES_CALLS,
    facts_of_row,
)
from sideline.interactions.schemas import Named
from sideline.kit.abilities import Abilities, Ability, AbilityRefusal, ability, allowed
from sideline.kit.ids import is_id
from sideline.kit.problems import NotFound
from sideline.people.identity import SignedIn
from sideline.people.models import TeamRow, UserRow
from sideline.rules.permissions import Everything, Nothing, Permission, Reach, Resource, Teams, can, scope_of

MOST_COLLEAGUES = 50

_MEMBERS = select(func.count()).where(QueueMemberRow.queue_id == QueueRow.id).correlate(QueueRow).scalar_subquery()

_QUEUES = (
    select(
        QueueRow.id,
        QueueRow.name,
        QueueRow.slug,
        QueueRow.team_id,
        TeamRow.name.label("team_name"),
        QueueRow.pbx_queue,
        QueueRow.is_open,
        QueueRow.offer_seconds,
        QueueRow.wrap_up_seconds,
        QueueRow.version,
        _MEMBERS.label("member_count"),
    )
    .outerjoin(TeamRow, TeamRow.id == QueueRow.team_id)
    .order_by(QueueRow.name)
)


def queue_resource(team_id: str | None) -> Resource:
    """Return a queue as permissions see it: of its team."""
    return Resource(frozenset({team_id}) if team_id else frozenset())


def queues_within(reach: Reach) -> ColumnElement[bool]:
    """Return the condition that a ``QueueRow`` is within ``reach``."""
    match reach:
        case Everything():
            return true()
        case Nothing():
            return false()
        case _:
            return QueueRow.team_id.in_(reach.team_ids)


def visible_queues(me: SignedIn) -> ColumnElement[bool]:
    """Return the condition that ``me`` may see a queue: viewed or managed."""
    seeing = (Permission.VIEW_QUEUES, Permission.MANAGE_QUEUES)
    return or_(*(queues_within(scope_of(me.actor, permission)) for permission in seeing))


async def list_queues(connection: AsyncConnection, me: SignedIn) -> list[QueueOut]:
    """Return the queues that I may see, by name."""
    rows: Any = (await connection.execute(_QUEUES.where(visible_queues(me)))).all()
    return [QueueOut(**_fields(row, me)) for row in rows]


async def read_queue(connection: AsyncConnection | AsyncSession, me: SignedIn, queue_id: str) -> QueueDetailOut:
    """Return one queue with its members; raises NotFound for one that I may not see."""
    row: Any = None
    if is_id(queue_id):
        row = (await connection.execute(_QUEUES.where(visible_queues(me), QueueRow.id == queue_id))).one_or_none()
    if row is None:
        raise NotFound("queue")
    members: Any = await connection.execute(
        select(UserRow.id, UserRow.name)
        .join(QueueMemberRow, QueueMemberRow.user_id == UserRow.id)
        .where(QueueMemberRow.queue_id == queue_id)
        .order_by(UserRow.name, UserRow.id)
    )
    return QueueDetailOut(**_fields(row, me), members=[Named(each.id, each.name) for each in members])


async def queue_targets(
    connection: AsyncConnection, me: SignedIn, interaction_id: str | None = None
) -> list[QueueTarget]:
    """Return the queues that a call (or the one given) can be transferred to, by name, each with why not now."""
    is_on_pbx = await is_on_pbx_call(connection, me, interaction_id)
    rows: Any = await connection.execute(
        select(QueueRow.id, QueueRow.name, QueueRow.is_open, QueueRow.pbx_queue).order_by(QueueRow.name)
    )
    targets: list[QueueTarget] = []
    for row in rows:
        fault = queue_fault(row.name, row.pbx_queue, is_open=row.is_open, is_on_pbx=is_on_pbx)
        reach = Ability(False, fault) if fault else allowed()
        targets.append(QueueTarget(id=row.id, name=row.name, is_open=row.is_open, reach=reach))
    return targets


def queue_fault(name: str, pbx_queue: str, *, is_open: bool, is_on_pbx: bool) -> AbilityRefusal | None:
    """Return why a call can't be transferred to this queue, None if it can."""
    if not is_open:
        return AbilityRefusal("queue_closed", f"{name} is closed, so the call stays with you; choose another queue.")
    if is_on_pbx and not pbx_queue:
        text = f"The telephone system does not know {name}, so the call stays with you; choose another queue."
        return AbilityRefusal("queue_not_on_pbx", text)
    return None


async def is_on_pbx_call(connection: AsyncConnection, me: SignedIn, interaction_id: str | None) -> bool:
    """Return whether this interaction is a PBX's, and I am or was on it."""
    if interaction_id is None:
        return False
    mine = (
        select(InteractionRow.id)
        .join(ParticipantRow, ParticipantRow.interaction_id == InteractionRow.id)
        .where(InteractionRow.id == interaction_id, InteractionRow.pbx_name != "", ParticipantRow.user_id == me.user_id)
    )
    return await connection.scalar(mine.limit(1)) is not None


async def list_result_codes(connection: AsyncConnection | AsyncSession) -> list[ResultCodeOut]:
    """Return every result code, by label."""
    rows: Any = await connection.execute(
        select(ResultCodeRow.id, ResultCodeRow.code, ResultCodeRow.label, ResultCodeRow.is_active).order_by(
            ResultCodeRow.label, ResultCodeRow.id
        )
    )
    return [ResultCodeOut(**row._mapping) for row in rows]


_COLLEAGUES = text(
    f"SELECT {FACTS_COLUMNS} FROM users u {FACTS_JOINS} "  # noqa: S608 (only constants of this module are put in)
    "WHERE u.is_active AND u.id <> CAST(:me AS uuid) "
    f"AND {IF_TAKES_CALLS} "
    "AND (CAST(:teams AS uuid[]) IS NULL OR u.team_id = ANY (CAST(:teams AS uuid[]))) "
    "AND (:search = '' OR u.name ILIKE '%' || :search || '%') ORDER BY u.name, u.id LIMIT :limit"
)


async def colleagues(
    connection: AsyncConnection, me: SignedIn, search: str, now: datetime, interaction_id: str | None = None
) -> list[ColleagueOut]:
    """Return whom I can consult or transfer to, by name, each with why not now; the first so many.

    ``interaction_id`` is the call that it is about: a PBX's is transferred to desk phones.
    """
    me.require_at_all(Permission.VIEW_DIRECTORY)
    reach = scope_of(me.actor, Permission.VIEW_DIRECTORY)
    teams = sorted(reach.team_ids) if isinstance(reach, Teams) else None
    is_on_pbx = await is_on_pbx_call(connection, me, interaction_id)
    wanted = search.strip().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_").replace("\0", "")
    rows: Any = await connection.execute(
        _COLLEAGUES,
        {
            "me": me.user_id,
            "teams": teams,
            "search": wanted,
            "takes_calls": TAKES_CALLS,
            "limit": MOST_COLLEAGUES,
            "now": now,
        },
    )
    return [
        ColleagueOut(
            id=facts.user_id,
            name=facts.name,
            team_name=facts.team_name,
            presence=facts.presence,
            reach=ability(facts.may_be_dialled() if is_on_pbx else facts.may_be_reached()),
        )
        for facts in map(facts_of_row, rows)
    ]


def _fields(row: Any, me: SignedIn) -> dict[str, Any]:
    may_manage = can(me.actor, Permission.MANAGE_QUEUES, queue_resource(row.team_id))
    abilities: Abilities = {"change": allowed(), "delete": allowed()} if may_manage else {}
    return {
        "id": row.id,
        "name": row.name,
        "slug": row.slug,
        "team": None if row.team_id is None else Named(row.team_id, row.team_name),
        "pbx_queue": row.pbx_queue,
        "is_open": row.is_open,
        "offer_seconds": row.offer_seconds,
        "wrap_up_seconds": row.wrap_up_seconds,
        "version": row.version,
        "member_count": row.member_count,
        "abilities": abilities,
    }
