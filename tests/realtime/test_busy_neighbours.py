"""While events of a busy topic wait to share a frame, nothing is lost of what only others listen to."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from sideline.kit.db import Database
from sideline.people.events import PhonesChanged, RightsChanged
from tests.realtime.conftest import Person, happen, signed_in
from tests.realtime.test_resume import resumed
from tests.support.server import LiveSocket, Site, live_socket


@dataclass
class Neighbours:
    """Two sockets of somebody else."""

    waiting: LiveSocket
    """Its next events wait for the end of a long window."""
    witness: LiveSocket
    """It is told at once."""
    database: Database
    user_id: str

    async def see(self) -> None:
        """Wait until everything that has happened was taken by the hub: a later event has arrived."""
        async with self.database.transaction() as tx:
            tx.record(PhonesChanged(user_id=self.user_id))
        await self.witness.until(lambda heard: len(heard) == 1)


@pytest.fixture
async def neighbours(site: Site, database: Database, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Neighbours]:
    monkeypatch.setattr("sideline.realtime.hub.WINDOW_SECONDS", 10.0)
    other = await signed_in(database, "agent")
    async with (
        live_socket(site.port, other.opened, "organisation") as waiting,
        live_socket(site.port, other.opened, other.topic) as witness,
    ):
        await happen(database, "at once")
        await waiting.until(lambda heard: len(heard) == 1)
        await happen(database, "waits")
        yield Neighbours(waiting, witness, database, other.user.id)


async def test_who_resumes_meanwhile_gets_what_only_they_listen_to(
    site: Site, person: Person, database: Database, neighbours: Neighbours
):
    async with database.transaction() as tx:
        tx.record(PhonesChanged(user_id=person.user.id))
    await neighbours.see()
    async with resumed(site, person, neighbours.waiting.position, person.topic) as live:
        await live.until(lambda heard: [event["type"] for event in heard] == ["phones.changed"])


async def test_whose_rights_change_meanwhile_gets_what_came_with_the_change(
    site: Site, person: Person, database: Database, neighbours: Neighbours
):
    async with live_socket(site.port, person.opened, person.topic) as live:
        async with database.transaction() as tx:
            tx.record(RightsChanged(user_ids=(person.user.id,)))
            tx.record(PhonesChanged(user_id=person.user.id))
        await live.until(lambda heard: [event["type"] for event in heard] == ["rights.changed", "phones.changed"])
