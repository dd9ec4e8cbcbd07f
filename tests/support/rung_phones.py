"""Calls that a PBX has, as rows, and a voice process' exchange for the phones that its engine rings.

What the engine would tell is said by the test; what follows from it is written
by the real :class:`PhoneExchange`, and brought into force by ``floor.settled()``.
"""

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import select, update

from sideline.engagements.phone_exchange import PhoneExchange
from sideline.entry.web import make_app
from sideline.interactions.models import InteractionRow, ParticipantRow, VoiceNodeRow
from sideline.kit.clock import SettableClock
from sideline.kit.db import Database
from sideline.kit.ids import new_id
from sideline.kit.settings import Settings
from sideline.voice.engine import CallPlan, PhoneChanged, PhoneOutcome
from tests.support.engagements import Floor, LiveCall, Person
from tests.support.people import Api

_numbers = itertools.count(1)

DESK = {"kind": "sip", "address": "sip:900@pbx.example.org", "label": "Desk"}
MOBILE = {"kind": "number", "address": "+351 910 000 000", "label": "Mobile"}


@asynccontextmanager
async def api_on_asterisk(database: Database, clock: SettableClock, var: Path) -> AsyncIterator[Api]:
    """Run the application of an installation whose calls an Asterisk has."""
    app = make_app(Settings(var=var, database_url=database.url, demo=False, voice="asterisk"), database)
    api = Api(app, database, clock)
    await api.start()
    yield api
    await api.aclose()


async def pbx_call(floor: Floor, agent: Person) -> LiveCall:
    """Write a call that the PBX of the floor's voice node has: ``agent`` talks with a customer, on telephones."""
    number = next(_numbers)
    call = LiveCall(new_id(), 0, new_id(), new_id())
    async with floor.database.transaction() as tx:
        pbx = (await tx.session.get_one(VoiceNodeRow, floor.node_id)).name
        row = InteractionRow(
            id=call.id,
            state="active",
            live_state="talking",
            queue_id=floor.queue_id,
            agent_id=agent.id,
            team_ids=[floor.team],
            user_ids=[agent.id],
            customer_name=f"Caller {number}",
            phone_number=f"+35121{number:07}",
            started_at=tx.now,
            answered_at=tx.now,
            priority_at=tx.now,
            voice_node_id=floor.node_id,
            pbx_name=pbx,
            pbx_call_id=f"call-{number}",
        )
        tx.session.add(row)
        await tx.session.flush()
        call.number = row.number
        tx.session.add(_participant(call, call.customer, "customer", f"customer-{number}", tx.now))
        tx.session.add(_participant(call, call.agent, "agent", f"agent-{number}", tx.now, user_id=agent.id))
    await floor.settled()
    return call


def _participant(call: LiveCall, id_: str, purpose: str, party: str, now: Any, **more: Any) -> ParticipantRow:
    return ParticipantRow(
        id=id_,
        interaction_id=call.id,
        purpose=purpose,
        name=party,
        state="joined",
        talk_group="main",
        is_muted=False,
        is_consulted=False,
        is_coached=False,
        pbx_party_id=party,
        notice="",
        leave_reason="",
        invited_at=now,
        joined_at=now,
        **more,
    )


async def party_of(floor: Floor, participant_id: str) -> str:
    """Return who a participant is to the PBX."""
    async with floor.database.reading() as connection:
        return str(
            await connection.scalar(select(ParticipantRow.pbx_party_id).where(ParticipantRow.id == participant_id))
        )


async def customer_is(floor: Floor, call: LiveCall, place: str, extension: str = "") -> None:
    """Write where the customer of a PBX's call is meant to be."""
    async with floor.database.transaction() as tx:
        await tx.session.execute(
            update(InteractionRow)
            .where(InteractionRow.id == call.id)
            .values(pbx_place=place, pbx_extension=extension, version=InteractionRow.version + 1)
        )


async def select_phone(person: Person, phone: dict[str, Any], **more: Any) -> str:
    """Let someone add a phone and select it, over HTTP; return its id."""
    added = await person.http.post("/api/phones", json={**phone, **more})
    assert added.status_code == 201, added.text
    await select_again(person, added.json()["id"])
    return added.json()["id"]


async def select_again(person: Person, phone_id: str) -> None:
    """Let someone select a phone that they have."""
    answer = await person.http.post(f"/api/phones/{phone_id}/select")
    assert answer.status_code == 200, answer.text


async def browser_of(person: Person) -> str:
    """Return the id of someone's browser phone."""
    phones = (await person.http.get("/api/phones")).json()
    return next(each["id"] for each in phones if each["kind"] == "browser")


async def supervisor_with(floor: Floor, phone: dict[str, Any], **more: Any) -> Person:
    """Make a supervisor who selected this phone, and whose browser is not connected."""
    supervisor = await floor.supervisor()
    await floor.close_phone(supervisor)
    await select_phone(supervisor, phone, **more)
    return supervisor


class Phones:
    """What the engine of the floor's node tells of phones that it rings."""

    def __init__(self, floor: Floor, exchange: PhoneExchange) -> None:
        self._floor = floor
        self.exchange = exchange

    def note(self, call: LiveCall, engagement: dict[str, Any], outcome: PhoneOutcome) -> None:
        """Tell what became of the phone of an engagement, and go on."""
        self.exchange.note(PhoneChanged(call_id=call.id, participant_id=engagement["id"], outcome=outcome))

    async def become(self, call: LiveCall, engagement: dict[str, Any], outcome: PhoneOutcome) -> None:
        """Tell what became of the phone of an engagement, and let everything follow."""
        await self.tell(call.id, engagement["id"], outcome)

    async def tell(self, call_id: str, participant_id: str, outcome: PhoneOutcome) -> None:
        """Tell what became of a participant's phone, and let everything follow."""
        self.exchange.note(PhoneChanged(call_id=call_id, participant_id=participant_id, outcome=outcome))
        await self.settled()

    async def settled(self) -> None:
        """Wait until what was told is written and in force."""
        async with asyncio.timeout(10):
            await self.exchange.settled()
        await self._floor.settled()

    async def start(self, supervisor: Person, call: LiveCall, mode: str = "monitor", **more: Any) -> dict[str, Any]:
        """Start an engagement whose phone is then answered."""
        engagement = await self._floor.start(supervisor, call, mode, **more)
        await self.become(call, engagement, PhoneOutcome.ANSWERED)
        return engagement


@asynccontextmanager
async def phones_of(floor: Floor, database: Database | None = None) -> AsyncIterator[Phones]:
    """Run the exchange of the floor's voice node, in a life that has just begun."""
    exchange = PhoneExchange(database or floor.database, floor.node_id)
    running = asyncio.create_task(exchange.run())
    try:
        phones = Phones(floor, exchange)
        if database is None:
            await phones.settled()
        yield phones
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


def plan_of(floor: Floor, call: LiveCall) -> CallPlan:
    """Return the plan that the engine holds of a call."""
    return floor.engine.plans[call.id]
