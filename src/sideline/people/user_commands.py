"""Create and change users; nobody gives more than they hold, and an administrator stays."""

from collections.abc import Collection

from msgspec import UNSET
from sqlalchemy import delete, select

from sideline.kit.db import Tx
from sideline.kit.ids import is_id
from sideline.kit.problems import Invalid, Problem, Refused
from sideline.people import lost_update, rights
from sideline.people.events import UserChanged
from sideline.people.fields import email_fault, name_fault, refuse_faults, time_zone_fault
from sideline.people.identity import SignedIn
from sideline.people.models import RoleRow, TeamRow, UserRoleRow, UserRow
from sideline.people.new_user import insert_user
from sideline.people.scoping import user_resource
from sideline.people.sign_in.passwords import password_fault
from sideline.people.sign_in.sign_ins import EndReason, end_all_sign_ins
from sideline.people.sip_phones import wake_phones
from sideline.people.unique import saved_uniquely
from sideline.people.user_queries import get_user, locked_user
from sideline.people.user_schemas import NewUser, UserChange, UserOut
from sideline.rules.permissions import Permission, can
from sideline.rules.refusals import Refusal, RefusalCode

_UNIQUE = {"uq_users_email_lower": ("email", "Another user has this e-mail address.")}


async def create_user(tx: Tx, me: SignedIn, wanted: NewUser, password_hash: str | None) -> UserOut:
    """Create a user, offline, with a browser phone. Raises Invalid and Refused.

    ``password_hash`` is of the wanted password: it is computed before the transaction.
    """
    me.require_at_all(Permission.MANAGE_USERS)
    email, name = wanted.email.strip(), wanted.name.strip()
    password = wanted.password
    refuse_faults(
        {
            "email": email_fault(email),
            "name": name_fault(name),
            "time_zone": time_zone_fault(wanted.time_zone),
            "team_id": await _team_fault(tx, me, wanted.team_id),
            "password": None if password is None else password_fault(password, email=email, name=name),
        }
    )
    role_ids = await _existing_roles(tx, wanted.role_ids)
    if role_ids:
        _require(me, Permission.MANAGE_ROLES, user_id=None, team_id=wanted.team_id)
        grants = await rights.grants_of_roles(tx, role_ids)
        rights.check_assign(me, grants, await rights.own_teams_of(tx, None, wanted.team_id))
    async with saved_uniquely(tx, _UNIQUE):
        user = await insert_user(
            tx,
            email=email,
            name=name,
            role_ids=role_ids,
            team_id=wanted.team_id,
            time_zone=wanted.time_zone,
            password_hash=password_hash,
        )
    tx.record(UserChanged(user_id=user.id, version=user.version))
    return await get_user(tx.session, me, user.id)


async def change_user(tx: Tx, me: SignedIn, user_id: str, change: UserChange) -> UserOut:
    """Change what ``change`` holds; anyone may change their own time zone.

    Raises NotFound, Refused, Invalid, and Problem 409 ``changed_meanwhile``.
    """
    user = await locked_user(tx, me, user_id)
    _check_may_change(me, user, change)
    now = await get_user(tx.session, me, user_id)
    lost_update.check_version(user, change.version, "user", _in_words(now))
    email, name, time_zone, team_id = (
        user.email if change.email is UNSET else change.email.strip(),
        user.name if change.name is UNSET else change.name.strip(),
        user.time_zone if change.time_zone is UNSET else change.time_zone,
        user.team_id if change.team_id is UNSET else change.team_id,
    )
    is_moved = team_id != user.team_id
    refuse_faults(
        {
            "email": email_fault(email),
            "name": name_fault(name),
            "time_zone": time_zone_fault(time_zone),
            "team_id": await _team_fault(tx, me, team_id) if is_moved else None,
        }
    )
    before = {role.id for role in now.roles}
    after = before if change.role_ids is UNSET else set(await _existing_roles(tx, change.role_ids))
    if is_moved or after != before:
        await _check_gain(tx, me, user, team_id, before, after)
    changed = {
        field
        for field, is_changed in {
            "email": email != user.email,
            "name": name != user.name,
            "time_zone": time_zone != user.time_zone,
            "team_id": is_moved,
            "role_ids": after != before,
        }.items()
        if is_changed
    }
    if not changed:
        return now
    user.email, user.name, user.time_zone, user.team_id = email, name, time_zone, team_id
    lost_update.note_changes(user, changed)
    async with saved_uniquely(tx, _UNIQUE):
        await _replace_roles(tx, user_id, before, after)
    tx.record(UserChanged(user_id=user_id, version=user.version))
    if changed & {"team_id", "role_ids"}:
        rights.tell_rights_changed(tx, [user_id])
    return await get_user(tx.session, me, user_id)


async def deactivate_user(tx: Tx, me: SignedIn, user_id: str) -> UserOut:
    """Sign the user out everywhere and keep them out. Raises NotFound, Refused, Problem 409 for oneself."""
    user = await locked_user(tx, me, user_id)
    _require(me, Permission.MANAGE_USERS, user_id=user.id, team_id=user.team_id)
    if user_id == me.user_id:
        raise Problem(409, "own_user", "You can't deactivate yourself; ask another administrator.")
    if user.is_active:
        await _set_active(tx, user, False)
        await end_all_sign_ins(tx, user_id, EndReason.DEACTIVATED)
        if rights.may_repair(await rights.grants_of_user(tx, user_id)):
            await rights.keep_an_administrator(tx)
    return await get_user(tx.session, me, user_id)


