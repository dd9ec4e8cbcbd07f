"""What an agent works on: the calls they are on or that ring, and the one they wrap up."""

from typing import Any

from sqlalchemy import text

from sideline.interactions.call_facts import read_calls
from sideline.interactions.call_out import compose_call
from sideline.interactions.schemas import CallOut, DeskOut
from sideline.interactions.summaries import summaries
from sideline.kit.db import Tx
from sideline.people.identity import SignedIn
from sideline.people.models import PresenceRow
from sideline.people.presence_commands import presence_out
from sideline.rules.presence import Presence

_MINE = text("""
    SELECT p.interaction_id::text AS interaction_id, p.id::text AS participant_id, p.is_coached,
           p.joined_at IS NOT NULL AS has_joined,
           i.offer_until, p.state <> 'left' AS is_live, i.pbx_name <> '' AS is_on_pbx,
           p.pbx_party_id <> '' AS is_on_telephone
    FROM participants p JOIN interactions i ON i.id = p.interaction_id
    WHERE p.user_id = CAST(:user AS uuid) AND p.state <> 'left'
    UNION ALL
    (SELECT p.interaction_id::text, p.id::text, FALSE, TRUE, NULL, FALSE, i.pbx_name <> '', p.pbx_party_id <> ''
     FROM participants p JOIN interactions i ON i.id = p.interaction_id
     WHERE p.user_id = CAST(:user AS uuid) AND p.state = 'left' AND p.joined_at IS NOT NULL AND :wraps_up
     ORDER BY p.left_at DESC LIMIT 1)
""")


async def read_desk(tx: Tx, me: SignedIn) -> DeskOut:
    """Return what I work on, all of one moment."""
    presence = presence_out(await tx.session.get_one(PresenceRow, me.user_id))
    wraps_up = presence.status == Presence.WRAP_UP
    rows: Any = (await tx.session.execute(_MINE, {"user": me.user_id, "wraps_up": wraps_up})).all()
    ids = list({row.interaction_id for row in rows})
    told = {each.id: each for each in await summaries(tx.session, ids)}
    calls = await read_calls(tx.session, ids)
    current: list[CallOut] = []
    wrap_up: CallOut | None = None
    for row in rows:
        call = calls[row.interaction_id]
        seat = call.seat(row.participant_id)
        if seat is None:
            continue
        out = compose_call(
            told[row.interaction_id],
            call,
            seat,
            is_coached=row.is_coached,
            has_joined=row.has_joined,
            offer_until=row.offer_until,
            is_on_pbx=row.is_on_pbx,
            is_on_telephone=row.is_on_telephone,
        )
        if row.is_live:
            current.append(out)
        else:
            wrap_up = out
    return DeskOut(current=current, wrap_up=wrap_up, presence=presence)
