"""A PBX for tests: what its engine sees is said by the test, and the real exchange writes it down.

A call is a list of parties: ``pbx.sees("call", talks("1001"))`` is a customer
who talks with the phone 1001. ``sees`` and ``gone`` return when the rows say
so; what they say is read through HTTP.
"""

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import select, update

from sideline.interactions.models import InteractionRow, VoiceNodeRow
from sideline.interactions.pbx_exchange import PbxExchange
from sideline.interactions.voice_nodes import begin_life
from sideline.kit.db import Database
from sideline.kit.listen import Listener
from sideline.people.sip_phones import PHONES
from sideline.voice.engine import EngineFact, PbxCall, PbxCallGone, PbxCallSeen, PbxCallsSeen, PbxParty
from tests.support.engagements import Floor, LiveCall, Person

_numbers = itertools.count(1)

CUSTOMER = "customer's line"

SECONDS = 10


def talks(endpoint: str, **facts: Any) -> PbxParty:
    """A phone that talks with the customer; ``facts`` are a party's other fields."""
    facts.setdefault("group", "bridge")
    return PbxParty(
        **{"id": f"line of {endpoint}", "endpoint": endpoint, "is_internal": True, "is_with_customer": True, **facts}
    )


def is_asked(endpoint: str, **facts: Any) -> PbxParty:
    """A phone that is consulted, in a talk of its own."""
    return talks(endpoint, **{"group": "consult", "is_with_customer": False, **facts})


class Learner:
    """The side of an engine that is told which phones are users' (implements ``PbxCalls``)."""

    def __init__(self) -> None:
        self.endpoints: frozenset[str] = frozenset()
        self._told = asyncio.Event()

    def know(self, endpoints: frozenset[str]) -> None:
        self.endpoints = endpoints
        self._told.set()

    def hand_over(self) -> None:
        self.endpoints = frozenset()

    async def knows(self, endpoints: set[str]) -> None:
        """Wait until these are the ones it was told of."""
        async with asyncio.timeout(SECONDS):
            while self.endpoints != endpoints:
                self._told.clear()
                await self._told.wait()


class Pbx:
    """One life of the node of a PBX, and what it sees."""

    def __init__(self, floor: Floor, name: str, node_id: str, exchange: PbxExchange, learner: Learner) -> None:
        self.floor = floor
        self.name = name
        self.node_id = node_id
        self.exchange = exchange
        self.learner = learner

    async def notes(self, *facts: EngineFact) -> None:
        """Let the engine tell this, and wait until it is written."""
        for fact in facts:
            self.exchange.note(fact)
        async with asyncio.timeout(SECONDS):
            await self.exchange.settled()

    async def sees(self, call_id: str, *parties: PbxParty, number: str = "+351 210", **facts: Any) -> LiveCall:
        """Let the engine see a call with these parties beside the customer; return it as it is in the rows."""
        await self.notes(PbxCallSeen(pbx_call(call_id, *parties, number=number, **facts)))
        return await self.call(call_id)

    async def gone(self, call_id: str, ended_by: str = "") -> None:
        """Let the engine tell that the customer's line is gone."""
        await self.notes(PbxCallGone(call_id, ended_by))

    async def only(self, *call_ids: str) -> None:
        """Let the engine tell that these are all calls there are."""
        await self.notes(PbxCallsSeen(frozenset(call_ids)))

    async def ids(self, call_id: str) -> list[str]:
        """Return the interactions that this call has become, the newest last."""
        async with self.floor.database.reading() as connection:
            found = await connection.execute(
                select(InteractionRow.id)
                .where(InteractionRow.pbx_name == self.name, InteractionRow.pbx_call_id == call_id)
                .order_by(InteractionRow.id)
            )
            return list(found.scalars())

    async def call(self, call_id: str) -> LiveCall:
        """Return the interaction that this call is; its agent is who has it now, or had it last."""
        id_ = (await self.ids(call_id))[-1]
        async with self.floor.database.reading() as connection:
            rows: Any = (
                await connection.execute(
                    select(InteractionRow.number).where(InteractionRow.id == id_),
                )
            ).scalar_one()
        customer, agent = await _customer_and_agent(self.floor.database, id_)
        return LiveCall(id_, rows, customer, agent)

    async def place(self, call: LiveCall) -> tuple[str, str]:
        """Return whose the customer is meant to be, and where one who is given back goes."""
        async with self.floor.database.reading() as connection:
            row: Any = (
                await connection.execute(
                    select(InteractionRow.pbx_place, InteractionRow.pbx_extension).where(InteractionRow.id == call.id)
                )
            ).one()
        return row.pbx_place, row.pbx_extension


