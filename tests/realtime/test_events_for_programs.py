"""The event log over HTTP, and signals, which are never in it."""

from sqlalchemy import text

from sideline.kit.db import Database
from sideline.realtime.signals import SIGNALS, Signal, signal_payload
from tests.realtime.conftest import Person, happen, signed_in
from tests.support.server import Site, browser, live_socket


async def test_a_program_reads_on_from_where_it_was(site: Site, person: Person, database: Database):
    async with browser(site.url, person.opened) as http:
        first = (await http.get("/api/events", params={"topics": "organisation"})).json()
        assert (first["events"], first["is_more"]) == ([], False)
        await happen(database, *(str(number) for number in range(700)))
        told: list[str] = []
        position, is_more = first["position"], True
        while is_more:
            answer = await http.get("/api/events", params={"topics": "organisation", "position": position})
            page = answer.json()
            told += [event["user_id"] for event in page["events"]]
            position, is_more = page["position"], page["is_more"]
    assert told == [str(number) for number in range(700)]


async def test_a_program_is_told_which_topics_are_not_for_it(site: Site, database: Database):
    agent = await signed_in(database, "agent")
    async with browser(site.url, agent.opened) as http:
        answer = await http.get("/api/events", params={"topics": ["organisation", "presences"]})
        assert answer.json()["refused"] == ["presences"]


async def test_a_position_that_is_too_old_or_none_is_refused(site: Site, person: Person, database: Database):
    async with browser(site.url, person.opened) as http:
        position = (await http.get("/api/events", params={"topics": "queues"})).json()["position"]
        async with database.transaction() as tx:
            await tx.session.execute(text("DELETE FROM events"))
        await happen(database, "kept")
        old = await http.get("/api/events", params={"topics": "queues", "position": position})
        assert (old.status_code, old.json()["code"]) == (410, "position_too_old")
        none = await http.get("/api/events", params={"topics": "queues", "position": "yesterday"})
        assert (none.status_code, list(none.json()["fields"])) == (422, ["position"])


async def test_a_signal_reaches_who_has_its_topic_and_is_nowhere_afterwards(
    site: Site, person: Person, database: Database
):
    other = await signed_in(database, "agent")
    async with (
        live_socket(site.port, person.opened, person.topic, "queues") as live,
        live_socket(site.port, other.opened, "organisation") as elsewhere,
    ):
        position = live.position
        async with database.transaction() as tx:
            tx.wake(SIGNALS, "not a signal")
            tx.wake(SIGNALS, signal_payload(Signal((person.topic, "queues"), "talking", {"level": 3})))
        signal = await live.next("signal")
        await happen(database, "end")
        await elsewhere.until(lambda heard: len(heard) == 1)
    assert signal == {"kind": "signal", "type": "talking", "level": 3}
    assert [frame["kind"] for frame in live.frames].count("signal") == 1
    assert "signal" not in [frame["kind"] for frame in elsewhere.frames]
    async with browser(site.url, person.opened) as http:
        asked = {"topics": [person.topic], "position": position}
        assert (await http.get("/api/events", params=asked)).json()["events"] == []
