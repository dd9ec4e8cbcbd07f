"""Teams: nested without cycles, answered for by supervisors, deleted when empty."""

from typing import Any

import httpx
import pytest

from sideline.rules.permissions import Permission, Scope
from tests.api.people.conftest import Recorded, while_locked
from tests.support.people import Api, make_role, make_team, make_user

P, ALL, OWN_TEAMS = Permission, Scope.ALL, Scope.OWN_TEAMS


@pytest.fixture
async def admin(api: Api) -> httpx.AsyncClient:
    _, client = await api.make_and_sign_in("administrator")
    return client


async def change(client: httpx.AsyncClient, team_id: str, **fields: Any) -> httpx.Response:
    return await client.patch(f"/api/teams/{team_id}", json={"version": 1, **fields})


@pytest.mark.promise("P1")
async def test_who_answers_for_a_team_reaches_everything_nested_in_it_and_nothing_beside(api: Api):
    top, beside = await make_team(api.database), await make_team(api.database)
    middle = await make_team(api.database, below=top)
    bottom = await make_team(api.database, below=middle)
    _, client = await api.make_and_sign_in("supervisor", supervises=[middle])
    listed = {team["id"]: team for team in (await client.get("/api/teams")).json()}
    assert set(listed) == {middle, bottom}
    assert listed[middle]["parent_id"] is None
    assert listed[bottom]["parent_id"] == middle
    statuses = [(await client.get(f"/api/teams/{team}")).status_code for team in (top, middle, bottom, beside)]
    assert statuses == [404, 200, 200, 404]


async def test_a_team_shows_its_supervisors_and_its_members(api: Api, admin: httpx.AsyncClient):
    team = await make_team(api.database)
    ana = await make_user(api.database, "agent", team=team, name="Ana")
    sam = await make_user(api.database, "supervisor", supervises=[team], name="Sam")
    await make_user(api.database, "agent", team=await make_team(api.database, below=team))
    found = (await admin.get(f"/api/teams/{team}")).json()
    assert found["supervisors"] == [{"id": sam.id, "name": "Sam"}]
    assert found["members"] == [{"id": ana.id, "name": "Ana", "is_active": True}]
    assert found["member_count"] == 1


async def test_a_team_is_created_below_another_with_supervisors(api: Api, admin: httpx.AsyncClient):
    top = (await admin.post("/api/teams", json={"name": "Care"})).json()
    sam = await make_user(api.database, "supervisor")
    made = await admin.post("/api/teams", json={"name": "Orders", "parent_id": top["id"], "supervisor_ids": [sam.id]})
    assert made.status_code == 201, made.text
    supervisor = await api.sign_in(sam)
    assert [team["name"] for team in (await supervisor.get("/api/teams")).json()] == ["Orders"]


async def test_a_team_never_comes_below_itself(api: Api, admin: httpx.AsyncClient):
    top = await make_team(api.database)
    middle = await make_team(api.database, below=top)
    bottom = await make_team(api.database, below=middle)
    for parent in (top, middle, bottom):
        answer = await change(admin, top, parent_id=parent)
        assert (answer.status_code, answer.json()["code"]) == (422, "team_cycle")
    assert (await change(admin, bottom, parent_id=top)).status_code == 200


async def test_two_changes_at_once_that_would_make_a_cycle_together_do_not_both_succeed(
    api: Api, admin: httpx.AsyncClient
):
    one, two = await make_team(api.database), await make_team(api.database)
    answers = await while_locked(
        api.database,
        "SELECT pg_advisory_xact_lock(hashtext('teams.parent_id'))",
        change(admin, one, parent_id=two),
        change(admin, two, parent_id=one),
    )
    assert sorted(answer.status_code for answer in answers) == [200, 422]


async def test_two_teams_do_not_have_one_name(api: Api, admin: httpx.AsyncClient):
    await make_team(api.database, "Orders")
    other = await make_team(api.database, "Other")
    for answer in (await admin.post("/api/teams", json={"name": "Orders"}), await change(admin, other, name="Orders")):
        assert answer.json()["fields"] == {"name": "Another team has this name."}


