"""Create, change, nest and delete teams."""

from collections.abc import Collection

import msgspec
from msgspec import UNSET
from sqlalchemy import delete, or_, select, text

from sideline.kit.db import Tx
from sideline.kit.ids import is_id, new_id
from sideline.kit.problems import Invalid, Problem, Refused
from sideline.people import lost_update, rights
from sideline.people.events import TeamChanged
from sideline.people.fields import name_fault, refuse_faults
from sideline.people.identity import SignedIn
from sideline.people.models import TeamRow, TeamSupervisorRow, UserRow
from sideline.people.scoping import team_resource, visible_users
from sideline.people.sign_in.who import team_parents
from sideline.people.team_queries import get_team, has_rows_below, locked_team
from sideline.people.team_schemas import NewTeam, TeamChange, TeamDetail
from sideline.people.unique import deleted_unless_used, saved_uniquely
from sideline.rules.permissions import Permission, can
from sideline.rules.refusals import Refusal, RefusalCode
from sideline.rules.teams import descendants, may_nest

_UNIQUE = {"uq_teams_name": ("name", "Another team has this name.")}

_NO_TEAM = "There is no such team, or you may not see it."

# Two changes of nesting at once could make a cycle that neither makes alone.
_ONE_NESTING_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtext('teams.parent_id'))")


async def create_team(tx: Tx, me: SignedIn, wanted: NewTeam) -> TeamDetail:
    """Create a team below one of one's own, or at the top. Raises Invalid and Refused."""
    me.require_at_all(Permission.MANAGE_TEAMS)
    await tx.session.execute(_ONE_NESTING_AT_A_TIME)
    name = wanted.name.strip()
    refuse_faults({"name": name_fault(name), "parent_id": await _parent_fault(tx, me, wanted.parent_id)})
    supervisor_ids = set(wanted.supervisor_ids)
    await _check_visible(tx, me, supervisor_ids)
    team = TeamRow(id=new_id(), name=name, parent_id=wanted.parent_id, version=1, field_versions={})
    async with saved_uniquely(tx, _UNIQUE):
        tx.session.add(team)
    if wanted.parent_id in me.actor.own_team_ids:
        me = _with_own_team(me, team.id)
    await _add_supervisors(tx, me, team.id, frozenset({team.id}), supervisor_ids)
    tx.record(TeamChanged(team_id=team.id))
    rights.tell_rights_changed(tx, await _whose_own(tx, [team.id]))
    return await get_team(tx.session, me, team.id)


async def change_team(tx: Tx, me: SignedIn, team_id: str, change: TeamChange) -> TeamDetail:
    """Change the name, the team above, or who answers for it.

    Raises NotFound, Refused (also for a cycle), Invalid, Problem 409 ``changed_meanwhile``.
    """
    await tx.session.execute(_ONE_NESTING_AT_A_TIME)
    team = await locked_team(tx, me, team_id)
    _require(me, team_id)
    now = await get_team(tx.session, me, team_id)
    parent = await tx.session.get(TeamRow, team.parent_id) if team.parent_id and now.parent_id else None
    lost_update.check_version(
        team,
        change.version,
        "team",
        {
            "name": ("the name", team.name),
            "parent_id": ("the team above", parent.name if parent else ""),
            "supervisor_ids": ("the supervisors", ", ".join(each.name for each in now.supervisors)),
        },
    )
    name = team.name if change.name is UNSET else change.name.strip()
    parent_id = team.parent_id if change.parent_id is UNSET else change.parent_id
    is_nested_anew = parent_id != team.parent_id
    refuse_faults(
        {
            "name": name_fault(name),
            "parent_id": await _parent_fault(tx, me, parent_id) if is_nested_anew else None,
        }
    )
    parents = await team_parents(tx.session)
    if is_nested_anew and (refusal := may_nest(parents, team_id, parent_id)):
        raise Refused(refusal)
    before = {each.id for each in now.supervisors}
    after = before if change.supervisor_ids is UNSET else set(change.supervisor_ids)
    await _check_visible(tx, me, after - before)
    fields = {"name": name != team.name, "parent_id": is_nested_anew, "supervisor_ids": after != before}
    changed = [field for field, is_changed in fields.items() if is_changed]
    if not changed:
        return now
    told = before ^ after
    if is_nested_anew:
        told |= await _whose_own(tx, [team.parent_id, parent_id])
    team.name, team.parent_id = name, parent_id
    lost_update.note_changes(team, changed)
    async with saved_uniquely(tx, _UNIQUE):
        await tx.session.execute(
            delete(TeamSupervisorRow).where(
                TeamSupervisorRow.team_id == team_id, TeamSupervisorRow.user_id.in_(before - after)
            )
        )
    await _add_supervisors(tx, me, team_id, descendants(await team_parents(tx.session), [team_id]), after - before)
    tx.record(TeamChanged(team_id=team_id))
    rights.tell_rights_changed(tx, told)
    return await get_team(tx.session, me, team_id)


