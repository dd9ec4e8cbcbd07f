"""Create, change and delete groups."""

from collections.abc import Collection

from msgspec import UNSET
from sqlalchemy import delete, select

from sideline.kit.db import Tx
from sideline.kit.ids import is_id, new_id
from sideline.kit.problems import Invalid, Refused
from sideline.people import lost_update
from sideline.people.events import GroupChanged
from sideline.people.fields import name_fault, refuse_faults
from sideline.people.group_queries import get_group, locked_group, manages_groups
from sideline.people.group_schemas import GroupChange, GroupDetail, NewGroup
from sideline.people.identity import SignedIn
from sideline.people.models import GroupMemberRow, GroupRow, UserRow
from sideline.people.scoping import visible_users
from sideline.people.unique import saved_uniquely
from sideline.rules.permissions import Permission
from sideline.rules.refusals import Refusal, RefusalCode

_UNIQUE = {"uq_groups_name": ("name", "Another group has this name.")}


async def create_group(tx: Tx, me: SignedIn, wanted: NewGroup) -> GroupDetail:
    """Create a group. Raises Invalid and Refused."""
    _require(me)
    name = wanted.name.strip()
    refuse_faults({"name": name_fault(name)})
    member_ids = set(wanted.member_ids)
    await _check_visible(tx, me, member_ids)
    group = GroupRow(id=new_id(), name=name, version=1, field_versions={})
    async with saved_uniquely(tx, _UNIQUE):
        tx.session.add(group)
    tx.session.add_all(GroupMemberRow(group_id=group.id, user_id=user_id) for user_id in sorted(member_ids))
    await tx.session.flush()
    tx.record(GroupChanged(group_id=group.id))
    return await get_group(tx.session, me, group.id)


async def change_group(tx: Tx, me: SignedIn, group_id: str, change: GroupChange) -> GroupDetail:
    """Change the name, or which visible users are members. Raises NotFound, Refused, Invalid, Problem 409."""
    group = await locked_group(tx, me, group_id)
    _require(me)
    members = select(GroupMemberRow.user_id).join(UserRow, UserRow.id == GroupMemberRow.user_id)
    seen = members.where(GroupMemberRow.group_id == group_id, visible_users(me))
    before = set((await tx.session.execute(seen)).scalars())
    now = {"name": ("the name", group.name), "member_ids": ("the members", f"{len(before)} people")}
    lost_update.check_version(group, change.version, "group", now)
    name = group.name if change.name is UNSET else change.name.strip()
    refuse_faults({"name": name_fault(name)})
    after = before if change.member_ids is UNSET else set(change.member_ids)
    await _check_visible(tx, me, after - before)
    fields = {"name": name != group.name, "member_ids": after != before}
    if changed := [field for field, is_changed in fields.items() if is_changed]:
        group.name = name
        lost_update.note_changes(group, changed)
        async with saved_uniquely(tx, _UNIQUE):
            await tx.session.execute(
                delete(GroupMemberRow).where(
                    GroupMemberRow.group_id == group_id, GroupMemberRow.user_id.in_(before - after)
                )
            )
            tx.session.add_all(GroupMemberRow(group_id=group_id, user_id=each) for each in sorted(after - before))
        tx.record(GroupChanged(group_id=group_id))
    return await get_group(tx.session, me, group_id)


async def delete_group(tx: Tx, me: SignedIn, group_id: str) -> None:
    """Delete a group; its members stay. Raises NotFound, Refused."""
    await locked_group(tx, me, group_id)
    _require(me)
    await tx.session.execute(delete(GroupRow).where(GroupRow.id == group_id))
    tx.record(GroupChanged(group_id=group_id))


async def _check_visible(tx: Tx, me: SignedIn, user_ids: Collection[str]) -> None:
    wanted = {user_id for user_id in user_ids if is_id(user_id)}
    visible = select(UserRow.id).where(UserRow.id.in_(wanted), visible_users(me))
    if len((await tx.session.execute(visible)).all()) != len(user_ids):
        raise Invalid({"member_ids": "One of these users isn't there, or you may not see them."})


def _require(me: SignedIn) -> None:
    if not manages_groups(me):
        raise Refused(Refusal(RefusalCode.NOT_ALLOWED, {"permission": Permission.MANAGE_GROUPS}))
