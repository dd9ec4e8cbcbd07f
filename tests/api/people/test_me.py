"""Who is signed in, as the shell of the screens asks."""

import pytest

from tests.support.people import Api, make_team


@pytest.mark.promise("P3")
async def test_me_holds_the_widest_scope_of_each_permission_and_the_own_teams(api: Api):
    team = await make_team(api.database, "Orders")
    below = await make_team(api.database, below=team)
    user, client = await api.make_and_sign_in("supervisor", "agent", team=team, name="Sam", time_zone="Europe/Rome")
    me = (await client.get("/api/me")).json()
    assert me["user"] == {
        "id": user.id,
        "name": "Sam",
        "email": user.email,
        "time_zone": "Europe/Rome",
        "team_id": team,
        "team_name": "Orders",
        "roles": me["user"]["roles"],
    }
    assert [role["name"] for role in me["user"]["roles"]] == ["Agent", "Supervisor"]
    permissions = {grant["permission"]: grant["scope"] for grant in me["permissions"]}
    assert (permissions["coach"], permissions["take_calls"]) == ("own_teams", "own")
    assert "manage_users" not in permissions
    assert set(me["own_team_ids"]) == {team, below}
    assert me["is_demo"] is False
    assert (me["phone"]["kind"], me["phone_kinds"]) == ("browser", ["browser"])


async def test_a_visitor_is_told_to_sign_in(api: Api):
    answer = await (await api.visitor()).get("/api/me")
    assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")
    assert answer.headers["content-type"].startswith("application/problem+json")