async def delete_team(tx: Tx, me: SignedIn, team_id: str) -> None:
    """Delete an empty team. Raises NotFound, Refused, Problem 409 ``team_in_use``."""
    team = await locked_team(tx, me, team_id)
    _require(me, team_id)
    in_use = Problem(
        409,
        "team_in_use",
        f"The team {team.name} still has users, queues or teams below it; nothing was deleted. Move them first.",
    )
    if await has_rows_below(tx, team_id):
        raise in_use
    told = await _whose_own(tx, [team_id])
    async with deleted_unless_used(tx, in_use):
        await tx.session.execute(delete(TeamRow).where(TeamRow.id == team_id))
    tx.record(TeamChanged(team_id=team_id))
    rights.tell_rights_changed(tx, told)


async def _add_supervisors(
    tx: Tx, me: SignedIn, team_id: str, gained: frozenset[str], user_ids: Collection[str]
) -> None:
    for user_id in sorted(user_ids):
        grants = await rights.grants_of_user(tx, user_id)
        rights.check_assign(me, rights.reaching(grants), gained)
        tx.session.add(TeamSupervisorRow(team_id=team_id, user_id=user_id))
    await tx.session.flush()


async def _whose_own(tx: Tx, team_ids: Collection[str | None]) -> set[str]:
    """Return the users to whose own teams one of these belongs: of it, or of a team above it."""
    parents = await team_parents(tx.session)
    at_or_above: set[str] = set()
    for team_id in team_ids:
        while team_id is not None and team_id not in at_or_above:
            at_or_above.add(team_id)
            team_id = parents.get(team_id)
    answering = select(TeamSupervisorRow.user_id).where(TeamSupervisorRow.team_id.in_(at_or_above))
    theirs = select(UserRow.id).where(or_(UserRow.team_id.in_(at_or_above), UserRow.id.in_(answering)))
    return set((await tx.session.execute(theirs)).scalars())


async def _check_visible(tx: Tx, me: SignedIn, user_ids: Collection[str]) -> None:
    wanted = {user_id for user_id in user_ids if is_id(user_id)}
    visible = select(UserRow.id).where(UserRow.id.in_(wanted), visible_users(me), UserRow.is_active)
    if len((await tx.session.execute(visible)).all()) != len(user_ids):
        raise Invalid({"supervisor_ids": "One of these users isn't there, isn't active, or you may not see them."})


async def _parent_fault(tx: Tx, me: SignedIn, parent_id: str | None) -> str | None:
    if not can(me.actor, Permission.MANAGE_TEAMS, team_resource(parent_id)):
        return _NO_TEAM if parent_id else "Choose the team above: you manage only what is below your own teams."
    if parent_id is None or (is_id(parent_id) and await tx.session.get(TeamRow, parent_id)):
        return None
    return _NO_TEAM


def _with_own_team(me: SignedIn, team_id: str) -> SignedIn:
    """Return ``me`` with a team that was just made below one of theirs."""
    actor = msgspec.structs.replace(me.actor, own_team_ids=me.actor.own_team_ids | {team_id})
    return msgspec.structs.replace(me, actor=actor)


def _require(me: SignedIn, team_id: str) -> None:
    if not can(me.actor, Permission.MANAGE_TEAMS, team_resource(team_id)):
        raise Refused(Refusal(RefusalCode.NOT_ALLOWED, {"permission": Permission.MANAGE_TEAMS}))
