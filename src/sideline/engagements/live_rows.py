"""Interactions as lists show them: one set of statements for a whole page, whatever its size."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import any_, bindparam, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from sideline.engagements.abilities import modes_towards, switches_towards
from sideline.engagements.facts import agent_for, engagement_of
from sideline.engagements.live_schemas import InteractionRowOut, ListenerOut
from sideline.engagements.policy import read_engagement_policy
from sideline.engagements.schemas import EngagementSummary
from sideline.engagements.standing import SupervisorStanding, permitted_modes, read_standing, with_agent_of
from sideline.engagements.summaries import live_summaries_on
from sideline.interactions.call_facts import seat_of_row
from sideline.interactions.schemas import InteractionSummary
from sideline.kit.abilities import Abilities
from sideline.kit.db import Id
from sideline.people.identity import SignedIn
from sideline.people.models import UserRow
from sideline.rules.audibility import Mode, Purpose
from sideline.rules.call import Call, CallState, LiveState, opens_the_call
from sideline.rules.engagement import Engagement, EngagementPolicy, Viewer, sees, target_facts
from sideline.rules.permissions import Permission, can

_MODE_PERMISSIONS = tuple(Permission(mode.value) for mode in Mode)


class LiveFacts(msgspec.Struct, frozen=True):
    """What the rules need to know of a page of interactions and of the one who looks at it."""

    me: SignedIn
    policy: EngagementPolicy
    engagements: Mapping[str, list[EngagementSummary]]
    """Live ones by interaction, visible or not."""
    standing: SupervisorStanding | None
    """None for someone who may supervise nobody."""
    permitted: Mapping[str, frozenset[Mode]]
    """What the viewer may do with each of the users on these interactions."""


async def compose_rows(
    connection: AsyncConnection, me: SignedIn, calls: Sequence[InteractionSummary]
) -> list[InteractionRowOut]:
    """Return the interactions, which ``me`` may see, with who listens and what ``me`` may begin."""
    facts = await read_live_facts(connection, me, calls)
    return [compose_row(facts, call) for call in calls]


async def read_live_facts(connection: AsyncConnection, me: SignedIn, calls: Sequence[InteractionSummary]) -> LiveFacts:
    """Read everything that :func:`compose_row` needs for these interactions."""
    live = [call for call in calls if call.state != LiveState.ENDED]
    if not live:
        return LiveFacts(me, EngagementPolicy(), {}, None, {})
    found = await live_summaries_on(connection, [call.id for call in live])
    engagements: dict[str, list[EngagementSummary]] = {}
    for each in found:
        engagements.setdefault(each.interaction_id, []).append(each)
    may_supervise = any(me.may_at_all(permission) for permission in _MODE_PERMISSIONS)
    return LiveFacts(
        me,
        await read_engagement_policy(connection),
        engagements,
        await read_standing(connection, me.user_id, [call.id for call in live]) if may_supervise else None,
        await _permitted(connection, me, live) if may_supervise else {},
    )


def compose_row(facts: LiveFacts, call: InteractionSummary) -> InteractionRowOut:
    """Return one interaction with who listens and what may begin."""
    fields = {name: getattr(call, name) for name in InteractionSummary.__struct_fields__}
    return InteractionRowOut(
        **fields,
        listeners=[_listener(each) for each in visible_engagements(facts, call)],
        targets=_targets(facts, call),
    )


def visible_engagements(facts: LiveFacts, call: InteractionSummary) -> list[EngagementSummary]:
    """Return the live engagements of an interaction that the viewer is shown (V13)."""
    return [
        each
        for each in facts.engagements.get(call.id, [])
        if sees(viewer(facts.me, call, each.team_id), as_rule(each), facts.policy)
    ]


def viewer(me: SignedIn, call: InteractionSummary, team_id: str | None) -> Viewer:
    """Return who looks at an engagement with an agent of this team on this interaction."""
    return Viewer(
        me.user_id,
        is_permitted=can(me.actor, Permission.VIEW_ENGAGEMENTS, with_agent_of(team_id)),
        agent_seats=frozenset(
            each.id
            for each in call.participants
            if each.user_id == me.user_id
            and each.purpose == Purpose.AGENT
            and opens_the_call(each.state, has_joined=each.joined_at is not None)
        ),
    )


def as_rule(each: EngagementSummary) -> Engagement:
    """Return a summary as the rules see it."""
    return engagement_of(each, each.supervisor.id, each.target_purpose)


def call_of(summary: InteractionSummary) -> Call:
    """Return an interaction's summary as the rules see the call."""
    match summary.state:
        case LiveState.WAITING | LiveState.OFFERING | LiveState.ENDED:
            state = CallState(summary.state.value)
        case _:
            state = CallState.ACTIVE
    return Call(state, tuple(map(seat_of_row, summary.participants)))


def _targets(facts: LiveFacts, summary: InteractionSummary) -> dict[str, Abilities]:
    if facts.standing is None:
        return {}
    call = call_of(summary)
    engaged = facts.engagements.get(summary.id, [])
    own = next((each for each in engaged if each.supervisor.id == facts.me.user_id), None)
    barging = sum(each.mode == Mode.BARGE and each is not own for each in engaged)
    found: dict[str, Abilities] = {}
    for seat in call.seats:
        coach = next(
            (
                each.supervisor.name
                for each in engaged
                if each.mode == Mode.COACH and each.target_participant_id == seat.id and each is not own
            ),
            None,
        )
        target = target_facts(call, seat.id, coached_by=coach, barging=barging)
        if target is None or not seat.is_joined or seat.user_id == facts.me.user_id:
            continue
        agent = agent_for(call, seat)
        permitted = facts.permitted[agent.user_id] if agent and agent.user_id else facts.permitted[""]
        supervisor = facts.standing.towards(summary.id, permitted)
        abilities = (
            modes_towards(seat.purpose, supervisor, target, facts.policy)
            if own is None
            else switches_towards(seat.purpose, as_rule(own), supervisor, target)
        )
        if abilities:
            found[seat.id] = abilities
    return found


def _listener(each: EngagementSummary) -> ListenerOut:
    return ListenerOut(
        engagement_id=each.id,
        supervisor=each.supervisor,
        target_participant_id=each.target_participant_id,
        mode=each.mode,
        state=each.state,
    )


async def _permitted(
    connection: AsyncConnection, me: SignedIn, calls: Sequence[InteractionSummary]
) -> dict[str, frozenset[Mode]]:
    """Return what ``me`` may do with each user on these interactions, and under "" with nobody in particular."""
    users = {each.user_id for call in calls for each in call.participants if each.user_id is not None}
    rows: Any = (await connection.execute(_TEAMS, {"users": list(users)})).all()
    of_team = {team_id: permitted_modes(me.actor, team_id) for team_id in {None, *(row.team_id for row in rows)}}
    return {"": of_team[None], **{row.id: of_team[row.team_id] for row in rows}}


_TEAMS = select(UserRow.id, UserRow.team_id).where(UserRow.id == any_(bindparam("users", type_=ARRAY(Id))))
