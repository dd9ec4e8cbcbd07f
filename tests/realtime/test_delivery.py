"""Events reach the sockets: each once, in order, none skipped."""

import asyncio
from typing import Any

from sqlalchemy import text

from sideline.kit.db import Database
from sideline.people.events import PresenceChanged, UserChanged
from tests.realtime.conftest import Person, happen
from tests.support.server import Site, browser, live_socket

_TAKE_A_TRANSACTION_ID = text("SELECT pg_current_xact_id()")


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
    written: list[str] = []

    async def write() -> None:
        while not stop.is_set():
            name = str(len(written))
            await happen(database, name)
            written.append(name)

    async with browser(site.url, person.opened) as http:
        writer = asyncio.create_task(write())
        for _ in range(10):
            async with live_socket(site.port, person.opened, "organisation") as live:
                # What was committed before this point stands for a fetched list.
                fetched = set(written)
                position = (await http.get("/api/events", params={"topics": "organisation"})).json()["position"]
                assert position
                goal = len(written) + 5
                await live.until(lambda heard, goal=goal: str(goal) in names(heard))
                told = names(live.heard)
                missed = {str(n) for n in range(goal)} - fetched - set(told)
                assert missed == set()
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
    assert [event["reason"] for event in heard[:-1]] == [str(number) for number in range(30)]


async def test_events_in_quick_succession_share_frames_and_the_first_goes_at_once(
    site: Site, person: Person, database: Database
):
    async with live_socket(site.port, person.opened, "organisation") as live:
        for number in range(40):
            await happen(database, str(number))
        await live.until(lambda heard: len(heard) == 40)
    frames = [frame["events"] for frame in live.frames if frame["kind"] == "events"]
    assert len(frames[0]) < 3
    assert len(frames) < 20
    assert names(live.heard) == [str(number) for number in range(40)]


async def test_a_quiet_topic_is_told_at_once_while_another_is_busy_and_order_holds(
    site: Site, person: Person, database: Database
):
    async with live_socket(site.port, person.opened, "organisation", person.topic) as live:
        for number in range(20):
            await happen(database, str(number))
            async with database.transaction() as tx:
                tx.record(presence(person, str(number), tx.now))
        await live.until(lambda heard: len(heard) == 40)
    order = [event.get("reason", event["user_id"]) for event in live.heard]
    assert order == [str(number // 2) for number in range(40)]


async def test_unsubscribed_topics_are_heard_no_more(site: Site, person: Person, database: Database):
    async with live_socket(site.port, person.opened, "organisation", person.topic) as live:
        await live.say("unsubscribe", topics=["organisation"])
        # The answer to this shows that the one before it was done.
        await live.subscribe("queues")
        await happen(database, "unheard")
        async with database.transaction() as tx:
            tx.record(presence(person, "heard", tx.now))
        await live.until(lambda heard: len(heard) > 0)
    assert [event["type"] for event in live.heard] == ["presence.changed"]


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
