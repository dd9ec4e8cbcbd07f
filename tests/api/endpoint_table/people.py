"""Who may call what of people."""

from sqlalchemy import select

from sideline.kit.ids import new_id
from sideline.people.models import ApiKeyRow, GroupRow, PhoneRow
from sideline.people.presence_commands import call_joined, call_left
from sideline.rules.permissions import Permission
from tests.api.endpoint_table.shape import (
    Ask,
    Case,
    Endpoint,
    Expected,
    Outcome,
    Side,
    World,
    anyone,
    needs,
    needs_somewhere,
    only,
)
from tests.support.people import MadeUser, make_role, make_team, make_user

_P = Permission
PASSWORD = "correct horse battery"


async def _user(case: Case) -> MadeUser:
    return await make_user(case.api.database, "agent", team=case.team_id)


async def _ask_user(case: Case) -> Ask:
    return Ask({"user_id": (await _user(case)).id})


async def _change_user(case: Case) -> Ask:
    return Ask({"user_id": (await _user(case)).id}, {"version": 1, "name": f"New name {new_id()}"})


async def _set_password(case: Case) -> Ask:
    return Ask({"user_id": (await _user(case)).id}, {"password": PASSWORD})


async def _new_user(case: Case) -> Ask:
    return Ask(json={"email": f"{new_id()}@example.org", "name": "New", "team_id": case.team_id})


async def _user_id(world: World, side: Side) -> str:
    return (await make_user(world.api.database, "agent", team=world.teams[side])).id


async def _sign_in(case: Case) -> Ask:
    user = await make_user(case.api.database, "agent", password=PASSWORD)
    return Ask(json={"email": user.email, "password": PASSWORD})


async def _choose(_: Case) -> Ask:
    return Ask(json={"status": "not_ready", "reason": "lunch"})


async def _in_wrap_up(case: Case) -> Ask:
    if case.me is not None:
        async with case.api.database.transaction() as tx:
            await call_joined(tx, case.me.id)
            await call_left(tx, case.me.id, was_in_control=True)
    return Ask()


async def _new_phone(case: Case) -> Ask:
    return Ask({"user_id": (await _user(case)).id}, {"kind": "sip", "address": _desk()})


def _desk() -> str:
    """Return the address of a desk phone that nobody else has."""
    return f"sip:{new_id()}@pbx.example.org"


async def _phone(case: Case, kind: str = "sip") -> str:
    user = await _user(case)
    async with case.api.database.transaction() as tx:
        if kind == "browser":
            return await tx.session.scalar(select(PhoneRow.id).where(PhoneRow.user_id == user.id)) or ""
        phone = PhoneRow(id=new_id(), user_id=user.id, kind=kind, address=_desk(), is_selected=False)
        tx.session.add(phone)
        return phone.id


async def _ask_phone(case: Case) -> Ask:
    return Ask({"phone_id": await _phone(case)})


async def _change_phone(case: Case) -> Ask:
    return Ask({"phone_id": await _phone(case)}, {"label": "Desk"})


async def _select_phone(case: Case) -> Ask:
    return Ask({"phone_id": await _phone(case, "browser")})


async def _team(case: Case) -> str:
    """A team nested in the one of that side, so the own team's supervisor answers for it too."""
    return await _team_id(case.world, case.side)


async def _team_id(world: World, side: Side) -> str:
    return await make_team(world.api.database, f"Team {new_id()}", below=world.teams[side])


async def _ask_team(case: Case) -> Ask:
    return Ask({"team_id": await _team(case)})


async def _change_team(case: Case) -> Ask:
    return Ask({"team_id": await _team(case)}, {"version": 1, "name": f"Renamed {new_id()}"})


async def _new_team(case: Case) -> Ask:
    return Ask(json={"name": f"New {new_id()}", "parent_id": case.team_id})


async def _group(case: Case) -> str:
    async with case.api.database.transaction() as tx:
        group = GroupRow(id=new_id(), name=f"Group {new_id()}")
        tx.session.add(group)
        return group.id


async def _ask_group(case: Case) -> Ask:
    return Ask({"group_id": await _group(case)})


async def _change_group(case: Case) -> Ask:
    return Ask({"group_id": await _group(case)}, {"version": 1, "name": f"Renamed {new_id()}"})


async def _new_group(_: Case) -> Ask:
    return Ask(json={"name": f"New {new_id()}"})


async def _ask_role(case: Case) -> Ask:
    return Ask({"role_id": await make_role(case.api.database, name=f"Role {new_id()}")})


async def _change_role(case: Case) -> Ask:
    role_id = await make_role(case.api.database, name=f"Role {new_id()}")
    return Ask({"role_id": role_id}, {"version": 1, "description": "Changed"})


async def _new_role(_: Case) -> Ask:
    return Ask(json={"name": f"New {new_id()}", "grants": [{"permission": "take_calls", "scope": "own"}]})


async def _policy(_: Case) -> Ask:
    return Ask({"key": "observe_first"}, {"value": True})


async def _new_key(_: Case) -> Ask:
    return Ask(json={"name": "Dialer"})


async def _key(case: Case) -> Ask:
    user = await _user(case)
    async with case.api.database.transaction() as tx:
        key = ApiKeyRow(id=new_id(), token_hash=new_id().encode(), name="k", user_id=user.id, created_at=tx.now)
        tx.session.add(key)
    return Ask({"key_id": key.id})


def _seeing_users(role: str, side: Side) -> Outcome:
    return needs(_P.VIEW_USERS)(role, side)


def _of_users(permission: Permission) -> Expected:
    return needs(permission, sees=[_P.VIEW_USERS])


