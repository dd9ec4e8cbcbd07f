"""The rows that make a user: the user, their roles, their presence, their browser phone."""

from collections.abc import Collection

from sideline.kit.db import Tx
from sideline.kit.ids import new_id
from sideline.people import presence_commands
from sideline.people.models import PhoneRow, UserRoleRow, UserRow


async def insert_user(
    tx: Tx,
    *,
    email: str,
    name: str,
    role_ids: Collection[str],
    team_id: str | None = None,
    time_zone: str = "UTC",
    password_hash: str | None = None,
) -> UserRow:
    """Write a new user, offline, with a browser phone that is selected; asks no rule."""
    user = UserRow(
        id=new_id(),
        email=email,
        name=name,
        password_hash=password_hash,
        team_id=team_id,
        time_zone=time_zone,
        is_active=True,
        created_at=tx.now,
        version=1,
        field_versions={},
    )
    tx.session.add(user)
    await tx.session.flush()
    tx.session.add_all(UserRoleRow(user_id=user.id, role_id=role_id) for role_id in role_ids)
    tx.session.add(PhoneRow(id=new_id(), user_id=user.id, kind="browser", label="Browser", is_selected=True))
    await presence_commands.create_presence(tx, user.id)
    return user
