"""HTTP: who is signed in."""

from typing import Any

from litestar import Request, get
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from sideline.kit.edge import database_of
from sideline.kit.settings import Settings
from sideline.people.identity import SignedIn
from sideline.people.me_schemas import Me, OwnUser, SelectedPhone
from sideline.people.models import PhoneRow, PresenceRow, RoleRow, TeamRow, UserRoleRow, UserRow
from sideline.people.phone_queries import kinds_of
from sideline.people.phone_schemas import PhoneKind
from sideline.people.policies import read_policies
from sideline.people.presence_commands import presence_out
from sideline.people.user_schemas import Named
from sideline.rules.permissions import Grant, Permission, widest

_USER = select(UserRow.email, TeamRow.name.label("team_name")).outerjoin(TeamRow, TeamRow.id == UserRow.team_id)

_ROLES = select(RoleRow.id, RoleRow.name).join(UserRoleRow, UserRoleRow.role_id == RoleRow.id).order_by(RoleRow.name)


@get("/api/me", tags=["me"])
async def get_me(request: Request[Any, Any, Any], me: SignedIn) -> Me:
    """Return the signed-in user, what they may do, their presence and phone, and the policies screens need."""
    async with database_of(request).reading() as connection:
        return await _me(connection, me, request.app.state.settings)


async def _me(connection: AsyncConnection, me: SignedIn, settings: Settings) -> Me:
    user: Any = (await connection.execute(_USER.where(UserRow.id == me.user_id))).one()
    roles: Any = (await connection.execute(_ROLES.where(UserRoleRow.user_id == me.user_id))).all()
    presence = (await connection.execute(select(PresenceRow).where(PresenceRow.user_id == me.user_id))).one()
    phones = select(PhoneRow).where(PhoneRow.user_id == me.user_id, PhoneRow.is_selected)
    phone: Any = (await connection.execute(phones)).one_or_none()
    return Me(
        user=OwnUser(
            id=me.user_id,
            name=me.name,
            email=user.email,
            time_zone=me.time_zone,
            team_id=me.team_id,
            team_name=user.team_name,
            roles=[Named(row.id, row.name) for row in roles],
        ),
        permissions=[
            Grant(permission, scope) for permission in Permission if (scope := widest(me.actor.grants, permission))
        ],
        presence=presence_out(presence),
        phone=None if phone is None else _selected(phone),
        phone_kinds=[kind for kind in PhoneKind if kind in kinds_of(settings.voice)],
        policies=await read_policies(connection),
        own_team_ids=sorted(me.actor.own_team_ids),
        is_demo=settings.demo,
    )


def _selected(phone: Any) -> SelectedPhone:
    return SelectedPhone(phone.id, PhoneKind(phone.kind), phone.label, phone.address, phone.auto_answer)


HANDLERS = (get_me,)
