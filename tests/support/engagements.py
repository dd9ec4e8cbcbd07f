"""A floor for tests: queues, agents on calls, supervisors with phones, and the voice process that confirms.

People, calls and phones are rows made as facts; what is tested goes through
HTTP. The voice process is the real switchboard on a :class:`SilentEngine`,
which takes plans and makes no sound: after ``await floor.settled()`` everything
that the rows want is in force and confirmed.
"""

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
from sqlalchemy import event, select, update

from sideline.engagements.call_plan import WantedCall, calls_of_node, read_wanted
from sideline.engagements.progress import confirm
from sideline.interactions.bodies import CustomerCallIn
from sideline.interactions.call_facts import granted, load_call, save_step
from sideline.interactions.call_nodes import move_call
from sideline.interactions.leg_owner import locked_leg
from sideline.interactions.leg_states import close, give_up, leg_up, lose
from sideline.interactions.models import (
    InteractionRow,
    LegRow,
    ParticipantRow,
    QueueMemberRow,
    QueueRow,
    VoiceNodeRow,
)
from sideline.interactions.new_call import call_in
from sideline.interactions.offering import Offers
from sideline.kit.db import Database
from sideline.kit.ids import new_id
from sideline.kit.timers import Timers
from sideline.people.models import PolicyRow
from sideline.rules import call_control, call_ringing
from sideline.rules.audibility import Route
from sideline.voice.engine import CallPlan, EngineFact, EngineSnapshot
from tests.support.people import Api, MadeUser, make_user

_numbers = itertools.count(1)


class SilentEngine:
    """A voice engine without sound (implements ``VoiceEngine``): takes plans, newest wins, and shows them."""

    def __init__(self) -> None:
        self.plans: dict[str, CallPlan] = {}

    async def apply(self, call: str, wanted: CallPlan) -> None:
        held = self.plans.get(call)
        if held is None or wanted.version >= held.version:
            self.plans[call] = wanted

    async def observe(self) -> EngineSnapshot:
        return EngineSnapshot(frozenset(), dict(self.plans))

    async def facts(self) -> AsyncIterator[EngineFact]:
        await asyncio.Event().wait()
        yield EngineFact()

    async def aclose(self) -> None:
        pass


@dataclass
class Person:
    """Someone with a browser and a phone that is connected."""

    user: MadeUser
    http: httpx.AsyncClient

    @property
    def id(self) -> str:
        return self.user.id

    @property
    def name(self) -> str:
        return self.user.name


@dataclass
class LiveCall:
    """A call in progress, as made."""

    id: str
    number: int
    customer: str
    """Participant ids."""
    agent: str


