"""Nobody hears what they may not see, from the moment they may not."""

from typing import Any

import pytest
from sqlalchemy import delete, text
from websockets.exceptions import InvalidStatus

from sideline.kit.db import Database
from sideline.kit.event_log import KEPT_FROM, Event
from sideline.kit.ids import new_id
from sideline.people.events import PresenceChanged, RightsChanged, UserChanged
from sideline.people.models import UserRoleRow
from sideline.rules.permissions import Permission, Scope
from tests.realtime.conftest import Person, happen, signed_in
from tests.support.people import make_role, make_team
from tests.support.server import Site, browser, live_socket, open_socket, running_site, sign_in_row


def presence_of(person: Person, now: Any, team_id: str | None = None) -> PresenceChanged:
    return PresenceChanged(
        user_id=person.user.id,
        name=person.user.name,
        status="available",
        reason="",
        since=now,
        wrap_up_until=None,
        then=None,
        team_id=team_id,
    )


@pytest.mark.promise("P3")
async def test_topics_that_one_may_not_see_are_refused_like_those_that_do_not_exist(site: Site, database: Database):
    own, other = await make_team(database), await make_team(database)
    supervisor = await signed_in(database, "supervisor", supervises=[own])
    asked = {
        f"team-interactions:{own}": True,
        f"team-presences:{own}": True,
        f"team-engagements:{own}": True,
        supervisor.topic: True,
        "queues": True,
        "organisation": True,
        "interactions": False,
        "presences": False,
        "engagements": False,
        f"team-interactions:{other}": False,
        f"team-presences:{other}": False,
        f"team-engagements:{new_id()}": False,
        f"user:{new_id()}": False,
        f"interaction:{new_id()}": False,
        "interaction:nonsense": False,
        f"customer:{new_id()}": False,
        "team-interactions:": False,
        "nonsense": False,
        "": False,
        "x" * 5000: False,
    }
    async with await open_socket(site.port, supervisor.opened) as live:
        answer = await live.subscribe(*asked)
    assert set(answer["topics"]) == {topic for topic, is_allowed in asked.items() if is_allowed}
    assert set(answer["refused"]) == {topic for topic, is_allowed in asked.items() if not is_allowed}


async def test_a_refused_topic_is_not_delivered(site: Site, database: Database, person: Person):
    agent = await signed_in(database, "agent")
    async with await open_socket(site.port, agent.opened) as live:
        await live.subscribe("presences", "organisation")
        async with database.transaction() as tx:
            tx.record(presence_of(person, tx.now))
        await happen(database, "end")
        await live.until(lambda heard: len(heard) > 0)
    assert [event["type"] for event in live.heard] == ["user.changed"]


async def test_topics_are_taken_back_when_rights_change_before_anything_later_is_delivered(
    site: Site, database: Database, person: Person
):
    role = await make_role(database, (Permission.VIEW_USERS, Scope.ALL))
    watcher = await signed_in(database, role)
    async with live_socket(site.port, watcher.opened, "presences", "organisation", watcher.topic) as live:
        async with database.transaction() as tx:
            tx.record(presence_of(person, tx.now))
            tx.record(RightsChanged(user_ids=(watcher.user.id,)))
            tx.record(presence_of(person, tx.now))
            tx.record(UserChanged(user_id="after", version=1))
            await tx.session.execute(delete(UserRoleRow).where(UserRoleRow.user_id == watcher.user.id))
        answer = await live.next("subscribed")
        async with database.transaction() as tx:
            tx.record(presence_of(person, tx.now))
        await happen(database, "end")
        await live.until(lambda heard: any(event.get("user_id") == "end" for event in heard))
    assert (answer["topics"], answer["refused"]) == ([], ["presences"])
    kinds = [event["type"] for event in live.heard]
    # What was said before the rights changed, and not a word of it after.
    assert kinds[kinds.index("rights.changed") + 1 :].count("presence.changed") == 0
    assert [event["user_id"] for event in live.heard if event["type"] == "user.changed"] == ["after", "end"]


async def test_rights_that_change_for_the_better_lose_no_event(site: Site, database: Database):
    agent = await signed_in(database, "agent")
    async with live_socket(site.port, agent.opened, "organisation") as live:
        for number in range(20):
            async with database.transaction() as tx:
                tx.record(RightsChanged(user_ids=(agent.user.id,)))
                tx.record(UserChanged(user_id=str(number), version=1))
        await live.until(lambda heard: any(event["user_id"] == "19" for event in heard))
    told = [event["user_id"] for event in live.heard]
    assert list(dict.fromkeys(told)) == [str(number) for number in range(20)]


async def test_signing_out_closes_the_sockets_of_that_sign_in_only(site: Site, database: Database, person: Person):
    elsewhere = await sign_in_row(database, person.user.id)
    async with (
        live_socket(site.port, person.opened, person.topic) as live,
        live_socket(site.port, elsewhere, "organisation") as other,
        browser(site.url, person.opened) as http,
    ):
        assert (await http.post("/api/sign-out")).status_code == 204
        assert await live.closed() == 1008
        assert live.frames[-1] == {"kind": "bye", "reason": "signed_out"}
        await happen(database, "still here")
        await other.until(lambda heard: len(heard) == 1)
    with pytest.raises(InvalidStatus):
        await open_socket(site.port, person.opened)


