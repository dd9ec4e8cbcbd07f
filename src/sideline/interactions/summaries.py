"""Interactions as they are told: two statements for any number of them."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from sideline.interactions.schemas import (
    CustomerCallOut,
    InteractionSummary,
    Named,
    ParticipantOut,
    ResultCodeNamed,
)
from sideline.rules.audibility import Purpose
from sideline.rules.call import HOLD, LiveState, SeatState, is_in_control

SUMMARY_COLUMNS = """
    i.id::text AS id, i.number, i.medium, i.direction, i.live_state,
    i.queue_id::text AS queue_id, q.name AS queue_name, i.agent_id::text AS agent_id, u.name AS agent_name,
    i.team_ids::text[] AS team_ids, i.user_ids::text[] AS user_ids,
    i.customer_name, i.phone_number, i.campaign, i.list_name, i.external_id,
    r.id::text AS result_code_id, r.code AS result_code, r.label AS result_label,
    i.started_at, i.answered_at, i.ended_at, i.end_reason, i.version, i.applied_version
"""
"""What a summary is made of, in this order, of interactions ``i`` joined as in ``SUMMARY_JOINS``."""

SUMMARY_JOINS = """
    LEFT JOIN queues q ON q.id = i.queue_id
    LEFT JOIN users u ON u.id = i.agent_id
    LEFT JOIN result_codes r ON r.id = i.result_code_id
"""

_BY_ID = text(f"SELECT {SUMMARY_COLUMNS} FROM interactions i {SUMMARY_JOINS} WHERE i.id = ANY(CAST(:ids AS uuid[]))")  # noqa: S608

_PURPOSES = {each.value: each for each in Purpose}
_SEAT_STATES = {each.value: each for each in SeatState}
_LIVE_STATES = {each.value: each for each in LiveState}

_PARTICIPANTS = text("""
    SELECT p.interaction_id::text AS interaction_id, p.id::text AS id, p.purpose, p.user_id::text AS user_id,
           p.name, p.state, p.talk_group, p.is_muted, p.is_consulted, p.joined_at, p.left_at,
           CASE WHEN p.pbx_party_id <> '' AND p.state <> 'left' THEN 'up'
                WHEN l.state IN ('up', 'lost') THEN l.state
                WHEN l.state = 'connecting' AND l.connected_at IS NOT NULL THEN 'lost'
                ELSE 'none' END AS leg_state
    FROM participants p
    LEFT JOIN legs l ON l.state <> 'closed' AND p.state <> 'left' AND p.pbx_party_id = ''
        AND (l.user_id = p.user_id OR l.participant_id = p.id)
    WHERE p.interaction_id = ANY(CAST(:ids AS uuid[]))
    ORDER BY p.interaction_id, p.invited_at, p.id
""")


async def summaries(connection: AsyncConnection | AsyncSession, ids: Sequence[str]) -> list[InteractionSummary]:
    """Return the interactions in the order of ``ids``; unknown ones are left out. Visibility is the caller's."""
    rows: Any = (await connection.execute(_BY_ID, {"ids": list(ids)})).all()
    found = {row.id: row for row in rows}
    return await with_participants(connection, [found[id_] for id_ in ids if id_ in found])


async def summary(connection: AsyncConnection | AsyncSession, interaction_id: str) -> InteractionSummary:
    """Return one interaction that is known to exist."""
    return (await summaries(connection, [interaction_id]))[0]


async def with_participants(
    connection: AsyncConnection | AsyncSession, rows: Sequence[Any]
) -> list[InteractionSummary]:
    """Return the summaries of rows of ``SUMMARY_COLUMNS``, in their order."""
    if not rows:
        return []
    of_call: dict[str, list[ParticipantOut]] = {row[0]: [] for row in rows}
    seats: Any = (await connection.execute(_PARTICIPANTS, {"ids": list(of_call)})).all()
    for seat in seats:
        of_call[seat[0]].append(_participant(seat))
    return [_summary(row, tuple(of_call[row[0]])) for row in rows]


def _participant(row: Any) -> ParticipantOut:
    # By position: a page has hundreds of these, and each name looked up in a row costs.
    (
        _,
        id_,
        purpose,
        user_id,
        name,
        state,
        talk_group,
        is_muted,
        is_consulted,
        joined_at,
        left_at,
        leg_state,
    ) = row
    return ParticipantOut(
        id=id_,
        purpose=_PURPOSES[purpose],
        user_id=user_id,
        name=name,
        state=_SEAT_STATES[state],
        talk_group=talk_group,
        is_muted=is_muted,
        is_held=talk_group == HOLD and purpose == Purpose.CUSTOMER and state == SeatState.JOINED,
        is_consulted=is_consulted,
        joined_at=joined_at,
        left_at=left_at,
        leg_state=leg_state,
    )


def _agent(is_over: bool, participants: tuple[ParticipantOut, ...], last: Named | None) -> Named | None:
    """Return who has the call, which may be a supervisor who took it over; of one that is over, the agent of last."""
    if is_over:
        return last
    return next(
        (
            Named(each.user_id, each.name)
            for each in participants
            if each.user_id is not None and is_in_control(each.purpose, each.state, each.is_consulted)
        ),
        None,
    )


def _summary(row: Any, participants: tuple[ParticipantOut, ...]) -> InteractionSummary:
    (
        id_,
        number,
        medium,
        direction,
        live_state,
        queue_id,
        queue_name,
        agent_id,
        agent_name,
        team_ids,
        user_ids,
        customer_name,
        phone_number,
        campaign,
        list_name,
        external_id,
        result_code_id,
        result_code,
        result_label,
        started_at,
        answered_at,
        ended_at,
        end_reason,
        version,
        applied_version,
    ) = row
    return InteractionSummary(
        id=id_,
        number=number,
        medium=medium,
        direction=direction,
        state=_LIVE_STATES[live_state],
        queue=None if queue_id is None else Named(queue_id, queue_name),
        agent=_agent(ended_at is not None, participants, None if agent_id is None else Named(agent_id, agent_name)),
        team_ids=tuple(team_ids),
        user_ids=tuple(user_ids),
        customer_name=customer_name,
        phone_number=phone_number,
        campaign=campaign,
        list_name=list_name,
        external_id=external_id,
        result_code=None if result_code_id is None else ResultCodeNamed(result_code_id, result_code, result_label),
        started_at=started_at,
        answered_at=answered_at,
        ended_at=ended_at,
        end_reason=end_reason,
        version=version,
        applied_version=applied_version,
        participants=participants,
    )


def customer_call(call: InteractionSummary, notice: str) -> CustomerCallOut:
    """Return the call as its customer may know it."""
    customer = customer_of(call.participants)
    match call.state:
        case LiveState.WAITING | LiveState.OFFERING:
            state = "waiting"
        case LiveState.ENDED:
            state = "ended"
        case _:
            state = "held" if customer.is_held else "talking"
    talking = next(
        (
            each
            for each in call.participants
            if each.purpose != Purpose.CUSTOMER and each.state == SeatState.JOINED and not each.is_consulted
        ),
        None,
    )
    return CustomerCallOut(
        number=call.number,
        state=state,
        queue_name=call.queue.name if call.queue else "",
        agent_name=talking.name if talking else None,
        is_held=customer.is_held,
        notice=notice or None,
        ended_reason=call.end_reason,
        leg_state=customer.leg_state,
    )


def customer_of(participants: Iterable[ParticipantOut]) -> ParticipantOut:
    """Return the customer among the participants of one interaction."""
    return next(each for each in participants if each.purpose == Purpose.CUSTOMER)
