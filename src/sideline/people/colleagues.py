"""Colleagues one may consult or transfer to, and whether each can be reached now.

Whether someone is supervising, is being rung, or has a connected phone is
known to slices below. The composition root gives a function that tells it, as
``app.state.occupations``; without one only the presence counts, and the
command itself still asks the whole rule.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncConnection

from sideline.kit.abilities import Ability, AbilityRefusal, ability
from sideline.people.identity import SignedIn
from sideline.people.models import PresenceRow, RoleRow, TeamRow, UserRoleRow, UserRow
from sideline.people.presence_commands import presence_out
from sideline.people.presence_schemas import PresenceOut
from sideline.people.scoping import users_within
from sideline.rules.permissions import Permission, scope_of
from sideline.rules.presence import may_be_reached
from sideline.rules.refusals import Refusal, RefusalCode

OCCUPATIONS = "occupations"
"""Key of the app's state: an :data:`OccupationsOf`."""

MOST = 50


class Occupation(msgspec.Struct, frozen=True):
    """What keeps a user from being rung, apart from their presence."""

    is_supervising: bool = False
    has_phone: bool = True
    is_ringing: bool = False


OccupationsOf = Callable[[AsyncConnection, Sequence[str]], Awaitable[Mapping[str, Occupation]]]
"""Tells the occupation of each of the users."""


class ColleagueOut(msgspec.Struct, frozen=True):
    """Someone to consult or transfer to."""

    id: str
    name: str
    team_name: str | None
    presence: PresenceOut
    reach: Ability


_TAKES_CALLS = exists().where(
    UserRoleRow.user_id == UserRow.id,
    RoleRow.id == UserRoleRow.role_id,
    RoleRow.grants.contains([{"permission": Permission.TAKE_CALLS}]),
)

_COLLEAGUES = (
    select(UserRow.id, UserRow.name, TeamRow.name.label("team_name"), PresenceRow)
    .join(PresenceRow, PresenceRow.user_id == UserRow.id)
    .outerjoin(TeamRow, TeamRow.id == UserRow.team_id)
    .where(UserRow.is_active, _TAKES_CALLS)
    .order_by(PresenceRow.status.in_(("available", "on_queue")).desc(), UserRow.name, UserRow.id)
    .limit(MOST)
)


async def list_colleagues(
    connection: AsyncConnection, me: SignedIn, search: str, occupations_of: OccupationsOf | None
) -> list[ColleagueOut]:
    """Return up to ``MOST`` others within reach of VIEW_DIRECTORY whose name holds ``search``."""
    directory = users_within(scope_of(me.actor, Permission.VIEW_DIRECTORY))
    statement = _COLLEAGUES.where(directory, UserRow.id != me.user_id)
    if search:
        statement = statement.where(UserRow.name.icontains(search, autoescape=True))
    rows: Any = (await connection.execute(statement)).all()
    occupations = await occupations_of(connection, [row.id for row in rows]) if occupations_of and rows else {}
    return [_colleague_out(row, occupations.get(row.id, Occupation())) for row in rows]


def _colleague_out(row: Any, occupation: Occupation) -> ColleagueOut:
    presence = presence_out(row)
    answer = may_be_reached(
        presence.status,
        is_supervising=occupation.is_supervising,
        has_phone=occupation.has_phone,
        is_ringing=occupation.is_ringing,
    )
    return ColleagueOut(row.id, row.name, row.team_name, presence, _reach(answer))


def _reach(answer: Refusal | None) -> Ability:
    if answer is not None and answer.code == RefusalCode.NO_PHONE:
        # The general text speaks to the person whose phone it is.
        return Ability(False, AbilityRefusal(str(answer.code), "This person's phone isn't connected."))
    return ability(answer)