async def test_signing_out_everywhere_closes_every_socket(site: Site, database: Database, person: Person):
    elsewhere = await sign_in_row(database, person.user.id)
    async with (
        live_socket(site.port, person.opened) as one,
        live_socket(site.port, elsewhere) as two,
        browser(site.url, person.opened) as http,
    ):
        await http.post("/api/sign-out-everywhere")
        for live in (one, two):
            await live.closed()
            assert live.frames[-1]["reason"] == "signed_out"


async def test_a_sign_in_that_simply_runs_out_ends_its_sockets(
    database_url: str, database: Database, person: Person, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("sideline.realtime.open_sockets.ROUND_SECONDS", 0.1)
    monkeypatch.setattr("sideline.realtime.open_sockets.RECHECK_SECONDS", 0.1)
    with running_site(database_url) as site:
        async with live_socket(site.port, person.opened, "organisation") as live:
            async with database.transaction() as tx:
                await tx.session.execute(text("UPDATE sign_ins SET expires_at = now() - interval '1 second'"))
            assert await live.closed() == 1008
            assert live.frames[-1]["reason"] == "session_ended"


async def test_one_user_opens_so_many_sockets_and_no_more(site: Site, person: Person, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("sideline.realtime.open_sockets.MOST_PER_AUDIENCE", 2)
    async with live_socket(site.port, person.opened):
        async with live_socket(site.port, person.opened):
            with pytest.raises(InvalidStatus) as refused:
                await open_socket(site.port, person.opened)
            assert refused.value.response.status_code == 429
            assert b"too_many_sockets" in refused.value.response.body
        async with live_socket(site.port, person.opened):
            pass


async def test_a_socket_has_so_many_topics_and_no_more(site: Site, person: Person, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("sideline.realtime.sockets.MOST_TOPICS", 3)
    async with live_socket(site.port, person.opened, "organisation", "queues") as live:
        answer = await live.subscribe("presences", "interactions", "queues")
        assert len(answer["topics"]) == 2
        assert len(answer["refused"]) == 1


async def test_a_client_that_talks_too_much_is_sent_away(site: Site, person: Person):
    async with await open_socket(site.port, person.opened) as live:
        for _ in range(200):
            await live.say("pong")
        assert await live.closed() == 1008
        assert live.frames[-1] == {"kind": "bye", "reason": "too_many_messages"}


class Whispered(Event, frozen=True, kw_only=True, tag="test.whispered"):
    """Told to anyone signed in but one."""

    not_to: str

    def topics(self) -> tuple[str, ...]:
        return ("organisation", f"{KEPT_FROM}user:{self.not_to}")


async def test_an_event_that_is_kept_from_somebody_reaches_everyone_else(
    site: Site, database: Database, person: Person
):
    """However it is asked for: as it happens, when catching up, and over HTTP."""
    agent = await signed_in(database, "agent")

    def heard_by(events: list[dict[str, Any]]) -> list[str]:
        return [event["type"] for event in events]

    async with (
        live_socket(site.port, agent.opened, "organisation") as live,
        live_socket(site.port, person.opened, "organisation") as other,
    ):
        position = live.position
        async with database.transaction() as tx:
            tx.record(Whispered(not_to=agent.user.id))
            tx.record(UserChanged(user_id="end", version=1))
        assert heard_by(await live.until(lambda heard: len(heard) == 1)) == ["user.changed"]
        assert heard_by(await other.until(lambda heard: len(heard) == 2)) == ["test.whispered", "user.changed"]
    async with await open_socket(site.port, agent.opened) as back:
        await back.say("resume", position=position)
        await back.subscribe("organisation")
        assert heard_by(await back.until(lambda heard: len(heard) > 0)) == ["user.changed"]
    async with browser(site.url, agent.opened) as http:
        answer = await http.get("/api/events", params={"topics": ["organisation"], "position": position})
        assert heard_by(answer.json()["events"]) == ["user.changed"]


async def test_deleting_an_api_key_closes_its_sockets(site: Site, person: Person):
    async with browser(site.url, person.opened) as http:
        made = (await http.post("/api/api-keys", json={"name": "Dialer"})).json()
        key = {"Authorization": f"Bearer {made['key']}"}
        async with (
            await open_socket(site.port, headers=key) as program,
            live_socket(site.port, person.opened, person.topic) as page,
        ):
            await program.subscribe("organisation")
            assert (await http.delete(f"/api/api-keys/{made['id']}")).status_code == 204
            assert await program.closed() == 1008
            assert program.frames[-1] == {"kind": "bye", "reason": "session_ended"}
            await page.until(lambda heard: [event["type"] for event in heard] == ["rights.changed"])
