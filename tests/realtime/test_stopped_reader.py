"""A client that stops reading costs nobody else anything, costs little itself, and comes back whole."""

from typing import Any

from sideline.kit.db import Database
from sideline.kit.event_log import Event
from sideline.realtime.protocol import KERNEL_BUFFER, MOST_BEHIND
from tests.realtime.conftest import Person
from tests.support.server import RawSocket, Site, live_socket

SIZE = 20_000
COUNT = 400
"""So much that it is more than twice what a socket may be behind."""


class Bulky(Event, frozen=True, kw_only=True, tag="test.bulky"):
    number: int
    text: str

    def topics(self) -> tuple[str, ...]:
        return ("organisation",)


async def test_a_stopped_reader_is_cut_off_and_resumes_while_others_go_on(
    site: Site, person: Person, database: Database
):
    stopped = await RawSocket.open(
        site.port, {"Cookie": f"sideline_session={person.opened.token}"}, receive_buffer=4096
    )
    await stopped.send_text('{"op":"subscribe","topics":["organisation"]}')
    async with live_socket(site.port, person.opened, "organisation") as reader:
        position = reader.position
        for first in range(0, COUNT, 20):
            async with database.transaction() as tx:
                for number in range(first, first + 20):
                    tx.record(Bulky(number=number, text="x" * SIZE))
            await reader.until(lambda heard, first=first: len(heard) == first + 20)
        assert numbers(reader.heard) == list(range(COUNT))
        received = await stopped.read_all()
    stopped.close()
    # What it could still read is what was kept for it, here and in the kernel, before it was cut off.
    assert len(received) < MOST_BEHIND + 2 * KERNEL_BUFFER + 128 * 1024
    assert len(received) > SIZE

    async with live_socket(site.port, person.opened, "organisation") as back:
        await back.say("resume", position=position)
        await back.until(lambda heard: len(heard) == COUNT)
    assert numbers(back.heard) == list(range(COUNT))


async def test_a_reader_that_resumes_and_does_not_read_is_not_sent_everything_at_once(
    site: Site, person: Person, database: Database
):
    """Catching up waits for the peer to read; it never fills memory."""
    async with live_socket(site.port, person.opened, "organisation") as live:
        position = live.position
        for first in range(0, COUNT, 100):
            async with database.transaction() as tx:
                for number in range(first, first + 100):
                    tx.record(Bulky(number=number, text="x" * SIZE))
            await live.until(lambda heard, first=first: len(heard) == first + 100)
    slow = await RawSocket.open(site.port, {"Cookie": f"sideline_session={person.opened.token}"})
    await slow.send_text('{"op":"subscribe","topics":["organisation"]}')
    await slow.send_text(f'{{"op":"resume","position":"{position}"}}')
    last = f'"number":{COUNT - 1}}}'.encode()
    read = await slow.read_until(last)
    slow.close()
    for number in range(COUNT):
        assert f'"number":{number}}}'.encode() in read


def numbers(events: list[dict[str, Any]]) -> list[int]:
    return [event["number"] for event in events if event["type"] == "test.bulky"]
