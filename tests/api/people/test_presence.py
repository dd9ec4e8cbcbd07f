"""Presence: what a person chooses, what calls make of it, who hears of it."""

from datetime import datetime, timedelta

import httpx
import pytest
from sqlalchemy import select

from sideline.people import presence_commands as presence
from sideline.people.models import PresenceRow
from tests.api.people.conftest import Recorded
from tests.support.people import Api, MadeUser, make_team


async def choose(client: httpx.AsyncClient, status: str, reason: str = "") -> httpx.Response:
    return await client.post("/api/presence", json={"status": status, "reason": reason})


async def status_of(client: httpx.AsyncClient) -> tuple[str, str]:
    now = (await client.get("/api/me")).json()["presence"]
    return now["status"], now["reason"]


async def idle_since(api: Api, user: MadeUser) -> datetime | None:
    async with api.database.reading() as connection:
        return await connection.scalar(select(PresenceRow.idle_since).where(PresenceRow.user_id == user.id))


@pytest.fixture
async def agent(api: Api) -> tuple[MadeUser, httpx.AsyncClient]:
    return await api.make_and_sign_in("agent", team=await make_team(api.database))


async def test_a_person_chooses_and_everyone_who_may_see_it_is_told(api: Api, agent, recorded: Recorded):
    user, client = agent
    answer = await choose(client, "not_ready", " lunch ")
    assert (answer.status_code, answer.json()["status"], answer.json()["reason"]) == (200, "not_ready", "lunch")
    event = (await recorded("presence.changed"))[-1]
    assert event["topics"] == ("presences", f"team-presences:{user.team_id}", f"user:{user.id}")
    assert (event["name"], event["status"], event["reason"]) == (user.name, "not_ready", "lunch")


@pytest.mark.parametrize("status", ["offline", "interacting", "wrap_up"])
async def test_what_only_calls_and_signing_out_set_is_not_chosen(agent, status: str):
    answer = await choose(agent[1], status)
    assert (answer.status_code, answer.json()["code"]) == (422, "presence_not_choosable")


async def test_who_may_not_take_calls_does_not_go_on_queue(api: Api):
    _, client = await api.make_and_sign_in("auditor")
    assert (await choose(client, "on_queue")).json()["code"] == "queue_needs_take_calls"


async def test_policy_asks_why_one_is_not_ready(api: Api, agent):
    _, admin = await api.make_and_sign_in("administrator")
    await admin.put("/api/policies/not_ready_reason_required", json={"value": True})
    assert (await choose(agent[1], "not_ready", "  ")).json()["code"] == "presence_reason_required"
    assert (await choose(agent[1], "not_ready", "lunch")).status_code == 200
    assert (await choose(agent[1], "not_ready", "x" * 201)).json()["fields"].keys() == {"reason"}


async def test_a_choice_during_a_call_waits_for_its_end(api: Api, agent):
    user, client = agent
    await choose(client, "on_queue")
    async with api.database.transaction() as tx:
        await presence.call_joined(tx, user.id)
    chosen = (await choose(client, "not_ready", "lunch")).json()
    assert (chosen["status"], chosen["then"], chosen["then_reason"]) == ("interacting", "not_ready", "lunch")
    async with api.database.transaction() as tx:
        await presence.call_left(tx, user.id, was_in_control=True, wrap_up_seconds=30)
    wrapping = (await client.get("/api/me")).json()["presence"]
    assert wrapping["status"] == "wrap_up"
    assert datetime.fromisoformat(wrapping["wrap_up_until"]) == api.clock.now() + timedelta(seconds=30)
    done = (await client.post("/api/wrap-up/finish")).json()
    assert (done["status"], done["reason"], done["wrap_up_until"], done["then"]) == ("not_ready", "lunch", None, None)


async def test_wrap_up_that_is_not_there_is_not_finished(agent):
    answer = await agent[1].post("/api/wrap-up/finish")
    assert (answer.status_code, answer.json()["code"]) == (409, "not_in_wrap_up")


async def test_a_queue_without_wrap_up_gives_the_agent_back_at_once(api: Api, agent):
    user, client = agent
    await choose(client, "on_queue")
    async with api.database.transaction() as tx:
        await presence.call_joined(tx, user.id)
        await presence.call_left(tx, user.id, was_in_control=True, wrap_up_seconds=0)
    assert await status_of(client) == ("on_queue", "")


async def test_who_was_only_consulted_has_no_wrap_up(api: Api, agent):
    user, client = agent
    async with api.database.transaction() as tx:
        await presence.call_joined(tx, user.id)
    async with api.database.transaction() as tx:
        await presence.call_left(tx, user.id, was_in_control=False, wrap_up_seconds=30)
    assert await status_of(client) == ("available", "")


async def test_idle_counts_from_coming_on_queue_or_from_the_end_of_the_last_call(api: Api, agent):
    user, client = agent
    assert await idle_since(api, user) is None
    await choose(client, "on_queue")
    came = api.clock.now()
    api.clock.move(timedelta(minutes=5))
    await choose(client, "on_queue")
    assert await idle_since(api, user) == came
    async with api.database.transaction() as tx:
        await presence.call_joined(tx, user.id)
    assert await idle_since(api, user) is None
    api.clock.move(timedelta(minutes=5))
    async with api.database.transaction() as tx:
        await presence.call_left(tx, user.id, was_in_control=False)
    assert await idle_since(api, user) == api.clock.now()


async def test_missed_calls_in_a_row_make_an_agent_not_ready_as_the_policy_says(api: Api, agent):
    user, client = agent
    _, admin = await api.make_and_sign_in("administrator")
    await admin.put("/api/policies/missed_offers_until_not_ready", json={"value": 2})

    async def miss() -> tuple[str, str]:
        async with api.database.transaction() as tx:
            await presence.call_missed(tx, user.id)
        return await status_of(client)

    await choose(client, "on_queue")
    assert await miss() == ("on_queue", "")
    async with api.database.transaction() as tx:
        await presence.call_joined(tx, user.id)
        await presence.call_left(tx, user.id, was_in_control=False)
    assert await miss() == ("on_queue", "")
    assert await miss() == ("not_ready", "missed_call")
    for _ in range(3):
        await choose(client, "on_queue")
        assert await miss() == ("on_queue", "")


async def test_a_change_that_changes_nothing_is_not_told(agent, recorded: Recorded):
    for _ in range(2):
        await choose(agent[1], "not_ready", "lunch")
    assert [event["status"] for event in await recorded("presence.changed")] == ["available", "not_ready"]
