"""Users: created, changed, found, deactivated; nobody gives more than they hold."""

import asyncio
from typing import Any

import httpx
import pytest

from sideline.people.shipped_role_rows import shipped_role_id
from sideline.rules.permissions import Permission, Scope
from tests.api.people.conftest import Recorded, while_locked
from tests.support.people import Api, MadeUser, make_role, make_team, make_user

PASSWORD = "correct horse battery"
P, ALL, OWN_TEAMS = Permission, Scope.ALL, Scope.OWN_TEAMS


@pytest.fixture
async def admin(api: Api) -> httpx.AsyncClient:
    _, client = await api.make_and_sign_in("administrator", password=PASSWORD, name="Ada Admin")
    return client


async def create(client: httpx.AsyncClient, **fields: Any) -> httpx.Response:
    return await client.post("/api/users", json={"email": "new@example.org", "name": "New Person", **fields})


async def change(client: httpx.AsyncClient, user: MadeUser, **fields: Any) -> httpx.Response:
    return await client.patch(f"/api/users/{user.id}", json={"version": 1, **fields})


@pytest.mark.promise("P1")
async def test_a_user_is_created_in_a_team_with_roles_and_can_sign_in(api: Api, admin: httpx.AsyncClient):
    team = await make_team(api.database, "Orders")
    roles = [shipped_role_id("agent"), shipped_role_id("supervisor")]
    answer = await create(admin, team_id=team, role_ids=roles, time_zone="Europe/Lisbon", password=PASSWORD)
    assert answer.status_code == 201, answer.text
    user = answer.json()
    assert (user["team_name"], [role["name"] for role in user["roles"]]) == ("Orders", ["Agent", "Supervisor"])
    browser = await api.visitor()
    await browser.post("/api/sign-in", json={"email": "new@example.org", "password": PASSWORD})
    me = (await browser.get("/api/me")).json()
    assert me["user"]["time_zone"] == "Europe/Lisbon"
    assert me["phone"]["kind"] == "browser"
    assert me["presence"]["status"] == "available"


async def test_every_field_that_is_wrong_gets_its_sentence_and_nothing_is_created(api: Api, admin: httpx.AsyncClient):
    answer = await create(
        admin, email="not an address", name=" ", team_id="nowhere", time_zone="Mars/Base", password="short"
    )
    assert answer.status_code == 422
    assert set(answer.json()["fields"]) == {"email", "name", "team_id", "time_zone", "password"}
    assert (await create(admin, role_ids=["nothing"])).json()["fields"].keys() == {"role_ids"}
    assert (await admin.get("/api/users", params={"search": "new@"})).json()["items"] == []


@pytest.mark.parametrize(
    ("password", "is_accepted"),
    [
        ("twelve chars", True),
        ("eleven char", False),
        ("a" * 300, False),
        ("aaaaaaaaaaaa", False),
        ("New Person Nora", False),
        ("newpersonnora", False),
        ("NORA@example.org", False),
        ("new person nora 2", True),
    ],
)
async def test_a_password_is_long_and_not_the_persons_name_or_address(
    admin: httpx.AsyncClient, password: str, is_accepted: bool
):
    answer = await create(admin, email="nora@example.org", name="New Person Nora", password=password)
    assert (answer.status_code == 201) is is_accepted
    assert ("password" in answer.json().get("fields", {})) is not is_accepted


async def test_two_users_who_get_the_same_address_at_once_are_not_both_created(admin: httpx.AsyncClient):
    answers = await asyncio.gather(*(create(admin, email=email) for email in ("Same@example.org", "same@example.org")))
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [201, 422]
    (refused,) = [answer.json() for answer in answers if answer.status_code == 422]
    assert refused["fields"] == {"email": "Another user has this e-mail address."}


async def test_an_address_that_somebody_has_is_refused_beside_the_field_on_a_change_too(
    api: Api, admin: httpx.AsyncClient
):
    ana, ben = await make_user(api.database, "agent"), await make_user(api.database, "agent")
    answer = await change(admin, ana, email=ben.email.upper())
    assert (answer.status_code, answer.json()["fields"].keys()) == (422, {"email"})
    assert (await admin.get(f"/api/users/{ana.id}")).json()["email"] == ana.email


async def test_who_saves_over_a_change_they_have_not_seen_is_told_what_changed(api: Api, admin: httpx.AsyncClient):
    ana = await make_user(api.database, "agent", name="Ana")
    team = await make_team(api.database, "Orders")
    assert (await change(admin, ana, name="Ana Blue", team_id=team)).json()["version"] == 2
    answer = await change(admin, ana, email="ana.green@example.org")
    assert (answer.status_code, answer.json()["code"]) == (409, "changed_meanwhile")
    assert answer.json()["fields"] == {"name": "It is now “Ana Blue”.", "team_id": "It is now “Orders”."}
    assert "the name and the team" in answer.json()["detail"]
    now = (await admin.get(f"/api/users/{ana.id}")).json()
    assert (now["email"], now["version"]) == (ana.email, 2)
    assert (await change(admin, ana, version=2, email="ana.green@example.org")).status_code == 200


