"""Signing in and out: who is let in, with which token, and until when."""

from datetime import timedelta

import httpx
import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from sideline.kit.timers import Timers
from sideline.people.models import SignInRow, UserRow
from sideline.people.sign_in.authentication import SESSION_COOKIE
from sideline.people.sign_in.expiry import SignInExpiry
from sideline.people.sign_in.passwords import hash_password, is_outdated
from sideline.people.sign_in.routes import HINTS
from sideline.people.sign_in.schemas import SignInHint
from sideline.people.sign_in.who import IDLE, LONGEST
from tests.api.people.conftest import Recorded, while_locked
from tests.support.engagements import make_floor
from tests.support.people import Api, MadeUser, make_team, make_user

PASSWORD = "correct horse battery"


async def submit(browser: httpx.AsyncClient, email: str, password: str = PASSWORD) -> httpx.Response:
    return await browser.post("/api/sign-in", json={"email": email, "password": password})


async def give_password(api: Api, user_id: str) -> None:
    hashed = await hash_password(PASSWORD)
    async with api.database.transaction() as tx:
        (await tx.session.get_one(UserRow, user_id)).password_hash = hashed


async def same_browser(api: Api, http: httpx.AsyncClient) -> httpx.AsyncClient:
    """Return the browser again, its cookies kept as a browser keeps those that the server sets."""
    browser = await api.visitor()
    for name, value in http.cookies.items():
        browser.cookies.set(name, value, domain="sideline.test", path="/")
    return browser


async def is_signed_in(browser: httpx.AsyncClient) -> bool:
    return (await browser.get("/api/me")).status_code == 200


@pytest.fixture
async def user(api: Api) -> MadeUser:
    return await make_user(api.database, "agent", password=PASSWORD)


async def test_a_right_password_signs_in_however_the_address_is_written(api: Api, user: MadeUser):
    browser = await api.visitor()
    answer = await submit(browser, f" {user.email.upper()} ")
    assert answer.status_code == 204, answer.text
    assert (await browser.get("/api/me")).json()["user"]["email"] == user.email


async def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(api: Api, user: MadeUser):
    browser = await api.visitor()
    wrong = await submit(browser, user.email, "something else")
    unknown = await submit(browser, "nobody@example.org")
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json() == unknown.json()
    assert wrong.json()["code"] == "sign_in_failed"


async def test_a_user_without_a_password_cannot_sign_in(api: Api):
    user = await make_user(api.database, "agent")
    browser = await api.visitor()
    assert [(await submit(browser, user.email, word)).status_code for word in (PASSWORD, "")] == [401, 401]


async def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(api: Api, user: MadeUser):
    browser = await api.visitor()
    session, csrf = sorted((await submit(browser, user.email)).headers.get_list("set-cookie"), reverse=True)
    assert session.startswith("sideline_session=")
    assert "HttpOnly" in session
    assert "HttpOnly" not in csrf
    assert all("SameSite=lax" in each and "Path=/" in each for each in (session, csrf))


async def test_a_token_that_the_browser_chose_is_never_taken_over(api: Api, user: MadeUser):
    victim, attacker = await api.visitor(), await api.visitor()
    for browser in (victim, attacker):
        browser.cookies.set(SESSION_COOKIE, "chosen-by-the-attacker", domain="sideline.test", path="/")
    await submit(victim, user.email)
    assert victim.cookies[SESSION_COOKIE] != "chosen-by-the-attacker"
    assert await is_signed_in(victim)
    assert not await is_signed_in(attacker)


async def test_signing_in_again_gives_a_new_token_and_ends_the_old_one(api: Api, user: MadeUser):
    browser, old = await api.visitor(), await api.visitor()
    await submit(browser, user.email)
    old.cookies = httpx.Cookies(browser.cookies)
    await submit(browser, user.email)
    assert await is_signed_in(browser)
    assert not await is_signed_in(old)


