"""Create, change and delete custom roles."""

from collections.abc import Iterable

from msgspec import UNSET
from sqlalchemy import delete, func, select

from sideline.kit.db import Tx
from sideline.kit.ids import new_id
from sideline.kit.problems import Problem, Refused
from sideline.people import lost_update, rights
from sideline.people.events import RoleChanged
from sideline.people.fields import name_fault, refuse_faults
from sideline.people.grants import read_grants, stored_grants
from sideline.people.identity import SignedIn
from sideline.people.models import RoleRow, UserRoleRow, UserRow
from sideline.people.permission_scopes import SCOPES
from sideline.people.role_queries import get_role, locked_role, manages_roles
from sideline.people.role_schemas import NewRole, RoleChange, RoleOut
from sideline.people.unique import saved_uniquely
from sideline.rules.permissions import Grant, Permission, may_grant
from sideline.rules.refusals import Refusal, RefusalCode

LONGEST_DESCRIPTION = 500

_UNIQUE = {"uq_roles_name": ("name", "Another role has this name.")}


async def create_role(tx: Tx, me: SignedIn, wanted: NewRole) -> RoleOut:
    """Create a role that holds nothing that ``me`` does not. Raises Invalid and Refused."""
    _require(me)
    name, description = wanted.name.strip(), wanted.description.strip()
    refuse_faults(_faults(name, description, wanted.grants))
    if refusal := may_grant(me.actor, wanted.grants):
        raise Refused(refusal)
    role = RoleRow(
        id=new_id(),
        name=name,
        description=description,
        is_shipped=False,
        grants=stored_grants(set(wanted.grants)),
        version=1,
        field_versions={},
    )
    async with saved_uniquely(tx, _UNIQUE):
        tx.session.add(role)
    tx.record(RoleChanged(role_id=role.id))
    return await get_role(tx.session, me, role.id)


async def change_role(tx: Tx, me: SignedIn, role_id: str, change: RoleChange) -> RoleOut:
    """Change a custom role for everyone who has it. Raises NotFound, Refused, Invalid, Problem 409."""
    role = await locked_role(tx, me, role_id)
    _require(me)
    _refuse_shipped(role)
    had = read_grants(role.grants)
    now = {
        "name": ("the name", role.name),
        "description": ("the description", role.description),
        "grants": ("the permissions", ", ".join(f"{each.permission} ({each.scope})" for each in sorted_grants(had))),
    }
    lost_update.check_version(role, change.version, "role", now)
    name = role.name if change.name is UNSET else change.name.strip()
    description = role.description if change.description is UNSET else change.description.strip()
    grants = had if change.grants is UNSET else frozenset(change.grants)
    refuse_faults(_faults(name, description, grants - had))
    await _check_gain(tx, me, role_id, grants - had)
    fields = {"name": name != role.name, "description": description != role.description, "grants": grants != had}
    changed = [field for field, is_changed in fields.items() if is_changed]
    if not changed:
        return await get_role(tx.session, me, role_id)
    async with saved_uniquely(tx, _UNIQUE):
        role.name, role.description, role.grants = name, description, stored_grants(grants)
        lost_update.note_changes(role, changed)
    if rights.may_repair(had - grants):
        await rights.keep_an_administrator(tx)
    tx.record(RoleChanged(role_id=role_id))
    if grants != had:
        rights.tell_rights_changed(tx, await _holders(tx, role_id))
    return await get_role(tx.session, me, role_id)


async def delete_role(tx: Tx, me: SignedIn, role_id: str) -> None:
    """Delete a custom role that nobody has. Raises NotFound, Refused, Problem 409 ``role_in_use``."""
    role = await locked_role(tx, me, role_id)
    _require(me)
    _refuse_shipped(role)
    held_by = await tx.session.scalar(
        select(func.count()).select_from(UserRoleRow).where(UserRoleRow.role_id == role_id)
    )
    if held_by:
        raise Problem(
            409,
            "role_in_use",
            f"{'One user has' if held_by == 1 else f'{held_by} users have'} the role {role.name}; "
            "nothing was deleted. Take it from them first.",
        )
    await tx.session.execute(delete(RoleRow).where(RoleRow.id == role_id))
    tx.record(RoleChanged(role_id=role_id))


def sorted_grants(grants: Iterable[Grant]) -> list[Grant]:
    """Return ``grants`` by permission and scope."""
    return sorted(grants, key=lambda grant: (grant.permission, grant.scope))


async def _check_gain(tx: Tx, me: SignedIn, role_id: str, added: frozenset[Grant]) -> None:
    """Raise Refused if the role, or anyone who has it, would get what ``me`` does not hold."""
    if refusal := may_grant(me.actor, added):
        raise Refused(refusal)
    if not rights.reaching(added):
        return
    for user_id in await _holders(tx, role_id):
        user = await tx.session.get_one(UserRow, user_id)
        rights.check_assign(me, added, await rights.own_teams_of(tx, user_id, user.team_id))


async def _holders(tx: Tx, role_id: str) -> list[str]:
    holders = select(UserRoleRow.user_id).where(UserRoleRow.role_id == role_id)
    return list((await tx.session.execute(holders)).scalars())


def _faults(name: str, description: str, grants: Iterable[Grant]) -> dict[str, str | None]:
    too_long = len(description) > LONGEST_DESCRIPTION
    return {
        "name": name_fault(name),
        "description": f"A description has at most {LONGEST_DESCRIPTION} characters." if too_long else None,
        "grants": next((fault for each in sorted_grants(grants) if (fault := _grant_fault(each))), None),
    }


def _grant_fault(grant: Grant) -> str | None:
    if grant.scope in SCOPES[grant.permission]:
        return None
    scopes = " or ".join(scope.replace("_", " ") for scope in SCOPES[grant.permission])
    return f"“{grant.permission}” can reach only: {scopes}."


def _refuse_shipped(role: RoleRow) -> None:
    if role.is_shipped:
        raise Problem(
            409,
            "shipped_role",
            f"{role.name} comes with Sideline and stays as it is; make a role of your own with what you need.",
        )


def _require(me: SignedIn) -> None:
    if not manages_roles(me):
        raise Refused(Refusal(RefusalCode.NOT_ALLOWED, {"permission": Permission.MANAGE_ROLES}))