class Floor:
    """One team with its queue, and a voice node."""

    def __init__(self, api: Api, node_id: str, team: str, queue_id: str, slug: str) -> None:
        self.api = api
        self.database: Database = api.database
        self.engine = SilentEngine()
        self.node_id = node_id
        self.team = team
        self.queue_id = queue_id
        self._slug = slug

    async def person(self, *roles: str, presence: str = "available", **facts: Any) -> Person:
        """Make someone with these roles who is signed in and has a connected phone; ``team=None`` for none."""
        facts.setdefault("team", self.team)
        user = await make_user(self.database, *roles, presence=presence, **facts)
        await self.connect_phone(user_id=user.id)
        return Person(user, await self.api.sign_in(user))

    async def agent(self, **facts: Any) -> Person:
        """Make an agent on queue."""
        roles = facts.pop("extra_roles", ())
        person = await self.person("agent", *roles, presence=facts.pop("presence", "on_queue"), **facts)
        await self.joins_queue(person)
        return person

    async def joins_queue(self, person: Person) -> None:
        """Make someone a member of the floor's queue."""
        async with self.database.transaction() as tx:
            tx.session.add(QueueMemberRow(queue_id=self.queue_id, user_id=person.id))

    async def offer_calls(self) -> None:
        """Let the worker ring whom it may for the calls that wait."""
        await Timers(self.database, [Offers()]).run_due()

    async def ringing_for(self, call: LiveCall) -> str | None:
        """Return the user whom the call rings."""
        async with self.database.reading() as connection:
            return await connection.scalar(
                select(ParticipantRow.user_id).where(
                    ParticipantRow.interaction_id == call.id, ParticipantRow.state == "ringing"
                )
            )

    async def supervisor(self, **facts: Any) -> Person:
        """Make a supervisor of the floor's team."""
        return await self.person("supervisor", **facts)

    async def call(self, agent: Person, **data: str) -> LiveCall:
        """Let a customer call and ``agent`` answer; ``data`` are columns such as ``campaign``."""
        waiting = await self.waiting_call(**data)
        async with self.database.transaction() as tx:
            loaded = await load_call(tx, waiting.id)
            seat_id = new_id()
            await save_step(tx, loaded, granted(call_ringing.offer(loaded.call, seat_id, agent.id)))
            await save_step(tx, loaded, granted(call_ringing.answer(loaded.call, seat_id)))
        await self.settled()
        return LiveCall(waiting.id, waiting.number, waiting.customer, seat_id)

    async def waiting_call(self, **data: str) -> LiveCall:
        """Let a customer, whose phone is connected, wait in the queue."""
        async with self.database.transaction() as tx:
            asked = CustomerCallIn(queue_slug=self._slug, name=f"Customer {next(_numbers)}")
            made = await call_in(tx, asked, f"198.51.100.{next(_numbers)}")
            await tx.session.execute(
                update(InteractionRow)
                .where(InteractionRow.id == made.interaction_id)
                .values(voice_node_id=self.node_id, **data)
            )
        await self.connect_phone(participant_id=made.participant_id)
        return LiveCall(made.interaction_id, made.number, made.participant_id, "")

    async def connect_phone(
        self, *, user_id: str | None = None, participant_id: str | None = None, node_id: str | None = None
    ) -> str:
        """Give someone a leg that is up; return its id."""
        leg_id = new_id()
        async with self.database.transaction() as tx:
            tx.session.add(
                LegRow(
                    id=leg_id,
                    user_id=user_id,
                    participant_id=participant_id,
                    voice_node_id=node_id or self.node_id,
                    state="up",
                    has_microphone=True,
                    tab_id="tab",
                    generation=1,
                    offer="",
                    answer="",
                    refusal="",
                    connected_at=tx.now,
                )
            )
        return leg_id

    async def leg_of(self, person: Person) -> str:
        """Return the id of someone's leg."""
        async with self.database.reading() as connection:
            return (
                await connection.execute(select(LegRow.id).where(LegRow.user_id == person.id, LegRow.state != "closed"))
            ).scalar_one()

    async def lose_phone(self, person: Person) -> None:
        """Let the engine tell that someone's phone is gone."""
        async with self.database.transaction() as tx:
            found = await locked_leg(tx, await self.leg_of(person))
            assert found is not None
            await lose(tx, *found)

    async def bring_phone_back(self, person: Person) -> None:
        """Let the engine tell that someone's phone is up again."""
        async with self.database.transaction() as tx:
            assert await leg_up(tx, await self.leg_of(person), 1)

    async def give_phone_up(self, person: Person) -> None:
        """Let the grace of a lost phone be over."""
        async with self.database.transaction() as tx:
            found = await locked_leg(tx, await self.leg_of(person))
            assert found is not None
            await give_up(tx, *found)

    async def close_phone(self, person: Person) -> None:
        """Let someone's phone be closed for good."""
        async with self.database.transaction() as tx:
            found = await locked_leg(tx, await self.leg_of(person))
            assert found is not None
            await close(tx, *found)

    async def move_phone_elsewhere(self, person: Person) -> None:
        """Let someone's phone be connected to another voice node."""
        node_id = await make_node(self.database)
        async with self.database.transaction() as tx:
            await tx.session.execute(
                update(LegRow).where(LegRow.id == await self.leg_of(person)).values(voice_node_id=node_id)
            )

    async def move_call_elsewhere(self, call: LiveCall) -> None:
        """Let another voice node serve a call from now on."""
        node_id = await make_node(self.database)
        async with self.database.transaction() as tx:
            loaded = await load_call(tx, call.id)
            await move_call(tx, loaded.row, loaded.call, node_id)

    async def customer_hangs_up(self, call: LiveCall) -> None:
        """Let the customer leave."""
        async with self.database.transaction() as tx:
            loaded = await load_call(tx, call.id)
            await save_step(tx, loaded, granted(call_control.customer_left(loaded.call)))
        await self.settled()

    async def read_wanted(self, call: LiveCall) -> WantedCall:
        """Return what the rows want of a call now."""
        async with self.database.reading() as connection:
            wanted = await read_wanted(connection, self.node_id, call.id)
        assert wanted is not None
        return wanted

    async def confirm(self, call: LiveCall, wanted: WantedCall) -> None:
        """Write back what the engine has in force."""
        async with self.database.transaction() as tx:
            engaged = {each.id: each.version for each in wanted.engagements}
            await confirm(tx, self.node_id, call.id, wanted.version, engaged)

    async def settled(self) -> None:
        """Let the voice node match its engine to the rows and confirm, call by call."""
        async with self.database.reading() as connection:
            calls = {*await calls_of_node(connection, self.node_id), *self.engine.plans}
        for call_id in sorted(calls):
            call = LiveCall(call_id, 0, "", "")
            wanted = await self.read_wanted(call)
            await self.engine.apply(call_id, wanted.plan)
            if wanted.is_news:
                await self.confirm(call, wanted)

    def hears(self, call: LiveCall, listener: str) -> set[str]:
        """Return who is audible to a participant (or an engagement) in the engine now."""
        plan = self.engine.plans[call.id]
        return {route.speaker for route in plan.routes if route.listener == listener and self._has_phones(plan, route)}

    def _has_phones(self, plan: CallPlan, route: Route) -> bool:
        return route.listener in plan.phones and (route.speaker in plan.phones or route.speaker == "music")

    async def policy(self, **values: Any) -> None:
        """Set policies."""
        async with self.database.transaction() as tx:
            for key, value in values.items():
                await tx.session.merge(PolicyRow(key=key, value=value, changed_at=tx.now))

    async def start(
        self, supervisor: Person, call: LiveCall, mode: str = "monitor", target: str | None = None, **more: Any
    ) -> dict[str, Any]:
        """Start an engagement over HTTP, expect success, and let it become active."""
        answer = await self.try_start(supervisor, call, mode, target, **more)
        assert answer.status_code == 201, answer.text
        await self.settled()
        return answer.json()

    async def try_start(
        self, supervisor: Person, call: LiveCall, mode: str = "monitor", target: str | None = None, **more: Any
    ) -> httpx.Response:
        """Ask for an engagement; ``target`` is the agent unless given."""
        body = {"interaction_id": call.id, "target_participant_id": target or call.agent, "mode": mode, **more}
        return await supervisor.http.post("/api/engagements", json=body)

    async def switch(self, supervisor: Person, engagement: dict[str, Any], mode: str, **more: Any) -> dict[str, Any]:
        """Switch over HTTP, expect success, and let it be confirmed."""
        answer = await self.try_switch(supervisor, engagement, mode, **more)
        assert answer.status_code == 200, answer.text
        await self.settled()
        return answer.json()

    async def try_switch(
        self, supervisor: Person, engagement: dict[str, Any], mode: str, **more: Any
    ) -> httpx.Response:
        """Ask for a switch."""
        return await supervisor.http.post(f"/api/engagements/{engagement['id']}/switch", json={"mode": mode, **more})

    async def statements_of(self, person: Person, path: str) -> int:
        """Return how many statements answering a GET takes, those of signing in included."""
        seen: list[str] = []

        def note(_: Any, __: Any, statement: str, *___: Any) -> None:
            seen.append(statement)

        engine = self.database.engine.sync_engine
        event.listen(engine, "before_cursor_execute", note)
        try:
            assert (await person.http.get(path)).status_code == 200
        finally:
            event.remove(engine, "before_cursor_execute", note)
        return len(seen)

    async def mine(self, supervisor: Person) -> Any:
        """Return what the supervisor's own view shows."""
        answer = await supervisor.http.get("/api/engagements/mine")
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def shown_to(self, agent: Person) -> list[dict[str, Any]]:
        """Return whom the agent's view shows."""
        answer = await agent.http.get("/api/engagements/shown-to-me")
        assert answer.status_code == 200, answer.text
        return answer.json()["supervisors"]

    async def control(self, person: Person, call: LiveCall, verb: str, **body: Any) -> dict[str, Any]:
        """Use a call control over HTTP (``hold``, ``transfer`` …), expect success, and let it be in force."""
        answer = await person.http.post(f"/api/interactions/{call.id}/{verb}", json=body or None)
        assert answer.is_success, answer.text
        await self.settled()
        return answer.json()