async def test_the_token_is_not_in_the_database(api: Api, user: MadeUser):
    browser = await api.visitor()
    await submit(browser, user.email)
    async with api.database.reading() as connection:
        row = (await connection.execute(select(SignInRow))).one()
    assert browser.cookies[SESSION_COOKIE] not in repr(row)


async def test_a_sign_in_ends_when_it_is_not_used(api: Api, user: MadeUser):
    browser = await api.sign_in(user)
    for _ in range(3):
        api.clock.move(IDLE - timedelta(minutes=5))
        assert await is_signed_in(browser)
    api.clock.move(IDLE + timedelta(seconds=1))
    assert not await is_signed_in(browser)


async def test_a_sign_in_ends_at_last_however_much_it_is_used(api: Api, user: MadeUser):
    browser = await api.sign_in(user)
    for _ in range(int(LONGEST / IDLE)):
        assert await is_signed_in(browser)
        api.clock.move(IDLE)
        api.clock.move(-timedelta(minutes=1))
    api.clock.move(IDLE)
    assert not await is_signed_in(browser)


async def test_a_sign_in_that_ran_out_closes_sockets_and_takes_the_person_offline(
    api: Api, user: MadeUser, recorded: Recorded
):
    await api.sign_in(user)
    timers = Timers(api.database, [SignInExpiry()])
    due = await timers.run_due()
    assert due == api.clock.now() + IDLE
    api.clock.move(IDLE)
    await timers.run_due()
    (ended,) = await recorded("sign_in.ended")
    assert (ended["reason"], ended["topics"]) == ("expired", (f"user:{user.id}",))
    assert [event["status"] for event in await recorded("presence.changed")] == ["available", "offline"]


async def test_signing_out_ends_this_browser_only(api: Api, user: MadeUser, recorded: Recorded):
    here, there = await api.sign_in(user), await api.sign_in(user)
    answer = await here.post("/api/sign-out")
    assert answer.status_code == 204
    assert not await is_signed_in(here)
    assert await is_signed_in(there)
    assert [event["reason"] for event in await recorded("sign_in.ended")] == ["signed_out"]
    assert [event["status"] for event in await recorded("presence.changed")] == ["available"]


async def test_the_last_browser_that_signs_out_takes_the_person_offline(api: Api, user: MadeUser, recorded: Recorded):
    for browser in (await api.sign_in(user), await api.sign_in(user)):
        await browser.post("/api/sign-out")
    assert [event["status"] for event in await recorded("presence.changed")] == ["available", "offline"]


async def test_of_two_browsers_that_sign_out_at_once_one_is_the_last(api: Api, user: MadeUser, recorded: Recorded):
    browsers = [await api.sign_in(user), await api.sign_in(user)]
    await while_locked(
        api.database,
        "SELECT 1 FROM presences WHERE user_id = CAST(:user AS uuid) FOR UPDATE",
        *(browser.post("/api/sign-out") for browser in browsers),
        user=user.id,
    )
    assert [event["status"] for event in await recorded("presence.changed")] == ["available", "offline"]


async def test_a_password_that_changes_while_it_is_checked_lets_nobody_in(api: Api, user: MadeUser):
    (answer,) = await while_locked(
        api.database,
        "UPDATE users SET password_hash = 'another' WHERE id = CAST(:user AS uuid)",
        submit(await api.visitor(), user.email),
        user=user.id,
    )
    assert (answer.status_code, answer.json()["code"]) == (401, "sign_in_failed")


async def test_a_user_who_is_inactive_in_the_database_is_not_signed_in_whatever_rows_are_left(api: Api, user: MadeUser):
    browser = await api.sign_in(user)
    async with api.database.transaction() as tx:
        (await tx.session.get_one(UserRow, user.id)).is_active = False
    assert not await is_signed_in(browser)


