"""A customer's page: calling in, its token, and what keeps the line from being flooded."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from sideline.interactions import new_call
from tests.support.interactions import TOKEN, Line, make_queue
from tests.support.people import Api


async def test_visitor_sees_whether_a_queue_is_open(line: Line, api: Api) -> None:
    visitor = await api.visitor()
    _, closed = await make_queue(line.database, None, is_open=False)

    assert (await visitor.get(f"/api/customer/queues/{line.slug}")).json()["is_open"]
    assert not (await visitor.get(f"/api/customer/queues/{closed}")).json()["is_open"]
    for unknown in ("nothing-here", "a%00b"):
        assert (await visitor.get(f"/api/customer/queues/{unknown}")).status_code == 404


async def test_closed_queue_takes_no_calls_and_says_so(line: Line, api: Api) -> None:
    visitor = await api.visitor()
    _, closed = await make_queue(line.database, None, is_open=False)

    answer = await visitor.post("/api/customer/calls", json={"queue_slug": closed, "name": "Ana"})

    assert (answer.status_code, answer.json()["code"]) == (409, "queue_closed")


async def test_token_is_of_one_call_and_no_other_customer_reaches_it(line: Line) -> None:
    one, other = await line.caller(name="Ana"), await line.caller(name="Bob")

    assert (await one.call())["number"] == one.number
    assert (await other.call())["number"] == other.number
    for token in ("", "guess", one.http.headers[TOKEN][:-1]):
        answer = await one.http.get("/api/customer/call", headers={TOKEN: token})
        assert (answer.status_code, answer.json()["code"]) == (401, "unknown_call")


async def test_token_is_kept_only_as_a_hash(line: Line) -> None:
    from sqlalchemy import text

    caller = await line.caller()
    async with line.database.reading() as connection:
        stored = (await connection.execute(text("SELECT token_hash FROM participants"))).scalar_one()
    assert caller.http.headers[TOKEN].encode() not in bytes(stored)


async def test_token_opens_nothing_of_the_staffs(line: Line) -> None:
    caller = await line.caller()
    for path in ("/api/desk", "/api/interactions", f"/api/interactions/{caller.interaction_id}", "/api/colleagues"):
        assert (await caller.http.get(path)).status_code == 401


async def test_customer_learns_nothing_of_consults_and_internal_names(line: Line) -> None:
    agent, colleague = await line.agent(), await line.agent(presence="available", name="Secret Colleague")
    caller = await line.talking(agent)
    await agent.does(caller, "consult", user_id=colleague.id)
    await colleague.does(caller, "answer")

    call = await caller.call()

    assert call["state"] == "held"
    assert "Secret Colleague" not in str(call)


async def test_one_address_starts_only_so_many_calls_a_minute(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(new_call, "CALLS_A_MINUTE", 3)
    for _ in range(3):
        await (await line.caller()).hang_up()
    visitor = await line.api.visitor()
    body = {"queue_slug": line.slug}

    refused = await visitor.post("/api/customer/calls", json=body)

    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_calls")
    assert refused.headers["Retry-After"] == "60"
    line.api.clock.move(timedelta(seconds=61))
    assert (await visitor.post("/api/customer/calls", json=body)).status_code == 201


async def test_full_queue_asks_to_call_later(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(new_call, "MOST_WAITING", 2)
    first = await line.caller()
    await line.caller()
    visitor = await line.api.visitor()

    refused = await visitor.post("/api/customer/calls", json={"queue_slug": line.slug})
    assert (refused.status_code, refused.json()["code"]) == (503, "queue_full")

    await first.hang_up()
    assert (await visitor.post("/api/customer/calls", json={"queue_slug": line.slug})).status_code == 201


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"queue_slug": 7},
        {"queue_slug": "line", "name": "x" * 201},
        {"queue_slug": "line", "name": "two\nlines"},
        {"queue_slug": "line", "name": "nul\0"},
        {"queue_slug": "line", "color": "red"},
    ],
)
async def test_what_cannot_be_a_call_is_refused_and_nothing_is_kept(line: Line, body: dict[str, object]) -> None:
    visitor = await line.api.visitor()

    answer = await visitor.post("/api/customer/calls", json=body)

    assert answer.status_code == 400
    assert answer.json()["fields"]


async def test_oversize_call_is_refused(line: Line) -> None:
    visitor = await line.api.visitor()
    answer = await visitor.post("/api/customer/calls", json={"queue_slug": line.slug, "name": "x" * 300_000})
    assert answer.status_code == 413


async def test_call_started_twice_with_one_key_is_one_call_and_its_secret_is_kept_nowhere(line: Line) -> None:
    visitor = await line.api.visitor()
    key = {"Idempotency-Key": "call-1"}

    first = await visitor.post("/api/customer/calls", json={"queue_slug": line.slug}, headers=key)
    second = await visitor.post("/api/customer/calls", json={"queue_slug": line.slug}, headers=key)

    assert (first.status_code, second.status_code) == (201, 409)
    assert second.json()["code"] == "already_done"
    async with line.database.reading() as connection:
        kept = (await connection.execute(text("SELECT answer FROM remembered_answers"))).scalars().all()
    assert kept == [b""]


async def test_customer_who_never_connects_a_phone_does_not_wait_for_ever(line: Line) -> None:
    caller = await line.caller(has_phone=False)

    await line.after(seconds=59)
    assert (await caller.call())["state"] == "waiting"

    await line.after(seconds=2)
    assert (await caller.call())["ended_reason"] == "customer_lost"
