"""API keys: shown once, act as their user, end when deleted."""

import pytest
from sqlalchemy import select

from sideline.people.models import ApiKeyRow
from sideline.rules.permissions import Permission, Scope
from tests.support.people import Api, make_role, make_team, make_user


async def test_a_key_acts_as_its_user_without_csrf_until_it_is_deleted(api: Api):
    user, browser = await api.make_and_sign_in("agent")
    made = (await browser.post("/api/api-keys", json={"name": "Dialer"})).json()
    program = await api.with_key(made["key"])
    assert (await program.get("/api/me")).json()["user"]["id"] == user.id
    assert (await program.post("/api/phones", json={"kind": "number", "address": "100"})).status_code == 201
    (listed,) = (await browser.get("/api/api-keys")).json()
    assert listed["last_used_at"] is not None
    assert "key" not in listed
    assert (await browser.delete(f"/api/api-keys/{made['id']}")).status_code == 204
    refused = await program.get("/api/me")
    assert (refused.status_code, refused.json()["code"]) == (401, "bad_api_key")


async def test_the_key_is_kept_nowhere_not_even_as_a_remembered_answer(api: Api):
    _, browser = await api.make_and_sign_in("agent")
    made = await browser.post("/api/api-keys", json={"name": "Dialer"}, headers={"Idempotency-Key": "again"})
    async with api.database.reading() as connection:
        rows = [(await connection.execute(select(ApiKeyRow))).all()]
        rows.append((await connection.exec_driver_sql("SELECT encode(answer, 'escape') FROM remembered_answers")).all())
    assert made.json()["key"] not in repr(rows)


@pytest.mark.parametrize("sent", ["Bearer nonsense", "Bearer ", "bearer sideline_x"])
async def test_a_key_that_is_not_valid_is_refused_even_beside_a_good_cookie(api: Api, sent: str):
    _, browser = await api.make_and_sign_in("agent")
    answer = await browser.get("/api/me", headers={"Authorization": sent})
    assert answer.status_code == 401


async def test_the_key_of_a_deactivated_user_is_refused(api: Api):
    user, browser = await api.make_and_sign_in("agent")
    program = await api.with_key((await browser.post("/api/api-keys", json={"name": "D"})).json()["key"])
    _, admin = await api.make_and_sign_in("administrator")
    await admin.post(f"/api/users/{user.id}/deactivate")
    assert (await program.get("/api/me")).status_code == 401


async def test_a_key_makes_no_keys_and_has_no_sign_in_to_end(api: Api):
    _, browser = await api.make_and_sign_in("agent")
    program = await api.with_key((await browser.post("/api/api-keys", json={"name": "D"})).json()["key"])
    assert (await program.post("/api/api-keys", json={"name": "E"})).json()["code"] == "needs_sign_in"
    assert (await program.post("/api/sign-out")).json()["code"] == "no_sign_in"


@pytest.mark.promise("P2")
async def test_nobody_makes_a_key_with_which_they_could_do_more(api: Api):
    own = await make_team(api.database)
    role = await make_role(api.database, (Permission.MANAGE_USERS, Scope.OWN_TEAMS))
    _, manager = await api.make_and_sign_in(role, "agent", supervises=[own])
    boss = await make_user(api.database, "administrator", team=own)
    agent = await make_user(api.database, "agent", team=own)
    far = await make_user(api.database, "agent")

    async def make_for(user_id: str):
        return (await manager.post("/api/api-keys", json={"name": "K", "user_id": user_id})).json()

    assert (await make_for(boss.id))["code"] == "cannot_grant_more_than_held"
    assert (await make_for(far.id))["fields"].keys() == {"user_id"}
    assert (await make_for("nobody"))["fields"].keys() == {"user_id"}
    assert (await make_for(agent.id))["user"]["id"] == agent.id
    assert [key["user"]["id"] for key in (await manager.get("/api/api-keys")).json()] == [agent.id]
