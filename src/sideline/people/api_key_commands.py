"""API keys: made, shown once, deleted."""

import secrets
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from sideline.kit.db import Tx
from sideline.kit.ids import is_id, new_id
from sideline.kit.problems import Invalid, NotFound, Problem
from sideline.people import rights
from sideline.people.api_key_schemas import ApiKeyOut, MadeApiKey, NewApiKey
from sideline.people.fields import name_fault, refuse_faults
from sideline.people.identity import SignedIn
from sideline.people.models import ApiKeyRow, UserRow
from sideline.people.scoping import users_within
from sideline.people.sign_in.authentication import token_hash
from sideline.people.user_schemas import Named
from sideline.rules.permissions import Permission, scope_of

MOST_KEYS = 50

_NO_USER = "There is no such active user, or you may not make keys for them."

PREFIX = "sideline_"
"""Begins every key, so that one left in a file is recognised by secret scanners."""


async def list_api_keys(connection: AsyncConnection, me: SignedIn) -> list[ApiKeyOut]:
    """Return one's own keys and those of the users whom one manages, the newest first."""
    rows = (await connection.execute(_keys(me).order_by(ApiKeyRow.created_at.desc(), ApiKeyRow.id))).all()
    return [
        ApiKeyOut(
            id=row.id,
            name=row.name,
            user=Named(row.user_id, row.user_name),
            created_at=row.created_at,
            last_used_at=row.last_used_at,
        )
        for row in rows
    ]


async def make_api_key(tx: Tx, me: SignedIn, wanted: NewApiKey) -> MadeApiKey:
    """Make a key. Raises Invalid, Refused for a user who holds more than ``me``, Problem 403 and 409.

    A key can't make keys: one that leaks must not outlive its deletion.
    """
    if me.sign_in_id is None:
        raise Problem(403, "needs_sign_in", "An API key can't make API keys; sign in with a browser.")
    name = wanted.name.strip()
    refuse_faults({"name": name_fault(name)})
    user_id = wanted.user_id or me.user_id
    if not is_id(user_id):
        raise Invalid({"user_id": _NO_USER})
    user = await tx.session.scalar(select(UserRow).where(UserRow.id == user_id, _managed(me), UserRow.is_active))
    if user is None:
        raise Invalid({"user_id": _NO_USER})
    if user_id != me.user_id:
        grants = await rights.grants_of_user(tx, user_id)
        rights.check_assign(me, grants, await rights.own_teams_of(tx, user_id, user.team_id))
    held = (await tx.session.execute(select(ApiKeyRow.id).where(ApiKeyRow.user_id == user_id))).all()
    if len(held) >= MOST_KEYS:
        raise Problem(409, "too_many_keys", f"A user has at most {MOST_KEYS} API keys; delete one first.")
    key = PREFIX + secrets.token_urlsafe(32)
    row = ApiKeyRow(
        id=new_id(),
        token_hash=token_hash(key),
        name=name,
        user_id=user_id,
        created_at=tx.now,
        last_used_at=None,
    )
    tx.session.add(row)
    return MadeApiKey(
        id=row.id,
        name=name,
        user=Named(user.id, user.name),
        created_at=tx.now,
        last_used_at=None,
        key=key,
    )


async def delete_api_key(tx: Tx, me: SignedIn, key_id: str) -> None:
    """Delete a key; it is refused from the commit on, and its sockets are closed. Raises NotFound."""
    theirs = select(UserRow.id).where(_managed(me))
    ending = delete(ApiKeyRow).where(ApiKeyRow.id == key_id, ApiKeyRow.user_id.in_(theirs)).returning(ApiKeyRow.user_id)
    user_id = (await tx.session.execute(ending)).scalar_one_or_none()
    if user_id is None:
        raise NotFound("API key")
    rights.tell_rights_changed(tx, [user_id])


def _managed(me: SignedIn) -> ColumnElement[bool]:
    return or_(users_within(scope_of(me.actor, Permission.MANAGE_USERS)), UserRow.id == me.user_id)


def _keys(me: SignedIn) -> Select[*tuple[Any, ...]]:
    return (
        select(
            ApiKeyRow.id,
            ApiKeyRow.name,
            ApiKeyRow.user_id,
            UserRow.name.label("user_name"),
            ApiKeyRow.created_at,
            ApiKeyRow.last_used_at,
        )
        .join(UserRow, UserRow.id == ApiKeyRow.user_id)
        .where(_managed(me))
    )
