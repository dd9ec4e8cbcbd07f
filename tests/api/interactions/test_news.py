"""What is told of a call, and to whom: events with their audience."""

from typing import Any

import msgspec

from sideline.interactions.events import (
    customer_topic,
    interaction_topic,
    team_interactions_topic,
)
from sideline.interactions.queries import InteractionFilters, list_interactions
from sideline.kit.event_log import head, read_after
from sideline.rules.permissions import Everything
from tests.support.interactions import Line
from tests.support.people import make_team


async def since(line: Line, position: Any) -> list[dict[str, Any]]:
    async with line.database.reading() as connection:
        found = await read_after(connection, position, limit=500)
    return [{**msgspec.json.decode(each.payload), "type": each.type, "topics": set(each.topics)} for each in found]


async def now(line: Line) -> Any:
    async with line.database.reading() as connection:
        return await head(connection)


async def test_each_step_tells_the_teams_the_watchers_and_those_on_the_call(line: Line) -> None:
    agent = await line.agent()
    caller = await line.talking(agent)
    before = await now(line)

    await agent.does(caller, "hold")

    told = await since(line, before)
    (changed,) = [each for each in told if each["type"] == "interaction.changed"]
    assert changed["change"] == "held"
    assert changed["topics"] == {
        "interactions",
        team_interactions_topic(line.team),
        interaction_topic(caller.interaction_id),
        f"user:{agent.id}",
    }
    assert changed["interaction"]["state"] == "held"
    (seen,) = [each for each in told if each["type"] == "customer.call_changed"]
    assert seen["topics"] == {customer_topic(caller.participant_id)}
    assert seen["call"]["is_held"]


async def test_event_carries_what_the_list_shows(line: Line) -> None:
    agent = await line.agent()
    before = await now(line)
    caller = await line.talking(agent, name="Ana")

    last = [each for each in await since(line, before) if each["type"] == "interaction.changed"][-1]
    async with line.database.reading() as connection:
        page = await list_interactions(connection, Everything(), InteractionFilters())
    assert last["interaction"] == msgspec.json.decode(msgspec.json.encode(page.items[0]))
    assert last["interaction"]["number"] == caller.number


async def test_agent_taken_off_a_call_hears_of_it_once_and_of_what_follows_no_more(line: Line) -> None:
    giving = await line.agent()
    caller = await line.talking(giving)
    before = await now(line)
    await giving.does(caller, "transfer", queue_id=line.queue_id)
    (left,) = [each for each in await since(line, before) if each["type"] == "interaction.changed"]
    assert f"user:{giving.id}" in left["topics"]

    after = await now(line)
    await caller.hang_up()
    (ended,) = [each for each in await since(line, after) if each["type"] == "interaction.ended"]
    assert f"user:{giving.id}" not in ended["topics"]


async def test_customer_is_told_nothing_of_mute_and_consult(line: Line) -> None:
    agent, colleague = await line.agent(), await line.agent(presence="available")
    caller = await line.talking(agent)
    await agent.does(caller, "consult", user_id=colleague.id)
    before = await now(line)

    await colleague.does(caller, "answer")
    await agent.does(caller, "mute")

    assert [each for each in await since(line, before) if each["type"] == "customer.call_changed"] == []


async def test_teams_of_everyone_who_was_on_the_call_may_follow_it(line: Line) -> None:
    other_team = await make_team(line.database)
    giving, taking = await line.agent(), await line.agent(presence="available", team=other_team)
    caller = await line.talking(giving)
    await giving.does(caller, "transfer", user_id=taking.id)
    before = await now(line)

    await taking.does(caller, "answer")

    answered = [each for each in await since(line, before) if each["type"] == "interaction.changed"][-1]
    assert {team_interactions_topic(line.team), team_interactions_topic(other_team)} <= answered["topics"]


async def test_who_waits_in_a_queue_is_told_when_that_changes(line: Line) -> None:
    before = await now(line)
    caller = await line.caller()
    assert [each["queue_id"] for each in await since(line, before) if each["type"] == "queue.changed"] == [
        line.queue_id
    ]
    before = await now(line)
    await caller.hang_up()
    assert len([each for each in await since(line, before) if each["type"] == "queue.changed"]) == 1


async def test_refused_control_tells_nobody_anything(line: Line) -> None:
    agent = await line.agent()
    caller = await line.talking(agent)
    before = await now(line)

    await agent.is_refused(caller, "cancel-consult", "not_consulting")

    assert await since(line, before) == []
