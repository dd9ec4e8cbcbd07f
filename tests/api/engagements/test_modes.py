"""Monitor, coach, barge: who hears whom, who is told, and switching between them (V2, V3, V4, V6, V8)."""

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


@pytest.mark.promise("V2")
async def test_policy_may_show_the_agent_who_monitors(floor: Floor):
    agent, supervisor = await floor.agent(), await floor.supervisor(name="Sam")
    call = await floor.call(agent)
    await floor.policy(tell_agent_of_monitor=True)
    async with events_of(floor.database) as heard:
        await floor.start(supervisor, call, "monitor")
    (shown,) = [event for event in heard if event["type"] == "engagement.shown_to_agent"]
    assert shown["topics"] == {f"user:{agent.id}"}
    assert shown["supervisors"] == [{"name": "Sam", "mode": "monitor"}]
    assert await floor.shown_to(agent) == [{"name": "Sam", "mode": "monitor"}]


@pytest.mark.promise("V3")
async def test_on_hold_a_monitor_hears_only_the_side_they_chose(floor: Floor):
    agent = await floor.agent()
    inside, outside = await floor.supervisor(), await floor.supervisor()
    call = await floor.call(agent)
    internal = await floor.start(inside, call, "monitor", call.agent)
    external = await floor.start(outside, call, "monitor", call.customer)
    assert floor.hears(call, external["id"]) == {call.customer, call.agent}
    await floor.control(agent, call, "hold")
    assert floor.hears(call, internal["id"]) == {call.agent}
    assert floor.hears(call, external["id"]) == {call.customer}


@pytest.mark.promise("V3")
async def test_during_a_consult_the_internal_side_is_the_consult_and_the_external_the_held_customer(floor: Floor):
    agent, colleague = await floor.agent(), await floor.agent()
    inside, outside = await floor.supervisor(), await floor.supervisor()
    call = await floor.call(agent)
    internal = await floor.start(inside, call, "monitor", call.agent)
    external = await floor.start(outside, call, "monitor", call.customer)
    await floor.control(agent, call, "consult", user_id=colleague.id)
    answered = await floor.control(colleague, call, "answer")
    consulted = answered["my_participant_id"]
    assert floor.hears(call, internal["id"]) == {call.agent, consulted}
    assert floor.hears(call, external["id"]) == {call.customer}


@pytest.mark.promise("V4")
async def test_coach_is_heard_only_by_the_coached_agent_and_hears_both(floor: Floor):
    agent, supervisor = await floor.agent(), await floor.supervisor()
    call = await floor.call(agent)
    engagement = await floor.start(supervisor, call, "monitor")
    await floor.switch(supervisor, engagement, "coach")
    assert floor.hears(call, call.agent) == {call.customer, engagement["id"]}
    assert floor.hears(call, call.customer) == {call.agent}
    assert floor.hears(call, engagement["id"]) == {call.customer, call.agent}


@pytest.mark.promise("V4")
async def test_the_agents_desk_shows_at_once_who_coaches_and_until_when(floor: Floor):
    agent, supervisor = await floor.agent(), await floor.supervisor(name="Sam")
    call = await floor.call(agent)
    engagement = await floor.start(supervisor, call, "monitor")
    assert await floor.shown_to(agent) == []
    async with events_of(floor.database) as heard:
        await floor.switch(supervisor, engagement, "coach")
        assert await floor.shown_to(agent) == [{"name": "Sam", "mode": "coach"}]
        await floor.switch(supervisor, engagement, "monitor")
    assert await floor.shown_to(agent) == []
    told = [event for event in heard if event["type"] == "engagement.shown_to_agent"]
    assert [event["supervisors"] for event in told] == [[{"name": "Sam", "mode": "coach"}], []]
    assert all(event["topics"] == {f"user:{agent.id}"} for event in told)


@pytest.mark.promise("V4")
async def test_the_customer_is_told_nothing_of_coaching(floor: Floor):
    agent, supervisor = await floor.agent(), await floor.supervisor()
    call = await floor.call(agent)
    async with events_of(floor.database) as heard:
        engagement = await floor.start(supervisor, call, "monitor")
        await floor.switch(supervisor, engagement, "coach")
        await supervisor.http.post(f"/api/engagements/{engagement['id']}/stop")
    assert not [event for event in heard if f"customer:{call.customer}" in event["topics"]]


