"""A queue for tests: customers who call in over HTTP, agents with phones, and the worker's timers.

Time stands still until ``line.after(seconds=…)`` moves it and lets the worker
do what has become due; ``line.due()`` does so without moving it. Phones are
rows, up from the start; tests of phones themselves use ``running_node``.
"""

import asyncio
import itertools
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
from sqlalchemy import select, update

from sideline.interactions.leg_exchange import LegExchange
from sideline.interactions.leg_owner import locked_leg
from sideline.interactions.leg_states import leg_up, lose
from sideline.interactions.models import LegRow, QueueMemberRow, QueueRow, ResultCodeRow, VoiceNodeRow
from sideline.interactions.node_tasks import SilentNodes
from sideline.interactions.tasks import sources
from sideline.interactions.voice_nodes import begin_life
from sideline.interactions.wake import VOICE
from sideline.kit.db import Database
from sideline.kit.ids import new_id
from sideline.kit.listen import Listener
from sideline.kit.timers import Timers, TimerSource
from sideline.people.models import PolicyRow, PresenceRow
from sideline.voice.fake import FakeLegs
from tests.support.people import Api, MadeUser, make_user

_numbers = itertools.count(1)

TOKEN = "X-Customer-Token"


@dataclass(eq=False)
class Caller:
    """A customer's page."""

    http: httpx.AsyncClient
    interaction_id: str
    participant_id: str
    number: int

    async def call(self) -> dict[str, Any]:
        """Return the call as the page shows it."""
        answer = await self.http.get("/api/customer/call")
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def hang_up(self) -> dict[str, Any]:
        answer = await self.http.post("/api/customer/call/end")
        assert answer.status_code == 200, answer.text
        return answer.json()


