"""Voice nodes: which serves a call, and what becomes of its calls when one dies."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import select, update

from sideline.interactions.messages import CallMoved
from sideline.interactions.models import InteractionRow, VoiceNodeRow
from sideline.interactions.tasks import sources
from sideline.interactions.voice_nodes import LEASE_SECONDS, begin_life, end_life, renew
from sideline.kit.db import Database
from sideline.kit.event_log import Position, read_after
from sideline.kit.timers import Timers
from tests.support.interactions import Caller, Line, make_node, running_node
from tests.support.people import Api

OFFER = {"offer": "v=0", "tab_id": "tab", "has_microphone": True}


async def node_of(line: Line, caller: Caller) -> str | None:
    async with line.database.reading() as connection:
        return await connection.scalar(
            select(InteractionRow.voice_node_id).where(InteractionRow.id == caller.interaction_id)
        )


async def renewed(line: Line, node_id: str) -> bool:
    async with line.database.transaction() as tx:
        return await renew(tx, node_id)


async def is_over(line: Line, node_id: str) -> bool:
    async with line.database.reading() as connection:
        ended = await connection.scalar(select(VoiceNodeRow.ended_at).where(VoiceNodeRow.id == node_id))
    return ended is not None


async def events(line: Line, kind: str) -> list[Any]:
    async with line.database.reading() as connection:
        found = await read_after(connection, Position(0, 0), limit=1000)
    return [msgspec.json.decode(each.payload) for each in found if each.type == kind]


async def test_call_is_served_where_its_agents_phone_is_and_the_customer_is_asked_to_come(line: Line) -> None:
    elsewhere = await make_node(line.database)
    agent = await line.agent(has_phone=False)
    await line.connect(user_id=agent.id, node_id=elsewhere)
    caller = await line.caller()

    await line.due()

    assert await node_of(line, caller) == elsewhere
    (asked,) = await events(line, "leg.reconnect_wanted")
    assert asked["participant_id"] == caller.participant_id
    async with running_node(line.api, elsewhere) as node:
        answer = await caller.http.post("/api/customer/legs", json=OFFER)
        assert answer.status_code == 201, answer.text
        assert (await line.leg(caller.participant_id)).id in node.legs.connected
    assert (await line.leg(caller.participant_id)).voice_node_id == elsewhere


async def test_consulted_agent_on_another_node_is_asked_to_come(line: Line) -> None:
    agent = await line.agent()
    elsewhere = await make_node(line.database)
    colleague = await line.agent(has_phone=False, presence="available")
    await line.connect(user_id=colleague.id, node_id=elsewhere)
    caller = await line.talking(agent)

    await agent.does(caller, "consult", user_id=colleague.id)

    assert await node_of(line, caller) == line.node_id
    (asked,) = await events(line, "leg.reconnect_wanted")
    assert asked["user_id"] == colleague.id
    assert (await colleague.http.get("/api/legs/mine")).json()["is_reconnect_wanted"]


async def test_node_that_renews_lives_and_one_that_falls_silent_is_over(line: Line) -> None:
    silent = await make_node(line.database)
    await line.due()
    for _ in range(4):
        assert await renewed(line, line.node_id)
        await line.after(seconds=4)

    assert not await is_over(line, line.node_id)
    assert await is_over(line, silent)
    assert not await renewed(line, silent), "a node that counts as gone is told so, and begins a new life"


@pytest.mark.parametrize("hours", [9, -9])
async def test_no_jump_of_the_clock_ends_a_node(line: Line, hours: int) -> None:
    await renewed(line, line.node_id)
    await line.due()

    line.steady.put_by += timedelta(hours=hours)
    await line.after(hours=hours)
    await line.after(seconds=1)

    assert not await is_over(line, line.node_id)


async def test_worker_that_could_not_look_for_a_while_does_not_blame_the_nodes(line: Line) -> None:
    await line.due()
    await line.after(seconds=LEASE_SECONDS * 3)
    assert not await is_over(line, line.node_id)


async def test_calls_of_a_dead_node_go_on_at_another_and_their_phones_are_lost_and_asked_to_come(line: Line) -> None:
    agent = await line.agent()
    caller = await line.talking(agent)
    survivor = await make_node(line.database)

    async with line.database.transaction() as tx:
        await end_life(tx, line.node_id)
    await line.due()

    assert await node_of(line, caller) == survivor
    assert (await agent.current())["state"] == "talking"
    assert {each["leg_state"] for each in (await agent.current())["participants"]} == {"lost"}
    asked = await events(line, "leg.reconnect_wanted")
    assert {each["user_id"] or each["participant_id"] for each in asked} == {agent.id, caller.participant_id}
    assert {each["reason"] for each in asked} == {"voice_lost"}

    async with running_node(line.api, survivor):
        assert (await agent.http.post("/api/legs", json=OFFER)).status_code == 201
    await line.bring_back(agent.id)
    await line.after(seconds=16)
    assert (await caller.call())["ended_reason"] == "customer_lost", "the customer never came"


async def test_new_life_of_a_node_takes_over_what_the_old_one_left(line: Line) -> None:
    name = "voice-a"
    old = await make_node(line.database, name)
    agent = await line.agent(has_phone=False)
    await line.connect(user_id=agent.id, node_id=old)
    caller = await line.talking(agent)
    async with line.database.transaction() as tx:
        await end_life(tx, line.node_id)

    async with line.database.transaction() as tx:
        new = await begin_life(tx, name, "fake")
    await line.due()

    assert await is_over(line, old)
    assert await node_of(line, caller) == new
    assert (await line.leg(agent.id)).state == "lost"


async def test_call_of_another_node_is_untouched_when_one_dies(line: Line) -> None:
    elsewhere = await make_node(line.database)
    agent = await line.agent(has_phone=False)
    await line.connect(user_id=agent.id, node_id=elsewhere)
    caller = await line.caller(has_phone=False)
    await line.connect(participant_id=caller.participant_id, node_id=elsewhere)
    await line.due()
    before = await agent.does(caller, "answer")

    async with line.database.transaction() as tx:
        await end_life(tx, line.node_id)
    await line.due()

    after = await agent.current()
    assert after["version"] == before["version"]
    assert {each["leg_state"] for each in after["participants"]} == {"up"}


async def test_nobody_loses_their_place_while_there_is_no_voice_node_to_come_back_to(line: Line) -> None:
    agent = await line.agent()
    caller = await line.talking(agent)
    async with line.database.transaction() as tx:
        await end_life(tx, line.node_id)
    await line.due()
    await line.after(minutes=5)
    assert (await agent.current())["state"] == "talking"

    async with line.database.transaction() as tx:
        await begin_life(tx, "voice-b", "fake")
    await line.due()
    assert (await caller.call())["state"] == "talking"
    await line.after(seconds=9)
    assert (await caller.call())["state"] == "talking"


async def lets_lease_run_out(line: Line, node_id: str) -> None:
    async with line.database.transaction() as tx:
        await tx.session.execute(
            update(VoiceNodeRow).where(VoiceNodeRow.id == node_id).values(lease_until=tx.now - timedelta(seconds=1))
        )


async def test_nobody_is_rung_on_a_node_that_renews_no_more_and_no_customer_is_taken_there(line: Line) -> None:
    dead = await make_node(line.database)
    agent = await line.agent(has_phone=False)
    await line.connect(user_id=agent.id, node_id=dead)
    await lets_lease_run_out(line, dead)
    caller = await line.caller()

    await line.due()

    assert (await agent.desk())["current"] == []
    assert await node_of(line, caller) != dead
    assert (await caller.call())["leg_state"] == "up"


async def test_grace_of_a_lost_phone_waits_for_a_node_that_renews_no_more(line: Line) -> None:
    agent = await line.agent()
    caller = await line.talking(agent)
    await line.lose(caller.participant_id)
    await lets_lease_run_out(line, line.node_id)

    await line.due()
    line.api.clock.move(timedelta(seconds=16))
    await line.due()

    assert (await caller.call())["state"] == "talking"


async def test_customer_who_cannot_connect_as_no_voice_runs_keeps_their_call(line: Line) -> None:
    async with line.database.transaction() as tx:
        await end_life(tx, line.node_id)
    caller = await line.caller(has_phone=False)
    await line.after(minutes=5)
    assert (await caller.call())["state"] == "waiting"

    await make_node(line.database)
    await line.after(seconds=59)
    assert (await caller.call())["state"] == "waiting"
    await line.after(seconds=2)
    assert (await caller.call())["ended_reason"] == "customer_lost"


async def test_slices_below_are_told_that_a_call_moved(line: Line, api: Api) -> None:
    told: list[CallMoved] = []

    async def moved(_: Any, message: CallMoved) -> None:
        told.append(message)

    agent = await line.agent()
    caller = await line.talking(agent)
    survivor = await make_node(line.database)
    listening = Database(line.database.url, clock=api.clock, reactions={CallMoved: [moved]})
    async with listening.transaction() as tx:
        await end_life(tx, line.node_id)
    await Timers(listening, sources()).run_due()
    await listening.aclose()

    assert told == [CallMoved(caller.interaction_id, survivor)]