async def activate_user(tx: Tx, me: SignedIn, user_id: str) -> UserOut:
    """Let the user sign in again, with what they had. Raises NotFound, Refused."""
    user = await locked_user(tx, me, user_id)
    _require(me, Permission.MANAGE_USERS, user_id=user.id, team_id=user.team_id)
    if not user.is_active:
        grants = await rights.grants_of_user(tx, user_id)
        rights.check_assign(me, grants, await rights.own_teams_of(tx, user_id, user.team_id))
        await _set_active(tx, user, True)
    return await get_user(tx.session, me, user_id)


async def set_password(tx: Tx, me: SignedIn, user_id: str, password: str, password_hash: str) -> None:
    """Set a password and end the user's sign-ins, but the one that asks.

    Whoever sets another's password could sign in as them, so they must hold
    what that user holds. Raises NotFound, Refused, Invalid.
    """
    user = await locked_user(tx, me, user_id)
    if user_id != me.user_id:
        _require(me, Permission.MANAGE_USERS, user_id=user.id, team_id=user.team_id)
        grants = await rights.grants_of_user(tx, user_id)
        rights.check_assign(me, grants, await rights.own_teams_of(tx, user_id, user.team_id))
    refuse_faults({"password": password_fault(password, email=user.email, name=user.name)})
    user.password_hash = password_hash
    own_sign_in = me.sign_in_id if user_id == me.user_id else None
    await end_all_sign_ins(tx, user_id, EndReason.PASSWORD_CHANGED, but=own_sign_in)
    tx.record(UserChanged(user_id=user_id, version=user.version))


def _check_may_change(me: SignedIn, user: UserRow, change: UserChange) -> None:
    only_own_time_zone = user.id == me.user_id and all(
        field is UNSET for field in (change.email, change.name, change.team_id)
    )
    if not only_own_time_zone:
        _require(me, Permission.MANAGE_USERS, user_id=user.id, team_id=user.team_id)
    if change.role_ids is not UNSET:
        _require(me, Permission.MANAGE_ROLES, user_id=user.id, team_id=user.team_id)


async def _check_gain(
    tx: Tx, me: SignedIn, user: UserRow, team_id: str | None, before: Collection[str], after: Collection[str]
) -> None:
    had, gets = await rights.grants_of_roles(tx, before), await rights.grants_of_roles(tx, after)
    teams_before = await rights.own_teams_of(tx, user.id, user.team_id)
    teams_after = await rights.own_teams_of(tx, user.id, team_id)
    rights.check_assign(me, gets - had, teams_after)
    rights.check_assign(me, rights.reaching(gets), teams_after - teams_before)


async def _replace_roles(tx: Tx, user_id: str, before: set[str], after: set[str]) -> None:
    if before == after:
        return
    lost = await rights.grants_of_roles(tx, before - after)
    await tx.session.execute(
        delete(UserRoleRow).where(UserRoleRow.user_id == user_id, UserRoleRow.role_id.in_(before - after))
    )
    tx.session.add_all(UserRoleRow(user_id=user_id, role_id=role_id) for role_id in sorted(after - before))
    if rights.may_repair(lost):
        await rights.keep_an_administrator(tx)


async def _set_active(tx: Tx, user: UserRow, is_active: bool) -> None:
    user.is_active = is_active
    lost_update.note_changes(user, ["is_active"])
    tx.record(UserChanged(user_id=user.id, version=user.version))
    wake_phones(tx)


async def _existing_roles(tx: Tx, role_ids: Collection[str]) -> list[str]:
    wanted = {role_id for role_id in role_ids if is_id(role_id)}
    found = set((await tx.session.execute(select(RoleRow.id).where(RoleRow.id.in_(wanted)))).scalars())
    if len(found) != len(set(role_ids)):
        raise Invalid({"role_ids": "One of these roles isn't there any more; choose again."})
    return sorted(found)


async def _team_fault(tx: Tx, me: SignedIn, team_id: str | None) -> str | None:
    """Return why ``me`` can't put a user there: as if what they may not see were not there."""
    if not can(me.actor, Permission.MANAGE_USERS, user_resource(None, team_id)):
        return "There is no such team, or you may not see it." if team_id else "Choose one of your teams."
    if team_id is None:
        return None
    if is_id(team_id) and await tx.session.get(TeamRow, team_id):
        return None
    return "There is no such team, or you may not see it."


def _require(me: SignedIn, permission: Permission, *, user_id: str | None, team_id: str | None) -> None:
    if not can(me.actor, permission, user_resource(user_id, team_id)):
        raise Refused(Refusal(RefusalCode.NOT_ALLOWED, {"permission": permission}))


def _in_words(user: UserOut) -> dict[str, tuple[str, str]]:
    return {
        "email": ("the e-mail address", user.email),
        "name": ("the name", user.name),
        "time_zone": ("the time zone", user.time_zone),
        "team_id": ("the team", user.team_name or ""),
        "role_ids": ("the roles", ", ".join(role.name for role in user.roles)),
        "is_active": ("whether they are active", "active" if user.is_active else "inactive"),
    }
