"""Who is rung for a waiting customer, and what becomes of a call that nobody answers."""

import asyncio

from sqlalchemy import delete

from sideline.people.models import UserRoleRow
from tests.support.interactions import Line, Worker


async def rings_for(line: Line, *workers: Worker) -> list[Worker]:
    return [each for each in workers if (await each.desk())["current"]]


async def test_customer_who_arrives_rings_a_free_agent_at_once(line: Line) -> None:
    agent = await line.agent()
    caller = await line.caller(name="Ana")

    await line.due()

    call = await agent.current()
    assert (call["id"], call["state"], call["customer_name"]) == (caller.interaction_id, "offering", "Ana")
    assert set(call["abilities"]) == {"answer", "decline"}
    assert (await caller.call())["state"] == "waiting"


async def test_agent_idle_for_longest_is_rung_first(line: Line) -> None:
    short, long = await line.agent(), await line.agent()
    await line.idle_since(short, minutes=1)
    await line.idle_since(long, minutes=5)

    await line.caller()
    await line.due()
    assert await rings_for(line, short, long) == [long]

    await line.caller()
    await line.due()
    assert await rings_for(line, short, long) == [short, long]


async def test_customer_who_waits_longest_is_served_first(line: Line) -> None:
    first = await line.caller()
    await line.after(seconds=10)
    await line.caller()
    agent = await line.agent()

    await line.due()

    assert (await agent.current())["id"] == first.interaction_id


async def test_call_nobody_answers_rings_the_next_agent_and_the_first_is_not_ready(line: Line) -> None:
    first, second = await line.agent(), await line.agent()
    await line.idle_since(first, minutes=5)
    caller = await line.rung(first)

    await line.after(seconds=21)

    assert (await second.current())["id"] == caller.interaction_id
    assert (await first.desk())["current"] == []
    presence = (await first.desk())["presence"]
    assert (presence["status"], presence["reason"]) == ("not_ready", "missed_call")


async def test_call_rings_for_as_long_as_its_queue_says_and_no_longer(line: Line) -> None:
    agent = await line.agent()
    await line.rung(agent)

    await line.after(seconds=19)
    assert (await agent.desk())["current"] != []

    await line.after(seconds=2)
    assert (await agent.desk())["current"] == []


async def test_agent_who_missed_stays_on_queue_where_policy_allows_more_and_is_passed_over_for_a_while(
    line: Line,
) -> None:
    await line.policy(missed_offers_until_not_ready=3)
    agent = await line.agent()
    caller = await line.rung(agent)

    await line.after(seconds=21)
    assert (await agent.desk())["current"] == []
    assert await agent.presence() == "on_queue"

    await line.after(seconds=31)
    assert (await agent.current())["id"] == caller.interaction_id


async def test_declined_call_rings_the_next_agent(line: Line) -> None:
    first, second = await line.agent(), await line.agent()
    await line.idle_since(first, minutes=5)
    caller = await line.rung(first)

    await first.does(caller, "decline")
    await line.due()

    assert (await second.current())["id"] == caller.interaction_id
    assert await first.presence() == "on_queue"


async def test_agent_without_a_connected_phone_is_not_rung(line: Line) -> None:
    agent = await line.agent(has_phone=False)
    await line.caller()

    await line.due()
    assert (await agent.desk())["current"] == []

    await line.connect(user_id=agent.id)
    await line.due()
    assert (await agent.desk())["current"] != []


async def test_customer_whose_phone_is_not_up_rings_nobody(line: Line) -> None:
    agent = await line.agent()
    caller = await line.caller(has_phone=False)

    await line.due()
    assert (await agent.desk())["current"] == []

    await line.connect(participant_id=caller.participant_id)
    await line.due()
    assert (await agent.current())["id"] == caller.interaction_id


async def test_agent_who_is_not_a_member_of_the_queue_is_not_rung(line: Line) -> None:
    stranger = await line.person("agent", presence="on_queue", has_phone=True)
    await line.caller()

    await line.due()

    assert (await stranger.desk())["current"] == []


async def test_agent_whose_role_no_longer_lets_them_take_calls_is_not_rung_and_the_next_one_is(line: Line) -> None:
    former, agent = await line.agent(), await line.agent()
    await line.idle_since(former, minutes=5)
    async with line.database.transaction() as tx:
        await tx.session.execute(delete(UserRoleRow).where(UserRoleRow.user_id == former.id))
    caller = await line.caller()

    await line.due()

    assert (await agent.current())["id"] == caller.interaction_id


async def test_two_workers_never_ring_two_agents_for_one_call_or_one_agent_for_two(line: Line) -> None:
    agents = [await line.agent() for _ in range(2)]
    callers = [await line.caller() for _ in range(3)]

    await asyncio.gather(*(line.timers.run_due() for _ in range(4)))

    rung = [await agent.current() for agent in agents]
    assert len({call["id"] for call in rung}) == 2
    waiting = [(await caller.call())["state"] for caller in callers]
    assert waiting == ["waiting"] * 3


async def test_agent_who_finishes_wrap_up_is_rung_for_the_customer_who_waits(line: Line) -> None:
    agent = await line.agent()
    done = await line.talking(agent)
    waiting = await line.caller()
    await agent.does(done, "end")
    await line.due()
    assert (await agent.desk())["current"] == []

    await line.after(seconds=31)

    assert (await agent.current())["id"] == waiting.interaction_id
