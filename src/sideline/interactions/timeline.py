"""The timeline: what each participant was doing from when to when, and what happened.

Segments follow from the call alone: a step closes those that hold no longer
and opens those that hold now.
"""

from collections.abc import Mapping

from sqlalchemy import bindparam, insert, text

from sideline.interactions.models import InteractionMarkRow, InteractionSegmentRow
from sideline.kit.db import Tx
from sideline.kit.ids import new_id
from sideline.rules.audibility import Purpose
from sideline.rules.call import CONSULT, HOLD, QUEUE, Call, CallState, Seat, SeatState, Step

WAITING, RINGING, TALK, HELD, CONSULTING, MUTED = "waiting", "ringing", "talk", "hold", "consult", "mute"

Segment = tuple[str, str]
"""A seat's id and what it is doing."""


def segments_of(call: Call) -> frozenset[Segment]:
    """Return what everyone on the call is doing now."""
    if call.state == CallState.ENDED:
        return frozenset()
    found: set[Segment] = set()
    for seat in call.seats:
        if not seat.is_live:
            continue
        found.add((seat.id, _doing(call, seat)))
        if seat.is_joined and seat.is_muted:
            found.add((seat.id, MUTED))
    return frozenset(found)


def _doing(call: Call, seat: Seat) -> str:
    if seat.state == SeatState.RINGING:
        return RINGING
    if seat.purpose != Purpose.CUSTOMER and seat.group == CONSULT:
        return CONSULTING
    match call.customer.group:
        case group if group == QUEUE:
            return WAITING
        case group if group == HOLD:
            return HELD
        case _:
            return TALK


_CLOSE = text(
    "UPDATE interaction_segments s SET ended_at = GREATEST(s.started_at, :at) "
    "FROM unnest(CAST(:seats AS uuid[]), CAST(:kinds AS text[])) AS gone(seat, kind) "
    "WHERE s.participant_id = gone.seat AND s.kind = gone.kind AND s.ended_at IS NULL "
    "AND s.interaction_id = :interaction"
).bindparams(bindparam("at"))


async def open_timeline(tx: Tx, interaction_id: str, call: Call) -> None:
    """Begin the timeline of a call that has just been made."""
    await _open(tx, interaction_id, segments_of(call))


async def save_timeline(tx: Tx, interaction_id: str, before: Call, step: Step, names: Mapping[str, str]) -> None:
    """Close and open segments for ``step``, and mark what happened; ``names`` are those of the seats."""
    was, now = segments_of(before), segments_of(step.call)
    gone = sorted(was - now)
    if gone:
        await tx.session.execute(
            _CLOSE,
            {
                "at": tx.now,
                "seats": [seat for seat, _ in gone],
                "kinds": [kind for _, kind in gone],
                "interaction": interaction_id,
            },
        )
    await _open(tx, interaction_id, now - was)
    for each in step.happened:
        other = names.get(each.other_seat_id or "", "")
        await add_mark(tx, interaction_id, str(each.kind), participant_id=each.seat_id, text=other)


async def add_mark(
    tx: Tx, interaction_id: str, kind: str, *, participant_id: str | None = None, text: str = ""
) -> None:
    """Mark that something happened now; ``text`` names whom or what it was about."""
    await tx.session.execute(
        insert(InteractionMarkRow),
        {
            "id": new_id(),
            "interaction_id": interaction_id,
            "participant_id": participant_id,
            "kind": kind,
            "at": tx.now,
            "text": text,
        },
    )


async def _open(tx: Tx, interaction_id: str, segments: frozenset[Segment]) -> None:
    if not segments:
        return
    await tx.session.execute(
        insert(InteractionSegmentRow),
        [
            {
                "id": new_id(),
                "interaction_id": interaction_id,
                "participant_id": seat,
                "kind": kind,
                "started_at": tx.now,
                "ended_at": None,
            }
            for seat, kind in sorted(segments)
        ],
    )