async def make_node(database: Database) -> str:
    """Make a voice node that is alive; return its id."""
    node_id = new_id()
    async with database.transaction() as tx:
        tx.session.add(
            VoiceNodeRow(
                id=node_id,
                name=f"voice-{next(_numbers)}",
                engine="silent",
                started_at=tx.now,
                lease_until=tx.now + timedelta(days=365),
            )
        )
    return node_id


async def make_floor(api: Api, team: str) -> Floor:
    """Make a queue of ``team`` and a voice node."""
    node_id, queue_id, number = await make_node(api.database), new_id(), next(_numbers)
    async with api.database.transaction() as tx:
        tx.session.add(
            QueueRow(
                id=queue_id,
                name=f"Queue {number}",
                slug=f"queue-{number}",
                team_id=team,
                is_open=True,
                offer_seconds=20,
                wrap_up_seconds=30,
            )
        )
    return Floor(api, node_id, team, queue_id, f"queue-{number}")


@asynccontextmanager
async def events_of(database: Database) -> AsyncIterator[list[dict[str, Any]]]:
    """Collect what is logged during the block: ``type``, ``topics`` and the payload's members."""
    import msgspec

    from sideline.kit.event_log import head, read_after

    heard: list[dict[str, Any]] = []
    async with database.reading() as connection:
        start = await head(connection)
    yield heard
    async with database.reading() as connection:
        for each in await read_after(connection, start):
            heard.append({**msgspec.json.decode(each.payload), "type": each.type, "topics": set(each.topics)})
