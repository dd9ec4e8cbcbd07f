"""A customer's page hears of its own call and of nothing else."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from sideline.kit.db import Database
from tests.realtime.conftest import happen
from tests.support.interactions import TOKEN, make_queue
from tests.support.people import make_team
from tests.support.server import Site, browser, open_socket


@asynccontextmanager
async def called(site: Site, slug: str) -> AsyncIterator[tuple[httpx.AsyncClient, str, str]]:
    """Call in; yield the customer's page, the token and the participant's id."""
    async with browser(site.url) as http:
        answer = await http.post("/api/customer/calls", json={"queue_slug": slug, "name": "Maria"})
        assert answer.status_code == 201, answer.text
        http.headers[TOKEN] = answer.json()["token"]
        yield http, answer.json()["token"], answer.json()["participant_id"]


async def test_a_customer_hears_of_their_own_call_only(site: Site, database: Database):
    _, slug = await make_queue(database, await make_team(database))
    async with (
        called(site, slug) as (maria, token, participant_id),
        called(site, slug) as (other, _, other_participant),
        await open_socket(site.port, path="/api/customer/socket") as live,
    ):
        await live.say("identify", token=token)
        await live.next("hello")
        assert (await live.next("subscribed"))["topics"] == [f"customer:{participant_id}"]
        asked = [f"customer:{other_participant}", "organisation", "interactions", "queues"]
        assert (await live.subscribe(*asked))["topics"] == []
        await happen(database, "not for customers")
        assert (await other.post("/api/customer/call/end")).status_code == 200
        assert (await maria.post("/api/customer/call/end")).status_code == 200
        heard = await live.until(lambda heard: any(event["type"] == "customer.call_changed" for event in heard))
    assert {event["participant_id"] for event in heard} == {participant_id}
    assert heard[-1]["call"]["state"] == "ended"


async def test_a_customer_resumes_like_anyone(site: Site, database: Database):
    _, slug = await make_queue(database, await make_team(database))
    async with called(site, slug) as (maria, token, _):
        async with await open_socket(site.port, path="/api/customer/socket") as live:
            await live.say("identify", token=token)
            position = (await live.next("hello"))["position"]
        await maria.post("/api/customer/call/end")
        async with await open_socket(site.port, path="/api/customer/socket") as live:
            await live.say("identify", token=token)
            await live.say("resume", position=position)
            heard = await live.until(lambda heard: len(heard) > 0)
    assert heard[-1]["call"]["state"] == "ended"
