"""Coach Manager: everyone who supervises now, and the one who is selected (M1 to M4)."""

from collections.abc import Collection, Sequence
from datetime import datetime

import msgspec
from sqlalchemy import ColumnElement, any_, bindparam, literal, or_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from sideline.engagements.abilities import of_others
from sideline.engagements.live_rows import as_rule
from sideline.engagements.models import EngagementRow
from sideline.engagements.own_calls import is_shown_of_own_call
from sideline.engagements.policy import read_engagement_policy
from sideline.engagements.presences import presences_of
from sideline.engagements.schemas import EngagementOut, EngagementSummary
from sideline.engagements.standing import with_agent_of
from sideline.engagements.summaries import read_summaries
from sideline.interactions.models import InteractionRow, ResultCodeRow
from sideline.interactions.schemas import Named, ResultCodeNamed
from sideline.kit.db import Id
from sideline.kit.problems import NotFound
from sideline.people.identity import SignedIn
from sideline.people.models import UserRow
from sideline.people.presence_schemas import PresenceOut
from sideline.people.scoping import visible_users
from sideline.rules.permissions import Everything, Nothing, Permission, can, scope_of


class CallDetailsOut(msgspec.Struct, frozen=True, kw_only=True):
    """The call of an engagement; its length ticks from ``started_at``."""

    id: str
    number: int
    """The Call ID."""
    phone_number: str
    customer_name: str
    started_at: datetime
    ended_at: datetime | None
    campaign: str
    list_name: str
    result_code: ResultCodeNamed | None


class CoachingUserOut(EngagementOut, frozen=True, kw_only=True):
    """Someone who coaches, monitors or barges now; ``abilities`` has ``disconnect`` for those who may."""

    supervisor_presence: PresenceOut | None
    agent_presence: PresenceOut | None
    call: CallDetailsOut


class SelectedUserOut(msgspec.Struct, frozen=True, kw_only=True):
    """The user selected in Coach Manager."""

    user: Named
    presence: PresenceOut | None
    engagement: CoachingUserOut | None
    """None once it is over."""


async def coaching_users(connection: AsyncConnection, me: SignedIn) -> list[CoachingUserOut]:
    """Return everyone who supervises now, as far as ``me`` may see; whoever began first comes first."""
    return await _compose(connection, me, await read_summaries(connection, await _live_and_visible(connection, me)))


async def selected_user(connection: AsyncConnection, me: SignedIn, user_id: str) -> SelectedUserOut:
    """Return one user with what they supervise now. Raises NotFound for someone whom ``me`` may not see."""
    visible = await _live_and_visible(connection, me)
    found = await read_summaries(connection, visible, EngagementRow.supervisor_id == user_id)
    engaged = await _compose(connection, me, found)
    known = select(UserRow.name).where(UserRow.id == user_id)
    name = await connection.scalar(known if engaged else known.where(visible_users(me)))
    if name is None:
        raise NotFound("user")
    presences = await presences_of(connection, {user_id})
    return SelectedUserOut(
        user=Named(user_id, name), presence=presences.get(user_id), engagement=engaged[0] if engaged else None
    )


async def _live_and_visible(connection: AsyncConnection, me: SignedIn) -> ColumnElement[bool]:
    policy = await read_engagement_policy(connection)
    is_shown = is_shown_of_own_call(me.user_id, EngagementRow, literal(policy.agents_see_monitors))
    is_live = (EngagementRow.state != "ended") & is_shown
    match scope_of(me.actor, Permission.VIEW_ENGAGEMENTS):
        case Everything():
            return is_live
        case Nothing():
            return is_live & (EngagementRow.supervisor_id == me.user_id)
        case reach:
            in_reach = EngagementRow.team_id.in_(sorted(reach.team_ids))
            return is_live & or_(in_reach, EngagementRow.supervisor_id == me.user_id)


async def _compose(
    connection: AsyncConnection, me: SignedIn, found: Sequence[EngagementSummary]
) -> list[CoachingUserOut]:
    if not found:
        return []
    people = {each.supervisor.id for each in found} | {each.agent.id for each in found if each.agent}
    presences = await presences_of(connection, people)
    calls = await _calls(connection, {each.interaction_id for each in found})
    return [
        CoachingUserOut(
            **msgspec.structs.asdict(each),
            abilities=of_others(
                as_rule(each),
                may_disconnect_others=can(me.actor, Permission.DISCONNECT_OTHERS, with_agent_of(each.team_id)),
            ),
            supervisor_presence=presences.get(each.supervisor.id),
            agent_presence=presences.get(each.agent.id) if each.agent else None,
            call=calls[each.interaction_id],
        )
        for each in found
    ]


_CALLS = (
    select(
        InteractionRow.id,
        InteractionRow.number,
        InteractionRow.phone_number,
        InteractionRow.customer_name,
        InteractionRow.started_at,
        InteractionRow.ended_at,
        InteractionRow.campaign,
        InteractionRow.list_name,
        InteractionRow.result_code_id,
        ResultCodeRow.code,
        ResultCodeRow.label,
    )
    .outerjoin(ResultCodeRow, ResultCodeRow.id == InteractionRow.result_code_id)
    .where(InteractionRow.id == any_(bindparam("ids", type_=ARRAY(Id))))
)


async def _calls(connection: AsyncConnection, ids: Collection[str]) -> dict[str, CallDetailsOut]:
    return {
        row.id: CallDetailsOut(
            id=row.id,
            number=row.number,
            phone_number=row.phone_number,
            customer_name=row.customer_name,
            started_at=row.started_at,
            ended_at=row.ended_at,
            campaign=row.campaign,
            list_name=row.list_name,
            result_code=ResultCodeNamed(row.result_code_id, row.code, row.label) if row.result_code_id else None,
        )
        for row in (await connection.execute(_CALLS, {"ids": list(ids)})).all()
    }
