"""What is wanted of one call, read from rows in a single statement and so from a single snapshot.

Two statements could see a call half before and half after a commit, and open a
route that neither state allows.

Whoever a PBX has on its call there is the PBX's affair. The phones are those
of supervisors: the one each had selected when they began, kept through every
switch and through taking the call over, so that nothing rings twice.
"""

from typing import Any

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from sideline.engagements.models import UP
from sideline.rules.audibility import Listening, Mode, Purpose, routes
from sideline.rules.call import Call, CallState, Seat, SeatState, to_world
from sideline.voice.engine import (
    BrowserPhone,
    CallPlan,
    CustomerPlace,
    NumberPhone,
    PbxEnded,
    PbxGiven,
    PbxPhone,
    PbxStays,
    PbxTaken,
    Phone,
    SipPhone,
)


class WantedEngagement(msgspec.Struct, frozen=True):
    """An engagement that this plan carries; ``is_confirmed`` if its row already says that it is heard as it stands."""

    id: str
    version: int
    is_connected: bool
    is_confirmed: bool


class WantedCall(msgspec.Struct, frozen=True):
    """A call as its rows want it on one voice node."""

    plan: CallPlan
    version: int
    """The interaction's; the plan's grows with the engagements' as well."""
    engagements: tuple[WantedEngagement, ...] = ()
    is_applied: bool = False
    """Its rows already say that the engine has confirmed this version."""
    is_over: bool = False
    """It has ended or moved to another node: once applied, nobody needs to look after it here."""
    is_on_pbx: bool = False
    """A PBX has the call."""

    @property
    def is_news(self) -> bool:
        """Whether applying this plan is something that the rows do not say yet."""
        return not self.is_applied or any(each.is_connected and not each.is_confirmed for each in self.engagements)


_READ = text("""
    SELECT i.version, i.applied_version, i.state AS call_state, i.voice_node_id,
           i.pbx_name, i.pbx_place, i.pbx_extension,
           (SELECT c.id FROM participants c WHERE c.interaction_id = i.id AND c.purpose = 'customer' LIMIT 1)
               AS customer_id,
           (SELECT coalesce(sum(g.version), 0) FROM engagements g WHERE g.interaction_id = i.id)::bigint AS changes,
           p.id, p.purpose, p.user_id, p.talk_group, p.is_muted, p.pbx_party_id,
           NULL::uuid AS target_id, NULL::text AS mode, NULL::int AS engagement_version, FALSE AS is_confirmed,
           NULL::text AS phone_kind, '' AS phone_address, FALSE AS phone_auto_answer, '' AS phone_state,
           l.id AS leg_id, l.state AS leg_state
    FROM interactions i
    LEFT JOIN participants p ON p.interaction_id = i.id AND p.state = 'joined'
    LEFT JOIN legs l ON (l.user_id = p.user_id OR l.participant_id = p.id)
        AND l.voice_node_id = :node AND l.state <> 'closed'
        AND i.pbx_name = ''
    WHERE i.id = :call
    UNION ALL
    SELECT i.version, i.applied_version, i.state, i.voice_node_id, i.pbx_name, i.pbx_place, i.pbx_extension, NULL, 0,
           e.id, 'supervisor', e.supervisor_id, '', e.is_muted, '',
           e.target_participant_id, e.mode, e.version,
           e.state = 'active' AND s.mode = e.mode AND s.target_participant_id = e.target_participant_id
               AND s.agent_id IS NOT DISTINCT FROM e.agent_id,
           e.phone_kind, e.phone_address, e.phone_auto_answer, e.phone_state,
           l.id, l.state
    FROM engagements e
    JOIN interactions i ON i.id = e.interaction_id
    LEFT JOIN engagement_segments s ON s.engagement_id = e.id AND s.ended_at IS NULL
    LEFT JOIN legs l ON l.user_id = e.supervisor_id AND l.voice_node_id = :node AND l.state <> 'closed'
        AND e.phone_kind = 'browser'
    WHERE e.interaction_id = :call AND e.state <> 'ended'
""")