async def test_who_saves_over_a_change_of_a_team_is_told_what_changed(api: Api, admin: httpx.AsyncClient):
    team, top = await make_team(api.database), await make_team(api.database, "Care")
    sam = await make_user(api.database, "supervisor", name="Sam")
    await change(admin, team, parent_id=top, supervisor_ids=[sam.id])
    answer = await change(admin, team, name="Renamed")
    assert answer.json()["fields"] == {"parent_id": "It is now “Care”.", "supervisor_ids": "It is now “Sam”."}


async def test_a_team_that_somebody_or_something_belongs_to_is_not_deleted(api: Api, admin: httpx.AsyncClient):
    with_user, with_team, empty = [await make_team(api.database) for _ in range(3)]
    await make_user(api.database, "agent", team=with_user)
    await make_team(api.database, below=with_team)
    for team in (with_user, with_team):
        answer = await admin.delete(f"/api/teams/{team}")
        assert (answer.status_code, answer.json()["code"]) == (409, "team_in_use")
    assert (await admin.delete(f"/api/teams/{empty}")).status_code == 204
    assert (await admin.get(f"/api/teams/{empty}")).status_code == 404


async def test_everyone_whose_own_teams_change_is_told(api: Api, admin: httpx.AsyncClient, recorded: Recorded):
    left, joined = await make_team(api.database), await make_team(api.database)
    moved = await make_team(api.database, below=left)
    loses = await make_user(api.database, "supervisor", supervises=[left])
    gains = await make_user(api.database, "supervisor", supervises=[joined])
    new = await make_user(api.database, "supervisor")
    await make_user(api.database, "supervisor", supervises=[await make_team(api.database)])
    await change(admin, moved, parent_id=joined, supervisor_ids=[new.id])
    (told,) = await recorded("rights.changed")
    assert set(told["user_ids"]) == {loses.id, gains.id, new.id}


class TestManagingOwnTeams:
    """Somebody who manages the teams below their own."""

    @pytest.fixture
    async def own(self, api: Api) -> str:
        return await make_team(api.database, "Own")

    @pytest.fixture
    async def manager(self, api: Api, own: str) -> httpx.AsyncClient:
        role = await make_role(api.database, (P.MANAGE_TEAMS, OWN_TEAMS), (P.VIEW_USERS, ALL))
        _, client = await api.make_and_sign_in(role, supervises=[own])
        return client

    @pytest.mark.promise("P2")
    async def test_a_team_made_below_one_s_own_is_one_s_own(self, own: str, manager: httpx.AsyncClient):
        made = await manager.post("/api/teams", json={"name": "Below", "parent_id": own})
        assert (made.status_code, set(made.json()["abilities"])) == (201, {"change", "delete", "add_below"})
        assert (await change(manager, made.json()["id"], name="Renamed")).status_code == 200

    @pytest.mark.promise("P2")
    async def test_nothing_is_made_or_moved_outside_one_s_own_teams(
        self, api: Api, own: str, manager: httpx.AsyncClient
    ):
        other = await make_team(api.database)
        for parent in (other, None):
            assert (
                "parent_id"
                in (await manager.post("/api/teams", json={"name": "X", "parent_id": parent})).json()["fields"]
            )
        below = await make_team(api.database, below=own)
        assert "parent_id" in (await change(manager, below, parent_id=other)).json()["fields"]
        seen_only = await change(manager, other, name="Mine")
        assert (seen_only.status_code, seen_only.json()["code"]) == (403, "not_allowed")

    @pytest.mark.promise("P2")
    async def test_nobody_is_made_to_answer_for_a_team_with_rights_that_the_maker_does_not_hold(
        self, api: Api, own: str, manager: httpx.AsyncClient
    ):
        coach = await make_user(api.database, await make_role(api.database, (P.COACH, OWN_TEAMS)))
        plain = await make_user(api.database, await make_role(api.database, (P.VIEW_USERS, OWN_TEAMS)))
        refused = await change(manager, own, supervisor_ids=[coach.id])
        assert refused.json()["code"] == "cannot_grant_more_than_held"
        made = await manager.post("/api/teams", json={"name": "B", "parent_id": own, "supervisor_ids": [coach.id]})
        assert made.json()["code"] == "cannot_grant_more_than_held"
        assert (await change(manager, own, supervisor_ids=[plain.id])).status_code == 200
