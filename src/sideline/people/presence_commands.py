"""Presence as rows: each verb of ``rules.presence``, loaded, asked, saved and told.

The slices below call ``call_joined``, ``call_left``, ``call_missed`` and
``end_wrap_up`` within their own transactions. The row is locked from load to
commit, so two changes of one person's presence come one after the other.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row
from sqlalchemy.dialects.postgresql import insert

from sideline.kit.db import Tx
from sideline.kit.problems import Refused
from sideline.people.events import PresenceChanged
from sideline.people.models import PresenceRow, UserRow
from sideline.people.policies import read_policies
from sideline.people.presence_schemas import PresenceOut
from sideline.rules import presence as rules
from sideline.rules.presence import Presence, Standing
from sideline.rules.refusals import Refusal

_ON_A_CALL = (Presence.INTERACTING, Presence.WRAP_UP)


def standing_of(row: PresenceRow) -> Standing:
    """Return the row as the rules see it."""
    return Standing(
        presence=Presence(row.status),
        reason=row.reason or None,
        then=Presence(row.resume_status or Presence.AVAILABLE),
        then_reason=row.resume_reason or None,
    )


def presence_out(row: PresenceRow | Row[Any]) -> PresenceOut:
    """Return a presence (its row, or the row's columns) as it is told to a person."""
    is_on_a_call = row.status in _ON_A_CALL
    return PresenceOut(
        status=Presence(row.status),
        reason=row.reason,
        since=row.since,
        wrap_up_until=row.wrap_up_until,
        then=Presence(row.resume_status) if is_on_a_call and row.resume_status else None,
        then_reason=row.resume_reason if is_on_a_call else "",
    )


async def signed_in(tx: Tx, user_id: str) -> PresenceOut:
    """Make the user available unless another browser of theirs is signed in."""
    row = await _locked(tx, user_id)
    return await _save(tx, row, rules.signed_in(standing_of(row)))


async def signed_out(tx: Tx, user_id: str) -> PresenceOut:
    """Take the user offline, whatever they were doing."""
    return await _save(tx, await _locked(tx, user_id), rules.signed_out())


async def choose(
    tx: Tx, user_id: str, wanted: Presence, reason: str, *, may_take_calls: bool, reason_required: bool
) -> PresenceOut:
    """Set the presence that a person chose; on a call it waits for the call's end. Raises Refused."""
    row = await _locked(tx, user_id)
    answer = rules.choose(
        standing_of(row), wanted, reason, may_take_calls=may_take_calls, reason_required=reason_required
    )
    row.missed_offers = 0
    return await _save(tx, row, _granted(answer))


async def call_joined(tx: Tx, user_id: str) -> PresenceOut:
    """Set interacting: the user answered a call or a consult, or took a call over."""
    row = await _locked(tx, user_id)
    row.missed_offers = 0
    return await _save(tx, row, rules.call_joined(standing_of(row)))


async def call_left(tx: Tx, user_id: str, *, was_in_control: bool, wrap_up_seconds: int | None = None) -> PresenceOut:
    """Set wrap-up, or what the user had chosen: the call is over for them.

    Wrap-up ends by itself after ``wrap_up_seconds``, of which None is no limit
    and 0 no wrap-up at all.
    """
    row = await _locked(tx, user_id)
    standing = rules.call_left(standing_of(row), was_in_control=was_in_control)
    if standing.presence != Presence.WRAP_UP or row.status == Presence.WRAP_UP:
        return await _save(tx, row, standing)
    if wrap_up_seconds == 0:
        return await _save(tx, row, _granted(rules.end_wrap_up(standing)))
    until = None if wrap_up_seconds is None else tx.now + timedelta(seconds=wrap_up_seconds)
    return await _save(tx, row, standing, wrap_up_until=until)


async def call_missed(tx: Tx, user_id: str) -> PresenceOut:
    """Count an offer that rang in vain; the policy says after how many the agent is not ready."""
    row = await _locked(tx, user_id)
    row.missed_offers += 1
    limit = (await read_policies(tx.session)).missed_offers_until_not_ready
    standing = rules.call_missed(standing_of(row), row.missed_offers, limit)
    if standing.presence != row.status:
        row.missed_offers = 0
    return await _save(tx, row, standing)


async def end_wrap_up(tx: Tx, user_id: str) -> PresenceOut:
    """Set what the user had chosen: they are done, or the time is up. Raises Refused outside wrap-up."""
    row = await _locked(tx, user_id)
    return await _save(tx, row, _granted(rules.end_wrap_up(standing_of(row))))


async def presence_of(tx: Tx, user_id: str) -> PresenceOut:
    """Return the user's presence, locked until the transaction ends."""
    return presence_out(await _locked(tx, user_id))


def _granted(answer: Standing | Refusal) -> Standing:
    if isinstance(answer, Refusal):
        raise Refused(answer)
    return answer


async def create_presence(tx: Tx, user_id: str) -> None:
    """Give the user a presence, offline, if they have none."""
    await tx.session.execute(
        insert(PresenceRow)
        .values(
            user_id=user_id,
            status=Presence.OFFLINE,
            reason="",
            since=tx.now,
            resume_status="",
            resume_reason="",
            missed_offers=0,
        )
        .on_conflict_do_nothing()
    )


async def _locked(tx: Tx, user_id: str) -> PresenceRow:
    row = await tx.session.get(PresenceRow, user_id, with_for_update=True, populate_existing=True)
    if row is not None:
        return row
    await create_presence(tx, user_id)
    return await tx.session.get_one(PresenceRow, user_id, with_for_update=True)


async def _save(tx: Tx, row: PresenceRow, standing: Standing, *, wrap_up_until: datetime | None = None) -> PresenceOut:
    before = standing_of(row)
    if standing == before:
        return presence_out(row)
    is_new = (standing.presence, standing.reason) != (before.presence, before.reason)
    if is_new:
        row.since = tx.now
        row.wrap_up_until = wrap_up_until
        # Idle counts from the end of the last call or from coming on queue.
        row.idle_since = tx.now if standing.presence == Presence.ON_QUEUE else None
    row.status, row.reason = standing.presence, standing.reason or ""
    row.resume_status, row.resume_reason = standing.then, standing.then_reason or ""
    if row.status == Presence.ON_QUEUE or row.wrap_up_until is not None:
        tx.wake("worker")
    out = presence_out(row)
    user = await tx.session.get_one(UserRow, row.user_id)
    tx.record(
        PresenceChanged(
            user_id=user.id,
            name=user.name,
            status=out.status,
            reason=out.reason,
            since=out.since,
            wrap_up_until=out.wrap_up_until,
            then=out.then,
            team_id=user.team_id,
        )
    )
    return out