async def test_signing_out_everywhere_ends_every_browser(api: Api, user: MadeUser, recorded: Recorded):
    here, there = await api.sign_in(user), await api.sign_in(user)
    other = await api.sign_in(await make_user(api.database, "agent"))
    assert (await here.post("/api/sign-out-everywhere")).status_code == 204
    assert [await is_signed_in(browser) for browser in (here, there, other)] == [False, False, True]
    (ended,) = await recorded("sign_in.ended")
    assert (ended["sign_in_id"], ended["reason"], ended["topics"]) == (
        None,
        "signed_out_everywhere",
        (f"user:{user.id}",),
    )


async def test_a_deactivated_user_is_out_at_once_and_cannot_come_back(api: Api, user: MadeUser, recorded: Recorded):
    browser = await api.sign_in(user)
    _, admin = await api.make_and_sign_in("administrator")
    answer = await admin.post(f"/api/users/{user.id}/deactivate")
    assert answer.json()["is_active"] is False
    assert not await is_signed_in(browser)
    again = await submit(await api.visitor(), user.email)
    assert (again.status_code, again.json()["code"]) == (403, "deactivated")
    assert [event["reason"] for event in await recorded("sign_in.ended")] == ["deactivated"]
    await admin.post(f"/api/users/{user.id}/activate")
    assert (await submit(await api.visitor(), user.email)).status_code == 204


async def test_a_deactivated_user_learns_nothing_from_a_wrong_password(api: Api, user: MadeUser):
    _, admin = await api.make_and_sign_in("administrator")
    await admin.post(f"/api/users/{user.id}/deactivate")
    assert (await submit(await api.visitor(), user.email, "wrong password")).json()["code"] == "sign_in_failed"


async def test_a_hash_of_another_cost_is_made_anew_when_its_password_is_known(api: Api, user: MadeUser):
    cheap = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD)
    async with api.database.transaction() as tx:
        (await tx.session.get_one(UserRow, user.id)).password_hash = cheap
    assert is_outdated(cheap)
    assert (await submit(await api.visitor(), user.email)).status_code == 204
    async with api.database.reading() as connection:
        stored = await connection.scalar(select(UserRow.password_hash).where(UserRow.id == user.id))
    assert stored is not None
    assert not is_outdated(stored)
    assert (await submit(await api.visitor(), user.email)).status_code == 204


async def test_hints_are_told_in_a_demo_only(api: Api, user: MadeUser):
    hint = SignInHint(email=user.email, password=PASSWORD, name=user.name, role="Agent")
    gone = SignInHint(email="gone@example.org", password=PASSWORD, name="Gone", role="Agent")
    api.app.state[HINTS] = [hint, gone]
    browser = await api.visitor()
    assert (await browser.get("/api/sign-in-hints")).json() == []
    api.app.state.settings = type(api.app.state.settings)(var=api.app.state.settings.var, demo=True)
    assert [each["email"] for each in (await browser.get("/api/sign-in-hints")).json()] == [user.email]


async def test_signing_in_again_in_the_same_browser_keeps_the_live_call_and_the_presence(api: Api, recorded: Recorded):
    floor = await make_floor(api, await make_team(api.database))
    agent = await floor.agent()
    call = await floor.call(agent)
    await give_password(api, agent.id)
    before = len(await recorded("presence.changed"))

    browser = await same_browser(api, agent.http)
    assert (await submit(browser, agent.user.email)).status_code == 204

    assert not await is_signed_in(agent.http)
    desk = (await browser.get("/api/desk")).json()
    assert [(each["id"], each["state"]) for each in desk["current"]] == [(call.id, "talking")]
    assert desk["presence"]["status"] == "interacting"
    assert len(await recorded("presence.changed")) == before


async def test_signing_in_again_in_the_same_browser_keeps_the_engagement(api: Api):
    floor = await make_floor(api, await make_team(api.database))
    supervisor = await floor.supervisor()
    await floor.start(supervisor, await floor.call(await floor.agent()))
    await give_password(api, supervisor.id)

    browser = await same_browser(api, supervisor.http)
    assert (await submit(browser, supervisor.user.email)).status_code == 204

    assert (await browser.get("/api/engagements/mine")).json()["state"] == "active"
