"""Roles: those that come with Sideline stay; one's own hold no more than one holds."""

from typing import Any

import httpx
import pytest

from sideline.people.permission_scopes import SCOPES
from sideline.people.shipped_role_rows import ensure_shipped_roles
from sideline.rules.permissions import Permission, Scope
from sideline.rules.shipped_roles import SHIPPED_ROLES
from tests.api.people.conftest import Recorded
from tests.support.people import Api, make_role, make_team, make_user

P, ALL, OWN_TEAMS = Permission, Scope.ALL, Scope.OWN_TEAMS
COACH_ALL = {"permission": "coach", "scope": "all"}
COACH_OWN_TEAMS = {"permission": "coach", "scope": "own_teams"}


@pytest.fixture
async def admin(api: Api) -> httpx.AsyncClient:
    _, client = await api.make_and_sign_in("administrator", password="correct horse battery")
    return client


async def change(client: httpx.AsyncClient, role_id: str, **fields: Any) -> httpx.Response:
    return await client.patch(f"/api/roles/{role_id}", json={"version": 1, **fields})


@pytest.mark.promise("P1")
async def test_the_five_shipped_roles_are_there_and_cannot_be_changed(api: Api, admin: httpx.AsyncClient):
    roles = (await admin.get("/api/roles")).json()
    assert {role["name"] for role in roles if role["is_shipped"]} == {role.name for role in SHIPPED_ROLES.values()}
    for role in roles:
        answers = [await change(admin, role["id"], name="Mine"), await admin.delete(f"/api/roles/{role['id']}")]
        assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(409, "shipped_role")}
        assert role["abilities"] == {}


async def test_writing_the_shipped_roles_again_changes_nothing(api: Api, admin: httpx.AsyncClient):
    before = (await admin.get("/api/roles")).json()
    async with api.database.transaction() as tx:
        await ensure_shipped_roles(tx)
    assert (await admin.get("/api/roles")).json() == before


@pytest.mark.promise("P1")
async def test_a_custom_role_gives_exactly_what_it_holds(api: Api, admin: httpx.AsyncClient):
    made = await admin.post("/api/roles", json={"name": "Listener", "grants": [COACH_ALL, COACH_OWN_TEAMS]})
    assert made.status_code == 201, made.text
    _, client = await api.make_and_sign_in(made.json()["id"])
    assert (await client.get("/api/me")).json()["permissions"] == [COACH_ALL]
    assert [role["user_count"] for role in (await admin.get("/api/roles")).json() if role["name"] == "Listener"] == [1]


@pytest.mark.promise("P2")
async def test_nobody_makes_a_role_that_holds_more_than_they_do(api: Api):
    role = await make_role(api.database, (P.MANAGE_ROLES, ALL), (P.COACH, OWN_TEAMS))
    _, client = await api.make_and_sign_in(role)
    mine = await make_role(api.database)
    for grants in ([COACH_ALL], [{"permission": "barge", "scope": "own_teams"}]):
        for answer in (
            await client.post("/api/roles", json={"name": "More", "grants": grants}),
            await change(client, mine, grants=grants),
        ):
            assert (answer.status_code, answer.json()["code"]) == (403, "cannot_grant_more_than_held")
    assert (await client.post("/api/roles", json={"name": "Same", "grants": [COACH_OWN_TEAMS]})).status_code == 201


@pytest.mark.promise("P2")
async def test_a_role_is_not_widened_for_people_whose_teams_the_changer_does_not_reach(api: Api):
    own, other = await make_team(api.database), await make_team(api.database)
    role = await make_role(api.database, (P.MANAGE_ROLES, ALL), (P.COACH, OWN_TEAMS))
    _, client = await api.make_and_sign_in(role, supervises=[own])
    theirs, hers = await make_role(api.database), await make_role(api.database)
    await make_user(api.database, theirs, team=other)
    await make_user(api.database, hers, team=own)
    refused = await change(client, theirs, grants=[COACH_OWN_TEAMS])
    assert refused.json()["code"] == "cannot_grant_more_than_held"
    assert (await change(client, hers, grants=[COACH_OWN_TEAMS])).status_code == 200


async def test_a_changed_role_counts_at_once_for_everyone_who_has_it(
    api: Api, admin: httpx.AsyncClient, recorded: Recorded
):
    role = await make_role(api.database)
    user, client = await api.make_and_sign_in(role)
    assert (await client.get("/api/users")).status_code == 403
    await change(admin, role, grants=[{"permission": "view_users", "scope": "all"}])
    assert (await client.get("/api/users")).status_code == 200
    (told,) = await recorded("rights.changed")
    assert told["user_ids"] == [user.id]
    await change(admin, role, version=2, description="Only words")
    assert len(await recorded("rights.changed")) == 1
    assert len(await recorded("role.changed")) == 2


async def test_the_role_of_the_last_administrator_keeps_what_an_administrator_needs(api: Api):
    repairing = await make_role(api.database, *((permission, ALL) for permission in Permission))
    await make_user(api.database, repairing, password="correct horse battery")
    _, client = await api.make_and_sign_in("administrator")
    answer = await change(client, repairing, grants=[COACH_ALL])
    assert (answer.status_code, answer.json()["code"]) == (409, "last_administrator")
    assert len((await client.get(f"/api/roles/{repairing}")).json()["grants"]) == len(Permission)


async def test_a_role_that_somebody_has_is_not_deleted(api: Api, admin: httpx.AsyncClient):
    used, unused = await make_role(api.database), await make_role(api.database)
    await make_user(api.database, used)
    answer = await admin.delete(f"/api/roles/{used}")
    assert (answer.status_code, answer.json()["code"]) == (409, "role_in_use")
    assert "One user has" in answer.json()["detail"]
    assert (await admin.delete(f"/api/roles/{unused}")).status_code == 204


async def test_wrong_fields_of_a_role_get_their_sentences(admin: httpx.AsyncClient):
    groups_by_team = [{"permission": "manage_groups", "scope": "own_teams"}]
    answer = await admin.post("/api/roles", json={"name": "", "description": "x" * 600, "grants": groups_by_team})
    assert set(answer.json()["fields"]) == {"name", "description", "grants"}
    taken = await admin.post("/api/roles", json={"name": "Agent"})
    assert taken.json()["fields"] == {"name": "Another role has this name."}


async def test_who_saves_over_a_change_of_a_role_is_told_what_changed(api: Api, admin: httpx.AsyncClient):
    role = await make_role(api.database)
    await change(admin, role, grants=[COACH_ALL])
    assert (await change(admin, role, name="X")).json()["fields"] == {"grants": "It is now “coach (all)”."}


async def test_the_screen_that_makes_roles_learns_what_may_be_given(api: Api, admin: httpx.AsyncClient):
    offered = {each["permission"]: each for each in (await admin.get("/api/permissions")).json()}
    assert set(offered) == set(Permission)
    assert all(each["meaning"] and each["grantable"] == each["scopes"] for each in offered.values())
    _, client = await api.make_and_sign_in("supervisor")
    limited = {each["permission"]: each["grantable"] for each in (await client.get("/api/permissions")).json()}
    assert (limited["coach"], limited["manage_users"]) == (["own_teams"], [])


def test_every_shipped_grant_is_one_that_a_custom_role_could_hold():
    wrong = [
        (key, grant) for key, role in SHIPPED_ROLES.items() for grant in role.grants
        if grant.scope not in SCOPES[grant.permission]
    ]  # fmt: skip
    assert wrong == []
