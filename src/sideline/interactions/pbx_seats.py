"""Who the parties of a PBX's call are: the seats they have, and the users whose phones they speak with."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import select, text

from sideline.interactions.call_facts import LoadedCall
from sideline.interactions.models import ParticipantRow
from sideline.interactions.ring_facts import IF_TAKES_CALLS, TAKES_CALLS
from sideline.kit.db import Tx
from sideline.people.sip_phones import users_by_endpoint
from sideline.rules.call import HOLD, SeatState, Step
from sideline.rules.pbx_call import Place, Seen, SeenParty
from sideline.voice.engine import PbxCall, PbxParty

LONGEST = 200

UNKNOWN = "Unknown"

_WHO_TAKE_CALLS = text(
    "SELECT u.id::text AS id, u.name FROM users u "  # noqa: S608 (only a constant is put in)
    f"WHERE u.id = ANY(CAST(:ids AS uuid[])) AND u.is_active AND {IF_TAKES_CALLS}"
)


class _Who(msgspec.Struct, frozen=True):
    name: str
    party_id: str


class Seating(msgspec.Struct, frozen=True):
    """A PBX's call as the rules take it, and what they don't need to know of its parties."""

    seen: Seen
    who: Mapping[str, _Who]
    """By seat id."""
    busy: frozenset[str]
    """Seats of users who are on another call still, so that they don't sit here under their name yet."""


async def seat_parties(tx: Tx, loaded: LoadedCall, call: PbxCall, fresh_ids: Sequence[str]) -> Seating:
    """Return who sits where on a call that its PBX has; those who are new get the ``fresh_ids`` in their order."""
    fresh = iter(fresh_ids)
    seats = {
        row.pbx_party_id: row
        for row in loaded.participants.values()
        if row.pbx_party_id and row.state == SeatState.JOINED
    }
    parties = [party for party in call.parties if party.id != call.customer]
    nameless = [party for party in parties if party.id not in seats or seats[party.id].user_id is None]
    users = await _users_of(tx, [party for party in nameless if party.is_internal])
    busy = await _joined_elsewhere(tx, loaded, [user.id for user in users.values()])
    present = {party.id for party in parties}
    # Whose party is gone leaves in the same step, so that they may sit here as another of their phones.
    sitting = {row.user_id for row in loaded.participants.values() if _stays(row, present)}

    seen: list[SeenParty] = []
    who: dict[str, _Who] = {}
    waiting: set[str] = set()
    for party in parties:
        row = seats.get(party.id)
        user = users.get(party.id)
        user_id = row.user_id if row is not None else None
        seat_id = row.id if row is not None else next(fresh)
        if user_id is None and user is not None and user.id not in sitting:
            if user.id in busy:
                waiting.add(seat_id)
            else:
                user_id = user.id
                sitting.add(user.id)
        name = user.name if user is not None else clean(party.name) or clean(party.number) or clean(party.endpoint)
        who[seat_id] = _Who(name or UNKNOWN, party.id)
        seen.append(
            SeenParty(seat_id=seat_id, user_id=user_id, group=party.group, is_with_customer=party.is_with_customer)
        )
    return Seating(
        Seen(
            parties=tuple(seen),
            customer_group=customer_of(call).group,
            # What the PBX can't say is as it was known.
            is_held=loaded.call.customer.group == HOLD if call.is_held is None else call.is_held,
            is_taken=call.is_taken,
            transferred_by=seat_of_party(loaded, call.transferred_by),
            place=Place(loaded.row.pbx_place),
        ),
        who,
        frozenset(waiting),
    )


async def add_participants(tx: Tx, loaded: LoadedCall, step: Step, seating: Seating) -> None:
    """Write the rows of those whom ``step`` brings onto the call, for ``save_step`` to seat."""
    for seat in step.call.seats:
        if seat.id in loaded.participants:
            continue
        who = seating.who[seat.id]
        participant = ParticipantRow(
            id=seat.id,
            interaction_id=loaded.row.id,
            purpose=seat.purpose,
            user_id=seat.user_id,
            name=who.name,
            state=SeatState.RINGING,
            pbx_party_id=who.party_id,
            invited_at=tx.now,
            is_coached=False,
        )
        tx.session.add(participant)
        loaded.participants[seat.id] = participant
    await tx.session.flush()


def seat_of_party(loaded: LoadedCall, party_id: str) -> str | None:
    """Return the live seat that a party has, None for one that has none."""
    return next(
        (
            row.id
            for row in loaded.participants.values()
            if party_id and row.pbx_party_id == party_id and row.state == SeatState.JOINED
        ),
        None,
    )


async def is_on_telephone(tx: Tx, user_id: str) -> bool:
    """Return whether a PBX has the user on a call."""
    joined = select(ParticipantRow.id).where(
        ParticipantRow.user_id == user_id, ParticipantRow.state == SeatState.JOINED, ParticipantRow.pbx_party_id != ""
    )
    return await tx.session.scalar(joined) is not None


def customer_of(call: PbxCall) -> PbxParty:
    """Return the customer's party."""
    return next(
        (party for party in call.parties if party.id == call.customer),
        PbxParty(id=call.customer, endpoint="", is_internal=False),
    )


def clean(told: str) -> str:
    """Return what a PBX tells as a line that can be stored and shown: a caller chooses their own name."""
    return "".join(each for each in told if each.isprintable()).strip()[:LONGEST]


def _stays(row: ParticipantRow, present: Collection[str]) -> bool:
    return row.state == SeatState.JOINED and (not row.pbx_party_id or row.pbx_party_id in present)


async def _users_of(tx: Tx, parties: Collection[PbxParty]) -> dict[str, Any]:
    """Return the users by party: those whose phone it is and who may take calls."""
    if not parties:
        return {}
    ids = await users_by_endpoint(tx.session, {party.endpoint.lower() for party in parties})
    if not ids:
        return {}
    values = {"ids": sorted(set(ids.values())), "takes_calls": TAKES_CALLS}
    rows: Any = (await tx.session.execute(_WHO_TAKE_CALLS, values)).all()
    users = {row.id: row for row in rows}
    found = {party.id: users.get(ids.get(party.endpoint.lower(), "")) for party in parties}
    return {party_id: user for party_id, user in found.items() if user is not None}


async def _joined_elsewhere(tx: Tx, loaded: LoadedCall, user_ids: Collection[str]) -> set[str]:
    if not user_ids:
        return set()
    joined = select(ParticipantRow.user_id).where(
        ParticipantRow.user_id.in_(user_ids),
        ParticipantRow.state == SeatState.JOINED,
        ParticipantRow.interaction_id != loaded.row.id,
    )
    return {user_id for user_id in await tx.session.scalars(joined) if user_id is not None}
