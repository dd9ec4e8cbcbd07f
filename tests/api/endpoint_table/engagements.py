"""Who may call what of engagements, the live views and Coach Manager."""

from sqlalchemy import update

from sideline.engagements.models import EngagementRow, EngagementSegmentRow
from sideline.kit.ids import new_id
from sideline.rules.permissions import Permission
from tests.api.endpoint_table.shape import (
    Ask,
    Case,
    Endpoint,
    Expected,
    Outcome,
    Side,
    World,
    anyone,
    needs,
    needs_somewhere,
    reaches,
)
from tests.support.engagements import Floor, LiveCall, Person, make_floor
from tests.support.people import make_user

_P = Permission
_VIEW = (_P.VIEW_INTERACTIONS,)


async def _floor(world: World, side: Side) -> Floor:
    key = f"engagements floor {side}"
    if key not in world.kept:
        world.kept[key] = await make_floor(world.api, world.teams[side])
    return world.kept[key]


async def _call(world: World, side: Side) -> tuple[LiveCall, Person]:
    key = f"engagements call {side}"
    if key not in world.kept:
        floor = await _floor(world, side)
        agent = await floor.agent()
        world.kept[key] = await floor.call(agent), agent
    return world.kept[key]


async def _call_id(world: World, side: Side) -> str:
    return (await _call(world, side))[0].id


async def _engagement(world: World, side: Side, supervisor_id: str) -> str:
    """Write an active engagement with an agent of that side's team; others of the supervisor or the call end."""
    call, agent = await _call(world, side)
    async with world.api.database.transaction() as tx:
        await tx.session.execute(
            update(EngagementRow)
            .where(
                (EngagementRow.supervisor_id == supervisor_id) | (EngagementRow.interaction_id == call.id),
                EngagementRow.state != "ended",
            )
            .values(state="ended", ended_at=tx.now, end_reason="supervisor_stopped")
        )
        row = EngagementRow(
            id=new_id(),
            interaction_id=call.id,
            supervisor_id=supervisor_id,
            agent_id=agent.id,
            team_id=world.teams[side],
            target_participant_id=call.agent,
            mode="monitor",
            state="active",
            requested_at=tx.now,
            started_at=tx.now,
        )
        tx.session.add(row)
    return row.id


async def _anothers(world: World, side: Side) -> str:
    key = f"engagements supervisor {side}"
    if key not in world.kept:
        world.kept[key] = await make_user(world.api.database, "quality_manager")
    return await _engagement(world, side, world.kept[key].id)


async def _segment(world: World, side: Side) -> str:
    engagement_id = await _anothers(world, side)
    async with world.api.database.transaction() as tx:
        row = await tx.session.get_one(EngagementRow, engagement_id)
        segment = EngagementSegmentRow(
            id=new_id(),
            engagement_id=row.id,
            interaction_id=row.interaction_id,
            supervisor_id=row.supervisor_id,
            target_participant_id=row.target_participant_id,
            agent_id=row.agent_id,
            team_id=row.team_id,
            mode="monitor",
            started_at=tx.now,
            ended_at=tx.now,
            end_reason="supervisor_stopped",
        )
        tx.session.add(segment)
    return segment.id


async def _agent_on_queue(world: World, side: Side) -> str:
    return (await _call(world, side))[1].id


async def _queue(world: World, side: Side) -> str:
    return (await _floor(world, side)).queue_id


async def _my_id(case: Case) -> str:
    return case.me.id if case.me else (await make_user(case.api.database)).id


async def _ask_start(case: Case) -> Ask:
    call, _ = await _call(case.world, case.side)
    return Ask(json={"interaction_id": call.id, "target_participant_id": call.agent, "mode": "monitor"})


async def _ask_switch(case: Case) -> Ask:
    return Ask({"engagement_id": await _engagement(case.world, case.side, await _my_id(case))}, {"mode": "coach"})


async def _ask_mute(case: Case) -> Ask:
    return Ask({"engagement_id": await _engagement(case.world, case.side, await _my_id(case))}, {"is_muted": True})