@pytest.mark.promise("V6")
async def test_after_a_barge_everyone_hears_the_supervisor_and_the_agent_is_told(floor: Floor):
    agent, supervisor = await floor.agent(), await floor.supervisor(name="Sam")
    call = await floor.call(agent)
    engagement = await floor.start(supervisor, call, "monitor")
    await floor.switch(supervisor, engagement, "barge")
    assert floor.hears(call, call.agent) == {call.customer, engagement["id"]}
    assert floor.hears(call, call.customer) == {call.agent, engagement["id"]}
    assert await floor.shown_to(agent) == [{"name": "Sam", "mode": "barge"}]


@pytest.mark.promise("V6")
@pytest.mark.parametrize("is_wanted", [True, False])
async def test_the_customer_reads_of_a_barge_only_where_policy_says_so(floor: Floor, is_wanted: bool):
    agent, supervisor = await floor.agent(), await floor.supervisor()
    await floor.policy(barge_notice=is_wanted)
    call = await floor.call(agent)
    engagement = await floor.start(supervisor, call, "monitor")
    async with events_of(floor.database) as heard:
        await floor.switch(supervisor, engagement, "barge")
        await floor.switch(supervisor, engagement, "monitor")
    notices = [event["call"]["notice"] for event in heard if event["type"] == "customer.call_changed"]
    assert notices == (["A supervisor has joined the call.", None] if is_wanted else [])


@pytest.mark.promise("V8")
async def test_switching_keeps_the_phone_and_each_switch_is_a_row_and_a_mark(floor: Floor):
    agent, supervisor = await floor.agent(), await floor.supervisor()
    call = await floor.call(agent)
    engagement = await floor.start(supervisor, call, "monitor")
    phone = floor.engine.plans[call.id].phones[engagement["id"]]
    modes = ["coach", "monitor", "barge", "coach", "barge", "monitor"]
    for mode in modes:
        await floor.switch(supervisor, engagement, mode)
        assert floor.engine.plans[call.id].phones[engagement["id"]] == phone
    detail = (await supervisor.http.get(f"/api/interactions/{call.id}")).json()
    assert [each["mode"] for each in detail["engagement_segments"]] == ["monitor", *modes]
    assert [each["kind"] for each in detail["marks"] if each["kind"] in modes] == ["monitor", *modes]


@pytest.mark.promise("V8")
async def test_each_switch_is_told_once_it_is_heard_and_stop_then_start_works_too(floor: Floor):
    agent, supervisor = await floor.agent(), await floor.supervisor()
    call = await floor.call(agent)
    first = await floor.start(supervisor, call, "monitor")
    async with events_of(floor.database) as heard:
        await floor.switch(supervisor, first, "coach")
        stopped = await supervisor.http.post(f"/api/engagements/{first['id']}/stop")
        await floor.settled()
        second = await floor.start(supervisor, call, "monitor")
    assert stopped.json()["state"] == "ended"
    assert stopped.json()["end_text"] == "You stopped."
    told = [event["type"] for event in heard if "engagement" in event]
    assert told == ["engagement.switched", "engagement.ended", "engagement.requested", "engagement.started"]
    assert (await floor.mine(supervisor))["id"] == second["id"]
    assert floor.hears(call, second["id"]) == {call.customer, call.agent}


async def test_a_muted_coach_is_heard_by_nobody_until_unmuted(floor: Floor):
    agent, supervisor = await floor.agent(), await floor.supervisor()
    call = await floor.call(agent)
    engagement = await floor.start(supervisor, call, "monitor")
    await floor.switch(supervisor, engagement, "coach")
    path = f"/api/engagements/{engagement['id']}/mute"
    assert (await supervisor.http.post(path, json={"is_muted": True})).json()["is_muted"] is True
    await floor.settled()
    assert engagement["id"] not in floor.hears(call, call.agent)
    assert (await supervisor.http.post(path, json={"is_muted": False})).json()["is_muted"] is False
    await floor.settled()
    assert engagement["id"] in floor.hears(call, call.agent)


async def test_an_engagement_switches_to_the_other_side_of_the_call(floor: Floor):
    agent, supervisor = await floor.agent(), await floor.supervisor()
    call = await floor.call(agent)
    engagement = await floor.start(supervisor, call, "monitor", call.agent)
    switched = await floor.switch(supervisor, engagement, "monitor", target_participant_id=call.customer)
    assert (switched["target_purpose"], switched["agent"]["id"]) == ("customer", agent.id)
    await floor.control(agent, call, "hold")
    assert floor.hears(call, engagement["id"]) == {call.customer}
