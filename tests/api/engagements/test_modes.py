"""Monitor, coach, barge: who hears whom, and who is told (V2, V4, V6, V8)."""

import pytest

from tests.support.engagements import Floor, events_of


@pytest.mark.promise("V2")
async def test_a_monitor_hears_both_and_nobody_hears_the_monitor(floor: Floor):
    agent, supervisor = await floor.agent(), await floor.supervisor()
    call = await floor.call(agent)
    engagement = await floor.start(supervisor, call, "monitor")
    assert floor.hears(call, engagement["id"]) == {call.customer, call.agent}
    assert floor.hears(call, call.agent) == {call.customer}
    assert floor.hears(call, call.customer) == {call.agent}


@pytest.mark.promise("V2")
async def test_a_monitor_leaves_no_trace_where_the_agent_or_the_customer_could_read_it(floor: Floor):
    agent, supervisor = await floor.agent(), await floor.supervisor()
    call = await floor.call(agent)
    before = (await agent.http.get(f"/api/interactions/{call.id}")).json()
    async with events_of(floor.database) as heard:
        engagement = await floor.start(supervisor, call, "monitor")
        await supervisor.http.post(f"/api/engagements/{engagement['id']}/mute", json={"is_muted": True})
        await supervisor.http.post(f"/api/engagements/{engagement['id']}/stop")
        await floor.settled()
    told = set().union(*(event["topics"] for event in heard))
    assert {event["type"] for event in heard} == {
        "engagement.requested",
        "engagement.started",
        "engagement.muted",
        "engagement.ended",
    }
    assert f"user:{agent.id}" not in told
    assert f"interaction:{call.id}" not in told
    assert f"customer:{call.customer}" not in told
    assert (await agent.http.get(f"/api/interactions/{call.id}")).json() == before