async def _ask_stop(case: Case) -> Ask:
    return Ask({"engagement_id": await _engagement(case.world, case.side, await _my_id(case))})


async def _ask_disconnect(case: Case) -> Ask:
    return Ask({"engagement_id": await _anothers(case.world, case.side)})


async def _ask_interaction(case: Case) -> Ask:
    return Ask({"interaction_id": await _call_id(case.world, case.side)})


async def _ask_user(case: Case) -> Ask:
    return Ask({"user_id": case.world.agents[case.side].id})


def _own_needs(permission: Permission) -> Expected:
    """Let through who holds the permission there; 403 for the others, for it is their own engagement."""
    return lambda role, side: Outcome.DONE if reaches(role, permission, side) else Outcome.REFUSED


def _selected(role: str, side: Side) -> Outcome:
    if needs_somewhere(_P.VIEW_ENGAGEMENTS)(role, side) == Outcome.REFUSED:
        return Outcome.REFUSED
    is_seen = any(reaches(role, each, side) for each in (_P.VIEW_USERS, _P.MANAGE_USERS))
    return Outcome.DONE if is_seen else Outcome.HIDDEN


_NOW_OR_NOT = frozenset({200, 201, 409})
"""Let through; the phone is missing, which is another question."""

ENDPOINTS = (
    Endpoint("POST", "/api/engagements", needs(_P.MONITOR, sees=_VIEW), _ask_start, done=_NOW_OR_NOT),
    Endpoint("GET", "/api/engagements/mine", anyone),
    Endpoint("GET", "/api/engagements/shown-to-me", anyone),
    Endpoint("POST", "/api/engagements/{engagement_id}/switch", _own_needs(_P.COACH), _ask_switch),
    Endpoint("POST", "/api/engagements/{engagement_id}/mute", anyone, _ask_mute),
    Endpoint("POST", "/api/engagements/{engagement_id}/stop", anyone, _ask_stop),
    Endpoint(
        "POST",
        "/api/engagements/{engagement_id}/disconnect",
        needs(_P.DISCONNECT_OTHERS, sees=(_P.VIEW_ENGAGEMENTS,)),
        _ask_disconnect,
    ),
    Endpoint(
        "GET",
        "/api/interactions",
        needs_somewhere(_P.VIEW_INTERACTIONS),
        listed=lambda answer: [row["id"] for row in answer["items"]],
        thing=_call_id,
        shows=needs(_P.VIEW_INTERACTIONS),
    ),
    Endpoint("GET", "/api/interactions/{interaction_id}", needs(_P.VIEW_INTERACTIONS), _ask_interaction),
    Endpoint(
        "GET",
        "/api/agents",
        needs_somewhere(_P.VIEW_USERS),
        listed=lambda answer: [row["user"]["id"] for row in answer["items"]],
        thing=_agent_on_queue,
        shows=needs(_P.VIEW_USERS),
    ),
    Endpoint(
        "GET",
        "/api/queues/live",
        needs_somewhere(_P.VIEW_QUEUES),
        listed=lambda answer: [row["queue"]["id"] for row in answer],
        thing=_queue,
        shows=needs(_P.VIEW_QUEUES),
    ),
    Endpoint(
        "GET",
        "/api/coach-manager/users",
        needs_somewhere(_P.VIEW_ENGAGEMENTS),
        listed=lambda answer: [row["id"] for row in answer],
        thing=_anothers,
        shows=needs(_P.VIEW_ENGAGEMENTS),
    ),
    Endpoint("GET", "/api/coach-manager/users/{user_id}", _selected, _ask_user),
    Endpoint(
        "GET",
        "/api/coach-manager/history",
        needs_somewhere(_P.VIEW_ENGAGEMENT_HISTORY),
        listed=lambda answer: [row["id"] for row in answer["items"]],
        thing=_segment,
        shows=needs(_P.VIEW_ENGAGEMENT_HISTORY),
    ),
    Endpoint("GET", "/api/coach-manager/history.csv", needs_somewhere(_P.VIEW_ENGAGEMENT_HISTORY)),
)