@dataclass(eq=False)
class Worker:
    """Someone who takes calls, in their browser."""

    user: MadeUser
    http: httpx.AsyncClient

    @property
    def id(self) -> str:
        return self.user.id

    async def desk(self) -> dict[str, Any]:
        answer = await self.http.get("/api/desk")
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def presence(self) -> str:
        return (await self.desk())["presence"]["status"]

    async def current(self) -> dict[str, Any]:
        """Return the one call on the desk."""
        (call,) = (await self.desk())["current"]
        return call

    async def ask(self, caller: Caller, verb: str, **body: Any) -> httpx.Response:
        """Use a control of a call (``hold``, ``transfer`` …)."""
        return await self.http.post(f"/api/interactions/{caller.interaction_id}/{verb}", json=body or None)

    async def does(self, caller: Caller, verb: str, **body: Any) -> dict[str, Any]:
        """Use a control and expect success."""
        answer = await self.ask(caller, verb, **body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def is_refused(self, caller: Caller, verb: str, code: str, **body: Any) -> None:
        """Use a control and expect this refusal."""
        answer = await self.ask(caller, verb, **body)
        assert answer.json().get("code") == code, answer.text
        assert answer.status_code >= 400


class Line:
    """One queue of one team, a voice node, and the worker's timers."""

    def __init__(self, api: Api, team: str, queue_id: str, slug: str, node_id: str) -> None:
        self.api = api
        self.database: Database = api.database
        self.team = team
        self.queue_id = queue_id
        self.slug = slug
        self.node_id = node_id
        self.steady = _Steady(api)
        silent = SilentNodes(self.steady)
        others: Sequence[TimerSource] = sources()[1:]
        self.timers = Timers(api.database, (silent, *others))

    async def due(self) -> None:
        """Let the worker do what is due."""
        await self.timers.run_due()

    async def after(self, **time: float) -> None:
        """Let time pass, then the worker do what has become due."""
        self.api.clock.move(timedelta(**time))
        await self.due()

    async def agent(self, *, presence: str = "on_queue", has_phone: bool = True, **facts: Any) -> Worker:
        """Make a member of the queue who is signed in and, by default, on queue with a connected phone."""
        worker = await self.person("agent", presence=presence, has_phone=has_phone, **facts)
        async with self.database.transaction() as tx:
            tx.session.add(QueueMemberRow(queue_id=self.queue_id, user_id=worker.id))
        return worker

    async def person(self, *roles: str, presence: str = "available", has_phone: bool = False, **facts: Any) -> Worker:
        """Make someone who is signed in; ``team=None`` for none."""
        facts.setdefault("team", self.team)
        user = await make_user(self.database, *roles, presence=presence, **facts)
        if has_phone:
            await self.connect(user_id=user.id)
        return Worker(user, await self.api.sign_in(user))

    async def caller(self, *, has_phone: bool = True, **body: Any) -> Caller:
        """Let a customer call in and, by default, connect their phone."""
        visitor = await self.api.visitor()
        answer = await visitor.post("/api/customer/calls", json={"queue_slug": self.slug, **body})
        assert answer.status_code == 201, answer.text
        made = answer.json()
        visitor.headers[TOKEN] = made["token"]
        if has_phone:
            await self.connect(participant_id=made["participant_id"])
        return Caller(visitor, made["interaction_id"], made["participant_id"], made["number"])

    async def rung(self, agent: Worker, **body: Any) -> Caller:
        """Let a customer call in while ``agent`` is free, so that it rings there."""
        caller = await self.caller(**body)
        await self.due()
        assert (await agent.current())["id"] == caller.interaction_id
        return caller

    async def talking(self, agent: Worker, **body: Any) -> Caller:
        """Let a customer call in and ``agent`` answer."""
        caller = await self.rung(agent, **body)
        await agent.does(caller, "answer")
        return caller

    async def connect(
        self, *, user_id: str | None = None, participant_id: str | None = None, node_id: str | None = None
    ) -> str:
        """Give someone a phone that is connected; return the leg's id."""
        leg_id = new_id()
        async with self.database.transaction() as tx:
            tx.session.add(
                LegRow(
                    id=leg_id,
                    user_id=user_id,
                    participant_id=participant_id,
                    voice_node_id=node_id or self.node_id,
                    state="connecting",
                    has_microphone=True,
                    tab_id="tab",
                    generation=1,
                    offer="v=0",
                    answer="",
                    refusal="",
                    lost_at=tx.now,
                )
            )
            await tx.session.flush()
            assert await leg_up(tx, leg_id, 1)
        return leg_id

    async def leg(self, owner: str) -> Any:
        """Return the open leg of a user or customer's participant."""
        async with self.database.reading() as connection:
            found = await connection.execute(
                select(LegRow.__table__).where(
                    (LegRow.user_id == owner) | (LegRow.participant_id == owner), LegRow.state != "closed"
                )
            )
            return found.one_or_none()

    async def lose(self, owner: str) -> None:
        """Let the engine tell that someone's phone is gone."""
        async with self.database.transaction() as tx:
            found = await locked_leg(tx, (await self.leg(owner)).id)
            assert found is not None
            await lose(tx, *found)

    async def bring_back(self, owner: str) -> None:
        """Let the engine tell that someone's phone is up again."""
        leg = await self.leg(owner)
        async with self.database.transaction() as tx:
            assert await leg_up(tx, leg.id, leg.generation)

    async def idle_since(self, worker: Worker, **ago: float) -> None:
        """Set since when someone is idle."""
        async with self.database.transaction() as tx:
            await tx.session.execute(
                update(PresenceRow).where(PresenceRow.user_id == worker.id).values(idle_since=tx.now - timedelta(**ago))
            )

    async def policy(self, **values: Any) -> None:
        """Set policies."""
        async with self.database.transaction() as tx:
            for key, value in values.items():
                await tx.session.merge(PolicyRow(key=key, value=value, changed_at=tx.now))

    async def result_code(self, code: str = "sold", label: str = "Sold") -> str:
        """Make a result code; return its id."""
        id_ = new_id()
        async with self.database.transaction() as tx:
            tx.session.add(ResultCodeRow(id=id_, code=code, label=label))
        return id_

    async def another_queue(self, *, is_open: bool = True, team: str | None = None) -> str:
        """Make a second queue; return its id."""
        return (await make_queue(self.database, team, is_open=is_open))[0]

    async def timeline(self, caller: Caller) -> Any:
        """Return segments and marks of a call, as the screen gets them."""
        from sideline.interactions.queries import timeline

        async with self.database.reading() as connection:
            return await timeline(connection, caller.interaction_id)


class _Steady:
    """Steady seconds that follow the settable clock, as they do while nobody puts the clock."""

    def __init__(self, api: Api) -> None:
        self._clock = api.clock
        self._start = api.clock.now()
        self.put_by = timedelta()
        """How far somebody put the clock: steady time does not follow that."""

    def __call__(self) -> float:
        return (self._clock.now() - self._start - self.put_by).total_seconds()


async def make_queue(
    database: Database, team: str | None, *, is_open: bool = True, offer_seconds: int = 20, wrap_up_seconds: int = 30
) -> tuple[str, str]:
    """Write a queue; return its id and slug."""
    queue_id, number = new_id(), next(_numbers)
    async with database.transaction() as tx:
        tx.session.add(
            QueueRow(
                id=queue_id,
                name=f"Line {number}",
                slug=f"line-{number}",
                team_id=team,
                is_open=is_open,
                offer_seconds=offer_seconds,
                wrap_up_seconds=wrap_up_seconds,
            )
        )
    return queue_id, f"line-{number}"


async def make_node(database: Database, name: str | None = None, *, lease: timedelta = timedelta(days=365)) -> str:
    """Write a voice node that is alive for long; return its id."""
    async with database.transaction() as tx:
        node_id = await begin_life(tx, name or f"voice-{next(_numbers)}", "fake")
        await tx.session.flush()
        await tx.session.execute(
            update(VoiceNodeRow).where(VoiceNodeRow.id == node_id).values(lease_until=tx.now + lease)
        )
    return node_id


async def make_line(api: Api, team: str) -> Line:
    """Make a queue of ``team`` and a voice node."""
    queue_id, slug = await make_queue(api.database, team)
    return Line(api, team, queue_id, slug, await make_node(api.database))


class Node:
    """A voice process whose engine makes no sound: the real exchange, on a real NOTIFY."""

    def __init__(self, node_id: str, legs: FakeLegs, exchange: LegExchange) -> None:
        self.id = node_id
        self.legs = legs
        self.exchange = exchange
        self.is_asleep = False
        self.missed: asyncio.Queue[str] = asyncio.Queue()
        """Legs that it was woken for while it was asleep."""

    def woken(self, payload: str) -> None:
        """Hear a wake-up, as a voice process does."""
        node, _, rest = payload.partition(":")
        kind, _, id_ = rest.partition(":")
        if node == self.id and kind == "leg":
            (self.missed.put_nowait if self.is_asleep else self.exchange.leg_changed)(id_)


@asynccontextmanager
async def running_node(api: Api, node_id: str) -> AsyncIterator[Node]:
    """Run the exchange of a node until the block ends."""
    legs = FakeLegs()
    exchange = LegExchange(api.database, legs, node_id)
    running = Node(node_id, legs, exchange)
    listener = Listener(api.database.url, {VOICE: running.woken}, exchange.look_around)
    tasks = [asyncio.create_task(listener.run()), asyncio.create_task(exchange.run())]
    try:
        async with asyncio.timeout(10):
            await listener.connected.wait()
        yield running
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


@asynccontextmanager
async def heard(database: Database, channel: str) -> AsyncIterator["asyncio.Queue[str]"]:
    """Collect what is notified on ``channel`` during the block."""
    payloads: asyncio.Queue[str] = asyncio.Queue()
    listener = Listener(database.url, {channel: payloads.put_nowait})
    task = asyncio.create_task(listener.run())
    try:
        async with asyncio.timeout(10):
            await listener.connected.wait()
            yield payloads
    finally:
        task.cancel()
        await asyncio.wait({task})