def pbx_call(call_id: str, *parties: PbxParty, number: str = "+351 210", **facts: Any) -> PbxCall:
    """A call as an engine sees it, with a customer who talks in "bridge" unless ``facts`` say else."""
    is_alone = not any(party.is_with_customer for party in parties)
    customer = PbxParty(
        id=f"{CUSTOMER} of {call_id}",
        endpoint="trunk",
        is_internal=False,
        number=number,
        name=facts.pop("name", ""),
        group="" if is_alone or facts.get("is_held") else "bridge",
    )
    return PbxCall(id=call_id, customer=customer.id, parties=(customer, *parties), **facts)


async def _customer_and_agent(database: Database, interaction_id: str) -> tuple[str, str]:
    from sideline.interactions.call_facts import read_call

    async with database.reading() as connection:
        call = await read_call(connection, interaction_id)
    others = [seat for seat in call.seats if seat != call.customer]
    agent = call.in_control or (others[-1] if others else None)
    return call.customer.id, "" if agent is None else agent.id


@asynccontextmanager
async def running_pbx(floor: Floor, name: str | None = None) -> AsyncIterator[Pbx]:
    """Run one life of a PBX's node until the block ends; the floor's voice node is that one from now on."""
    name = name or f"asterisk:pbx-{next(_numbers)}:8088"
    async with floor.database.transaction() as tx:
        node_id = await begin_life(tx, name, "asterisk")
        await tx.session.flush()
        row = await tx.session.get_one(VoiceNodeRow, node_id)
        row.lease_until = row.started_at.replace(year=row.started_at.year + 1)
    floor.node_id = node_id
    learner = Learner()
    exchange = PbxExchange(floor.database, learner, node_id)
    listener = Listener(floor.database.url, {PHONES: exchange.phones_changed}, exchange.look_around)
    tasks = [asyncio.create_task(listener.run()), asyncio.create_task(exchange.run())]
    try:
        async with asyncio.timeout(SECONDS):
            await listener.connected.wait()
            await exchange.settled()
        yield Pbx(floor, name, node_id, exchange, learner)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


async def give_desk_phone(person: Person, address: str) -> None:
    """Let someone add a SIP phone."""
    answer = await person.http.post("/api/phones", json={"kind": "sip", "address": address})
    assert answer.status_code == 201, answer.text


async def name_queue(floor: Floor, name: str, queue_id: str | None = None) -> None:
    """Let an administrator say what the floor's queue (or another) is in the PBX."""
    administrator = await floor.person("administrator", team=None)
    path = f"/api/queues/{queue_id or floor.queue_id}"
    version = (await administrator.http.get(path)).json()["version"]
    answer = await administrator.http.patch(path, json={"version": version, "pbx_queue": name})
    assert answer.status_code == 200, answer.text


async def set_presence(floor: Floor, person: Person, presence: str) -> None:
    """Write somebody's presence as a fact."""
    from sideline.people.models import PresenceRow

    async with floor.database.transaction() as tx:
        await tx.session.execute(
            update(PresenceRow).where(PresenceRow.user_id == person.id).values(status=presence, since=tx.now)
        )


async def agent_at(floor: Floor, pbx: Pbx, endpoint: str, name: str) -> Person:
    """An agent whose desk phone the PBX's engine has heard of."""
    person = await floor.agent(name=name)
    await give_desk_phone(person, f"sip:{endpoint}@pbx.example.com")
    await pbx.learner.knows({*pbx.learner.endpoints, endpoint.lower()})
    return person


async def shown(floor: Floor, call: LiveCall, to: Person | None = None) -> dict[str, Any]:
    """The interaction as a supervisor's screen gets it."""
    viewer = to or await floor.supervisor()
    answer = await viewer.http.get(f"/api/interactions/{call.id}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def on_it(shown: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Who is on the call now, by name."""
    return {each["name"]: each for each in shown["participants"] if each["state"] == "joined"}


async def marks(floor: Floor, call: LiveCall) -> list[str]:
    """What happened, as the timeline shows it, beside what supervisors did in their engagements."""
    viewer = await floor.supervisor()
    answer = await viewer.http.get(f"/api/interactions/{call.id}")
    assert answer.status_code == 200, answer.text
    return [kind for each in answer.json()["marks"] if (kind := each["kind"]) not in ("monitor", "barge_kick")]


async def presence(person: Person) -> str:
    return (await person.http.get("/api/desk")).json()["presence"]["status"]


async def live_list(person: Person) -> list[str]:
    answer = await person.http.get("/api/interactions", params={"state": "live"})
    assert answer.status_code == 200, answer.text
    return [each["id"] for each in answer.json()["items"]]
