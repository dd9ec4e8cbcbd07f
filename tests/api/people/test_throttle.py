"""Guessing passwords is slow: per e-mail address and per network address."""

import asyncio
from datetime import timedelta

import httpx

from sideline.kit.ids import new_id
from sideline.people.models import SignInFailureRow
from sideline.people.sign_in.throttle import MOST_PER_ADDRESS, MOST_PER_EMAIL, WINDOW
from tests.support.people import Api, make_user

PASSWORD = "correct horse battery"


async def submit(browser: httpx.AsyncClient, email: str, password: str = "wrong") -> httpx.Response:
    return await browser.post("/api/sign-in", json={"email": email, "password": password})


async def test_after_some_failures_even_the_right_password_waits(api: Api):
    user = await make_user(api.database, "agent", password=PASSWORD)
    browser = await api.visitor()
    answers = [await submit(browser, user.email) for _ in range(MOST_PER_EMAIL)]
    assert {answer.status_code for answer in answers} == {401}
    api.clock.move(timedelta(minutes=5))
    waits = await submit(browser, user.email.upper(), PASSWORD)
    assert (waits.status_code, waits.json()["code"]) == (429, "too_many_attempts")
    assert waits.headers["retry-after"] == str(int((WINDOW - timedelta(minutes=5)).total_seconds()))
    assert "Wait 10 minutes" in waits.json()["detail"]
    api.clock.move(timedelta(seconds=int(waits.headers["retry-after"])))
    assert (await submit(browser, user.email, PASSWORD)).status_code == 204


async def test_another_address_is_not_held_up_by_it(api: Api):
    user = await make_user(api.database, "agent", password=PASSWORD)
    browser = await api.visitor()
    for _ in range(MOST_PER_EMAIL + 1):
        await submit(browser, "nobody@example.org")
    assert (await submit(browser, user.email, PASSWORD)).status_code == 204


async def test_a_right_password_forgets_the_failures_before_it(api: Api):
    user = await make_user(api.database, "agent", password=PASSWORD)
    browser = await api.visitor()
    for _ in range(2):
        for _ in range(MOST_PER_EMAIL - 1):
            assert (await submit(browser, user.email)).status_code == 401
        assert (await submit(browser, user.email, PASSWORD)).status_code == 204


async def test_one_network_address_cannot_try_many_people(api: Api):
    user = await make_user(api.database, "agent", password=PASSWORD)
    browser = await api.visitor()
    answers = await asyncio.gather(*(submit(browser, f"p{n}@example.org") for n in range(MOST_PER_ADDRESS)))
    assert {answer.status_code for answer in answers} == {401}
    assert (await submit(browser, user.email, PASSWORD)).status_code == 429


async def test_right_passwords_do_not_count_against_a_network_address_that_many_share(api: Api):
    people = [await make_user(api.database, "agent", password=PASSWORD) for _ in range(3)]
    async with api.database.transaction() as tx:
        tx.session.add_all(
            SignInFailureRow(id=new_id(), subject="address:127.0.0.1", at=tx.now) for _ in range(MOST_PER_ADDRESS - 1)
        )
    browser = await api.visitor()
    assert [(await submit(browser, user.email, PASSWORD)).status_code for user in people] == [204, 204, 204]
    assert [(await submit(browser, "nobody@example.org")).status_code for _ in range(2)] == [401, 429]


async def test_attempts_at_the_same_moment_all_count(api: Api):
    user = await make_user(api.database, "agent", password=PASSWORD)
    browser = await api.visitor()
    answers = await asyncio.gather(*(submit(browser, user.email) for _ in range(4 * MOST_PER_EMAIL)))
    assert sorted(answer.status_code for answer in answers).count(401) == MOST_PER_EMAIL
