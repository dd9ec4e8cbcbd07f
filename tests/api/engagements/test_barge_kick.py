"""Barge-kick: the supervisor takes the agent's place (V7)."""

import pytest

from tests.support.engagements import Floor, events_of


@pytest.mark.promise("V7")
async def test_barge_kick_puts_the_supervisor_in_the_agents_place_while_the_call_goes_on(floor: Floor):
    agent, supervisor = await floor.agent(), await floor.supervisor()
    call = await floor.call(agent)
    engagement = await floor.start(supervisor, call, "monitor")
    async with events_of(floor.database) as heard:
        taken = await floor.switch(supervisor, engagement, "barge_kick")
    assert taken["mode"] == "barge_kick"
    assert floor.hears(call, call.customer) == {engagement["id"]}
    assert floor.hears(call, engagement["id"]) == {call.customer}
    assert call.agent not in floor.engine.plans[call.id].phones
    presence = (await agent.http.get("/api/me")).json()["presence"]
    assert presence["status"] == "wrap_up"
    shown = (await supervisor.http.get(f"/api/interactions/{call.id}")).json()
    assert shown["agent"]["id"] == supervisor.id
    removed = [event for event in heard if event.get("change") == "took_over"]
    assert removed and f"user:{agent.id}" in removed[0]["topics"]


@pytest.mark.promise("V7")
async def test_the_supervisor_who_took_over_holds_and_ends_the_call(floor: Floor):
    agent, supervisor = await floor.agent(), await floor.supervisor()
    call = await floor.call(agent)
    engagement = await floor.start(supervisor, call, "monitor")
    await floor.switch(supervisor, engagement, "barge_kick")
    await floor.control(supervisor, call, "hold")
    assert floor.hears(call, call.customer) == {"music"}
    await floor.control(supervisor, call, "resume")
    async with events_of(floor.database) as heard:
        await floor.control(supervisor, call, "end")
    assert await floor.mine(supervisor) is None
    (ended,) = [event for event in heard if event["type"] == "engagement.ended"]
    assert ended["engagement"]["end_reason"] == "call_ended"


@pytest.mark.promise("V7")
async def test_the_supervisor_who_took_over_transfers_the_call_to_another_agent(floor: Floor):
    agent, colleague, supervisor = await floor.agent(), await floor.agent(), await floor.supervisor()
    call = await floor.call(agent)
    engagement = await floor.start(supervisor, call, "monitor")
    await floor.switch(supervisor, engagement, "barge_kick")
    async with events_of(floor.database) as heard:
        await floor.control(supervisor, call, "transfer", user_id=colleague.id)
        answered = await floor.control(colleague, call, "answer")
    (ended,) = [event for event in heard if event["type"] == "engagement.ended"]
    assert ended["engagement"]["end_reason"] == "transferred_away"
    assert floor.hears(call, call.customer) == {answered["my_participant_id"]}


async def test_after_taking_over_there_is_no_way_back_to_listening_and_no_mere_stop(floor: Floor):
    agent, supervisor = await floor.agent(), await floor.supervisor()
    call = await floor.call(agent)
    engagement = await floor.start(supervisor, call, "monitor")
    await floor.switch(supervisor, engagement, "barge_kick")
    mine = await floor.mine(supervisor)
    assert set(mine["abilities"]) == {"mute", "stop"}
    assert mine["abilities"]["stop"]["refusal"]["code"] == "took_over"
    for verb, body in (("switch", {"mode": "monitor"}), ("stop", None)):
        answer = await supervisor.http.post(f"/api/engagements/{engagement['id']}/{verb}", json=body)
        assert (answer.status_code, answer.json()["code"]) == (409, "took_over")


async def test_taking_over_ends_the_others_who_were_with_that_agent_and_keeps_those_with_the_customer(floor: Floor):
    agent, taker = await floor.agent(), await floor.supervisor()
    inside, outside = await floor.supervisor(), await floor.supervisor()
    call = await floor.call(agent)
    await floor.start(inside, call, "monitor", call.agent)
    external = await floor.start(outside, call, "monitor", call.customer)
    engagement = await floor.start(taker, call, "monitor")
    async with events_of(floor.database) as heard:
        await floor.switch(taker, engagement, "barge_kick")
    (ended,) = [event["engagement"] for event in heard if event["type"] == "engagement.ended"]
    assert (ended["supervisor"]["id"], ended["end_reason"]) == (inside.id, "agent_removed")
    assert ended["end_text"] == "Somebody took the call over from the agent."
    assert floor.hears(call, external["id"]) == {call.customer, engagement["id"]}


async def test_a_consulted_agent_or_the_customer_cannot_be_taken_over_from(floor: Floor):
    agent, colleague, supervisor = await floor.agent(), await floor.agent(), await floor.supervisor()
    call = await floor.call(agent)
    await floor.control(agent, call, "consult", user_id=colleague.id)
    consulted = (await floor.control(colleague, call, "answer"))["my_participant_id"]
    engagement = await floor.start(supervisor, call, "monitor")
    for target in (consulted, call.customer):
        answer = await floor.try_switch(supervisor, engagement, "barge_kick", target_participant_id=target)
        assert (answer.status_code, answer.json()["code"]) == (409, "target_not_in_control")
    assert set((await supervisor.http.get(f"/api/interactions/{call.id}")).json()["targets"][call.customer]) == {
        "monitor",
        "barge",
    }


async def test_straight_barge_kick_from_a_list_gives_the_call_to_the_supervisor(floor: Floor):
    await floor.policy(observe_first=False)
    agent, supervisor = await floor.agent(), await floor.supervisor()
    call = await floor.call(agent)
    engagement = await floor.start(supervisor, call, "barge_kick")
    assert floor.hears(call, call.customer) == {engagement["id"]}
    desk = (await supervisor.http.get("/api/desk")).json()
    assert [each["id"] for each in desk["current"]] == [call.id]