async def test_only_the_fields_that_changed_since_are_named(api: Api, admin: httpx.AsyncClient):
    ana = await make_user(api.database, "agent", name="Ana")
    await change(admin, ana, name="Ana Blue")
    await change(admin, ana, version=2, time_zone="Europe/Oslo")
    answer = await change(admin, ana, version=2, name="Ana Red")
    assert answer.json()["fields"] == {"time_zone": "It is now “Europe/Oslo”."}


async def test_a_change_that_changes_nothing_counts_as_none(api: Api, admin: httpx.AsyncClient, recorded: Recorded):
    ana = await make_user(api.database, "agent", name="Ana")
    assert (await change(admin, ana, name=" Ana ", time_zone="UTC")).json()["version"] == 1
    assert await recorded("user.changed") == []


async def test_a_command_sent_twice_with_one_key_creates_one_user(admin: httpx.AsyncClient):
    body = {"email": "once@example.org", "name": "Once"}
    answers = [await admin.post("/api/users", json=body, headers={"Idempotency-Key": "k"}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json()["id"] == answers[1].json()["id"]


async def test_users_are_listed_by_name_page_by_page_without_gap_or_repeat(api: Api, admin: httpx.AsyncClient):
    for name in ("Bo", "Cy", "Bo", "Di", "Al"):
        await make_user(api.database, "agent", name=name)
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = (await admin.get("/api/users", params={"size": 2, **cursor})).json()
        seen += [f"{user['name']} {user['id']}" for user in page["items"]]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert [line.split()[0] for line in seen] == ["Ada", "Al", "Bo", "Bo", "Cy", "Di"]
    assert len(set(seen)) == 6


async def test_users_are_found_by_part_of_name_or_address_team_role_group_and_state(api: Api, admin: httpx.AsyncClient):
    team = await make_team(api.database)
    ana = await make_user(api.database, "agent", name="Ana 100%", team=team, email="ana@one.example")
    ben = await make_user(api.database, "auditor", name="Ben", email="ben@two.example")
    group = (await admin.post("/api/groups", json={"name": "G", "member_ids": [ben.id]})).json()
    await admin.post(f"/api/users/{ben.id}/deactivate")

    async def found(**params: Any) -> set[str]:
        page = (await admin.get("/api/users", params=params)).json()
        return {user["id"] for user in page["items"]} & {ana.id, ben.id}

    assert await found(search="0%") == {ana.id}
    assert await found(search="%n") == set()
    assert await found(search="TWO.ex") == {ben.id}
    assert await found(team_id=team) == {ana.id}
    assert await found(role_id=shipped_role_id("auditor")) == {ben.id}
    assert await found(group_id=group["id"]) == {ben.id}
    assert await found(is_active=False) == {ben.id}
    assert await found(is_active=True, search="ben") == set()


async def test_a_cursor_that_is_not_ours_is_refused_in_a_sentence(admin: httpx.AsyncClient):
    for cursor in ("", "x", "W10", "WzEsMl0", "WyJhIiwiYiJd"):
        answer = await admin.get("/api/users", params={"cursor": cursor})
        assert (answer.status_code, answer.json()["code"]) == (400, "bad_cursor")


async def test_nobody_deactivates_themself(api: Api):
    user, client = await api.make_and_sign_in("administrator", password=PASSWORD)
    answer = await client.post(f"/api/users/{user.id}/deactivate")
    assert (answer.status_code, answer.json()["code"]) == (409, "own_user")
    assert "deactivate" not in (await client.get(f"/api/users/{user.id}")).json()["abilities"]


@pytest.mark.promise("P1")
async def test_the_last_administrator_stays_one(api: Api):
    only_one = await make_user(api.database, "administrator", password=PASSWORD)
    # Neither of these can repair anything: one cannot sign in, one manages nobody.
    helper, client = await api.make_and_sign_in("administrator")
    await make_user(api.database, "supervisor", password=PASSWORD)
    deactivated = await client.post(f"/api/users/{only_one.id}/deactivate")
    demoted = await change(client, only_one, role_ids=[shipped_role_id("agent")])
    assert {answer.json()["code"] for answer in (deactivated, demoted)} == {"last_administrator"}
    assert (await client.get(f"/api/users/{only_one.id}")).json()["is_active"] is True
    await client.post(f"/api/users/{helper.id}/password", json={"password": PASSWORD})
    assert (await client.post(f"/api/users/{only_one.id}/deactivate")).status_code == 200


async def test_two_administrators_who_demote_each_other_at_once_do_not_both_succeed(api: Api):
    made = [await api.make_and_sign_in("administrator", password=PASSWORD) for _ in range(2)]
    (one, first), (two, second) = made
    agent = [shipped_role_id("agent")]
    answers = await while_locked(
        api.database,
        "SELECT pg_advisory_xact_lock(hashtext('administrators'))",
        change(first, two, role_ids=agent),
        change(second, one, role_ids=agent),
    )
    assert sorted(answer.json().get("code", "done") for answer in answers) == ["done", "last_administrator"]


async def test_a_team_out_of_reach_is_not_named_by_the_users_who_answer_for_it(api: Api):
    own, other = await make_team(api.database), await make_team(api.database)
    both = await make_user(api.database, "supervisor", team=own, supervises=[own, other])
    _, client = await api.make_and_sign_in("supervisor", supervises=[own])
    found = (await client.get(f"/api/users/{both.id}")).json()
    assert [team["id"] for team in found["supervises"]] == [own]


class TestGivingRights:
    """A manager of one's own teams, who holds coaching in these alone."""

    @pytest.fixture
    async def own(self, api: Api) -> str:
        return await make_team(api.database, "Own")

    @pytest.fixture
    async def other(self, api: Api) -> str:
        return await make_team(api.database, "Other")

    @pytest.fixture
    async def manager(self, api: Api, own: str) -> httpx.AsyncClient:
        role = await make_role(
            api.database, (P.MANAGE_USERS, OWN_TEAMS), (P.MANAGE_ROLES, OWN_TEAMS), (P.COACH, OWN_TEAMS)
        )
        _, client = await api.make_and_sign_in(role, "agent", supervises=[own])
        return client

    @pytest.mark.promise("P2")
    async def test_what_one_holds_in_one_s_own_teams_can_be_given_there(
        self, api: Api, own: str, manager: httpx.AsyncClient
    ):
        coach = await make_role(api.database, (P.COACH, OWN_TEAMS))
        answer = await create(manager, team_id=own, role_ids=[coach])
        assert answer.status_code == 201, answer.text

    @pytest.mark.promise("P2")
    async def test_nobody_gives_more_than_they_hold(self, api: Api, own: str, manager: httpx.AsyncClient):
        for grant in ((P.BARGE, OWN_TEAMS), (P.COACH, ALL)):
            more = await make_role(api.database, grant)
            answer = await create(manager, team_id=own, role_ids=[more])
            assert (answer.status_code, answer.json()["code"]) == (403, "cannot_grant_more_than_held")
            ana = await make_user(api.database, "agent", team=own)
            answer = await change(manager, ana, role_ids=[more])
            assert answer.json()["code"] == "cannot_grant_more_than_held"
            assert [r["name"] for r in (await manager.get(f"/api/users/{ana.id}")).json()["roles"]] == ["Agent"]

    async def test_a_role_for_own_teams_is_not_given_to_who_answers_for_other_teams(
        self, api: Api, own: str, other: str, manager: httpx.AsyncClient
    ):
        coach = await make_role(api.database, (P.COACH, OWN_TEAMS))
        ana = await make_user(api.database, "agent", team=own, supervises=[other])
        assert (await change(manager, ana, role_ids=[coach])).json()["code"] == "cannot_grant_more_than_held"

    async def test_people_of_other_teams_are_not_there(
        self, api: Api, own: str, other: str, manager: httpx.AsyncClient
    ):
        far = await make_user(api.database, "agent", team=other)
        near = await make_user(api.database, "agent", team=own)
        for answer in (
            await manager.get(f"/api/users/{far.id}"),
            await change(manager, far, name="X"),
            await manager.post(f"/api/users/{far.id}/deactivate"),
            await manager.post(f"/api/users/{far.id}/password", json={"password": PASSWORD}),
        ):
            assert answer.status_code == 404
        for team in (other, None):
            assert "team_id" in (await change(manager, near, team_id=team)).json()["fields"]
            assert "team_id" in (await create(manager, team_id=team)).json()["fields"]

    async def test_a_user_who_holds_more_cannot_be_taken_over_by_a_new_password(
        self, api: Api, own: str, manager: httpx.AsyncClient
    ):
        boss = await make_user(api.database, "administrator", team=own, password=PASSWORD)
        agent = await make_user(api.database, "agent", team=own)
        refused = await manager.post(f"/api/users/{boss.id}/password", json={"password": PASSWORD + "!"})
        assert refused.json()["code"] == "cannot_grant_more_than_held"
        abilities = (await manager.get(f"/api/users/{boss.id}")).json()["abilities"]
        assert abilities["set_password"]["refusal"]["code"] == "cannot_grant_more_than_held"
        done = await manager.post(f"/api/users/{agent.id}/password", json={"password": PASSWORD})
        assert done.status_code == 204

    async def test_a_user_who_holds_more_is_not_activated_again_by_who_holds_less(
        self, api: Api, own: str, admin: httpx.AsyncClient, manager: httpx.AsyncClient
    ):
        boss = await make_user(api.database, "administrator", team=own, password=PASSWORD)
        await admin.post(f"/api/users/{boss.id}/deactivate")
        answer = await manager.post(f"/api/users/{boss.id}/activate")
        assert answer.json()["code"] == "cannot_grant_more_than_held"


async def test_a_user_with_rights_over_own_teams_is_not_moved_where_the_mover_has_none(api: Api):
    near, far = await make_team(api.database), await make_team(api.database)
    managing = await make_role(api.database, (P.MANAGE_USERS, ALL), (P.COACH, OWN_TEAMS))
    _, manager = await api.make_and_sign_in(managing, supervises=[near])
    coach = await make_user(api.database, await make_role(api.database, (P.COACH, OWN_TEAMS)), team=near)
    agent = await make_user(api.database, "agent", team=near)
    assert (await change(manager, coach, team_id=far)).json()["code"] == "cannot_grant_more_than_held"
    assert (await change(manager, agent, team_id=far)).status_code == 200


async def test_a_change_of_rights_is_told_to_the_user_and_of_the_user_to_the_organisation(
    api: Api, admin: httpx.AsyncClient, recorded: Recorded
):
    ana = await make_user(api.database, "agent")
    await change(admin, ana, role_ids=[shipped_role_id("supervisor")])
    (rights,) = await recorded("rights.changed")
    assert rights["topics"] == (f"user:{ana.id}",)
    (changed,) = await recorded("user.changed")
    assert (changed["user_id"], changed["version"], changed["topics"]) == (ana.id, 2, ("organisation",))
    assert set(changed) == {"type", "user_id", "version", "topics"}


async def test_rights_given_or_taken_count_from_the_next_request_on(api: Api, admin: httpx.AsyncClient):
    ana, client = await api.make_and_sign_in("agent")
    assert (await client.get("/api/users")).status_code == 403
    await change(admin, ana, role_ids=[shipped_role_id("auditor")])
    assert (await client.get("/api/users")).status_code == 200
    await change(admin, ana, version=2, role_ids=[])
    assert (await client.get("/api/users")).status_code == 403


async def test_anyone_changes_their_own_time_zone_and_nothing_else_of_themself(api: Api):
    ana, client = await api.make_and_sign_in("agent")
    assert (await change(client, ana, time_zone="Asia/Tokyo")).json()["time_zone"] == "Asia/Tokyo"
    for fields in ({"name": "Boss"}, {"role_ids": []}, {"team_id": None}, {"email": "boss@example.org"}):
        answer = await change(client, ana, version=2, **fields)
        assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")


class TestPasswords:
    async def test_one_s_own_password_is_changed_with_the_current_one_and_other_browsers_are_out(self, api: Api):
        user = await make_user(api.database, "agent", password=PASSWORD)
        here, there = await api.sign_in(user), await api.sign_in(user)
        wrong = await here.post(f"/api/users/{user.id}/password", json={"password": "another good one"})
        assert wrong.json()["fields"].keys() == {"current_password"}
        body = {"password": "another good one", "current_password": PASSWORD}
        assert (await here.post(f"/api/users/{user.id}/password", json=body)).status_code == 204
        assert (await here.get("/api/me")).status_code == 200
        assert (await there.get("/api/me")).status_code == 401
        browser = await api.visitor()
        sent = {"email": user.email, "password": "another good one"}
        assert (await browser.post("/api/sign-in", json=sent)).status_code == 204

    async def test_the_current_password_cannot_be_guessed_through_an_open_browser(self, api: Api):
        user = await make_user(api.database, "agent", password=PASSWORD)
        client = await api.sign_in(user)
        body = {"password": "another good one", "current_password": "guess"}
        answers = [await client.post(f"/api/users/{user.id}/password", json=body) for _ in range(6)]
        assert [answer.status_code for answer in answers] == [422] * 5 + [429]

    async def test_a_password_set_by_somebody_else_ends_every_sign_in(self, api: Api, admin: httpx.AsyncClient):
        user, client = await api.make_and_sign_in("agent", password=PASSWORD)
        await admin.post(f"/api/users/{user.id}/password", json={"password": "another good one"})
        assert (await client.get("/api/me")).status_code == 401
