"""A socket that was away gets what it missed, or is told to start afresh."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from sqlalchemy import text

from sideline.kit.db import Database
from tests.realtime.conftest import Person, happen
from tests.support.server import LiveSocket, Site, live_socket, open_socket, running_site


def names(events: list[dict[str, Any]]) -> list[str]:
    return [event["user_id"] for event in events]


async def left_position(site: Site, person: Person, database: Database) -> str:
    """Hear one event, go away, and return where one was."""
    async with live_socket(site.port, person.opened, "organisation") as live:
        await happen(database, "heard")
        await live.until(lambda heard: len(heard) == 1)
        return live.position


@asynccontextmanager
async def resumed(site: Site, person: Person, position: str, *topics: str) -> AsyncIterator[LiveSocket]:
    """Open a socket, resume at ``position`` and subscribe."""
    async with await open_socket(site.port, person.opened) as live:
        await live.next("hello")
        await live.say("resume", position=position)
        answer = await live.subscribe(*(topics or ("organisation",)))
        assert answer["refused"] == []
        yield live


async def test_a_socket_resumes_where_it_was_without_gap_or_repetition(site: Site, person: Person, database: Database):
    position = await left_position(site, person, database)
    await happen(database, *(str(number) for number in range(450)))
    await happen(database, "missed last")
    async with resumed(site, person, position) as live:
        await happen(database, "live")
        await live.until(lambda heard: "live" in names(heard))
    assert names(live.heard) == [*(str(number) for number in range(450)), "missed last", "live"]


async def test_a_client_that_subscribes_before_it_resumes_misses_nothing(
    site: Site, person: Person, database: Database
):
    position = await left_position(site, person, database)
    await happen(database, *(str(number) for number in range(450)))
    async with live_socket(site.port, person.opened, "organisation") as live:
        await live.say("resume", position=position)
        await happen(database, "live")
        await live.until(lambda heard: {"live", *(str(number) for number in range(450))} <= set(names(heard)))


async def test_resuming_brings_only_the_topics_that_are_subscribed(site: Site, person: Person, database: Database):
    position = await left_position(site, person, database)
    async with live_socket(site.port, person.opened, "organisation") as witness:
        await happen(database, "missed")
        await witness.until(lambda heard: len(heard) == 1)
    async with resumed(site, person, position, "queues") as live:
        await live.subscribe("organisation")
        await happen(database, "live")
        await live.until(lambda heard: len(heard) > 0)
    assert names(live.heard) == ["live"]


async def test_the_position_of_a_socket_that_heard_nothing_is_kept_fresh_by_pings(
    site: Site, person: Person, database: Database
):
    async with live_socket(site.port, person.opened, "queues") as live:
        first = live.position
        await happen(database, "unheard")
        ping = await live.next("ping")
        while ping["position"] == first:
            ping = await live.next("ping")
    async with resumed(site, person, ping["position"]) as live:
        await happen(database, "live")
        await live.until(lambda heard: len(heard) > 0)
    assert names(live.heard) == ["live"]


async def test_a_socket_that_resumes_and_does_not_subscribe_is_given_no_later_position(
    site: Site, person: Person, database: Database
):
    """It would believe to have had what it never got."""
    position = await left_position(site, person, database)
    async with live_socket(site.port, person.opened, "organisation") as witness:
        await happen(database, "missed")
        await witness.until(lambda heard: len(heard) == 1)
    async with await open_socket(site.port, person.opened) as live:
        await live.next("hello")
        await live.say("resume", position=position)
        assert "position" not in await live.next("ping")
        await live.subscribe("organisation")
        await live.until(lambda heard: len(heard) > 0)
    assert names(live.heard) == ["missed"]


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
    async with resumed(site, person, position) as live:
        # Only now, when its topics are subscribed, is it safe to fetch everything again.
        resync = await live.next("resync")
        assert [frame["kind"] for frame in live.frames if frame["kind"] != "ping"] == ["hello", "subscribed", "resync"]
        await happen(database, "live")
        await live.until(lambda heard: len(heard) > 0)
    assert names(live.heard) == ["live"]
    assert resync["position"] != position


async def test_the_position_of_a_log_without_events_is_good(database_url: str, person: Person, database: Database):
    async with database.transaction() as tx:
        await tx.session.execute(text("DELETE FROM events"))
    with running_site(database_url) as site:
        async with live_socket(site.port, person.opened, "organisation") as live:
            position = live.position
        await happen(database, "first ever")
        async with resumed(site, person, position) as live:
            await live.until(lambda heard: len(heard) == 1)
    assert names(live.heard) == ["first ever"]


async def test_a_socket_that_missed_too_much_starts_afresh(
    site: Site, person: Person, database: Database, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("sideline.realtime.catch_up.MOST_MISSED", 300)
    position = await left_position(site, person, database)
    async with live_socket(site.port, person.opened, "organisation") as witness:
        await happen(database, *(str(number) for number in range(301)))
        await witness.until(lambda heard: len(heard) == 301)
    async with resumed(site, person, position) as live:
        await live.next("resync")
        await happen(database, "live")
        await live.until(lambda heard: "live" in names(heard))


@pytest.mark.parametrize("words", ["", "nonsense", "1", "-1.5", "9" * 60 + ".1"])
async def test_a_position_that_is_none_starts_afresh(site: Site, person: Person, words: str):
    async with resumed(site, person, words) as live:
        await live.next("resync")


async def test_a_position_ahead_of_this_process_loses_nothing(site: Site, person: Person, database: Database):
    """Another web process may have read the log further than the one a socket comes to."""
    async with resumed(site, person, f"{2**62}.1") as live:
        await happen(database, "live")
        await live.until(lambda heard: len(heard) > 0)
    assert names(live.heard) == ["live"]
