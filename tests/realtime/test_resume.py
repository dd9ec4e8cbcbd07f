"""A socket that was away gets what it missed, or is told to start afresh."""

from typing import Any

import pytest
from sqlalchemy import text

from sideline.kit.db import Database
from tests.realtime.conftest import Person, happen
from tests.support.server import LiveSocket, Site, live_socket


def names(events: list[dict[str, Any]]) -> list[str]:
    return [event["user_id"] for event in events]


async def left_position(site: Site, person: Person, database: Database) -> str:
    """Hear one event, go away, and return where one was."""
    async with live_socket(site.port, person.opened, "organisation") as live:
        await happen(database, "heard")
        await live.until(lambda heard: len(heard) == 1)
        return live.position


async def resumed(live: LiveSocket, position: str) -> LiveSocket:
    await live.say("resume", position=position)
    return live


async def test_a_socket_resumes_where_it_was_without_gap_or_repetition(site: Site, person: Person, database: Database):
    position = await left_position(site, person, database)
    await happen(database, *(str(number) for number in range(450)))
    await happen(database, "missed last")
    async with live_socket(site.port, person.opened, "organisation") as live:
        await resumed(live, position)
        await happen(database, "live")
        await live.until(lambda heard: "live" in names(heard))
    assert names(live.heard) == [*(str(number) for number in range(450)), "missed last", "live"]


async def test_resuming_brings_only_the_topics_that_are_subscribed(site: Site, person: Person, database: Database):
    position = await left_position(site, person, database)
    async with live_socket(site.port, person.opened, "organisation") as witness:
        await happen(database, "missed")
        await witness.until(lambda heard: len(heard) == 1)
    async with live_socket(site.port, person.opened, "queues") as live:
        await resumed(live, position)
        await live.subscribe("organisation")
        await happen(database, "live")
        await live.until(lambda heard: len(heard) > 0)
    assert names(live.heard) == ["live"]


async def test_a_position_of_a_socket_that_heard_nothing_is_kept_fresh_by_pings(
    site: Site, person: Person, database: Database
):
    await happen(database, "before")
    async with live_socket(site.port, person.opened, "organisation") as live:
        first = live.position
        await live.say("unsubscribe", topics=["organisation"])
        await live.subscribe("queues")
        await happen(database, "unheard")
        ping = await live.next("ping")
        while ping["position"] == first:
            ping = await live.next("ping")
    async with live_socket(site.port, person.opened, "organisation") as live:
        await resumed(live, ping["position"])
        await happen(database, "live")
        await live.until(lambda heard: len(heard) > 0)
    assert names(live.heard) == ["live"]


async def test_a_socket_that_was_away_for_too_long_is_told_to_start_afresh(
    site: Site, person: Person, database: Database
):
    position = await left_position(site, person, database)
    async with live_socket(site.port, person.opened, "organisation") as witness:
        await happen(database, "forgotten")
        await happen(database, "kept")
        await witness.until(lambda heard: len(heard) == 2)
    async with database.transaction() as tx:
        await tx.session.execute(
            text("DELETE FROM events WHERE id <= (SELECT id FROM events WHERE payload->>'user_id' = 'forgotten')")
        )
    async with live_socket(site.port, person.opened, "organisation") as live:
        await resumed(live, position)
        resync = await live.next("resync")
        await happen(database, "live")
        await live.until(lambda heard: len(heard) > 0)
    assert names(live.heard) == ["live"]
    assert resync["position"] != position


async def test_a_socket_that_missed_too_much_starts_afresh(
    site: Site, person: Person, database: Database, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("sideline.realtime.catch_up.MOST_MISSED", 300)
    position = await left_position(site, person, database)
    async with live_socket(site.port, person.opened, "organisation") as witness:
        await happen(database, *(str(number) for number in range(301)))
        await witness.until(lambda heard: len(heard) == 301)
    async with live_socket(site.port, person.opened, "organisation") as live:
        await resumed(live, position)
        await live.next("resync")
        await happen(database, "live")
        await live.until(lambda heard: "live" in names(heard))
    assert names(live.heard)[-1] == "live"


@pytest.mark.parametrize("words", ["", "nonsense", "1", "-1.5", "9" * 60 + ".1"])
async def test_a_position_that_is_none_starts_afresh(site: Site, person: Person, words: str):
    async with live_socket(site.port, person.opened, "organisation") as live:
        await resumed(live, words)
        await live.next("resync")


async def test_a_position_ahead_of_this_process_loses_nothing(site: Site, person: Person, database: Database):
    """Another web process may have read the log further than the one a socket comes to."""
    async with live_socket(site.port, person.opened, "organisation") as live:
        await happen(database, "before")
        await live.until(lambda heard: len(heard) == 1)
        live.heard.clear()
        await resumed(live, f"{2**62}.1")
        await happen(database, "live")
        await live.until(lambda heard: len(heard) > 0)
    assert names(live.heard) == ["live"]