# A customer whom this software has is hung up by it, also where it was not there when the call was ended.
_CALLS_OF_NODE = text("""
    SELECT id FROM interactions WHERE voice_node_id = :node AND ended_at IS NULL
    UNION
    SELECT i.id FROM voice_nodes n JOIN interactions i ON i.pbx_name = n.name
    WHERE n.id = :node AND i.pbx_place IN ('taken', 'ended') AND i.applied_version < i.version
        AND i.started_at > now() - interval '1 day' AND i.ended_at IS NOT NULL
""")


async def read_wanted(connection: AsyncConnection, node_id: str, call_id: str) -> WantedCall | None:
    """Return what is wanted of a call on this node; None for a call that does not exist."""
    rows: Any = (await connection.execute(_READ, {"call": call_id, "node": node_id})).all()
    if not rows:
        return None
    version, is_applied = rows[0].version, rows[0].applied_version >= rows[0].version
    # Engagements change without a trace on the interaction; their rows are kept, so the sum grows with each change.
    plan_version = version + max(row.changes for row in rows)
    first = next(row for row in rows if row.mode is None)
    if first.call_state == CallState.ENDED or str(first.voice_node_id) != node_id:
        plan = CallPlan(plan_version, {}, frozenset(), _place_when_over(first))
        return WantedCall(plan, version, is_applied=is_applied, is_over=True, is_on_pbx=first.pbx_name != "")
    seats = [row for row in rows if row.id is not None and row.mode is None]
    engaged = [row for row in rows if row.mode is not None]
    call = Call(CallState(rows[0].call_state), tuple(_seat(row) for row in seats))
    world = to_world(call, (_listening(row) for row in engaged))
    # Who took the call over has a seat as well, under the id of their engagement, which has their phone.
    phones = {str(row.id): phone for row in (*engaged, *seats) if (phone := _phone(row)) is not None}
    return WantedCall(
        CallPlan(plan_version, phones, routes(world), _place(first, call)),
        version,
        tuple(
            WantedEngagement(str(row.id), row.engagement_version, _is_connected(row), row.is_confirmed is True)
            for row in engaged
        ),
        is_applied=is_applied,
        is_on_pbx=first.pbx_name != "",
    )


async def calls_of_node(connection: AsyncConnection, node_id: str) -> list[str]:
    """Return the ids of all live calls of this node, and of those whose customer its PBX may have to hang up yet."""
    return [str(row.id) for row in (await connection.execute(_CALLS_OF_NODE, {"node": node_id})).all()]


def _phone(row: Any) -> Phone | None:
    if row.pbx_party_id:
        return PbxPhone(row.pbx_party_id)
    match row.phone_kind:
        case "sip":
            return SipPhone(row.phone_address, row.phone_auto_answer)
        case "number":
            return NumberPhone(row.phone_address)
        case _:
            return None if row.leg_id is None else BrowserPhone(str(row.leg_id))


def _is_connected(row: Any) -> bool:
    return (row.leg_state if row.phone_kind == "browser" else row.phone_state) == UP


def _place(row: Any, call: Call | None = None) -> CustomerPlace:
    customer = str(row.customer_id)
    match row.pbx_place:
        case "taken":
            taker = None if call is None else call.in_control
            is_there = taker is not None and taker.purpose == Purpose.SUPERVISOR
            return PbxTaken(customer, taker.id if taker is not None and is_there else "")
        case "given":
            return PbxGiven(customer, row.pbx_extension)
        case "ended":
            return PbxEnded(customer)
        case _:
            return PbxStays()


def _place_when_over(row: Any) -> CustomerPlace:
    if row.call_state != CallState.ENDED:
        return PbxStays()
    # However a call ended in which this software has the customer: they are not left alone in it.
    return PbxEnded(str(row.customer_id)) if row.pbx_place == "taken" else _place(row)


def _seat(row: Any) -> Seat:
    return Seat(
        str(row.id),
        Purpose(row.purpose),
        None if row.user_id is None else str(row.user_id),
        SeatState.JOINED,
        row.talk_group,
        row.is_muted,
    )


def _listening(row: Any) -> Listening:
    return Listening(str(row.id), str(row.target_id), Mode(row.mode), row.is_muted)
