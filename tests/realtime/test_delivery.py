"""Events reach the sockets: each once, in order, none skipped."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text

from sideline.kit.db import Database
from sideline.people.events import PresenceChanged, UserChanged
from tests.realtime.conftest import Person, happen
from tests.support.server import Site, live_socket

_TAKE_A_TRANSACTION_ID = text("SELECT pg_current_xact_id()")
_WRITTEN = text("SELECT payload->>'user_id' FROM events WHERE type = 'user.changed'")


def names(events: list[dict[str, Any]]) -> list[str]:
    return [event["user_id"] for event in events if event["type"] == "user.changed"]


async def test_an_event_reaches_a_subscribed_socket(site: Site, person: Person, database: Database):
    async with live_socket(site.port, person.opened, "organisation") as live:
        await happen(database, "a")
        (event,) = await live.until(lambda heard: len(heard) == 1)
    assert event["type"] == "user.changed"
    assert event["user_id"] == "a"
    assert event["at"].endswith("Z")


async def test_subscribe_then_fetch_sees_every_event(site: Site, person: Person, database: Database):
    """Whatever is not in the fetched answer arrives as an event, however the two interleave."""
    stop = asyncio.Event()

    async def write() -> None:
        number = 0
        while not stop.is_set():
            await happen(database, str(number))
            number += 1

    writer = asyncio.create_task(write())
    for _ in range(10):
        async with live_socket(site.port, person.opened, "organisation") as live:
            async with database.reading() as connection:
                fetched = set((await connection.execute(_WRITTEN)).scalars())
            goal = len(fetched) + 5
            await live.until(lambda heard, goal=goal: str(goal) in names(heard))
        told = names(live.heard)
        assert {str(number) for number in range(goal)} - fetched - set(told) == set()
        assert told == sorted(set(told), key=int)
    stop.set()
    await writer


async def test_an_event_that_commits_late_is_not_skipped(site: Site, person: Person, database: Database):
    async with live_socket(site.port, person.opened, "organisation") as live:
        async with database.transaction() as late:
            late.record(UserChanged(user_id="late", version=1))
            await late.flush()
            await happen(database, "early")
        await live.until(lambda heard: len(heard) == 2)
    assert names(live.heard) == ["late", "early"]


async def test_an_event_held_back_by_a_silent_transaction_still_arrives(site: Site, person: Person, database: Database):
    """Nobody is notified when a transaction without events ends; the tail looks again by itself."""
    async with live_socket(site.port, person.opened, "organisation") as live:
        async with database.transaction() as silent:
            await silent.session.execute(_TAKE_A_TRANSACTION_ID)
            await happen(database, "held back")
            await asyncio.sleep(0.4)  # house: the tail has to look in vain meanwhile
        began = asyncio.get_running_loop().time()
        await live.until(lambda heard: len(heard) == 1)
        assert asyncio.get_running_loop().time() - began < 1


async def test_a_socket_with_several_topics_hears_each_event_once(site: Site, person: Person, database: Database):
    async with live_socket(site.port, person.opened, "presences", person.topic, "organisation") as live:
        async with database.transaction() as tx:
            for number in range(30):
                tx.record(presence(person, str(number), tx.now))
        await happen(database, "last")
        heard = await live.until(lambda heard: names(heard) == ["last"])
    reasons = [event["reason"] for event in heard if event.get("status") == "not_ready"]
    assert reasons == [str(number) for number in range(30)]


async def test_the_first_event_after_silence_goes_at_once_and_those_that_follow_share_a_frame(
    site: Site, person: Person, database: Database, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("sideline.realtime.hub.WINDOW_SECONDS", 3.0)
    async with live_socket(site.port, person.opened, "organisation") as live:
        began = asyncio.get_running_loop().time()
        await happen(database, "0")
        await live.until(lambda heard: len(heard) == 1)
        assert asyncio.get_running_loop().time() - began < 2
        for number in range(1, 20):
            await happen(database, str(number))
        await live.until(lambda heard: len(heard) == 20)
    frames = [names(frame["events"]) for frame in live.frames if frame["kind"] == "events"]
    assert frames == [["0"], [str(number) for number in range(1, 20)]]


async def test_a_quiet_topic_is_told_at_once_while_another_waits_and_order_holds(
    site: Site, person: Person, database: Database, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("sideline.realtime.hub.WINDOW_SECONDS", 3.0)
    async with (
        live_socket(site.port, person.opened, "organisation", person.topic) as live,
        live_socket(site.port, person.opened, "organisation") as other,
    ):
        await happen(database, "at once")
        await live.until(lambda heard: len(heard) == 1)
        began = asyncio.get_running_loop().time()
        await happen(database, "waits")
        async with database.transaction() as tx:
            tx.record(presence(person, "quiet", tx.now))
        await live.until(lambda heard: len(heard) == 3)
        assert asyncio.get_running_loop().time() - began < 2
        await happen(database, "last")
        await live.until(lambda heard: len(heard) == 4)
        await other.until(lambda heard: len(heard) == 3)
    told = [event.get("reason", event["user_id"]) for event in live.heard]
    assert told == ["at once", "waits", "quiet", "last"]
    assert names(other.heard) == ["at once", "waits", "last"]
    assert [len(frame["events"]) for frame in other.frames if frame["kind"] == "events"] == [1, 2]


async def test_unsubscribed_topics_are_heard_no_more(site: Site, person: Person, database: Database):
    async with live_socket(site.port, person.opened, "organisation", person.topic) as live:
        await live.say("unsubscribe", topics=["organisation"])
        # The answer to this shows that the one before it was done.
        await live.subscribe("queues")
        await happen(database, "unheard")
        async with database.transaction() as tx:
            tx.record(presence(person, "heard", tx.now))
        await live.until(lambda heard: any(event.get("reason") == "heard" for event in heard))
    assert names(live.heard) == []


def presence(person: Person, reason: str, now: Any) -> PresenceChanged:
    return PresenceChanged(
        user_id=person.user.id,
        name=person.user.name,
        status="not_ready",
        reason=reason,
        since=now,
        wrap_up_until=None,
        then=None,
        team_id=None,
    )