def _of_all(permission: Permission) -> Expected:
    """Things of no team: seen by who sees users anywhere, changed by who holds the permission everywhere."""
    sees, changes = needs_somewhere(_P.VIEW_USERS, permission), needs_somewhere(permission)

    def expected(role: str, side: Side) -> Outcome:
        return changes(role, side) if sees(role, side) == Outcome.DONE else Outcome.HIDDEN

    return expected


_SEES_USERS_SOMEWHERE = needs_somewhere(_P.VIEW_USERS)


def _hidden_unless_seeing(role: str, side: Side) -> Outcome:
    return Outcome.DONE if _SEES_USERS_SOMEWHERE(role, side) == Outcome.DONE else Outcome.HIDDEN


_ONE = (Side.OWN,)
_ADMINISTRATOR = only("administrator")

ENDPOINTS = (
    Endpoint("POST", "/api/sign-in", anyone, _sign_in, _ONE, visitor=Outcome.DONE),
    Endpoint("POST", "/api/sign-out", anyone, sides=_ONE),
    Endpoint("POST", "/api/sign-out-everywhere", anyone, sides=_ONE),
    Endpoint("GET", "/api/sign-in-hints", anyone, sides=_ONE, visitor=Outcome.DONE),
    Endpoint("GET", "/api/me", anyone, sides=_ONE),
    Endpoint("POST", "/api/presence", anyone, _choose, _ONE),
    Endpoint("POST", "/api/wrap-up/finish", anyone, _in_wrap_up, _ONE),
    Endpoint(
        "GET",
        "/api/users",
        _SEES_USERS_SOMEWHERE,
        sides=_ONE,
        listed=lambda page: [user["id"] for user in page["items"]],
        thing=_user_id,
        shows=_seeing_users,
    ),
    Endpoint("POST", "/api/users", _ADMINISTRATOR, _new_user),
    Endpoint("GET", "/api/users/{user_id}", needs(_P.VIEW_USERS), _ask_user),
    Endpoint("PATCH", "/api/users/{user_id}", _of_users(_P.MANAGE_USERS), _change_user),
    Endpoint("POST", "/api/users/{user_id}/deactivate", _of_users(_P.MANAGE_USERS), _ask_user),
    Endpoint("POST", "/api/users/{user_id}/activate", _of_users(_P.MANAGE_USERS), _ask_user),
    Endpoint("POST", "/api/users/{user_id}/password", _of_users(_P.MANAGE_USERS), _set_password),
    Endpoint("GET", "/api/users/{user_id}/phones", _of_users(_P.MANAGE_USERS), _ask_user),
    Endpoint("POST", "/api/users/{user_id}/phones", _of_users(_P.MANAGE_USERS), _new_phone),
    Endpoint("GET", "/api/phones", anyone, sides=_ONE),
    Endpoint("POST", "/api/phones", anyone, _new_phone, _ONE, done=frozenset({201, 409})),
    Endpoint("PATCH", "/api/phones/{phone_id}", _of_users(_P.MANAGE_USERS), _change_phone),
    Endpoint("POST", "/api/phones/{phone_id}/select", _of_users(_P.MANAGE_USERS), _select_phone),
    Endpoint("DELETE", "/api/phones/{phone_id}", _of_users(_P.MANAGE_USERS), _ask_phone),
    Endpoint(
        "GET",
        "/api/teams",
        _SEES_USERS_SOMEWHERE,
        sides=_ONE,
        listed=lambda teams: [team["id"] for team in teams],
        thing=_team_id,
        shows=_seeing_users,
    ),
    Endpoint("POST", "/api/teams", _ADMINISTRATOR, _new_team),
    Endpoint("GET", "/api/teams/{team_id}", needs(_P.VIEW_USERS), _ask_team),
    Endpoint("PATCH", "/api/teams/{team_id}", _of_users(_P.MANAGE_TEAMS), _change_team),
    Endpoint("DELETE", "/api/teams/{team_id}", _of_users(_P.MANAGE_TEAMS), _ask_team),
    Endpoint("GET", "/api/groups", _SEES_USERS_SOMEWHERE, sides=_ONE),
    Endpoint("POST", "/api/groups", _ADMINISTRATOR, _new_group, _ONE),
    Endpoint("GET", "/api/groups/{group_id}", _hidden_unless_seeing, _ask_group, _ONE),
    Endpoint("PATCH", "/api/groups/{group_id}", _of_all(_P.MANAGE_GROUPS), _change_group, _ONE),
    Endpoint("DELETE", "/api/groups/{group_id}", _of_all(_P.MANAGE_GROUPS), _ask_group, _ONE),
    Endpoint("GET", "/api/permissions", _SEES_USERS_SOMEWHERE, sides=_ONE),
    Endpoint("GET", "/api/roles", _SEES_USERS_SOMEWHERE, sides=_ONE),
    Endpoint("POST", "/api/roles", _ADMINISTRATOR, _new_role, _ONE),
    Endpoint("GET", "/api/roles/{role_id}", _hidden_unless_seeing, _ask_role, _ONE),
    Endpoint("PATCH", "/api/roles/{role_id}", _of_all(_P.MANAGE_ROLES), _change_role, _ONE),
    Endpoint("DELETE", "/api/roles/{role_id}", _of_all(_P.MANAGE_ROLES), _ask_role, _ONE),
    Endpoint("GET", "/api/policies", _ADMINISTRATOR, sides=_ONE),
    Endpoint("PUT", "/api/policies/{key}", _ADMINISTRATOR, _policy, _ONE),
    Endpoint("GET", "/api/api-keys", anyone, sides=_ONE),
    Endpoint("POST", "/api/api-keys", anyone, _new_key, _ONE),
    Endpoint("DELETE", "/api/api-keys/{key_id}", only("administrator", otherwise=Outcome.HIDDEN), _key),
)
