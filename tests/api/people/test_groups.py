"""Groups: people picked together, across teams."""

from typing import Any

import httpx
import pytest

from sideline.rules.permissions import Permission, Scope
from tests.support.people import Api, make_role, make_team, make_user


@pytest.fixture
async def admin(api: Api) -> httpx.AsyncClient:
    _, client = await api.make_and_sign_in("administrator")
    return client


async def change(client: httpx.AsyncClient, group: dict[str, Any], **fields: Any) -> httpx.Response:
    return await client.patch(f"/api/groups/{group['id']}", json={"version": group["version"], **fields})


def names(group: dict[str, Any]) -> list[str]:
    return [member["name"] for member in group["members"]]


@pytest.mark.promise("P1")
async def test_a_group_is_made_changed_and_deleted_and_its_members_stay(api: Api, admin: httpx.AsyncClient):
    ana, ben = [await make_user(api.database, "agent", name=name) for name in ("Ana", "Ben")]
    group = (await admin.post("/api/groups", json={"name": "Starters", "member_ids": [ana.id]})).json()
    assert names(group) == ["Ana"]
    group = (await change(admin, group, member_ids=[ana.id, ben.id], name="All")).json()
    assert (names(group), group["name"], group["version"]) == (["Ana", "Ben"], "All", 2)
    assert [each["name"] for each in (await admin.get(f"/api/users/{ben.id}")).json()["groups"]] == ["All"]
    assert (await admin.delete(f"/api/groups/{group['id']}")).status_code == 204
    assert (await admin.get(f"/api/users/{ben.id}")).json()["groups"] == []


async def test_a_group_shows_a_reader_only_the_members_they_may_see_and_keeps_the_others(
    api: Api, admin: httpx.AsyncClient
):
    own, other = await make_team(api.database), await make_team(api.database)
    near = await make_user(api.database, "agent", team=own, name="Near")
    far = await make_user(api.database, "agent", team=other, name="Far")
    group = (await admin.post("/api/groups", json={"name": "G", "member_ids": [near.id, far.id]})).json()
    role = await make_role(
        api.database, (Permission.MANAGE_GROUPS, Scope.ALL), (Permission.VIEW_USERS, Scope.OWN_TEAMS)
    )
    _, client = await api.make_and_sign_in(role, supervises=[own])
    assert names((await client.get(f"/api/groups/{group['id']}")).json()) == ["Near"]
    assert [each["member_count"] for each in (await client.get("/api/groups")).json()] == [1]
    assert (await change(client, group, member_ids=[near.id, far.id])).json()["fields"].keys() == {"member_ids"}
    assert names((await change(client, group, member_ids=[])).json()) == []
    assert names((await admin.get(f"/api/groups/{group['id']}")).json()) == ["Far"]


async def test_two_groups_do_not_have_one_name_and_a_lost_update_is_told(admin: httpx.AsyncClient):
    one = (await admin.post("/api/groups", json={"name": "One"})).json()
    two = (await admin.post("/api/groups", json={"name": "Two"})).json()
    assert (await change(admin, two, name="One")).json()["fields"] == {"name": "Another group has this name."}
    assert (await admin.post("/api/groups", json={"name": "One"})).status_code == 422
    await change(admin, one, name="Uno")
    assert (await change(admin, one, name="Eins")).json()["fields"] == {"name": "It is now “Uno”."}
